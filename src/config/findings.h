// Findings while the config is read: where something stands, and what is wrong there.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace auditstream::config {

// Where a value stands.
struct Place {
  std::string file;
  int line = 0;
  std::string path;
  const Allowance* allowance = nullptr;  // of the references in that file; nothing: any

  // The value of that name in a map that stands here, and the n-th of a list.
  Place named(std::string_view name, int at_line) const;
  Place item(std::size_t index, int at_line) const;
};

// Words have no long runs of letters, nor letters mixed with digits: most keys and tokens do.
bool may_be_secret(std::string_view text);

// What of a key may be printed: after a slip ("api_key:abc" without its blank) it may hold a secret, so all
// but plain words becomes "...".
std::string discreet(std::string_view key);

// Collects; the same finding twice is one (a default is looked at once for each source).
class Findings {
 public:
  void mistake(const Place& place, std::string message);
  void warning(const Place& place, std::string message);
  void missing_secret(const Place& place, std::string message);

  // How many mistakes so far: to see whether a piece of the config has added any.
  std::size_t mistake_count() const { return mistakes_.size(); }
  bool has_mistake_at(const std::string& file, const std::string& path) const;

  // In the order of the lines, the main file first.
  std::vector<Finding> take_mistakes(const std::string& main_file);
  std::vector<Finding> take_warnings(const std::string& main_file);
  std::vector<Finding> take_missing_secrets(const std::string& main_file);

 private:
  std::vector<Finding> mistakes_;
  std::vector<Finding> warnings_;
  std::vector<Finding> missing_secrets_;
  std::set<std::string> seen_;
  std::set<std::pair<std::string, std::string>> mistaken_;
};

// "\"uk\"": a value inside a message. Cut where it is long.
std::string in_quotes(std::string_view text);
// "us, eu, au"
std::string listed(const std::vector<std::string>& words);

}  // namespace auditstream::config
