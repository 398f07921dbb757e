// Settlement: what a window that was read to its end says about the log: how far the cursor moves, and what
// is read next. Pure.
#pragma once

#include <optional>

#include "auditstream/model.h"
#include "auditstream/time.h"
#include "core/cursor.h"

namespace auditstream::core {

// What a window has shown.
struct WindowRead {
  Window window;
  bool several_pages = false;
  // Only what lies below it is here: there was more than one transaction should hold.
  std::optional<Position> cut;
  // The last of the events that had not been published.
  std::optional<Position> last;
  // The newest of them that is not from the future: it proves how far the vendor has got.
  std::optional<Time> newest;
};

// What is known beside it.
struct Circumstances {
  Duration overlap{0};
  Time now;                            // the vendor's
  Time final_until;                    // what ends no later is history, where nothing can be late any more
  std::optional<Time> unsettled_from;  // see Planner
};

struct Settlement {
  // Of the cursor from now on; neither is ever lower than it was.
  Time watermark;
  Position floor;

  enum class Next {
    onwards,         // the window after it
    onwards_proven,  // likewise, and if it was to cover a gap again: the vendor's ingest goes on behind it
    gap,             // nothing happened at its end, or the ingest had stopped: that part once more
    rest_of_window,  // from `from` on
    rest,            // it was the live one: nothing before the next poll
  };
  Next next = Next::onwards;
  Time from{};
};

Settlement settle(const Cursor& cursor, const WindowRead& read, const Circumstances& circumstances);

}  // namespace auditstream::core
