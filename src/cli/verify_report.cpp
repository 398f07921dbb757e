#include "cli/verify_report.h"

#include <algorithm>
#include <utility>

#include "cli/version.h"
#include "runtime/output.h"

namespace auditstream::cli {
namespace {

json::Value json_of(const core::Range& range) {
  return json::object({{"from", range.from}, {"to", range.to}});
}

// The remedies for each kind of finding.
std::vector<std::pair<std::string, std::string>> remedies(const VerifyReport& report) {
  const Source& source = *report.source;
  const std::string fits = "no record of " + source.topic + " can hold some of them (max.message.bytes)";
  std::string missing = "auditstream verify --repair publishes them";
  if (report.repair) missing = "run it again";
  if (report.dry_run) missing = "would be published without --dry-run";
  if (report.too_large > 0) missing = fits;
  return {
      {"missing", missing},
      {"duplicated",
       "consumers can tell them by (ce_source, ce_id). Unless the cursor was deleted, or the "
       "offsets topic made anew, and the source began once more: please report it with this output"},
      {"altered", "the vendor has changed these events since, or another program writes to " + source.topic},
      {"unexpected",
       "the vendor no longer shows these events to this source (deleted, or the source's filters have "
       "changed), or another program writes to " +
           source.topic},
      {"undated", report.undated_are_missing
                      ? "they have no readable time and should be in " + source.dead_letter_topic
                      : "they have no readable time, so they may not have been polled yet: run this "
                        "again with an earlier --to"}};
}

}  // namespace

std::string words_of(const core::Cut& cut) {
  return "not compared: " + format_rfc3339(cut.range.from) + " to " + format_rfc3339(cut.range.to) + ": " +
         cut.why;
}

json::Value json_of(const VerifyReport& report) {
  const core::Differences& found = report.found;
  json::Members examples;
  for (const auto& [kind, ids] : report.examples) examples.push_back({kind, json::array(ids)});
  return json::object({
      {"source", report.source->name},
      {"vendor", report.source->vendor},
      {"topic", report.source->topic},
      {"dead_letter_topic", report.source->dead_letter_topic},
      {"at", floor_second(report.at)},
      {"tool", json::object({{"version", version()}, {"commit", commit()}})},
      {"requested", json_of(report.requested)},
      {"compared", report.compared.range.empty() ? json::Value::null() : json_of(report.compared.range)},
      {"clamped", json::array(report.compared.cuts, words_of)},
      {"ok", report.ok()},
      {"dry_run", report.dry_run},
      {"vendor_events", found.vendor_events},
      {"topic_events", found.topic_events},
      {"matching", found.matching},
      {"missing", found.missing},
      {"republished", found.republished},
      {"duplicated", found.duplicated},
      {"altered", found.altered},
      {"dead_lettered", found.dead_lettered},
      {"unexpected", found.unexpected},
      {"undated", found.undated},
      {"repaired", found.repaired},
      {"ids_sha256", json::object({{"vendor", report.vendor_digest}, {"topic", report.topic_digest}})},
      {"examples", json::object(examples)},
  });
}

void print(const VerifyReport& report) {
  const core::Differences& found = report.found;
  runtime::out() << report.source->name << " (" << report.source->vendor
                 << "): " << format_rfc3339(report.compared.range.from) << " to "
                 << format_rfc3339(report.compared.range.to) << "\n";
  for (const core::Cut& cut : report.compared.cuts) runtime::out() << "  " << words_of(cut) << "\n";
  runtime::out() << "  vendor: " << found.vendor_events << " events; " << report.source->topic << ": "
                 << found.topic_events << " records, " << found.republished
                 << " of them republished (cursors set, reset); dead letters: " << found.dead_lettered
                 << "\n";
  const auto advice = remedies(report);
  for (const auto& [kind, count] :
       {std::pair{"missing", found.missing}, std::pair{"duplicated", found.duplicated},
        std::pair{"altered", found.altered}, std::pair{"unexpected", found.unexpected},
        std::pair{"undated", found.undated}}) {
    runtime::out() << "  " << kind << ": " << count;
    const bool missing = kind == std::string_view("missing");
    if (missing && found.repaired > 0) runtime::out() << ", repaired: " << found.repaired;
    if (const auto ids = report.examples.find(kind); ids != report.examples.end()) {
      runtime::out() << ", e.g.";
      for (const std::string& id : ids->second) runtime::out() << " " << runtime::shown(id);
    }
    runtime::out() << "\n";
    if (count == 0 || (missing && found.repaired == found.missing)) continue;
    const auto remedy = std::ranges::find(advice, kind, &std::pair<std::string, std::string>::first);
    runtime::out() << "    " << remedy->second << "\n";
  }
  runtime::out() << "  SHA-256 of the ids: vendor " << report.vendor_digest << "\n                topic  "
                 << "    " << report.topic_digest << "\n"
                 << (report.clean()
                         ? report.whole() ? "  all there\n" : "  all there, as far as it was compared\n"
                         : "");
  if (!report.whole() && !report.allow_cut)
    runtime::out() << "  less was compared than asked for; if that is meant, add --allow-cut\n";
}

}  // namespace auditstream::cli
