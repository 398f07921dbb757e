// Findings while the config is read: what is wrong, and where.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace auditstream::config {

// Where a value is.
struct Place {
  std::string file;
  int line = 0;
  std::string path;
  const Allowance* allowance = nullptr;  // limits the references in that file; null: no limit

  // The value of that name in the map at this place, and the n-th item of the list here.
  Place named(std::string_view name, int at_line) const;
  Place item(std::size_t index, int at_line) const;
};

// Words have no long runs of letters and don't mix letters with digits: most keys and tokens do.
bool may_be_secret(std::string_view text);

// The part of a key that may be printed. After a typo ("api_key:abc" without the space) it may contain a
// secret, so everything but plain words becomes "...".
std::string discreet(std::string_view key);

// Collects findings; the same finding twice counts once (a default is checked again for each source).
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

// "\"uk\"": a value inside a message. Long ones are cut.
std::string in_quotes(std::string_view text);
// "us, eu, au"
std::string listed(const std::vector<std::string>& words);

}  // namespace auditstream::config
