"""Prints docs/asyncapi.yaml, made of the schemas beside this file and of what src/core/envelope.cpp gives a record.

script/schemas asyncapi runs it.
"""
import json
import pathlib
import re

import yaml

PROJECT = pathlib.Path(__file__).resolve().parents[2]
VENDORS = re.findall(r'^VENDOR\((\w+), "(.+)"\)$', (PROJECT / "src/vendor_apis/vendors.inc").read_text(), re.M)
DRAFT_7 = "application/schema+json;version=draft-07"


def text(description, **more):
    return {"type": "string", "description": description, **more}


HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode. All values are texts.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "content-type"],
    "properties": {
        "ce_specversion": text("The version of CloudEvents.", const="1.0"),
        "ce_id": text("The event's id. (ce_source, ce_id) identifies an event."),
        "ce_source": text("The source.", pattern="^urn:auditstream:[a-z0-9]+:[a-z0-9][a-z0-9._-]*$"),
        "ce_type": text("The vendor.", pattern=r"^auditstream\.[a-z0-9]+\.event$"),
        "ce_time": text("The event's time, as the record's timestamp.", format="date-time"),
        "content-type": text("Of the value.", const="application/json"),
        "auditstream_action": text("What happened, in the vendor's word, if it has a short one.", maxLength=128),
        "auditstream_backfill": text("Only on what was published from a past that is read alongside the present.", const="true"),
        "auditstream_generation": text("Of the cursor: 1, and one more each time it is set or reset.", pattern="^[0-9]+$"),
        "auditstream_seq": text("How many events the source has published, this one included.", pattern="^[0-9]+$"),
        "auditstream_repaired": text("When verify --repair has published the event.", format="date-time"),
    },
}

DEAD_LETTER_HEADERS = {
    "type": "object",
    "description": "Those of an event as far as they are known, and why it is a dead letter.",
    "required": ["ce_source", "auditstream_error", "auditstream_error_at"],
    "properties": {
        **{name: header for name, header in HEADERS["properties"].items() if name != "auditstream_seq"},
        "auditstream_error": text("A short code.", enum=["unreadable_time", "malformed_json", "too_large", "refused", "late"]),
        "auditstream_error_detail": text("For people."),
        "auditstream_error_at": text("When.", format="date-time"),
        "auditstream_truncated": text("Only if the value was cut."),
    },
}


def kafka(key):
    return {"kafka": {"key": text(key), "bindingVersion": "0.5.0"}}


def event(vendor, title):
    schema = json.loads((PROJECT / f"config/schemas/{vendor}.json").read_text())
    return {
        "name": f"auditstream.{vendor}.event",
        "title": f"An event of {title}",
        "headers": {"$ref": "#/components/schemas/event_headers"},
        "payload": {"schemaFormat": DRAFT_7, "schema": schema},
        "bindings": kafka("The event's id, or what the source's setting `key` selects."),
    }


def dead_letter(vendor, title):
    return {
        "name": f"auditstream.{vendor}.dead_letter",
        "title": f"An event of {title} that can't be published",
        "headers": {"$ref": "#/components/schemas/dead_letter_headers"},
        "payload": {"schemaFormat": DRAFT_7, "schema": {"description": "The bytes as they came: perhaps not JSON."}},
        "bindings": kafka("As that of an event."),
    }


HEARTBEAT_HEADERS = {
    "type": "object",
    "description": "All values are texts.",
    "required": ["ce_source", "content-type", "auditstream_generation", "auditstream_seq"],
    "properties": {
        **{name: HEADERS["properties"][name] for name in ("ce_source", "content-type", "auditstream_generation")},
        "auditstream_seq": text("That of the last event before it; 0 if there is none.", pattern="^[0-9]+$"),
    },
}


def heartbeat():
    def time(description):
        return text(description, format="date-time")

    def number(description, least):
        return {"type": "integer", "minimum": least, "description": description}

    members = {
        "source": text("The source's name."),
        "vendor": text("The vendor.", enum=[vendor for vendor, _ in VENDORS]),
        "since": time("Nothing older was ever wanted."),
        "complete_until": time("What happened since then, and before this, is published. Also the record's timestamp."),
        "seq": number("auditstream_seq of the last event before it; 0 if there is none.", 0),
        "generation": number("auditstream_generation of the cursor.", 1),
    }
    return {
        "name": "auditstream.heartbeat",
        "title": "How far a source is complete",
        "headers": {"$ref": "#/components/schemas/heartbeat_headers"},
        "payload": {"schemaFormat": DRAFT_7, "schema": {"type": "object", "required": list(members), "properties": members}},
        "bindings": kafka("The source's name."),
    }


def document():
    channels, operations, messages = {}, {}, {}

    def add(name, address, settings, message):
        messages[name] = message
        channels[name] = {
            "address": address,
            "description": f"The default name; {settings}.",
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        }
        operations[f"publish_{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        }

    of_sources = "`topics` and a source's `topic` give it another"
    for vendor, title in VENDORS:
        add(f"{vendor}_event", f"audit.{vendor}", of_sources, event(vendor, title))
        add(f"{vendor}_dead_letter", f"audit.{vendor}.dlq", of_sources, dead_letter(vendor, title))
    add("heartbeat", "audit.heartbeat", "`heartbeats.topic` gives it another, and without `heartbeats` there is none", heartbeat())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "auditstream",
            "version": re.search(r"VERSION ([\d.]+) LANG", (PROJECT / "CMakeLists.txt").read_text()).group(1),
            "description": "What auditstream publishes to Kafka. A consumer must read with isolation.level=read_committed.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": {
                "event_headers": HEADERS,
                "dead_letter_headers": DEAD_LETTER_HEADERS,
                "heartbeat_headers": HEARTBEAT_HEADERS,
            },
        },
    }


class Plain(yaml.SafeDumper):
    """No anchors: what is the same in two places is written twice."""

    def ignore_aliases(self, data):
        return True


if __name__ == "__main__":
    print("# Made by script/schemas asyncapi: change config/schemas instead.")
    print(yaml.dump(document(), Dumper=Plain, sort_keys=False, width=120, allow_unicode=True), end="")
