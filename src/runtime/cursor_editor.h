// CursorEditor: changes a cursor on a live system. Takes over the shards by fencing, decides by their records
// what to change, writes that in one transaction, and leaves: the owners open their shards again and continue
// from the new cursor.
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

// One of core/cursor_edit.h. Called again with each attempt.
using DecideEdit = std::function<Result<core::CursorChange>(const core::ShardMaps& shards, Time now)>;

// Errors: refused, if the cursors or the change itself don't allow it; not_found, if the source has no
// cursor; unavailable, if Kafka can't be reached or others took the partitions back each time; misconfigured.
class CursorEditor {
 public:
  // `instance` is named in the mark in the offsets topic; `config` outlives the editor.
  CursorEditor(const config::Config& config, std::string instance)
      : config_(config), instance_(std::move(instance)) {}

  // The live records by partition. Fences nobody.
  Result<std::vector<core::RecordMap>> read() const;

  // What `decide` would change. Fences nobody.
  Result<core::CursorChange> plan(const std::string& source, const DecideEdit& decide) const;

  // Makes the change, in a few attempts; `say` is told of each failed one. `home` is the source's home
  // partition, if it has one. Takes seconds.
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
