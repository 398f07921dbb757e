#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/exit_code.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/probe_report.h"
#include "cli/sources.h"
#include "runtime/clock.h"
#include "runtime/output.h"
#include "runtime/prober.h"
#include "runtime/progress.h"

namespace auditstream::cli {
namespace {

constexpr unsigned requests_default = 60;

// How many requests may be sent in all, and how many of them are for watching.
struct Requests {
  unsigned all = requests_default;
  unsigned for_watch = 0;
};

Requests requests_of(const ProbeOptions& options, const std::optional<Duration>& watch,
                     const Source& source) {
  Requests requests;
  const unsigned looks = watch ? static_cast<unsigned>(std::min<Duration::rep>(
                                     *watch / std::max<Duration>(source.poll_interval, 1s), 100'000)) +
                                     2
                               : 0;
  requests.all = options.requests.value_or(requests_default + looks);
  requests.for_watch = std::min(looks, requests.all / 2);
  return requests;
}

// A file of its own in the folder, open before the first request is sent.
Status open_transcript(const std::string& folder, const Source& source, std::ofstream& file) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::string moment = format_rfc3339(floor_second(runtime::read_clock().wall));
  std::erase(moment, ':');
  const std::filesystem::path path = std::filesystem::path(folder) / (source.vendor + "-" + moment + ".txt");
  // Nobody else's from the beginning; what is there already is not overwritten, nor a link followed.
  const int created =
      error ? -1 : ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (created >= 0) {
    ::close(created);
    file.open(path, std::ios::binary);
  }
  if (!file.is_open())
    return Error{"--transcripts: " + path.string() + " can't be written: name a folder that can",
                 ErrorKind::usage};
  return success();
}

}  // namespace

int probe_command(const std::string& path, const ProbeOptions& options) {
  probe::Wishes wishes;
  wishes.bad_credential = options.bad_credential;
  if (options.watches) {
    const Result<Duration> watch = parse_duration(options.watch);
    if (!watch.ok() || *watch == Duration{0}) {
      runtime::err() << "--watch: " << (watch.ok() ? "0 is no time to watch" : watch.error().message) << "\n";
      return exit_usage;
    }
    wishes.watch = *watch;
  }
  if (options.requests == 0U) {
    runtime::err() << "--requests: 0 requests tell nothing\n";
    return exit_usage;
  }
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::shared_ptr<const Source> source = find_source(*config, options.source, runtime::err());
  if (!source) return exit_usage;
  if (!source->enabled) {
    return complain({source->name + ": enabled is false in " + path +
                         ", so the vendor is not to be asked: set "
                         "enabled: true",
                     ErrorKind::misconfigured});
  }
  std::ofstream transcript;
  if (!options.transcripts.empty()) {
    if (const Status opened = open_transcript(options.transcripts, *source, transcript); !opened.ok())
      return complain(opened.error());
  }
  const Requests requests = requests_of(options, wishes.watch, *source);
  wishes.requests_for_watch = requests.for_watch;
  runtime::Progress progress(!options.json);
  runtime::RequestBudget budget(config->http, *source, [&](const std::string& text) {
    progress.clear();
    runtime::err() << text << "\n";
  });
  const Result<runtime::Probed> probed =
      runtime::probe_source(source, budget, wishes, requests.all, transcript.is_open(),
                            [&](const std::string& text) { progress.show(source->name + ": " + text); });
  progress.clear();
  if (!probed.ok()) return complain({source->name + ": " + probed.error().message, probed.error().kind});
  const probe::Report& report = probed->report;
  if (options.json) {
    runtime::print_json(json_of(*source, report).text());
  } else {
    print(*source, report);
  }
  if (transcript.is_open() && !(transcript << probed->transcript).flush())
    return complain({"--transcripts: " + options.transcripts + " can't be written", ErrorKind::usage});
  if (!report.served && !report.interrupted) return exit_unavailable;
  return report.contradicted() || report.refused ? exit_problem : exit_done;
}

}  // namespace auditstream::cli
