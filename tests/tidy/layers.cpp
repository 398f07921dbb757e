#include "tidy/layers.h"

#include <cxxabi.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <sstream>

#include "paths.h"

namespace auditstream::test {

std::map<std::string, std::set<std::string>> layers() {
  static const std::regex rule(R"(add_layer\((\w+)([^)]*)\))");
  static const std::regex link(R"(\bas_(\w+))");
  std::ifstream in(PROJECT_DIR "/CMakeLists.txt", std::ios::binary);
  const std::string cmake{std::istreambuf_iterator<char>(in), {}};
  std::map<std::string, std::set<std::string>> reachable;
  for (std::sregex_iterator match(cmake.begin(), cmake.end(), rule), end; match != end; ++match) {
    const std::string name = (*match)[1], links = (*match)[2];
    std::set<std::string>& below = reachable[name];
    below.insert(name);
    for (std::sregex_iterator l(links.begin(), links.end(), link); l != end; ++l) {
      EXPECT_TRUE(reachable.contains((*l)[1]))
          << name << " links " << (*l)[1] << ", which does not lie below it";
      below.merge(std::set<std::string>(reachable[(*l)[1]]));
    }
  }
  return reachable;
}

std::vector<Symbol> symbols_of(const std::string& layer) {
  const std::string command = "nm -P -g " BUILD_DIR "/libas_" + layer + ".a";
  const std::unique_ptr<FILE, int (*)(FILE*)> nm(popen(command.c_str(), "r"), pclose);
  EXPECT_NE(nm, nullptr) << command;
  std::string text;
  for (char chunk[4096]; nm;) {
    const std::size_t bytes = std::fread(chunk, 1, sizeof chunk, nm.get());
    if (bytes == 0) break;
    text.append(chunk, bytes);
  }
  std::vector<Symbol> symbols;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, kind;
    if (!(words >> name >> kind) || kind.size() != 1) continue;  // the name of an object file
    symbols.push_back(
        {name, kind != "U" && kind != "w", std::string("TDBR").find(kind) != std::string::npos});
  }
  EXPECT_FALSE(symbols.empty()) << command;
  return symbols;
}

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 ? std::string(text.get()) : name;
}

}  // namespace auditstream::test
