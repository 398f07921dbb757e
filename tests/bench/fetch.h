// Fetching pages over a number of connections, with nothing in between: the limit for every client of the
// API.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace auditstream::bench {

// Gets `url` + page number for the pages from 1 to `pages`, in any order. A body that `on_page` leaves in its
// argument is used again. Throws std::runtime_error when an answer is not 200.
void fetch_pages(const std::string& url, std::uint64_t pages, unsigned connections,
                 const std::function<void(std::string& body)>& on_page);

}  // namespace auditstream::bench
