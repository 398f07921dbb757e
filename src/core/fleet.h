// Fleet: the shards of this process, as the group gives and takes their partitions. Runs on one thread;
// everything is injected.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/journal.h"
#include "core/membership.h"
#include "core/offsets_view.h"
#include "core/shard.h"

namespace auditstream::core {

// All sources from now on; one that is the same object as before goes on undisturbed.
struct Reconfiguration {
  std::vector<std::shared_ptr<const Source>> sources;
  std::map<std::string, std::size_t> record_bytes_max;  // see ShardWorld
};

// A snapshot of what this process is doing.
struct FleetStatus {
  std::vector<SourceStatus> sources;  // polled here
  std::size_t shards_open = 0;
  // Assigned to us and with sources, but not open yet; and why, if the last attempt has failed.
  std::map<int, std::optional<JournalFailed>> partitions_not_open;
  std::vector<std::shared_ptr<const Source>> sources_not_open;  // of those partitions, unless in `sources`
  bool joined = false;                                          // we are a member of the group
  bool draining = false;
};

class Fleet {
 public:
  // Makes the journal of a partition. Its events come back through on_journal() under `number`, which is
  // never reused: a partition may be revoked and assigned again.
  using MakeJournal = std::function<std::unique_ptr<Journal>(int partition, std::uint64_t number)>;
  // Is told that a revoked partition has been released.
  using Released = std::function<void(int partition)>;

  // `partitions` is how many the offsets topic has; each source lies in that of its account.
  Fleet(const std::vector<std::shared_ptr<const Source>>& sources, int partitions, MakeJournal make_journal,
        Released released, ShardWorld& world, ShardLimits limits = {});
  // Drops whatever was not drained: what was not committed is read from the vendors again.
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // The config has changed.
  void reconfigure(const Reconfiguration& change, Now now);
  void on_membership(const MembershipEvent& event, Now now);
  void on_journal(std::uint64_t number, JournalEvent event, Now now);
  void on_offsets(const OffsetsEvent& event, Now now);
  // False if no shard sent the request.
  bool on_response(http::RequestId id, const http::Response& response, Now now);
  // Does what is due.
  void step(Now now);
  Steady wake_at() const;

  // See Shard.
  std::optional<Lent> lend_request(std::string_view source, Now now);

  // Closes all shards and opens no new ones. empty() tells when that is done.
  void drain(Now now);
  bool empty() const { return open_.empty(); }

  FleetStatus status(Now now) const;

 private:
  struct Member {
    std::uint64_t number;
    std::unique_ptr<Journal> journal;
    std::unique_ptr<Shard> shard;
  };

  void sort_into_partitions(const std::vector<std::shared_ptr<const Source>>& sources);
  void open_and_close_shards(Now now);
  void on_cursor(const CursorSeen& seen, Now now);
  void say_cursors_without_source(const std::vector<int>& partitions);
  void say_added_partitions(const std::vector<int>& partitions);

  // Constant after construction.
  const int partitions_;
  const MakeJournal make_journal_;
  const Released released_;
  ShardWorld& world_;
  const ShardLimits limits_;

  std::map<int, std::vector<std::shared_ptr<const Source>>> sources_;  // by partition
  std::set<std::string> names_;                                        // of all sources
  std::set<std::string> without_source_said_;                          // sources of these cursors
  bool added_partitions_said_ = false;
  std::set<int> ours_;          // as assigned by the group
  std::set<int> releasing_;     // revoked; to be reported once closed
  std::map<int, Member> open_;  // with a shard, until it has closed
  std::uint64_t next_number_ = 1;
  bool joined_ = false;
  bool draining_ = false;
};

}  // namespace auditstream::core
