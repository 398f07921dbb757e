// What a source's partition holds when a shard is opened: one record in a line, its key, a tab and its value.
#include <algorithm>

#include "auditstream/check.h"
#include "core/ledger.h"
#include "fuzz/target.h"

namespace auditstream::fuzz {
namespace {

constexpr std::string_view source = "acme";

core::RecordMap records_of(std::string_view input) {
  core::RecordMap records{{std::string(source), ""}};
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    const std::size_t tab = std::min(line.find('\t'), line.size());
    records[std::string(line.substr(0, tab))] = line.substr(std::min(tab + 1, line.size()));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return records;
}

void write(const std::vector<core::Record>& written, core::RecordMap& records) {
  for (const core::Record& record : written) {
    if (record.value) {
      records[record.key] = *record.value;
    } else {
      records.erase(record.key);
    }
  }
}

void run(std::string_view input) {
  core::RecordMap records = records_of(input);
  Result<core::Ledger> ledger = core::Ledger::restore(source, records);
  if (!ledger.ok()) return;
  const Time now = *parse_rfc3339("2026-11-20T12:00:00Z");

  // What it publishes stays published, in this process and for the next owner.
  const Position next{std::clamp(ledger->cursor().watermark, now - 24h * 365 * 100, now) + 1s, "next"};
  const bool known = ledger->published(next, 42);
  ledger->publish(next, 42);
  ledger->count(1, 0);
  AS_CHECK(known || ledger->published(next, 42));
  write(ledger->take_records(now), records);
  AS_CHECK(ledger->take_records(now).empty());
  const Result<core::Ledger> again = core::Ledger::restore(source, records);
  AS_CHECK(again.ok());
  AS_CHECK(again->published(next, 42));
  AS_CHECK(again->ids() == ledger->ids());
  AS_CHECK(again->cursor().floor == ledger->cursor().floor);
  AS_CHECK(again->cursor().watermark == ledger->cursor().watermark);
  AS_CHECK(again->cursor().published == ledger->cursor().published);
}

std::vector<std::string> seeds() {
  Source acme;
  acme.name = source;
  acme.vendor = "tines";
  const Time since = *parse_rfc3339("2026-11-20T10:00:00Z");
  core::Ledger ledger(acme, since, since);
  core::RecordMap records;
  for (int i = 0; i < 40; ++i)
    ledger.publish(Position{since + i * 1s, std::to_string(i)}, static_cast<std::uint64_t>(i));
  ledger.dead_letter({1, 2, 3}, since + 24h);
  write(ledger.take_records(since), records);
  ledger.advance(core::Part::present, since + 100s, Position{since + 5s, "x"});
  ledger.publish(Position{since + 100s, "y"}, 99);
  write(ledger.take_records(since), records);
  const auto text_of = [](const core::RecordMap& map) {
    std::string text;
    for (const auto& [key, value] : map) text += key + "\t" + value + "\n";
    return text;
  };
  const std::string text = text_of(records);
  for (std::uint64_t number = 9; records.size() * 150 < large_seed; ++number) {
    const core::SeenChunk chunk{Position{since + 1h, "z"}, number % 5 == 0, {number, number + 1}};
    records[core::chunk_key(source, number)] = core::encode_chunk(chunk, number % 7 == 0 ? 2 : 1);
  }
  return {text, text.substr(0, text.find('\n') + 1), text_of(records)};
}

}  // namespace

Target ledger_target() { return {"ledger", run, seeds}; }

}  // namespace auditstream::fuzz
