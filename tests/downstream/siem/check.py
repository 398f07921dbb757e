"""OpenSearch holds each event once, though auditstream and the ingesting program are killed, and events are published again."""
import json
import pathlib
import re
import shutil
import signal
import urllib.request

import arena

FOLDER = pathlib.Path(__file__).parent

PUT = "curl -sS --fail -X PUT http://localhost:9200/_index_template/audit -H 'content-type: application/json' -d @template.json"
INGEST = "tests/downstream/siem/ingest.py localhost:9092 http://localhost:9200 " + arena.TOPICS_IN_SHELL


class OpenSearch:
    def __init__(self, world):
        world.compile(FOLDER / "Server.java")
        port = arena.free_port()
        self.url = f"http://127.0.0.1:{port}"
        world.start(["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"classes:{arena.JARS}/*", "Server",
                     "opensearch", str(port)], "opensearch")
        arena.wait_until("OpenSearch serves", self.serves)
        shutil.copy(FOLDER / "template.json", world.work)
        assert world.run_documented(PUT, "curl", ("http://localhost:9200", self.url)).wait(60) == 0

    def ask(self, path, body=None):
        request = urllib.request.Request(self.url + path, body, {"content-type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=30))

    def serves(self):
        try:
            return self.ask("/_cluster/health?wait_for_status=green&timeout=10s")["status"] == "green"
        except OSError:
            return False

    def count(self, query=None):
        self.ask("/_refresh", b"")
        body = json.dumps({"query": query or {"match_all": {}}}).encode()
        return self.ask("/audit-*/_count", body)["count"]

    def documents(self):
        """By source, as a search answers with 10,000 at most."""
        self.ask("/_refresh", b"")
        for vendor in arena.VENDORS:
            found = self.ask(f"/audit-{vendor}-*/_search", json.dumps({"size": 10_000}).encode())["hits"]
            assert found["total"]["value"] == len(found["hits"])
            yield from found["hits"]


def main():
    arena.documented(FOLDER / "template.json")
    with arena.Arena(history=1000, history_span="40d", rate="5/s") as world:
        search = OpenSearch(world)
        world.run_auditstream()
        arena.wait_until("auditstream has made its topics", lambda: world.topics() >= set(arena.TOPICS))
        addresses = ("localhost:9092", world.bootstrap), ("http://localhost:9200", search.url)
        ingest = world.run_documented(INGEST, "ingest", *addresses)
        arena.wait_until("there are events", lambda: world.high() > 1000)
        world.kill_auditstream()
        arena.wait_until("there are documents", lambda: search.count() > 0)
        ingest.kill()
        ingest.wait()
        world.run_auditstream()
        ingest = world.run_documented(INGEST, "ingest", *addresses)

        size = sum(len(events) for events in world.truth().values())
        arena.wait_until("the past was published", lambda: len(world.records(arena.TOPICS)) >= size)
        world.publish_again("acme-endorlabs", 10 * 24 * 60)
        arena.wait_until("new events", lambda: sum(len(events) for events in world.truth().values()) > size + 200)
        world.stop_production()
        truth = world.wait_until_complete()
        events = [event for source in truth.values() for event in source]
        again = len(world.published) - len(events)
        assert again > 0, "nothing was published again"
        arena.wait_until("every event is a document", lambda: search.count() >= len(events))

        wanted = {(event.source, event.id, event.time_ms, event.raw) for event in events}
        found = [(hit["_source"]["ce_source"], hit["_source"]["ce_id"], hit["_source"]["@timestamp"], hit["_source"]["original"])
                 for hit in search.documents()]
        assert len(found) == len(wanted) and set(found) == wanted
        # Its fields can be asked for, and those of one vendor don't break those of another.
        actors = sum(arena.action(event) == "Login" and arena.actor(event) == "zoe@example.org" for event in truth_of(truth, "tines"))
        query = {"bool": {"filter": [{"term": {"event.user_email": "zoe@example.org"}}, {"term": {"action": "Login"}}]}}
        assert search.count(query) == actors > 0
        ingest.send_signal(signal.SIGTERM)
        assert ingest.wait(60) == 0
        known = int(re.findall(r"known already (\d+)", world.log("ingest"))[-1])
        assert known >= again, (known, again)
        refused = search.count({"exists": {"field": "refused"}})
        arena.say(f"{len(found)} documents, as the vendors' logs have them; {known} events were known when they came again, {again} of "
                  f"them published again; OpenSearch took {refused} without their fields")


def truth_of(truth, vendor):
    return next(events for source, events in truth.items() if source.split(":")[2] == vendor)


if __name__ == "__main__":
    main()
