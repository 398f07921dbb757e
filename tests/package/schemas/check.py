"""What `auditstream ocsf` makes of events, by OCSF's own schema; the vendors' events by config/schemas; docs/asyncapi.yaml.

script/schemas test runs it, with AUDITSTREAM, SIMVENDORS and ASYNCAPI in the environment.
"""
import copy
import datetime
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema
import yaml
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

PROJECT = pathlib.Path(__file__).resolve().parents[3]
AUDITSTREAM, SIMVENDORS, ASYNCAPI = os.environ["AUDITSTREAM"], os.environ["SIMVENDORS"], pathlib.Path(os.environ["ASYNCAPI"])
VENDORS = re.findall(r"^VENDOR\((\w+),", (PROJECT / "src/vendor_apis/vendors.inc").read_text(), re.M)
VERSION = "1.8.0"
EVENTS_OF_EACH_SHAPE = "400"
# Where the events are in a vendor's page.
ARRAYS = {"tines": ["audit_logs"], "workato": ["data"], "endorlabs": ["list", "objects"], "captivateiq": ["data"], "floqast": ["data"]}
# How the description of a property begins.
KNOWN = "^(Documented|Seen|Product page's sample, not verified|Not verified): "
# Whatever a vendor may put where something else is expected.
ODD_VALUES = [None, "", {}, [], {"id": 1}, ["user=x"], 17, -1.5, True, "x" * 10_000, "\x1b[2J\x00\n\u009b", "\u2028", "17", "a@b", "::1"]


# --- What is checked

@functools.cache
def simulated(vendor):
    """Events of every shape, some of them without id or time."""
    done = subprocess.run([SIMVENDORS, "--print-events", vendor, "--history", EVENTS_OF_EACH_SHAPE], capture_output=True, check=True)
    return done.stdout.decode().split("\n")[:-1]


@functools.cache
def transcribed(vendor):
    """The events in the answers of the vendor's transcripts, but for those with actors of forms that no vendor is known to use."""
    lines = []
    for path in sorted((PROJECT / "tests/vendor_apis/transcripts" / vendor).glob("*.txt")):
        if path.name == "actors.txt":
            continue
        sections = re.split(r"^(?=\[(?:source|ask|request|response \d+|page|refusal \w+|token)\]$)", path.read_text(), flags=re.M)
        for section in sections:
            _, _, body = section.partition("\n\n")
            if not section.startswith("[response 200]"):
                continue
            try:
                found = json.loads(body)
                for name in ARRAYS[vendor]:
                    found = found[name]
            except (ValueError, KeyError, TypeError):
                continue  # an answer that is refused
            lines += [json.dumps(event, allow_nan=False) for event in found or [] if finite(event)]
    return lines


def finite(event):
    """JSON's 1e400 is more than Python's numbers hold."""
    return "Infinity" not in json.dumps(event)


def members(value, path=()):
    """The path of each member of an object, at any depth."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield (*path, name)
        yield from members(inner, (*path, name))


def with_member(event, path, value):
    event = copy.deepcopy(event)
    functools.reduce(lambda inner, name: inner[name], path[:-1], event)[path[-1]] = value
    return event


def without_member(event, path):
    event = copy.deepcopy(event)
    del functools.reduce(lambda inner, name: inner[name], path[:-1], event)[path[-1]]
    return event


@functools.cache
def distorted(vendor):
    """An event of each shape with each of its members missing, or replaced by each odd value."""
    lines = []
    step = int(EVENTS_OF_EACH_SHAPE)
    for line in simulated(vendor)[step // 2 :: step]:
        event = json.loads(line)
        for path in members(event):
            changed = [without_member(event, path), *(with_member(event, path, value) for value in ODD_VALUES)]
            lines += [json.dumps(one) for one in changed]
    return lines


def ocsf(vendor, lines, *arguments):
    """Exit code, events and reports of the filter."""
    command = [AUDITSTREAM, "ocsf", vendor, "--mapping", PROJECT / "config/ocsf", *arguments]
    done = subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), capture_output=True)
    return done.returncode, done.stdout.decode().split("\n")[:-1], done.stderr.decode().splitlines()


# --- The checks

@functools.cache
def schemas():
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(VERSION))


@functools.cache
def validator(class_uid):
    return jsonschema.Draft202012Validator(schemas().get_class_schema(schemas().lookup_class_name_from_uid(class_uid)))


def milliseconds(text):
    """Of a vendor's time, by other means than auditstream's."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))? ?(Z|UTC|[+-]\d\d:?\d\d)", text)
    zone = "+0000" if match[4] in ("Z", "UTC") else match[4].replace(":", "")
    seconds = datetime.datetime.strptime(f"{match[1]} {match[2]} {zone}", "%Y-%m-%d %H:%M:%S %z")
    return int(seconds.timestamp()) * 1000 + int(((match[3] or "") + "000")[:3])


def flaws(event, since=None):
    """What is wrong with an event of OCSF: by its schema, and where its parts contradict each other."""
    try:
        check = validator(event["class_uid"])
    except (KeyError, ValueError) as error:
        return [f"no class: {error}"]
    found = [f"{error.json_path}: {error.message[:300]}" for error in check.iter_errors(event)]
    if found:
        return found
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        found.append("type_uid is not that of class and activity")
    if event["metadata"]["version"] != VERSION:
        found.append("metadata.version is another")
    original = event["metadata"].get("original_time")
    if original is not None and event["time"] != milliseconds(original):
        found.append(f"time is not {original}")
    if original is None and event["class_uid"] == 0 and since is not None and event["time"] < since:
        found.append("time is neither that of the event nor that of the mapping")
    return found


def each_vendor(test):
    @functools.wraps(test)
    def tested(self):
        for vendor in VENDORS:
            with self.subTest(vendor=vendor):
                test(self, vendor)

    return tested


class Ocsf(unittest.TestCase):
    maxDiff = None

    def expect_valid(self, vendor, lines):
        """Each line is there, in its order; and those that could not be mapped are reported."""
        since = int(time.time() * 1000) - 1000
        code, printed, reports = ocsf(vendor, lines)
        events = [json.loads(line) for line in printed]
        self.assertEqual([event["raw_data"] for event in events], lines)
        for event in events:
            self.assertEqual(flaws(event, since), [], event)
        unmapped = [number for number, event in enumerate(events, 1) if event["class_uid"] == 0]
        self.assertEqual([line.split(":")[0] for line in reports[: len(unmapped)]], [f"line {number}" for number in unmapped])
        self.assertEqual(len(reports), len(unmapped) + bool(unmapped), reports[-3:])
        self.assertEqual(code, 1 if unmapped else 0)
        return events

    @each_vendor
    def test_every_simulated_event_is_valid(self, vendor):
        lines = simulated(vendor)
        self.assertGreaterEqual(len(lines), 800)
        events = self.expect_valid(vendor, lines)
        unmapped = sum(event["class_uid"] == 0 for event in events)
        self.assertGreater(unmapped, 0, "no event without a time was among them")
        self.assertLess(unmapped, len(events) / 10)
        print(f"{vendor}: {len(events)} simulated events, {unmapped} of them base events", file=sys.stderr)

    @each_vendor
    def test_every_transcribed_event_is_valid(self, vendor):
        self.assertGreaterEqual(len(transcribed(vendor)), 3)
        self.expect_valid(vendor, transcribed(vendor))

    @each_vendor
    def test_events_with_odd_values_are_valid(self, vendor):
        self.assertGreater(len(distorted(vendor)), 100)
        self.expect_valid(vendor, distorted(vendor))

    @each_vendor
    def test_what_is_no_event_is_valid(self, vendor):
        self.expect_valid(vendor, ["x", "7", "[]", "null", "{", "{}", '{"id":', '"\\u001b"', "\x00", "\x1b]0;x\x07", "\u00e9" * 5000])

    @each_vendor
    def test_the_source_is_named_on_request(self, vendor):
        lines = simulated(vendor)[:20]
        for line in ocsf(vendor, lines, "--source", "acme")[1]:
            event = json.loads(line)
            self.assertEqual(flaws(event), [])
            self.assertEqual(event["metadata"]["log_source"], f"urn:auditstream:{vendor}:acme")

    def test_a_line_comes_out_before_the_next_goes_in(self):
        """Between a consumer that waits for events and whatever reads them."""
        command = [AUDITSTREAM, "ocsf", "tines", "--mapping", PROJECT / "config/ocsf/tines.yaml"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as filter:
            for line in simulated("tines")[:3]:
                filter.stdin.write(line + "\n")
                filter.stdin.flush()
                self.assertEqual(json.loads(filter.stdout.readline())["raw_data"], line)
            filter.stdin.close()
            self.assertEqual(filter.stdout.read(), "")
        self.assertEqual(filter.returncode, 0)

    def test_an_output_that_takes_nothing_is_told(self):
        command = [AUDITSTREAM, "ocsf", "tines", "--mapping", PROJECT / "config/ocsf"]
        for lines in simulated("tines"), simulated("tines")[:1]:
            with open("/dev/full", "w") as full:
                done = subprocess.run(command, input="\n".join(lines), stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("standard output can't be written to", done.stderr)

    def test_a_wrong_command_line_reads_nothing(self):
        mapping = PROJECT / "config/ocsf"
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as wrong:
            wrong.write("vendor: tines\ntenant: tenant_id\n")
            wrong.flush()
            for code, words, arguments in (
                (64, "did you mean", ["tinse", "--mapping", mapping]),
                (64, "--mapping", ["tines"]),
                (64, "JSON pointer", ["tines", "--mapping", mapping, "--time-field", "at"]),
                (78, "can't be read", ["tines", "--mapping", "/no/such/folder"]),
                (78, "can't be read", ["tines", "--mapping", PROJECT / "config/helm"]),
                (78, "is not the vendor of these events", ["tines", "--mapping", mapping / "workato.yaml"]),
                (78, f"{wrong.name}:2: tenant: ", ["tines", "--mapping", wrong.name]),
            ):
                with self.subTest(arguments=arguments):
                    done = subprocess.run([AUDITSTREAM, "ocsf", *arguments], input="{}\n", capture_output=True, text=True)
                    self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                    self.assertIn(words, done.stderr)

    def test_the_example_in_the_docs_is_a_mapping(self):
        (example,) = re.findall(r"^```yaml\n(.*?)^```$", (PROJECT / "docs/ocsf.md").read_text(), re.M | re.S)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as mapping:
            mapping.write(example)
            mapping.flush()
            command = [AUDITSTREAM, "ocsf", "tines", "--mapping", mapping.name]
            done = subprocess.run(command, input=simulated("tines")[0] + "\n", capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(flaws(json.loads(done.stdout)), [])

    def test_every_class_is_used(self):
        """Else the schema of one would go untested."""
        used = {json.loads(line)["class_uid"] for vendor in VENDORS for line in ocsf(vendor, simulated(vendor))[1]}
        lines = ['{"id":1,"created_at":"2026-11-20T00:00:00Z","operation_name":"UserDeletion","user_id":7}']
        events = self.expect_valid("tines", lines)
        self.assertEqual(used | {events[0]["class_uid"]}, {0, 3001, 3002, 6003})

    def test_planted_mistakes_are_found(self):
        """A validation that finds nothing proves nothing."""
        by_class = {}
        for line in ocsf("tines", simulated("tines"))[1]:
            event = json.loads(line)
            by_class.setdefault(event["class_uid"], event)
        self.assertEqual(set(by_class), {0, 3002, 6003})
        other = {0: 6003, 3002: 6003, 6003: 3002}

        def change(path, value):
            return lambda event: with_member(event, path, value)

        def remove(*path):
            return lambda event: without_member(event, path)

        mistakes = {
            "a class that is another": lambda event: with_member(event, ("class_uid",), other[event["class_uid"]]),
            "a class that there is not": change(("class_uid",), 12345),
            "a category of another class": change(("category_uid",), 2),
            "a type of another activity": lambda event: with_member(event, ("type_uid",), event["class_uid"] * 100 + 99),
            "a type of another class": change(("type_uid",), 300101),
            "no time": remove("time"),
            "no metadata": remove("metadata"),
            "no product": remove("metadata", "product"),
            "an outcome that there is not": change(("status_id",), 7),
            "a severity that there is not": change(("severity_id",), 42),
            "a text where a number belongs": change(("activity_id",), "1"),
            "a number where a text belongs": change(("metadata", "uid"), 7),
            "an attribute that the class has not": change(("colour",), "blue"),
            "an attribute that the object has not": change(("metadata", "colour"), "blue"),
            "a time in seconds": lambda event: with_member(event, ("time",), event["time"] // 1000),
            "a time as text": change(("time",), "2026-11-20T00:00:00Z"),
            "another version": change(("metadata", "version"), "1.7.0"),
            "an actor without a name": change(("actor",), {"user": {"type_id": 0}}),
            "an address that is none": change(("src_endpoint",), {"ip": "localhost"}),
            "resources that are no list": change(("resources",), {"uid": "x"}),
        }
        for class_uid, event in by_class.items():
            since = event["time"] if class_uid == 0 else None
            self.assertEqual(flaws(event, since), [])
            for name, mistake in mistakes.items():
                with self.subTest(class_uid=class_uid, mistake=name):
                    self.assertNotEqual(flaws(mistake(event), since), [])
        for required in ("actor", "src_endpoint", "api"):
            self.assertNotEqual(flaws(remove(required)(by_class[6003])), [], required)
        for required in ("user", "service"):
            self.assertNotEqual(flaws(remove(required)(by_class[3002])), [], required)


class VendorSchemas(unittest.TestCase):
    @staticmethod
    def validator(vendor):
        schema = json.loads((PROJECT / f"config/schemas/{vendor}.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        return jsonschema.Draft7Validator(schema)

    def published(self, vendor, lines):
        """Events with a time: others are dead letters."""
        return [json.loads(line) for line, mapped in zip(lines, ocsf(vendor, lines)[1]) if json.loads(mapped)["class_uid"] != 0]

    @each_vendor
    def test_every_event_is_valid(self, vendor):
        check = self.validator(vendor)
        events = self.published(vendor, simulated(vendor) + transcribed(vendor))
        self.assertGreater(len(events), 700)
        for event in events:
            self.assertEqual([error.message for error in check.iter_errors(event)], [], event)

    @each_vendor
    def test_every_member_of_a_simulated_event_is_described(self, vendor):
        schema = json.loads((PROJECT / f"config/schemas/{vendor}.json").read_text())
        for event in self.published(vendor, simulated(vendor))[::50]:
            self.describes(schema, event, vendor)

    def describes(self, schema, event, path):
        for name, value in event.items():
            self.assertIn(name, schema["properties"], f"{path}.{name}")
            if isinstance(value, dict) and "properties" in schema["properties"][name]:
                self.describes(schema["properties"][name], value, f"{path}.{name}")

    @each_vendor
    def test_each_description_says_how_well_it_is_known(self, vendor):
        def look(properties, path):
            for name, property in properties.items():
                self.assertRegex(property["description"], KNOWN, path + name)
                look(property.get("properties", {}), f"{path}{name}.")

        look(self.validator(vendor).schema["properties"], f"{vendor}: ")

    @each_vendor
    def test_planted_mistakes_are_found(self, vendor):
        check = self.validator(vendor)
        event = self.published(vendor, simulated(vendor))[0]
        self.assertTrue(check.is_valid(event))
        self.assertTrue(check.is_valid(event | {"new": {"member": 1}}), "the schema is not open")
        self.assertFalse(check.is_valid([event]))
        for name in event:
            if "type" in check.schema["properties"][name]:
                with self.subTest(member=name):
                    self.assertFalse(check.is_valid(event | {name: True}))


class AsyncApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = (PROJECT / "docs/asyncapi.yaml").read_text()
        cls.document = yaml.safe_load(cls.text)

    def test_is_up_to_date(self):
        made = subprocess.run([sys.executable, PROJECT / "config/schemas/asyncapi.py"], capture_output=True, text=True, check=True)
        self.assertEqual(made.stdout, self.text, "docs/asyncapi.yaml is not up to date: script/schemas asyncapi")

    def asyncapi(self):
        if not ASYNCAPI.exists():
            self.skipTest("AsyncAPI's schema needs npm")
        return jsonschema.Draft7Validator(json.loads(ASYNCAPI.read_text()))

    def test_is_asyncapi(self):
        self.assertEqual([f"{error.json_path}: {error.message[:300]}" for error in self.asyncapi().iter_errors(self.document)], [])

    def test_planted_mistakes_are_found(self):
        check = self.asyncapi()
        operation = ("operations", "publish_tines_event", "action")
        for mistake in (
            with_member(self.document, operation, "publish"),
            with_member(self.document, ("asyncapi",), "2.6.0"),
            with_member(self.document, ("channels", "tines_event", "adress"), "audit.tines"),
            without_member(self.document, ("info", "title")),
        ):
            self.assertFalse(check.is_valid(mistake))

    def test_every_reference_leads_somewhere(self):
        def look(value):
            if isinstance(value, dict):
                if "$ref" in value:
                    self.assertTrue(value["$ref"].startswith("#/"))
                    functools.reduce(lambda inner, name: inner[name], value["$ref"][2:].split("/"), self.document)
                for inner in value.values():
                    look(inner)
            elif isinstance(value, list):
                for inner in value:
                    look(inner)

        look(self.document)

    def test_names_the_topics_and_headers_that_the_docs_name(self):
        addresses = {channel["address"] for channel in self.document["channels"].values()}
        of_vendors = {f"audit.{vendor}{end}" for vendor in VENDORS for end in ("", ".dlq")}
        self.assertEqual(addresses, of_vendors | {"audit.heartbeat"})
        consuming = (PROJECT / "docs/consuming.md").read_text()
        named = set(re.findall(r"^\| `(ce_\w+|content-type|auditstream_\w+)` \| ", consuming, re.M)) - {"auditstream_error"}
        schemas = self.document["components"]["schemas"]
        self.assertEqual(set(schemas["event_headers"]["properties"]), named)
        dead_letter = set(schemas["dead_letter_headers"]["properties"]) - named
        for header in dead_letter:
            self.assertIn(f"`{header}`", consuming)
        codes = set(re.findall(r"^\| `([a-z_]+)` \| (?:has|is|was) ", consuming, re.M))
        self.assertEqual(set(schemas["dead_letter_headers"]["properties"]["auditstream_error"]["enum"]), codes)


if __name__ == "__main__":
    unittest.main(verbosity=1)
