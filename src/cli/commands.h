// The subcommands: what each needs from the command line, and its exit code. stdout is for results, stderr
// for everything else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace auditstream::cli {

int run_command(const std::string& config, const std::string& wait_for_kafka);

struct CheckOptions {
  bool offline = false;
  bool json = false;
};
int check_command(const std::string& config, const CheckOptions& options);

struct ReadOptions {
  std::string source;
  std::string from;
  std::string to;  // "": now
  std::optional<std::uint64_t> limit;
};
int read_command(const std::string& config, const ReadOptions& options);

struct ProbeOptions {
  std::string source;
  std::optional<unsigned> requests;  // at most so many
  std::string watch;                 // for so long
  bool watches = false;              // "" is given too, and is wrong
  std::string transcripts;           // a folder; "": none
  bool bad_credential = false;       // ask once with a damaged credential
  bool json = false;
};
int probe_command(const std::string& config, const ProbeOptions& options);

struct VerifyOptions {
  std::string source;
  std::string from;
  std::string to;
  bool allow_cut = false;  // success even if only a part of the range can be compared
  bool repair = false;     // publish what is missing
  bool dry_run = false;    // only say what would be published
  bool yes = false;        // don't ask
  bool json = false;
};
int verify_command(const std::string& config, const VerifyOptions& options);

// `source` "": all of them.
int cursors_list_command(const std::string& config, bool json);
int cursors_show_command(const std::string& config, const std::string& source, bool json);

// For the commands that change a cursor on a live system.
struct CursorEditOptions {
  bool dry_run = false;  // only say what would change
  bool yes = false;      // don't ask
  bool json = false;
  bool allow_skip = false;  // even if some events would never be published
};
int cursors_move_command(const std::string& config, const std::string& source,
                         const CursorEditOptions& options);
int cursors_set_command(const std::string& config, const std::string& source, const std::string& to,
                        const CursorEditOptions& options);
int cursors_reset_command(const std::string& config, const std::string& source,
                          const CursorEditOptions& options);
int cursors_delete_command(const std::string& config, const std::string& source,
                           const CursorEditOptions& options);

struct StatusOptions {
  std::string url = "http://127.0.0.1:8083";
  bool json = false;
  bool once = false;   // print it once, even on a terminal
  bool ready = false;  // only whether /readyz says so
};
int status_command(const StatusOptions& options);

}  // namespace auditstream::cli
