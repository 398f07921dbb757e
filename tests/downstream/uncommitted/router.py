#!/usr/bin/python3
"""Copies auditstream's events into one topic that tools without read_committed can read: each event once.

usage: router.py BOOTSTRAP TO TOPIC...

It reads with read_uncommitted, as such a tool would, so it sees the records of aborted transactions, too. What it does with them can
be built into any tool. A reader that has read_committed should set it instead.
"""
import collections
import signal
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

# How many events of a source are remembered. auditstream closes a transaction at 10,000 events, once the window is complete that it
# reads: what an aborted one had comes again within a few times as many.
REMEMBERED = 50_000
COMMIT_EVERY = 1000


class Once:
    """Tells for each record whether its event is new.

    Two records with one number (source, generation, auditstream_seq): one of them at least was aborted. Which one can't be told: they
    may be of different events, in different partitions, and those have no order among each other. But within a generation every event
    is committed exactly once. So the event decides, not the number: the first record of an event counts, and the others are dropped,
    but for one with other bytes, which corrects it.
    The numbers tell what is missing: whatever was aborted, each of them has been seen.
    """

    def __init__(self):
        self.events = collections.defaultdict(collections.OrderedDict)  # by source and generation: id -> hash of its bytes
        self.numbers = {}

    def is_new(self, headers, value):
        stream = headers["ce_source"], headers["auditstream_generation"]
        events, identity, content = self.events[stream], headers["ce_id"], hash(value)
        if "auditstream_seq" in headers:  # `verify --repair` publishes events without one
            self.numbers.setdefault(stream, Numbers()).add(int(headers["auditstream_seq"]))
        new = events.get(identity) != content
        events[identity] = content
        events.move_to_end(identity)
        if len(events) > REMEMBERED:
            events.popitem(last=False)
        return new

    def missing(self):
        return {stream: numbers.missing() for stream, numbers in self.numbers.items()}


class Numbers:
    """Numbers from `first` on, as a range without gaps and what lies above it."""

    def __init__(self):
        self.first, self.next, self.above = None, None, set()

    def add(self, number):
        if self.first is None:
            self.first, self.next = number, number
        if number < self.first:  # another partition's, when reading began amid the topic
            self.above.update(range(self.first, self.next))
            self.first, self.next = number, number
        self.above.add(number)
        while self.next in self.above:
            self.above.discard(self.next)
            self.next += 1

    def missing(self):
        return sorted(set(range(self.next, max(self.above, default=self.next))) - self.above)


def main(bootstrap, target, topics):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"router-to-{target}", "isolation.level": "read_uncommitted",
                         "enable.auto.commit": False, "auto.offset.reset": "earliest", "session.timeout.ms": 6000})
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20})
    once, begins, ended = Once(), {}, []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.append(True))

    def start_before(consumer, partitions):
        """What was routed before is read again, only to be remembered."""
        for partition in consumer.committed(partitions, 30):
            begins[partition.topic, partition.partition] = max(0, partition.offset)
        consumer.assign([TopicPartition(*place, max(0, offset - REMEMBERED)) for place, offset in begins.items()])

    def settle():
        producer.flush()
        if undelivered:
            sys.exit(f"not delivered: {undelivered[0]}")
        consumer.commit(asynchronous=False)

    undelivered, routed, dropped, unsettled = [], 0, 0, 0
    consumer.subscribe(topics, on_assign=start_before)
    while not ended:
        messages = consumer.consume(1000, 0.5)
        for message in messages:
            if message.error():
                if message.error().code() == KafkaError._PARTITION_EOF:
                    continue
                raise KafkaException(message.error())
            headers = {name: value.decode() for name, value in message.headers() or []}
            if "ce_source" not in headers:
                continue  # not auditstream's
            new = once.is_new(headers, message.value())
            if message.offset() < begins[message.topic(), message.partition()]:
                continue
            unsettled += 1
            dropped += not new
            if new:
                routed += 1
                producer.produce(target, message.value(), message.key(), timestamp=message.timestamp()[1], headers=message.headers(),
                                 on_delivery=lambda error, _: undelivered.append(error) if error else None)
        producer.poll(0)
        if unsettled >= COMMIT_EVERY or (unsettled and not messages):
            settle()
            unsettled = 0
    settle() if unsettled else None
    consumer.close()
    missing = {" ".join(stream): numbers for stream, numbers in once.missing().items() if numbers}
    print(f"routed {routed}, dropped {dropped} repeated records, missing numbers: {missing or 'none'}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
