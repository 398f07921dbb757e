"""A Kafka, the simulated vendors and auditstream in between, for one example; and what the vendors had, to compare with."""
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import confluent_kafka

PROJECT = pathlib.Path(__file__).resolve().parents[2]
# From where these were named.
AUDITSTREAM, SIMVENDORS = (pathlib.Path(os.environ[name]).resolve() for name in ("AUDITSTREAM", "SIMVENDORS"))
VENDORS = re.findall(r"^VENDOR\((\w+),", (PROJECT / "src/vendor_apis/vendors.inc").read_text(), re.M)
TOPICS = [f"audit.{vendor}" for vendor in VENDORS]
TOPICS_IN_SHELL = "audit.{" + ",".join(VENDORS) + "}"
JARS = os.environ.get("JARS", "")
DOCS = (PROJECT / "docs/consumers.md").read_text()

# Every record is a request of its own, so a transaction of the past takes seconds, and a kill meets one.
SLOWLY = {"batch.num.messages": 1, "max.in.flight.requests.per.connection": 1}

# Events with a time, an id and whatever an example wants of them, in the vendor's own JSON.
Event = collections.namedtuple("Event", "vendor source id time_ms raw")
Record = collections.namedtuple("Record", "topic partition offset key value time_ms headers")


def now():
    return time.monotonic()


def wait_until(what, condition, patience_s=120):
    """The first true value of condition()."""
    end = now() + patience_s
    while True:
        value = condition()
        if value:
            return value
        if now() > end:
            raise AssertionError(f"after {patience_s} s still not: {what}")
        time.sleep(0.2)


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def documented(*files):
    """docs/consumers.md shows these files as they are."""
    for file in files:
        assert f"\n{file.read_text()}```\n" in DOCS, f"docs/consumers.md doesn't show {file}"


def say(text):
    print(f"   {text}", flush=True)


class Arena:
    """`with Arena(...) as arena`: everything that it started ends with it."""

    def __init__(self, history=2000, history_span="2h", rate="5/s", key="id", faults="0.02", kafka=None, defaults=None, more=""):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="auditstream-downstream."))
        self.processes = []
        self.auditstream = None
        self.again = {}
        try:
            self._start(history, history_span, rate, faults)
            self._configure({"key": key, **(defaults or {})}, kafka or {}, more)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def _start(self, history, history_span, rate, faults):
        kafka = self.work / "kafka"
        subprocess.run([PROJECT / "script/kafka", "start", kafka, "--owner", str(os.getpid())], check=True)
        self.bootstrap = (kafka / "bootstrap").read_text().strip()
        self.config = self.work / "auditstream.yaml"
        port = self.work / "port"
        self.start([SIMVENDORS, "--port", "0", "--port-file", port, "--seed", "1", "--history", str(history),
                    "--history-span", history_span, "--rate", rate, "--faults", faults, "--unlimited",
                    "--write-config", self.config, "--bootstrap", self.bootstrap], "simvendors")
        wait_until("the vendors serve", port.exists)
        self.vendors = "http://127.0.0.1:" + port.read_text().strip()

    def _configure(self, defaults, kafka, more):
        text = self.config.read_text()
        for section, settings in ("kafka", kafka), ("defaults", defaults):
            lines = "".join(f"  {name}: {value}\n" for name, value in settings.items())
            assert f"{section}:\n" in text
            text = text.replace(f"{section}:\n", f"{section}:\n{lines}", 1)
        self.config.write_text(text + more)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
            process.wait()
        if kind:
            for log in sorted(self.work.glob("*.log")):
                print(f"--- {log.name}, its end", *log.read_text(errors="replace").splitlines()[-25:], sep="\n", file=sys.stderr)
        subprocess.run([PROJECT / "script/kafka", "stop", self.work / "kafka", "--kill"], check=False)
        shutil.rmtree(self.work, ignore_errors=True)

    # --- Programs

    def start(self, command, name, environment=None):
        with open(self.work / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.work,
                                       env={**os.environ, **(environment or {})})
        self.processes.append(process)
        return process

    def run_documented(self, command, name, *replacements):
        """Starts what docs/consumers.md tells to, in the work folder, with other addresses."""
        assert f"\n    {command}\n" in DOCS, f"docs/consumers.md doesn't tell to {command}"
        for old, new in replacements:
            assert old in command
            command = command.replace(old, str(new))
        jars, scripts = self.work / "jars", self.work / "tests"
        if JARS and not jars.exists():
            jars.symlink_to(JARS)
        if not scripts.exists():
            scripts.symlink_to(PROJECT / "tests")
        options = "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return self.start(["bash", "-c", f"exec {command}"], name, {"JDK_JAVA_OPTIONS": options})

    def log(self, name):
        path = self.work / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def run_auditstream(self):
        self.auditstream = self.start([AUDITSTREAM, "run", "-c", self.config], "auditstream")

    def publish_again(self, source, minutes):
        """What the source's vendor has had since so many minutes before now, as an operator does it."""
        done = subprocess.run([AUDITSTREAM, "cursors", "set", "-c", self.config, source, "--to", f"-{minutes}m", "--yes"],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        # The command's now was before this one.
        self.again[source] = (time.time() - minutes * 60) * 1000

    def enable(self, source, enabled):
        """Polls this source or not, from the next reload of the config on."""
        line = f"  - name: {source}\n"
        text = self.config.read_text().replace(line + "    enabled: false\n", line)
        assert line in text
        self.config.write_text(text if enabled else text.replace(line, line + "    enabled: false\n"))

    def kill_auditstream(self):
        assert self.auditstream.poll() is None, "auditstream has ended by itself"
        self.auditstream.send_signal(signal.SIGKILL)
        self.auditstream.wait()
        say(f"auditstream was killed when the topics had {self.high()} records, markers included")

    def compile(self, source):
        subprocess.run([PROJECT / "script/kafka", "compile", self.work / "classes", classpath(JARS), source], check=True)

    # --- The vendors

    def stop_production(self, vendor=None):
        which = {"vendor": vendor, "tenant": "acme"} if vendor else {}
        request = urllib.request.Request(self.vendors + "/_control", data=json.dumps({"production": False, **which}).encode())
        urllib.request.urlopen(request).read()

    def truth(self):
        """What the vendors have had so far, by source."""
        events = {}
        for vendor in VENDORS:
            url = f"{self.vendors}/_truth?vendor={vendor}&tenant=acme&raw=true"
            source = f"urn:auditstream:{vendor}:acme-{vendor}"
            lines = urllib.request.urlopen(url).read().decode().splitlines()
            events[source] = [event_of(vendor, source, json.loads(line)) for line in lines]
        return events

    # --- Kafka

    def consumer(self, **properties):
        return confluent_kafka.Consumer({"bootstrap.servers": self.bootstrap, "group.id": "arena", "enable.auto.commit": False,
                                         "auto.offset.reset": "earliest", **properties})

    def topics(self):
        consumer = self.consumer()
        try:
            return set(consumer.list_topics(timeout=30).topics)
        finally:
            consumer.close()

    def end(self, consumer, partition):
        try:
            return consumer.get_watermark_offsets(partition, timeout=30)[1]
        except confluent_kafka.KafkaException as problem:
            if problem.args[0].code() != confluent_kafka.KafkaError.NOT_LEADER_FOR_PARTITION:
                raise
            return 0  # of a topic that was made a moment ago

    def high(self):
        """The ends of the events' topics, summed: more than there are events, as Kafka's markers have offsets, too."""
        consumer = self.consumer()
        try:
            known = consumer.list_topics(timeout=30).topics
            return sum(self.end(consumer, confluent_kafka.TopicPartition(topic, number))
                       for topic in TOPICS if topic in known for number in known[topic].partitions)
        finally:
            consumer.close()

    def records(self, topics, isolation="read_committed"):
        """All records of these topics that are there now."""
        consumer = self.consumer(**{"isolation.level": isolation, "enable.partition.eof": True})
        try:
            known = consumer.list_topics(timeout=30).topics
            partitions = [confluent_kafka.TopicPartition(topic, number, confluent_kafka.OFFSET_BEGINNING)
                          for topic in topics if topic in known for number in known[topic].partitions]
            if not partitions:
                return []
            # Their ends as they are now, as one that grows all the time may never be said to have been reached.
            unfinished = {(partition.topic, partition.partition): self.end(consumer, partition) or float("inf")
                          for partition in partitions}
            consumer.assign(partitions)
            records, deadline = [], now() + 60
            while unfinished:
                assert now() < deadline, f"{unfinished} can't be read to their ends"
                for message in consumer.consume(10_000, 1):
                    place = message.topic(), message.partition()
                    if message.error() is None:
                        records.append(record_of(message))
                        if message.offset() + 1 >= unfinished.get(place, float("inf")):
                            unfinished.pop(place, None)
                    elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                        unfinished.pop(place, None)  # what follows its last record may be markers only
                    else:
                        raise confluent_kafka.KafkaException(message.error())
            return records
        finally:
            consumer.close()

    def wait_until_complete(self):
        """Everything that the vendors have is in Kafka, also again where it was published again. Production must have stopped."""
        truth = self.truth()
        events = [event for events in truth.values() for event in events]
        wanted = {(event.source, event.id) for event in events}
        again = {(event.source, event.id) for event in events
                 if event.time_ms >= self.again.get(event.source.rpartition(":")[2], event.time_ms + 1)}

        def complete():
            self.published = self.records(TOPICS)
            return (wanted == {identity(record) for record in self.published} and
                    again <= {identity(record) for record in self.published if record.headers["auditstream_generation"] != "1"})
        wait_until("everything that the vendors had is in Kafka", complete)
        return truth


# --- What is in it

def classpath(folder):
    return ":".join(str(path) for path in sorted(pathlib.Path(folder).glob("*.jar")))


def event_of(vendor, source, line):
    when = datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return Event(vendor, source, line["id"], (when - epoch) // datetime.timedelta(milliseconds=1), line["raw"])


def record_of(message):
    headers = {name: value.decode() for name, value in message.headers() or []}
    return Record(message.topic(), message.partition(), message.offset(), (message.key() or b"").decode(), message.value(),
                  message.timestamp()[1], headers)


def identity(record):
    return record.headers["ce_source"], record.headers["ce_id"]


def actor(event):
    """Whoever acted, by the vendor's documents and not by what auditstream made of them."""
    fields = json.loads(event.raw)
    if event.vendor == "captivateiq":
        return fields["logged_in_user_email"]
    if event.vendor == "endorlabs":
        claim = next(claim for claim in fields["spec"]["claims"] if claim.startswith("user="))
        return claim[len("user="):].rpartition("@")[0]
    if event.vendor == "floqast":
        return fields["userApiKey"]["_id"]
    return fields["user_email"] if event.vendor == "tines" else fields["user"]["email"]


def action(event):
    fields = json.loads(event.raw)
    if event.vendor == "endorlabs":
        return fields["spec"]["operation"]
    return fields[{"captivateiq": "event_type", "floqast": "method", "tines": "operation_name", "workato": "event_type"}[event.vendor]]
