// CursorEditor: changes a cursor on a live system. Takes the shards over by fencing, decides by what they
// hold then, writes it in one transaction, and leaves: their owners open them again and go on from the new
// cursor by themselves.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "core/cursor_edit.h"

namespace auditstream::runtime {

// One of core/cursor_edit.h. Asked again with each try.
using DecideEdit = std::function<Result<core::CursorChange>(const core::ShardMaps& shards, Time now)>;

// Errors: refused, where the cursors or the change itself don't allow it; not_found, where the source has none;
// unavailable, where Kafka can't be reached, or others were faster again and again; misconfigured.
class CursorEditor {
 public:
  // `instance` is who the mark in the offsets topic names; `config` outlives the editor.
  CursorEditor(const config::Config& config, std::string instance)
      : config_(config), instance_(std::move(instance)) {}

  // The live records by partition. Fences nobody.
  Result<std::vector<core::RecordMap>> read() const;

  // What `decide` would change. Fences nobody.
  Result<core::CursorChange> plan(const std::string& source, const DecideEdit& decide) const;

  // Does it; a few tries, each told through `say` if it fails. `home` is where the source belongs, if
  // anywhere. Takes seconds.
  Result<core::CursorChange> carry_out(const std::string& source, std::optional<int> home,
                                       const DecideEdit& decide,
                                       const std::function<void(const std::string&)>& say) const;

 private:
  struct Failed {
    Error error;
    bool again;
    std::optional<core::CursorChange> unknown{};  // perhaps it was committed
  };

  std::variant<core::CursorChange, Failed> try_once(const std::string& source,
                                                    const std::set<int>& partitions, const DecideEdit& decide,
                                                    const std::optional<core::CursorChange>& unknown) const;

  const config::Config& config_;
  const std::string instance_;
};

}  // namespace auditstream::runtime
