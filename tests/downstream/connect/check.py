"""Kafka Connect writes the events into PostgreSQL, a row for each: with auditstream and Connect killed on the way, and events that an
operator publishes again."""
import csv
import hashlib
import io
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile

import arena

FOLDER = pathlib.Path(__file__).parent
TEST_PROPERTIES = "consumer.session.timeout.ms=6000\nconsumer.heartbeat.interval.ms=1000\n"


class Postgres:
    """A cluster of its own. It refuses to run as root, so there it runs as the user whom Debian's package makes."""

    def __enter__(self):
        self.bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="auditstream-postgres."))
        self.user = []
        if os.getuid() == 0:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
            self.user = ["runuser", "-u", "postgres", "--"]
        self.port = str(arena.free_port())
        self.run("initdb", "-D", self.folder / "data", "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o",
                 f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off", "start")
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def run(self, program, *arguments):
        subprocess.run([*self.user, self.bin / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def query(self, text, database="audit", user="audit"):
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", self.port, "-U", user, "--csv", "-t", "-c", text]
        done = subprocess.run([*command, database], check=True, stdout=subprocess.PIPE, encoding="utf-8")
        return list(csv.reader(io.StringIO(done.stdout)))


class Connect:
    def __init__(self, world, database):
        self.world = world
        worker = (FOLDER / "worker.properties").read_text().replace("localhost:9092", world.bootstrap).replace(":8084", ":0")
        (world.work / "worker.properties").write_text(worker + TEST_PROPERTIES)
        sink = (FOLDER / "sink.properties").read_text().replace("localhost:5432", f"127.0.0.1:{database.port}")
        (world.work / "sink.properties").write_text(sink)

    def run(self):
        command = "java -cp 'jars/*' org.apache.kafka.connect.cli.ConnectStandalone worker.properties sink.properties"
        self.process = self.world.run_documented(command, "connect")

    def kill(self):
        assert self.process.poll() is None, "Connect has ended by itself"
        self.process.kill()
        self.process.wait()


def main():
    arena.documented(*(FOLDER / name for name in ("worker.properties", "sink.properties", "events.sql")))
    with arena.Arena(history=1500, history_span="2h", rate="5/s") as world, Postgres() as database:
        database.query("CREATE ROLE audit LOGIN", "postgres", "admin")
        database.query("CREATE DATABASE audit OWNER audit", "postgres", "admin")
        database.query((FOLDER / "events.sql").read_text())
        connect = Connect(world, database)
        world.run_auditstream()
        arena.wait_until("auditstream has made its topics", lambda: world.topics() >= set(arena.TOPICS))
        connect.run()
        arena.wait_until("there are events", lambda: world.high() > 1000)
        world.kill_auditstream()
        arena.wait_until("there are rows", lambda: database.query("SELECT count(*) FROM events")[0][0] != "0")
        connect.kill()
        arena.say(f"Connect was killed when there were {database.query('SELECT count(*) FROM events')[0][0]} rows")
        world.run_auditstream()
        connect.run()

        size = sum(len(events) for events in world.truth().values())
        arena.wait_until("the past was published", lambda: len(world.records(arena.TOPICS)) >= size)
        world.publish_again("acme-tines", 30)
        arena.wait_until("new events", lambda: sum(len(events) for events in world.truth().values()) > size + 200)
        world.stop_production()
        truth = world.wait_until_complete()
        latest = {}
        for record in world.published:
            generation = record.headers["auditstream_generation"]
            latest[arena.identity(record)] = max(generation, latest.get(arena.identity(record), ""))
        assert "2" in latest.values(), "nothing was published again"

        times = {arena.identity(record): record.headers["ce_time"] for record in world.published}
        wanted = {(event.source, event.id, times[event.source, event.id], str(event.time_ms), arena.action(event),
                   latest[event.source, event.id], hashlib.md5(event.raw.encode()).hexdigest())
                  for events in truth.values() for event in events}
        rows = ("SELECT ce_source, ce_id, ce_time, (extract(epoch FROM time) * 1000)::bigint, action, generation, md5(event) FROM events")
        try:
            arena.wait_until("all rows are there", lambda: {tuple(row) for row in database.query(rows)} == wanted, 60)
        except AssertionError:
            got = {tuple(row) for row in database.query(rows)}
            raise AssertionError(f"{len(wanted - got)} rows are missing: {list(wanted - got)[:3]}, "
                                 f"{len(got - wanted)} are wrong: {list(got - wanted)[:3]}")
        question = re.search(r"```sql\n(SELECT .*?)```", arena.DOCS, re.S)[1]
        by_mail = database.query(question)
        assert int(by_mail[0][0]) > 0
        arena.say(f"{len(wanted)} rows, as the vendors' logs have them; "
                  f"{len(world.published) - len(wanted)} events came twice, in a second generation")


if __name__ == "__main__":
    main()
