// The HTTP server's JSON documents about sources: Kafka Connect's shapes, and one for people.
#pragma once

#include <string>
#include <vector>

#include "admin/api.h"
#include "admin/sources_view.h"
#include "auditstream/json_writer.h"
#include "auditstream/time.h"
#include "core/cursor_edit.h"
#include "core/shard.h"

namespace auditstream::admin {

// {"state":"FAILED","worker_id":"host-4711","trace":"HTTP 401: ..."}, with an id if it is a task's.
json::Value task_status(const SourceView& view);
json::Value connector_status(const SourceView& view);
// All values are strings, as in Connect; secrets are hidden.
json::Value connector_config(const Source& source);
json::Value connector_info(const Source& source);
json::Value connector_tasks(const Source& source);
json::Value connector_topics(const Source& source);
json::Value connector_offsets(const SourceView& view);
// The result of a change of offsets: Connect's message, and the hours that are published again or skipped.
json::Value offsets_changed(const std::string& verb, const core::CursorChange& change);
// The names; with `info` or `status`, an object by name.
json::Value connectors(const std::vector<SourceView>& views, bool info, bool status);

// 200 with the seconds after which the tool may send its request; 429 with those after which it may ask again.
HttpResponse answer_of(const core::Lent& lent);

// For the status page and `auditstream status`.
json::Value sources(const Identity& identity, const KafkaView& kafka, const ConfigView& config,
                    const std::vector<SourceView>& views, Time now);

}  // namespace auditstream::admin
