// Slicing a page of Tines' API into events with RapidJSON, without a doubt about anything.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace auditstream::bench {

// Views of the page's body.
struct Event {
  std::string_view id;
  std::string_view created_at;
  std::string_view raw;
};

struct Page {
  std::shared_ptr<const std::string> body;
  std::vector<Event> events;
};

// Throws std::runtime_error when the body is no JSON.
Page slice(std::string body);

}  // namespace auditstream::bench
