// What a range was asked for and what came of it: the values that facts are judged by.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auditstream/model.h"
#include "probe/wire_bounds.h"

namespace auditstream::probe {

// A row of the vendor's log, as far as facts are about it.
struct Row {
  std::string id;
  std::optional<Time> time;  // as printed
  std::uint64_t bytes = 0;   // their hash
  bool has_id = true;        // or else its id is that of its bytes
  bool valid = true;         // it is valid JSON
  int digits = 0;            // of the printed fraction
  std::string time_at{};     // the JSON pointer that had the time; "" if the vendor's id had it
  std::string_view raw{};    // in `body`
  std::shared_ptr<const std::string> body{};
};

// How a reading ended.
enum class End {
  last_page,
  more,     // as many pages were read as were wanted
  endless,  // pages without rows, or a page that had been read before, led on and on
  refused,
  stopped,  // no more requests may be sent
};

struct Answered {
  Window window;      // the rows that matter; without `to` it is open
  WireBounds sent{};  // by the first request
  std::vector<Row> rows{};
  std::vector<std::size_t> pages{};  // how many rows each had
  End end = End::stopped;
  std::optional<std::uint64_t> total{};  // of the first page
  std::optional<Refusal> refusal{};
  std::optional<Time> date{};  // of the last response, by its header
  Time at{};                   // our clock then

  bool complete() const { return end == End::last_page; }
};

bool lies_in(const Window& window, const Row& row);
// The rows of the answer that its window holds, each once.
std::vector<Row> inside(const Answered& answered);
std::vector<Row> inside(const Window& window, const std::vector<Row>& rows);
// Their times, ascending.
std::vector<Time> times_of(const std::vector<Row>& rows);

// Two readings of what should be the same rows, by their ids and times.
struct Difference {
  std::size_t common = 0;
  std::vector<Row> missing;  // from the second
  std::vector<Row> added;    // in the second only
  bool none() const { return missing.empty() && added.empty(); }
};
Difference difference(const std::vector<Row>& first, const std::vector<Row>& second);

}  // namespace auditstream::probe
