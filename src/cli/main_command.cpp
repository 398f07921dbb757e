#include "cli/main_command.h"

#include <CLI/CLI.hpp>

#include <iostream>

#include "base/exit_code.h"
#include "cli/commands.h"
#include "cli/ocsf.h"
#include "cli/vendors.h"
#include "cli/version.h"
#include "kafka/client_release.h"
#include "runtime/output.h"

namespace auditstream::cli {

int main_command(int argc, char** argv) {
  CLI::App app("auditstream: SaaS audit logs into Kafka, exactly once", "auditstream");
  app.set_version_flag("--version", full_version() + "\nlibrdkafka " + kafka::client_release());
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  int code = exit_done;

  std::string config;
  const auto with_config = [&config](CLI::App* command) {
    command->add_option("-c,--config", config, "the config file")->required();
    return command;
  };

  std::string wait_for_kafka = "60s";
  CLI::App* run = with_config(app.add_subcommand("run", "Poll and publish until SIGTERM or SIGINT"));
  run->add_option("--wait-for-kafka", wait_for_kafka, "How long a first connection to Kafka is tried")
      ->capture_default_str();
  run->callback([&] { code = run_command(config, wait_for_kafka); });

  CheckOptions check_options;
  CLI::App* check = with_config(
      app.add_subcommand("check", "Validate the config; reach Kafka and each vendor with one real request"));
  check->add_flag("--offline", check_options.offline, "Only validate the config");
  check->add_flag("--json", check_options.json, "Print one JSON document");
  check->callback([&] { code = check_command(config, check_options); });

  ReadOptions read_options;
  CLI::App* read =
      with_config(app.add_subcommand("read", "Print a vendor's events as NDJSON; needs no Kafka"));
  read->add_option("source", read_options.source, "The source's name")->required();
  read->add_option("--from", read_options.from, "RFC3339, or a span back from now such as -7d")->required();
  read->add_option("--to", read_options.to, "The same; default: now");
  read->add_option("--limit", read_options.limit, "At most so many events");
  read->callback([&] { code = read_command(config, read_options); });

  ProbeOptions probe_options;
  CLI::App* probe = with_config(app.add_subcommand(
      "probe",
      "Test at the vendor what auditstream takes for granted of its API; reads only, needs no Kafka"));
  probe->add_option("source", probe_options.source, "The source's name")->required();
  probe->add_option("--requests", probe_options.requests,
                    "At most so many requests; default: 60, and with --watch one for each poll_interval");
  const CLI::Option* watch = probe->add_option("--watch", probe_options.watch,
                                               "Watch for so long, such as 2h, how late events appear");
  probe->add_option(
      "--transcripts", probe_options.transcripts,
      "Write what was asked and answered into this folder, without secrets, names and addresses");
  probe->add_flag("--json", probe_options.json, "Print one JSON document");
  probe->add_flag("--bad-credential", probe_options.bad_credential,
                  "Ask once with a damaged credential, too; some vendors lock accounts after a few");
  probe->callback([&, watch] {
    probe_options.watches = watch->count() > 0;
    code = probe_command(config, probe_options);
  });

  CLI::App* cursors = app.add_subcommand("cursors", "Look at cursors in the offsets topic, or change one");
  cursors->require_subcommand(1);
  bool cursors_json = false;
  std::string cursor_source;
  CLI::App* list = with_config(cursors->add_subcommand("list", "All cursors"));
  list->add_flag("--json", cursors_json, "Print an array of cursor records");
  list->callback([&] { code = cursors_list_command(config, cursors_json); });
  CLI::App* show = with_config(cursors->add_subcommand("show", "One cursor"));
  show->add_option("source", cursor_source, "The source's name")->required();
  show->add_flag("--json", cursors_json, "Print the cursor record");
  show->callback([&] { code = cursors_show_command(config, cursor_source, cursors_json); });

  CursorEditOptions edit_options;
  const auto editing = [&](const std::string& verb, const std::string& description) {
    CLI::App* command = with_config(cursors->add_subcommand(verb, description));
    command->add_option("source", cursor_source, "The source's name")->required();
    command->add_flag("--dry-run", edit_options.dry_run, "Only say what would change");
    command->add_flag("--yes", edit_options.yes, "Don't ask");
    command->add_flag("--json", edit_options.json, "Print one JSON document");
    return command;
  };
  const auto may_skip = [&](CLI::App* command) {
    command->add_flag("--allow-skip", edit_options.allow_skip, "Even if events are never published then");
    return command;
  };
  std::string position;
  CLI::App* set = may_skip(editing("set", "Publish again exactly what is at or after a moment"));
  set->add_option("--to", position, "RFC3339, or a span back from now such as -7d")->required();
  set->callback([&] { code = cursors_set_command(config, cursor_source, position, edit_options); });
  CLI::App* reset = may_skip(editing("reset", "Begin anew where the config says"));
  reset->callback([&] { code = cursors_reset_command(config, cursor_source, edit_options); });
  CLI::App* remove = editing("delete", "Forget a source that has left the config");
  remove->callback([&] { code = cursors_delete_command(config, cursor_source, edit_options); });
  CLI::App* move = editing("move", "Follow a changed account or origin of a source; keeps the position");
  move->callback([&] { code = cursors_move_command(config, cursor_source, edit_options); });

  StatusOptions status_options;
  CLI::App* status = app.add_subcommand("status", "A live table of every source, or one table into a pipe");
  status->add_option("--url", status_options.url, "An instance's address (http.listen)")
      ->capture_default_str();
  CLI::Option* once = status->add_flag("--once", status_options.once, "One table on a terminal, too");
  CLI::Option* document = status->add_flag("--json", status_options.json, "Print one JSON document");
  status
      ->add_flag("--ready", status_options.ready,
                 "No table: exit with 0 if the instance works, else say why not")
      ->excludes(once)
      ->excludes(document);
  status->callback([&] { code = status_command(status_options); });

  VerifyOptions verify_options;
  CLI::App* verify = with_config(
      app.add_subcommand("verify", "Compare a vendor's events with the topic: missing, duplicated, altered"));
  verify->add_option("source", verify_options.source, "The source's name")->required();
  verify->add_option("--from", verify_options.from, "RFC3339, or a span back from now such as -7d")
      ->required();
  verify->add_option("--to", verify_options.to, "The same; not in the future")->required();
  verify->add_flag("--allow-cut", verify_options.allow_cut, "Even if only a part of that can be compared");
  CLI::Option* repair =
      verify->add_flag("--repair", verify_options.repair, "Publish what is missing, exactly once");
  verify->add_flag("--dry-run", verify_options.dry_run, "Only say what --repair would publish")
      ->needs(repair);
  verify->add_flag("--yes", verify_options.yes, "Let --repair ask nobody")->needs(repair);
  verify->add_flag("--json", verify_options.json, "Print one JSON document");
  verify->callback([&] { code = verify_command(config, verify_options); });

  std::string vendor;
  CLI::App* vendors = app.add_subcommand("vendors", "What can be polled: settings, defaults, limits");
  vendors->add_option("vendor", vendor, "One vendor; without it all are listed");
  vendors->callback([&] { code = vendors_command(vendor, runtime::out(), runtime::err()); });

  OcsfOptions ocsf_options;
  CLI::App* ocsf =
      app.add_subcommand("ocsf", "Turn a vendor's events on stdin into OCSF on stdout, as NDJSON");
  ocsf->add_option("vendor", ocsf_options.vendor, "The vendor of the events")->required();
  ocsf->add_option("--mapping", ocsf_options.mapping, "The mapping, or a folder with VENDOR.yaml in it")
      ->required();
  ocsf->add_option("--source", ocsf_options.source, "The source's name, for metadata.log_source");
  ocsf->add_option("--time-field", ocsf_options.time_field, "The source's time_field, if its config has one");
  ocsf->callback([&] {
    std::ios::sync_with_stdio(false);  // so that stdin is read in blocks
    code = ocsf_command(ocsf_options, std::cin);
  });

  // CLI11 takes "-7d" for an option, so such a value is joined to its option.
  std::vector<std::string> arguments(argv + 1, argv + argc);
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    const bool takes_moment = arguments[i] == "--from" || arguments[i] == "--to";
    if (!takes_moment || !arguments[i + 1].starts_with("-")) continue;
    arguments[i] += "=" + arguments[i + 1];
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, runtime::out(), runtime::err()) == 0 ? exit_done : exit_usage;
  }
  return code;
}

}  // namespace auditstream::cli
