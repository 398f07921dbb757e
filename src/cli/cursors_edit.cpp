// The commands that change a cursor: show the change, ask for confirmation, make it.
#include <unistd.h>

#include <iostream>

#include "auditstream/json_writer.h"
#include "auditstream/vendor.h"
#include "base/exit_code.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/offsets.h"
#include "cli/sources.h"
#include "core/adoption.h"
#include "core/home_partition.h"
#include "runtime/clock.h"
#include "runtime/cursor_editor.h"
#include "runtime/output.h"

namespace auditstream::cli {
namespace {

// What one command does, apart from the options that all have.
struct Edit {
  std::string verb;  // "move"; "moved" and "moves" are derived from it
  std::string source;
  std::optional<int> home;  // the source's home partition, if the config has the source
  runtime::DecideEdit decide;
};

std::string place(int partition, const std::string& account) {
  return "partition " + std::to_string(partition) + " (account " + account + ")";
}

// "acme: from partition 1 (account acme) to partition 2 (account acme-eu), to another log; it keeps ..."
std::string words_of_move(const core::CursorChange& change) {
  const core::Cursor &before = *change.before, &after = *change.after;
  if (change.records.empty())
    return "nothing to move: its cursor lies in " + place(change.from, before.account);
  const bool same_place = change.from == change.to && before.account == after.account;
  std::string text =
      same_place ? "in " + place(change.from, before.account)
                 : "from " + place(change.from, before.account) + " to " + place(change.to, after.account);
  if (before.origin != after.origin) text += ", to another log (base URL, tenant or namespace)";
  return text + "; it keeps its position, " + format_rfc3339(before.watermark);
}

std::string words_of_edit(const Edit& edit, const core::CursorChange& change) {
  if (edit.verb == "move") return edit.source + ": " + words_of_move(change);
  const std::string from = change.before ? format_rfc3339(change.before->watermark) : "an unreadable cursor";
  if (!change.after) return edit.source + ": its cursor was at " + from;
  return edit.source + ": from " + from + " to " + format_rfc3339(change.after->watermark) + "; " +
         change.consequence();
}

json::Value json_place(int partition, const std::optional<core::Cursor>& cursor) {
  if (!cursor) return json::Value::null();
  return json::object({{"partition", partition},
                       {"account", cursor->account},
                       {"origin", cursor->origin},
                       {"watermark", cursor->watermark}});
}

json::Value json_of(const Edit& edit, const core::CursorChange& change, bool dry_run) {
  std::size_t records = 0;
  for (const auto& [partition, written] : change.records) records += written.size();
  return json::object({{"source", edit.source},
                       {"action", edit.verb},
                       {"changed", records > 0 && !dry_run},
                       {"dry_run", dry_run},
                       {"from", json_place(change.from, change.before)},
                       {"to", json_place(change.to, change.after)},
                       {"watermark", change.after ? change.after->watermark : json::Value::null()},
                       {"hours_published_again", change.hours_published_again()},
                       {"hours_skipped", change.hours_skipped()},
                       {"records", records}});
}

// What has been done: "moved", "set". Before that, it is "would move".
std::string done(const std::string& verb) {
  if (verb == "set" || verb == "reset") return verb;
  return verb + "d";
}

void tell(const Edit& edit, const core::CursorChange& change, const CursorEditOptions& options) {
  if (options.json) {
    runtime::print_json(json_of(edit, change, options.dry_run).text());
    return;
  }
  if (!change.records.empty())
    runtime::out() << (options.dry_run ? "would " + edit.verb : done(edit.verb)) << " ";
  runtime::out() << words_of_edit(edit, change) << "\n";
}

// If there is no cursor, adds the name that was perhaps meant.
int complain_of(const runtime::CursorEditor& editor, const Edit& edit, Error error) {
  if (error.kind == ErrorKind::not_found) {
    if (const auto partitions = editor.read(); partitions.ok())
      error.message = no_cursor_of(edit.source, core::OffsetsView::of(*partitions));
  }
  return complain(error);
}

// For Kafka, a skip loses events for good, so it needs an option of its own.
std::optional<int> refuse_skip(const Edit& edit, const core::CursorChange& change,
                               const CursorEditOptions& options) {
  const std::string skip = change.skip(edit.source);
  if (options.allow_skip || skip.empty()) return std::nullopt;
  runtime::err() << skip << "; if that is meant, add --allow-skip\n";
  return exit_usage;
}

int carry_out(const config::Config& config, const Edit& edit, const CursorEditOptions& options) {
  const runtime::CursorEditor editor(config, "cursors-" + edit.verb + "-" + std::to_string(getpid()));
  const Result<core::CursorChange> plan = editor.plan(edit.source, edit.decide);
  if (!plan.ok()) return complain_of(editor, edit, plan.error());
  if (const std::optional<int> code = refuse_skip(edit, *plan, options)) return *code;
  if (options.dry_run || plan->records.empty()) {
    tell(edit, *plan, options);
    return exit_done;
  }
  if (!options.yes) {
    if (const std::optional<int> code = ask("This " + edit.verb + "s " + words_of_edit(edit, *plan) + "."))
      return *code;
  }
  const Result<core::CursorChange> result =
      editor.carry_out(edit.source, edit.home, edit.decide, [&](const std::string& failure) {
        runtime::err() << edit.source << ": " << failure << "; trying again\n";
      });
  if (!result.ok()) return complain_of(editor, edit, result.error());
  // Nothing to do: an attempt whose outcome was unknown has made the change.
  tell(edit, result->records.empty() ? *plan : *result, options);
  return exit_done;
}

// For commands on a source of the config.
template <class Make>
int edit_source(const std::string& path, const std::string& name, const CursorEditOptions& options,
                Make make) {
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  const std::shared_ptr<const Source> source = find_source(*config, name, runtime::err());
  if (!source) return exit_usage;
  const int home = core::home_partition(*source, config->offsets.partitions);
  return carry_out(*config, make(source, home), options);
}

}  // namespace

int cursors_move_command(const std::string& path, const std::string& name, const CursorEditOptions& options) {
  return edit_source(path, name, options, [&](const std::shared_ptr<const Source>& source, int home) {
    return Edit{"move", name, home, [source, home](const core::ShardMaps& shards, Time now) {
                  return core::move_cursor(*source, shards, home, now);
                }};
  });
}

int cursors_set_command(const std::string& path, const std::string& name, const std::string& to,
                        const CursorEditOptions& options) {
  const Time now = runtime::read_clock().wall;
  const Result<Time> position = parse_moment(to, now);
  if (!position.ok()) {
    runtime::err() << "--to: " << position.error().message << "\n";
    return exit_usage;
  }
  if (*position > now) {
    runtime::err() << "--to: " << format_rfc3339(*position) << " lies in the future; now it is "
                   << format_rfc3339(now) << "\n";
    return exit_usage;
  }
  return edit_source(path, name, options, [&](const std::shared_ptr<const Source>& source, int home) {
    return Edit{"set", name, home,
                [source, home, at = *position](const core::ShardMaps& shards, Time moment) {
                  return core::set_cursor(*source, shards, home, at, moment);
                }};
  });
}

int cursors_reset_command(const std::string& path, const std::string& name,
                          const CursorEditOptions& options) {
  const Time now = runtime::read_clock().wall;
  return edit_source(path, name, options, [&](const std::shared_ptr<const Source>& source, int home) {
    const Time since = core::first_since(*source, now);
    return Edit{"reset", name, home, [source, home, since](const core::ShardMaps& shards, Time moment) {
                  return core::reset_cursor(*source, shards, home, since, moment);
                }};
  });
}

int cursors_delete_command(const std::string& path, const std::string& name,
                           const CursorEditOptions& options) {
  const std::unique_ptr<config::Config> config = load_or_complain(path);
  if (!config) return exit_config;
  for (const auto& source : config->sources) {
    if (source->name != name) continue;
    runtime::err()
        << name << " is still in " << path
        << ", so it would begin anew: take it out of the config of every instance first, or, to begin anew, "
           "run auditstream cursors reset "
        << name << "\n";
    return exit_usage;
  }
  // A removed source has no account, so no home partition: any partition with its cursor will do.
  return carry_out(
      *config,
      Edit{"delete", name, std::nullopt,
           [name](const core::ShardMaps& shards, Time) { return core::delete_cursor(name, shards); }},
      options);
}

}  // namespace auditstream::cli
