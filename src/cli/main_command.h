#pragma once

namespace auditstream::cli {

// The whole program behind main(): parses the arguments and runs the subcommand; returns the exit code.
int main_command(int argc, char** argv);

}  // namespace auditstream::cli
