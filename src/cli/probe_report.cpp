#include "cli/probe_report.h"

#include <algorithm>
#include <sstream>

#include "auditstream/vendor.h"
#include "cli/version.h"
#include "core/overlap_advice.h"
#include "runtime/output.h"

namespace auditstream::cli {
namespace {

json::Value seconds_of(Duration duration) {
  std::ostringstream spelled;
  spelled << std::chrono::duration<double>(duration).count();
  return json::Value::raw(spelled.str());
}

json::Value json_of(const std::optional<probe::Lateness>& lateness) {
  if (!lateness) return json::Value::null();
  return json::object({{"events", lateness->events},
                       {"p50_seconds", seconds_of(lateness->p50)},
                       {"p99_seconds", seconds_of(lateness->p99)},
                       {"max_seconds", seconds_of(lateness->max)},
                       {"looked_every_seconds", seconds_of(lateness->resolution)},
                       {"looked_back_seconds", seconds_of(lateness->looked_back)},
                       {"watched_seconds", seconds_of(lateness->watched)},
                       {"overlap", format_duration(core::overlap_for(lateness->max))}});
}

}  // namespace

void print(const Source& source, const probe::Report& report) {
  runtime::out() << source.name << " (" << source.api->title() << "), " << report.requests << " requests, "
                 << format_rfc3339(floor_second(report.at)) << "\n";
  constexpr std::size_t widest = std::string_view("contradicted").size();
  std::size_t contradicted = 0;
  std::size_t held = 0;
  std::size_t not_shown = 0;
  for (const probe::Fact& fact : report.facts) {
    const std::string_view verdict = probe::to_string(fact.verdict);
    contradicted += fact.verdict == probe::Verdict::contradicted ? 1 : 0;
    held += fact.verdict == probe::Verdict::holds ? 1 : 0;
    // Without a page nothing else can be told, which one line says.
    if (report.refused && &fact != &report.facts.front() && fact.verdict == probe::Verdict::cant_tell) {
      ++not_shown;
      continue;
    }
    const std::string indent(widest + 4, ' ');
    runtime::out() << "  " << verdict << std::string(widest - verdict.size() + 2, ' ') << fact.question
                   << "\n"
                   << indent << runtime::shown(fact.seen) << "\n";
    if (!fact.remedy.empty()) runtime::out() << indent << "remedy: " << runtime::shown(fact.remedy) << "\n";
  }
  if (not_shown > 0) {
    runtime::out() << "  can't tell    the other " << not_shown
                   << " questions: there was no page to tell by\n";
  }
  runtime::out() << held << " hold, " << contradicted << " contradicted, "
                 << report.facts.size() - held - contradicted << " can't be told"
                 << (report.interrupted ? "; interrupted, so not everything was asked" : "") << "\n";
}

json::Value json_of(const Source& source, const probe::Report& report) {
  return json::object({{"source", source.name},
                       {"vendor", source.vendor},
                       {"at", floor_second(report.at)},
                       {"tool", json::object({{"version", version()}, {"commit", commit()}})},
                       {"requests", report.requests},
                       {"interrupted", report.interrupted},
                       {"reached", report.reached},
                       {"contradicted", report.contradicted()},
                       {"facts", json::array(report.facts,
                                             [](const probe::Fact& fact) {
                                               return json::object(
                                                   {{"name", fact.name},
                                                    {"question", fact.question},
                                                    {"verdict", probe::to_string(fact.verdict)},
                                                    {"seen", fact.seen},
                                                    {"remedy", fact.remedy}});
                                             })},
                       {"lateness", json_of(report.lateness)}});
}

}  // namespace auditstream::cli
