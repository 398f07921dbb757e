// Settlement: what a window that was read to its end says about the log: which events are new, how far the
// cursor moves, and what is read next. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "auditstream/model.h"
#include "auditstream/time.h"
#include "core/ledger.h"

namespace auditstream::core {

// What a window has shown.
struct WindowRead {
  Window window;
  bool live = false;  // it is the last one, which is read again with the next poll
  bool several_pages = false;
  bool read_before = false;  // perhaps, and its new events were not there
  // Only events below it are here: there were more than could be held.
  std::optional<Position> cut;
  std::vector<Event> events;   // in order, each once
  std::vector<Event> undated;  // those without a readable time, each once
  std::vector<Event> late{};   // those below the floor that were never published, each once
  // Ids of earlier dead letters that would be forgotten too early.
  std::set<std::uint64_t> undated_again{};
  Time undated_until{};  // how long each of them has to be remembered
};

// What else is known.
struct Circumstances {
  Duration overlap{0};
  Time now;                            // the vendor's
  Time future_from;                    // an event beyond it is from the vendor's own future
  Time final_until;                    // what ends no later is final: no event can be late any more
  std::optional<Time> unsettled_from;  // see Planner
  std::size_t events_max = SIZE_MAX;   // in one transaction; the rest is read again
};

struct Settlement {
  // To be published, or to be dead letters: those of the window that the ledger does not know.
  std::vector<Event> events;
  std::vector<Event> undated;
  std::vector<Event> late;                 // to be dead letters
  std::vector<std::uint64_t> undated_ids;  // of `undated`, and of those to be remembered for longer
  // Of the cursor from now on; neither is ever lower than it was.
  Time watermark;
  Position floor;
  // How far behind the watermark that the cursor had the latest of the events lies.
  Duration lateness{0};

  enum class Next {
    onwards,         // the window after it
    onwards_proven,  // likewise; if it covered a gap again, ingest has been seen beyond it
    gap,             // nothing happened at its end, or the ingest had stopped: that part once more
    rest_of_window,  // from `from` on
    rest,            // it was the live one: nothing before the next poll
  };
  Next next = Next::onwards;
  Time from{};
};

Settlement settle(const Ledger& ledger, Part part, WindowRead read, const Circumstances& circumstances);

}  // namespace auditstream::core
