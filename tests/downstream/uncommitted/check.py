"""A reader without read_committed sees what was aborted: the router lets each event through once, and knows of no gap."""
import collections
import re
import signal

import arena
import router

ROUTE = "tests/downstream/uncommitted/router.py localhost:9092 events.once " + arena.TOPICS_IN_SHELL
READ = "kcat -q -b localhost:9092 -t audit.tines -C -e -X isolation.level=read_committed -f '%s\\n'"


def aborted(world):
    """The records that only a reader without read_committed sees."""
    committed = {(record.topic, record.partition, record.offset) for record in world.records(arena.TOPICS)}
    return [record for record in world.records(arena.TOPICS, "read_uncommitted")
            if (record.topic, record.partition, record.offset) not in committed]


def with_other_events_by_number():
    """An aborted transaction comes again with an event more: the numbers are those of other events, in other partitions."""
    def headers(identity, number):
        return {"ce_source": "s", "auditstream_generation": "1", "ce_id": identity, "auditstream_seq": str(number)}
    tried, committed = [("b", 1), ("c", 2)], [("a", 1), ("b", 2), ("c", 3)]
    for records in tried + committed, committed + tried:  # whichever partition is read first
        once = router.Once()
        new = [identity for identity, number in records if once.is_new(headers(identity, number), b"{}")]
        assert sorted(new) == ["a", "b", "c"], new
        assert once.missing() == {("s", "1"): []}
        last_of_number = {number: identity for identity, number in records}
        if records[0] == committed[0]:
            assert sorted(last_of_number.values()) == ["b", "c", "c"], "the rule `the last of a number counts` loses a here"
    once = router.Once()
    assert once.is_new(headers("a", 1), b"{}") and once.is_new(headers("a", 1), b"{\"corrected\":1}")
    assert once.is_new(headers("c", 3), b"{}") and once.missing() == {("s", "1"): [2]}


def main():
    with_other_events_by_number()
    with arena.Arena(history=2000, history_span="2h", rate="20/s", faults="0", kafka=arena.SLOWLY) as world:
        world.run_auditstream()
        arena.wait_until("auditstream has made its topics", lambda: world.topics() >= set(arena.TOPICS))
        routing = world.run_documented(ROUTE, "router", ("localhost:9092", world.bootstrap))
        for _ in range(2):
            high = world.high()
            arena.wait_until("more events", lambda: world.high() > high + 500)
            world.kill_auditstream()
            world.run_auditstream()
        # Stopped in between, the router goes on where it was.
        routing.send_signal(signal.SIGTERM)
        assert routing.wait(60) == 0
        routing = world.run_documented(ROUTE, "router", ("localhost:9092", world.bootstrap))
        world.stop_production()
        truth = world.wait_until_complete()
        wanted = sorted((event.source, event.id) for events in truth.values() for event in events)

        def routed():
            return sorted(arena.identity(record) for record in world.records(["events.once"]))
        arena.wait_until("everything is routed", lambda: len(routed()) >= len(wanted))
        routing.send_signal(signal.SIGTERM)
        assert routing.wait(60) == 0
        assert routed() == wanted
        raw = {(event.source, event.id): event.raw.encode() for events in truth.values() for event in events}
        assert all(record.value == raw[arena.identity(record)] for record in world.records(["events.once"]))
        assert world.run_documented(READ, "kcat", ("localhost:9092", world.bootstrap)).wait(60) == 0
        lines = [line for line in world.log("kcat").split("\n") if line.startswith("{")]
        tines = sorted(event.raw for event in truth["urn:auditstream:tines:acme-tines"])
        assert sorted(lines) == tines, (len(lines), len(tines), [line for line in lines if line not in tines][:3])
        seen = aborted(world)
        assert seen
        reports = re.findall(r"routed (\d+), dropped (\d+) repeated records, missing numbers: (.*)", world.log("router"))
        assert reports[-1][2] == "none", reports
        assert sum(int(report[1]) for report in reports) == len(seen), (reports, len(seen))
        numbers = collections.Counter(record.headers["auditstream_seq"] for record in seen)
        arena.say(f"{len(wanted)} events routed once; a reader of everything saw {len(seen)} records of aborted transactions "
                  f"({len(numbers)} numbers)")


if __name__ == "__main__":
    main()
