// What several subcommands do with what they are given.
#pragma once

#include <memory>
#include <string>

#include "auditstream/result.h"
#include "auditstream/time.h"
#include "config/config.h"

namespace auditstream::cli {

// load_config, plus librdkafka's opinion on the properties under `kafka:`.
config::Loaded load_all(const std::string& path);

// Loads the config and prints every mistake and warning to stderr. Nothing if there was a mistake.
std::unique_ptr<config::Config> load_or_complain(const std::string& path);

// Prints the error to stderr and returns its exit code.
int complain(const Error& error);

// RFC 3339, or how long ago: "-7d".
Result<Time> parse_moment(const std::string& text, Time now);

}  // namespace auditstream::cli
