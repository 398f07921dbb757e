#pragma once

#include <string>

namespace auditstream::cli {

// "0.1.0" and the commit it was built from ("" outside a git checkout).
std::string version();
std::string commit();

// Both, as a user is told.
std::string full_version();

}  // namespace auditstream::cli
