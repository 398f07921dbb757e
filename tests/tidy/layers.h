// The layers as CMake builds them: which one may use which, and what their archives hold.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace auditstream::test {

// By layer, itself and all that lies below it: from the very list that CMake links them by. Fails the test
// where a layer links one that does not stand before it.
std::map<std::string, std::set<std::string>> layers();

struct Symbol {
  std::string name;  // as the linker knows it
  bool defined = false;
  bool strong = false;  // defined here and nowhere else: no template, nothing inline
};

// What the layer's archive gives to others and asks of others.
std::vector<Symbol> symbols_of(const std::string& layer);

// "auditstream::core::Shard::step(auditstream::Now)"; the name itself where it is not C++.
std::string demangled(const std::string& name);

}  // namespace auditstream::test
