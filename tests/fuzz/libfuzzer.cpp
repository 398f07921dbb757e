// The entry points that libFuzzer calls. Its own arguments are its own, so ours come by the environment:
// AUDITSTREAM_FUZZ_TARGET names the target; AUDITSTREAM_FUZZ_SEEDS, a folder, is filled before it begins.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fuzz/target.h"

namespace auditstream::fuzz {
namespace {

const Target* chosen = nullptr;
std::uint64_t executions = 0;
std::uint64_t bytes = 0;

void tell() {
  std::fprintf(stderr, "fuzzed: %s executions=%llu bytes=%llu\n", chosen->name.c_str(),
               static_cast<unsigned long long>(executions), static_cast<unsigned long long>(bytes));
}

void write_seeds(const Target& target, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const std::string& seed : target.seeds()) {
    std::ofstream(folder / ("seed-" + std::to_string(number++)), std::ios::binary) << seed;
  }
}

}  // namespace
}  // namespace auditstream::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  using namespace auditstream::fuzz;
  const char* name = std::getenv("AUDITSTREAM_FUZZ_TARGET");
  chosen = name == nullptr ? nullptr : find_target(name);
  if (chosen == nullptr) {
    std::fputs("AUDITSTREAM_FUZZ_TARGET must be one of:\n", stderr);
    for (const Target& target : targets()) std::printf("%s\n", target.name.c_str());
    std::exit(64);
  }
  if (const char* folder = std::getenv("AUDITSTREAM_FUZZ_SEEDS")) write_seeds(*chosen, folder);
  std::atexit(tell);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace auditstream::fuzz;
  ++executions;
  bytes += size;
  chosen->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
