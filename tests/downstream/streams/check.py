"""Kafka Streams counts events and logins per actor in windows of five minutes: over two hours of the past and live, with auditstream
and itself killed on the way, and an operator who publishes half an hour again. The past is read beside what happens meanwhile."""
import collections
import json
import pathlib
import time

import arena

FOLDER = pathlib.Path(__file__).parent
BEHIND = "acme-floqast"
# What tests want otherwise: the group learns soon that a member was killed.
TEST_PROPERTIES = """
consumer.session.timeout.ms=6000
consumer.heartbeat.interval.ms=1000
consumer.metadata.max.age.ms=5000
"""
HEARTBEATS = "heartbeats: {topic: audit.heartbeat, interval: 1s}\n"


def settings():
    lines = (FOLDER / "streams.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def key_of(event, start_ms):
    return f"{event.source} {arena.actor(event)} {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(start_ms / 1000))}"


def wanted(truth):
    """What the vendors' own logs say: counts by window, and the windows that deserve an alert."""
    size, logins, alert_at = int(settings()["window.ms"]), settings()["logins"].split(","), int(settings()["alert.at"])
    windows = collections.defaultdict(lambda: {"events": 0, "logins": 0})
    for events in truth.values():
        for event in events:
            window = windows[key_of(event, event.time_ms // size * size)]
            window["events"] += 1
            window["logins"] += arena.action(event) in logins
    return dict(windows), sorted(key for key, window in windows.items() if window["logins"] >= alert_at)


def counted(world):
    """What is in actors.windows: the last record of each key."""
    return {record.key: json.loads(record.value) for record in world.records(["actors.windows"])}


def final(world):
    """What is in actors.final: windows that are complete, each once."""
    return [(record.key, json.dumps(json.loads(record.value))) for record in world.records(["actors.final"])]


class Streams:
    def __init__(self, world):
        self.world = world
        world.compile(FOLDER / "ActorWindows.java")
        self.properties = world.work / "streams.properties"
        text = (FOLDER / "streams.properties").read_text().replace("localhost:9092", world.bootstrap)
        self.properties.write_text(f"{text}state.dir={world.work}/state\n{TEST_PROPERTIES}")

    def run(self):
        self.process = self.world.run_documented("java -cp 'classes:jars/*' ActorWindows streams.properties", "streams")

    def kill(self):
        assert self.process.poll() is None, "Kafka Streams has ended by itself"
        self.process.kill()
        self.process.wait()


def main():
    arena.documented(FOLDER / "streams.properties")
    assert f"\n    {HEARTBEATS}" in arena.DOCS
    with arena.Arena(history=2000, history_span="2h", rate="5/s", key="actor", defaults={"overlap": "30s"},
                     more=HEARTBEATS) as world:
        streams = Streams(world)
        world.enable(BEHIND, False)
        world.run_auditstream()
        arena.wait_until("auditstream has made its topics", lambda: world.topics() >= {*arena.TOPICS, "audit.heartbeat"})
        streams.run()
        arena.wait_until("there is something to count", lambda: world.high() > 2000)
        world.kill_auditstream()
        arena.wait_until("Kafka Streams counts", lambda: "actors.windows" in world.topics() and counted(world))
        streams.kill()
        arena.say("Kafka Streams was killed amid the past")
        world.run_auditstream()
        streams.run()

        # When the others have long been live, a source begins with its past.
        size = sum(len(events) for source, events in world.truth().items() if not source.endswith(BEHIND))
        arena.wait_until("the past was published", lambda: len(world.records(arena.TOPICS)) >= size)
        arena.wait_until("it is counted", lambda: sum(window["events"] for window in counted(world).values()) >= size)
        assert not world.records([f"audit.{BEHIND.rpartition('-')[2]}"])
        world.enable(BEHIND, True)
        world.publish_again("acme-workato", 30)
        live = sum(len(events) for events in world.truth().values()) + 300
        arena.wait_until("new events", lambda: sum(len(events) for events in world.truth().values()) > live)
        arena.wait_until("windows are complete", lambda: len(final(world)) > 100)
        world.stop_production()
        truth = world.wait_until_complete()
        assert any("auditstream_backfill" in record.headers for record in world.published), "there was no history"
        again = [record for record in world.published if record.headers["auditstream_generation"] != "1"]
        assert len(world.published) > sum(len(events) for events in truth.values()), "nothing was published again"

        windows, alerts = wanted(truth)
        assert alerts and len(alerts) < len(windows)
        try:
            arena.wait_until("Kafka Streams has counted everything", lambda: counted(world) == windows, 60)
        except AssertionError:
            got = counted(world)
            wrong = [(key, got.get(key), windows.get(key)) for key in {*got, *windows} if got.get(key) != windows.get(key)]
            raise AssertionError(f"{len(wrong)} of {len(windows)} windows are wrong: {wrong[:5]}")
        # Everything is counted, so whatever it says beyond that is there, too.
        assert sorted(record.key for record in world.records(["actors.alerts"])) == alerts
        assert not world.records(["actors.late"])
        closed = final(world)
        assert len(closed) == len(dict(closed)), "a window was complete twice"
        assert dict(closed).items() <= {key: json.dumps(window) for key, window in windows.items()}.items()
        assert not [topic for topic in world.topics() if "repartition" in topic]
        events = sum(window["events"] for window in windows.values())
        arena.say(f"{len(windows)} windows of {events} events, {len(closed)} of them complete, and {len(alerts)} alerts, as the "
                  f"vendors' logs have them; "
                  f"{len(again)} records of a second generation, {len(world.published) - events} of them known")


if __name__ == "__main__":
    main()
