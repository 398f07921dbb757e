// Progress: one line on a terminal's stderr that is updated in place; nothing if stderr is no terminal.
#pragma once

#include <string>

#include "auditstream/time.h"

namespace auditstream::runtime {

class Progress {
 public:
  // `wanted` = false: never shown. Otherwise if stderr is a terminal.
  explicit Progress(bool wanted = true);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Whether it is time to update the line: a few times a second.
  bool due() const;
  void show(const std::string& line);
  // Removes the line, so that other output can follow.
  void clear();

 private:
  const bool on_;
  bool shown_ = false;
  Steady next_{};
};

}  // namespace auditstream::runtime
