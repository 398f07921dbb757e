#include <unistd.h>

#include <algorithm>

#include "base/exit_code.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/sources.h"
#include "runtime/clock.h"
#include "runtime/output.h"
#include "runtime/progress.h"
#include "runtime/range_reader.h"

namespace auditstream::cli {

int read_command(const std::string& path, const ReadOptions& options) {
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::shared_ptr<const Source> source = find_source(*config, options.source, runtime::err());
  if (!source) return exit_usage;
  const Time now = runtime::read_clock().wall;
  const Result<Time> from = parse_moment(options.from, now);
  const Result<Time> to = options.to.empty() ? Result<Time>(now) : parse_moment(options.to, now);
  for (const auto& [name, moment] : {std::pair{"--from", &from}, std::pair{"--to", &to}}) {
    if (moment->ok()) continue;
    runtime::err() << name << ": " << moment->error().message << "\n";
    return exit_usage;
  }
  if (*from >= *to) {
    runtime::err() << "--from: " << format_rfc3339(*from) << " is not before --to " << format_rfc3339(*to)
                   << "\n";
    return exit_usage;
  }
  std::uint64_t left = options.limit.value_or(UINT64_MAX);
  if (left == 0) return exit_done;
  runtime::Progress progress(isatty(STDOUT_FILENO) == 0);
  std::uint64_t count = 0;
  const auto say = [&progress](const std::string& text) {
    progress.clear();
    runtime::err() << text << "\n";
  };
  runtime::RequestBudget budget(config->http, *source, say);
  const runtime::RangeEnd end = runtime::read_range(
      source, budget, *from, *to,
      [&](const Event& event) {
        ++count;
        if (progress.due()) progress.show(source->name + ": " + std::to_string(count) + " events");
        // One line per event: a line break inside JSON can only be white space between tokens.
        std::string line(event.raw);
        std::ranges::replace_if(
            line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
        return runtime::print_event(line) && --left > 0;
      },
      say);
  progress.clear();
  if (end.complete) return exit_done;
  runtime::err() << source->name << ": " << end.error << "\n";
  return end.unreachable ? exit_unavailable : exit_problem;
}

}  // namespace auditstream::cli
