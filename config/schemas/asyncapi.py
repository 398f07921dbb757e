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
        "auditstream_error": text("A short code.", enum=["unreadable_time", "malformed_json", "too_large", "refused"]),
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


def document():
    channels, operations, messages = {}, {}, {}
    for vendor, title in VENDORS:
        for kind, address, message in (
            ("event", f"audit.{vendor}", event(vendor, title)),
            ("dead_letter", f"audit.{vendor}.dlq", dead_letter(vendor, title)),
        ):
            name = f"{vendor}_{kind}"
            messages[name] = message
            channels[name] = {
                "address": address,
                "description": "The default name; `topics` and a source's `topic` give it another.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            }
            operations[f"publish_{name}"] = {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
            }
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
            "schemas": {"event_headers": HEADERS, "dead_letter_headers": DEAD_LETTER_HEADERS},
        },
    }


class Plain(yaml.SafeDumper):
    """No anchors: what is the same in two places is written twice."""

    def ignore_aliases(self, data):
        return True


if __name__ == "__main__":
    print("# Made by script/schemas asyncapi: change config/schemas instead.")
    print(yaml.dump(document(), Dumper=Plain, sort_keys=False, width=120, allow_unicode=True), end="")
