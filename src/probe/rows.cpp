#include "probe/rows.h"

#include <algorithm>
#include <unordered_set>

namespace auditstream::probe {
namespace {

// Not the id alone: whether it is unique is a question of its own.
std::string name_of(const Row& row) {
  return row.id + "\n" + (row.time ? std::to_string(row.time->time_since_epoch().count()) : "");
}

}  // namespace

bool lies_in(const Window& window, const Row& row) {
  return row.time && *row.time >= window.from && (!window.to || *row.time < *window.to);
}

std::vector<Row> inside(const Window& window, const std::vector<Row>& rows) {
  std::unordered_set<std::string> names;
  std::vector<Row> kept;
  for (const Row& row : rows) {
    if (lies_in(window, row) && names.insert(name_of(row)).second) kept.push_back(row);
  }
  return kept;
}

std::vector<Row> inside(const Answered& answered) { return inside(answered.window, answered.rows); }

std::vector<Time> times_of(const std::vector<Row>& rows) {
  std::vector<Time> times;
  for (const Row& row : rows) {
    if (row.time) times.push_back(*row.time);
  }
  std::ranges::sort(times);
  return times;
}

Difference difference(const std::vector<Row>& first, const std::vector<Row>& second) {
  const auto names_of = [](const std::vector<Row>& rows) {
    std::unordered_set<std::string> names;
    for (const Row& row : rows) names.insert(name_of(row));
    return names;
  };
  const std::unordered_set<std::string> in_first = names_of(first);
  const std::unordered_set<std::string> in_second = names_of(second);
  Difference found;
  for (const Row& row : first) {
    if (in_second.contains(name_of(row))) {
      ++found.common;
    } else {
      found.missing.push_back(row);
    }
  }
  for (const Row& row : second) {
    if (!in_first.contains(name_of(row))) found.added.push_back(row);
  }
  return found;
}

}  // namespace auditstream::probe
