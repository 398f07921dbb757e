// The status page as the browser gets it: src/ops/page/index.html, embedded by the build. It asks for
// "sources", relative to its own address, every 2 s.
#pragma once

#include <string_view>

namespace auditstream::ops {

// The HTML document, in UTF-8.
std::string_view status_page();

// The Content-Security-Policy to send with it: allows the page's own style and script, by their hashes, and
// requests to its own origin; nothing else.
std::string_view status_page_policy();

}  // namespace auditstream::ops
