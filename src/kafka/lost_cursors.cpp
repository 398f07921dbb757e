#include "kafka/lost_cursors.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "core/envelope.h"
#include "kafka/contact.h"
#include "kafka/topic_range.h"

namespace auditstream::kafka {
namespace {

using Sources = std::vector<std::shared_ptr<const Source>>;

constexpr int records_looked_at = 500;  // of each partition, the last ones
constexpr std::size_t sentences_max = 10;
constexpr Duration patience = 20s;  // for all topics: nothing is polled meanwhile
constexpr Duration standstill = 5s;

std::string sentence(const Source& source, Time last, const std::string& offsets_topic) {
  const std::string until = format_rfc3339(last);
  return "source " + source.name + " has no cursor in " + offsets_topic + ", but topic " + source.topic +
         " holds events of it, up to " + until + ": " +
         (source.backfill_start_time
              ? "everything since its backfill_start_time (" + format_rfc3339(*source.backfill_start_time) +
                    ") will be published again"
              : "it begins now, and what has come since then will be missing") +
         ". If that is not meant, stop all instances, and check offsets.topic and group, or set "
         "backfill_start_time: " +
         until + " to go on from there";
}

}  // namespace

LostCursors lost_cursors(const Connection& connection, const config::Config& config,
                         const core::OffsetsView& offsets) {
  std::map<std::string, Sources> beginning;  // by topic
  for (const auto& source : config.sources) {
    if (source->enabled && !offsets.cursors().contains(source->name))
      beginning[source->topic].push_back(source);
  }
  LostCursors found;
  std::vector<std::string>& sentences = found.gone;
  const auto not_looked_at = [&](const std::string& topic) {
    found.unknown.push_back(
        "topic " + topic +
        " could not be looked at in time: whether it holds events of sources that have no "
        "cursor is unknown");
  };
  // A run needs no Read right on these topics.
  const auto may_not_read = [&](const std::string& topic, const Sources& sources, const std::string& why) {
    std::string names;
    for (std::size_t i = 0; i < std::min(sources.size(), sentences_max); ++i)
      names += (i > 0 ? ", " : "") + sources[i]->name;
    if (sources.size() > sentences_max) names += ", ...";
    found.unknown.push_back("topic " + topic + " holds records, and may not be read (" + why +
                            "): whether events of " + names +
                            " are among them, which have no cursor and begin anew, is unknown");
  };
  std::size_t lost = 0;
  std::optional<std::string> not_empty;
  const Steady deadline = steady_now() + patience;
  for (const auto& [topic, sources] : beginning) {
    if (steady_now() > deadline) {
      not_looked_at(topic);
      continue;
    }
    std::map<std::string, Time, std::less<>> last;  // by ce_source
    TopicRange range(connection, topic);
    const Status opened = range.open();
    if (!opened.ok()) continue;  // a missing right has been reported already
    const Result<bool> empty = range.empty();
    if (!empty.ok() || *empty) continue;
    not_empty = topic;
    const auto take = [&](const TopicRecord& record) {
      if (!record.time) return;
      Time& time = last.try_emplace(std::string(record.source), *record.time).first->second;
      time = std::max(time, *record.time);
    };
    if (const Status read = range.read_last(records_looked_at, take, standstill); !read.ok()) {
      if (!read.error().lasts()) {
        not_looked_at(topic);
      } else if (!offsets.cursors().empty()) {  // else one sentence covers all sources
        may_not_read(topic, sources, read.error().message);
      }
    }
    for (const auto& source : sources) {
      const auto latest = last.find(core::event_source(*source));
      if (latest == last.end()) continue;
      if (++lost <= sentences_max)
        sentences.push_back(sentence(*source, latest->second, config.offsets.topic));
    }
  }
  if (lost > sentences_max)
    sentences.push_back("so it is with another " + std::to_string(lost - sentences_max) + " sources");
  if (lost == 0 && not_empty && offsets.cursors().empty()) {
    sentences.push_back(
        "there is no cursor in " + config.offsets.topic + ", but topic " + *not_empty +
        " holds records: if they are of these sources, all cursors are gone, and every source "
        "starts from its backfill_start_time again. If that is not meant, stop all instances, "
        "and check offsets.topic and group");
  }
  return found;
}

}  // namespace auditstream::kafka
