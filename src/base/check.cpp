#include "auditstream/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace auditstream {
namespace {

std::atomic<void (*)(const char*)> reporter = nullptr;

}  // namespace

void report_failed_checks_by(void (*report)(const char* text)) { reporter = report; }

void check_failed(const char* condition, const char* file, int line) {
  const std::string text =
      std::string("CHECK failed: ") + condition + " at " + file + ":" + std::to_string(line);
  if (const auto report = reporter.load()) {
    report(text.c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  std::abort();
}

}  // namespace auditstream
