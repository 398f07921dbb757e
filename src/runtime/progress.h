// Progress: one line on a terminal's stderr that is written over and over; nothing where nobody looks.
#pragma once

#include <string>

#include "auditstream/time.h"

namespace auditstream::runtime {

class Progress {
 public:
  // `wanted` false: never. Otherwise if stderr is a terminal.
  explicit Progress(bool wanted = true);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Whether a line would be seen now: a few times a second.
  bool due() const;
  void show(const std::string& line);
  // Removes the line, so that others may write.
  void clear();

 private:
  const bool on_;
  bool shown_ = false;
  Steady next_{};
};

}  // namespace auditstream::runtime
