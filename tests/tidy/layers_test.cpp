// The layers as they were built: what an archive asks for lies below it, and what it gives is in its
// namespace, so no two of them can give one name two meanings.
#include "tidy/layers.h"

#include <gtest/gtest.h>

namespace auditstream::test {
namespace {

bool is_ours(const std::string& name) { return name.find("auditstream") != std::string::npos; }

TEST(Layers, AnArchiveAsksOnlyForWhatLiesBelowIt) {
  std::map<std::string, std::set<std::string>> homes;  // by symbol: the layers that define it
  std::map<std::string, std::vector<Symbol>> archives;
  const auto below = layers();
  ASSERT_GE(below.size(), 8u);
  for (const auto& [layer, reachable] : below) {
    archives[layer] = symbols_of(layer);
    for (const Symbol& symbol : archives[layer]) {
      if (symbol.defined) homes[symbol.name].insert(layer);
    }
  }
  for (const auto& [layer, reachable] : below) {
    for (const Symbol& symbol : archives[layer]) {
      if (symbol.defined || !is_ours(symbol.name)) continue;
      bool found = false;
      for (const std::string& home : homes[symbol.name]) found = found || reachable.contains(home);
      EXPECT_TRUE(found) << layer << " asks for " << demangled(symbol.name)
                         << ", which no layer below it has";
    }
  }
}

TEST(Layers, AnArchiveDefinesOnlyWhatIsInItsNamespace) {
  const auto below = layers();
  for (const auto& [layer, reachable] : below) {
    for (const Symbol& symbol : symbols_of(layer)) {
      if (!symbol.strong || !is_ours(symbol.name)) continue;
      const std::string name = demangled(symbol.name);
      // A function's name may begin with what it returns.
      const auto is_in = [&](const std::string& space) {
        return name.find("auditstream::" + space) != std::string::npos;
      };
      if (layer != "base") {
        EXPECT_TRUE(is_in(layer + "::")) << layer << " defines " << name;
        continue;
      }
      for (const auto& [other, unused] : below) {
        // What a vendor's request and answer are has the namespace of HTTP.
        EXPECT_TRUE(other == "http" || !is_in(other + "::")) << "base defines " << name;
      }
    }
  }
}

}  // namespace
}  // namespace auditstream::test
