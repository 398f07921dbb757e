#!/usr/bin/python3
"""Puts auditstream's events into OpenSearch, each once: a document of its own in an index for each vendor and month.

usage: ingest.py BOOTSTRAP OPENSEARCH TOPIC...

The _id is made of what identifies the event, and the operation is `create`: an event that comes again, because this program was killed
or because somebody has published it again, is refused by OpenSearch as known (409). The month is that of the event, so it comes to
the same index again; in a data stream, which writes into its newest index, it would be there twice after a rollover.
"""
import hashlib
import json
import signal
import sys
import time
import urllib.request

from confluent_kafka import Consumer, KafkaError, KafkaException

BATCH = 1000
ID_BYTES_MAX = 512  # of OpenSearch


def document(message):
    headers = {name: value.decode() for name, value in message.headers() or []}
    if "ce_source" not in headers:
        return None  # not auditstream's
    identity = f"{headers['ce_source']} {headers['ce_id']}"
    if len(identity.encode()) > ID_BYTES_MAX:
        identity = hashlib.sha256(identity.encode()).hexdigest()
    vendor = headers["ce_source"].split(":")[2]
    time_ms = message.timestamp()[1]
    month = time.strftime("%Y.%m", time.gmtime(time_ms / 1000))
    original = message.value().decode(errors="replace")
    body = {"@timestamp": time_ms, "ce_source": headers["ce_source"], "ce_id": headers["ce_id"], "original": original,
            "action": headers.get("auditstream_action"), "generation": int(headers["auditstream_generation"])}
    try:
        parsed = json.loads(original)
        if isinstance(parsed, dict):
            body["event"] = parsed
    except ValueError:
        body["refused"] = "no JSON"
    return {"create": {"_index": f"audit-{vendor}-{month}", "_id": identity}}, body


class OpenSearch:
    def __init__(self, url):
        self.url, self.created, self.known = url, 0, 0

    def bulk(self, documents):
        """Returns when each of them is there. What the index refuses for its content is put there without it."""
        while documents:
            lines = "".join(json.dumps(part) + "\n" for pair in documents for part in pair)
            request = urllib.request.Request(f"{self.url}/_bulk", lines.encode(), {"content-type": "application/x-ndjson"})
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    items = json.load(answer)["items"]
            except OSError as problem:  # also whatever status is an error
                print(f"asking again: {problem}", file=sys.stderr)
                time.sleep(1)
                continue
            again = []
            for pair, item in zip(documents, items):
                status = item["create"]["status"]
                self.created += status == 201
                self.known += status == 409
                if status in (201, 409):
                    continue
                if status == 429 or status >= 500:
                    again.append(pair)
                elif "event" in pair[1]:
                    body = {**pair[1], "refused": json.dumps(item["create"]["error"])}
                    del body["event"]
                    again.append((pair[0], body))
                else:
                    sys.exit(f"OpenSearch refuses {pair[0]}: {item}")
            if len(again) == len(documents):
                time.sleep(1)
            documents = again


def main(bootstrap, url, topics):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "siem", "isolation.level": "read_committed",
                         "enable.auto.commit": False, "auto.offset.reset": "earliest", "session.timeout.ms": 6000})
    consumer.subscribe(topics)
    target, ended = OpenSearch(url), []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.append(True))
    while not ended:
        messages = consumer.consume(BATCH, 0.5)
        documents = []
        for message in messages:
            if message.error() is None:
                documents.append(document(message))
            elif message.error().code() != KafkaError._PARTITION_EOF:
                raise KafkaException(message.error())
        if documents:
            target.bulk([pair for pair in documents if pair])
            consumer.commit(asynchronous=False)  # not before they are there
    consumer.close()
    print(f"created {target.created}, known already {target.known}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2].rstrip("/"), sys.argv[3:])
