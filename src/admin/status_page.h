// The pages as a browser gets them, embedded by the build: src/admin/page/index.html, which requests
// "sources", relative to its own address, every 2 s; and the runbook that it links to.
#pragma once

#include <string_view>

namespace auditstream::admin {

// The HTML document, in UTF-8.
std::string_view status_page();

// The Content-Security-Policy to send with it: allows the page's own style and script, by their hashes, and
// requests to its own origin; nothing else.
std::string_view status_page_policy();

// docs/operations.md as an HTML document.
std::string_view runbook();
std::string_view runbook_policy();

}  // namespace auditstream::admin
