"""Flink counts events in windows of event time: with heartbeats no window closes before it is complete, and without them all close although
one vendor is quiet."""
import collections
import json
import pathlib
import time

import arena

FOLDER = pathlib.Path(__file__).parent
RUN = "java --add-opens java.base/java.util=ALL-UNNAMED -cp 'classes:jars/*' FlinkWindows flink.properties"
HEARTBEATS = "heartbeats: {topic: audit.heartbeat, interval: 1s}"
OVERLAP_MS = 60_000
# Its topic is empty while the others' are read, and then has a past.
BEHIND = "acme-floqast"
IDLE_MS = 5_000


def settings():
    lines = (FOLDER / "flink.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


SIZE_MS = int(settings()["window.ms"])


def text_of(time_ms):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_ms / 1000))


def wanted(truth, until_ms):
    """The windows that have ended until then, by the vendors' logs."""
    windows = collections.Counter((event.source, event.time_ms // SIZE_MS * SIZE_MS) for events in truth.values() for event in events)
    return {f"{source} {text_of(start)} {count}" for (source, start), count in windows.items() if start + SIZE_MS <= until_ms}


def emitted(world, name):
    return [record.value.decode() for record in world.records([f"{name}.windows"])]


def run_flink(world, name, heartbeats):
    text = (FOLDER / "flink.properties").read_text().replace("localhost:9092", world.bootstrap)
    text = text.replace("=flink.", f"={name}.").replace("idle.ms=60000", f"idle.ms={IDLE_MS}")
    if heartbeats:
        text = text.replace("# heartbeats=", "heartbeats=").replace("# sources=", "sources=")
    (world.work / "flink.properties").write_text(text)
    return world.run_documented(RUN, name)


def complete_until(world):
    """What all sources are complete up to, by their latest heartbeats."""
    latest = collections.defaultdict(int)
    for record in world.records(["audit.heartbeat"]):
        assert json.loads(record.value)["source"] == record.key
        latest[record.key] = max(latest[record.key], record.time_ms)
    return min(latest.values()) if len(latest) == len(arena.VENDORS) else 0


def main():
    arena.documented(FOLDER / "flink.properties")
    assert f"\n{HEARTBEATS}\n" in arena.DOCS
    with arena.Arena(history=1500, history_span="2h", rate="5/s", defaults={"overlap": f"{OVERLAP_MS // 1000}s"},
                     kafka=arena.SLOWLY, more=HEARTBEATS + "\n") as world:
        world.compile(FOLDER / "FlinkWindows.java")
        begin_ms = int(time.time() * 1000)
        world.enable(BEHIND, False)
        world.run_auditstream()
        arena.wait_until("auditstream has made its topics", lambda: world.topics() >= {*arena.TOPICS, "audit.heartbeat"})
        run_flink(world, "beats", heartbeats=True)
        arena.wait_until("there are events", lambda: world.high() > 1000)
        world.kill_auditstream()
        world.run_auditstream()
        others = {source: events for source, events in world.truth().items() if not source.endswith(BEHIND)}
        size = sum(len(events) for events in others.values())
        arena.wait_until("the past was published", lambda: len(world.records(arena.TOPICS)) >= size)

        # Without heartbeats: all windows of the past close although one vendor is quiet. What it has later is lost.
        idle = run_flink(world, "idle", heartbeats=False)
        past = wanted(others, begin_ms - int(settings()["late.ms"]))
        arena.wait_until("the windows of the past have closed", lambda: past <= set(emitted(world, "idle")))
        assert not emitted(world, "beats"), "a window has closed before each source has said how far it is"
        world.enable(BEHIND, True)
        arena.wait_until("what comes later is late", lambda: world.records(["idle.late"]))
        idle.terminate()
        idle.wait()

        arena.wait_until("all sources are complete up to their beginning", lambda: complete_until(world) >= begin_ms - 2 * OVERLAP_MS)
        world.stop_production()
        truth = world.wait_until_complete()
        # Until now heartbeats went on, and the windows that they close are among these.
        closed = wanted(truth, begin_ms - 2 * OVERLAP_MS)
        arena.wait_until("heartbeats have closed the windows", lambda: closed <= set(emitted(world, "beats")))
        windows = emitted(world, "beats")
        assert len(windows) == len(set(windows)), "a window has closed twice"
        assert set(windows) <= wanted(truth, int(time.time() * 1000)), "a window has closed before it was complete"
        assert "beats.late" not in world.topics() or not world.records(["beats.late"])
        arena.say(f"{len(windows)} windows closed by heartbeats, none before it was complete; without them {len(past)} while "
                  f"{BEHIND} was quiet")


if __name__ == "__main__":
    main()
