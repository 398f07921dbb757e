// Transcript: what was asked and what came, without what identifies anybody, in the format of
// tests/vendor_apis/transcripts. Pure.
#pragma once

#include <string>

#include "probe/redaction.h"
#include "probe/session.h"

namespace auditstream::probe {

class Transcript {
 public:
  Transcript(const Source& source, const Secrets& secrets) : redaction_(source, secrets), api_(source.api) {}

  void add(const Exchanged& exchanged);
  std::string text() const;
  std::size_t exchanges() const { return exchanges_; }

 private:
  std::string source_text() const;

  Redaction redaction_;
  const Vendor* api_;
  std::string sections_;
  std::size_t exchanges_ = 0;
  std::size_t left_out_ = 0;  // bounds of our own, no response, too large, or text that the format can't hold
};

}  // namespace auditstream::probe
