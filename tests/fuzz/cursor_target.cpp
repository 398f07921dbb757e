// A record of the offsets topic: whoever may write there may have written anything.
#include "admin/sources_view.h"
#include "auditstream/check.h"
#include "core/cursor.h"
#include "fuzz/target.h"

namespace auditstream::fuzz {
namespace {

void run(std::string_view input) {
  if (const Result<core::DecodedCursor> decoded = core::decode_cursor(input); decoded.ok()) {
    const std::string text = core::encode_cursor(decoded->cursor, decoded->open);
    const Result<core::DecodedCursor> again = core::decode_cursor(text);
    AS_CHECK(again.ok());
    AS_CHECK(core::encode_cursor(again->cursor, again->open) == text);
    AS_CHECK(again->open.ids == decoded->open.ids);
    AS_CHECK(again->cursor.floor == decoded->cursor.floor &&
             again->cursor.watermark == decoded->cursor.watermark);
  }
  if (const Result<core::DecodedChunk> decoded = core::decode_chunk(input); decoded.ok()) {
    const Result<core::DecodedChunk> again =
        core::decode_chunk(core::encode_chunk(decoded->chunk, decoded->generation));
    AS_CHECK(again.ok());
    AS_CHECK(again->chunk == decoded->chunk && again->generation == decoded->generation);
  }
  core::account_of_cursor(input);
  if (const std::optional<core::OwnerRecord> owner = core::decode_owner(input)) {
    const std::optional<core::OwnerRecord> again = core::decode_owner(core::encode_owner(*owner));
    AS_CHECK(again && again->instance == owner->instance && again->nonce == owner->nonce);
    AS_CHECK(again->time == owner->time && again->config == owner->config);
  }
  if (const auto number = core::chunk_number("acme", input))
    AS_CHECK(core::chunk_number("acme", core::chunk_key("acme", *number)) == number);

  admin::SourcesView sources(12);
  sources.apply(3, "acme", input);
  sources.apply(3, core::owner_key, input);
  sources.apply(3, input, input);
}

std::vector<std::string> seeds() {
  core::Cursor cursor;
  cursor.source = "acme";
  cursor.vendor = "tines";
  cursor.account = "acme";
  cursor.origin = "0123456789abcdef";
  cursor.filter = "fedcba9876543210";
  cursor.since = *parse_rfc3339("2020-04-12T10:00:00Z");
  cursor.watermark = *parse_rfc3339("2026-11-20T12:00:00.123456Z");
  cursor.floor = Position{cursor.watermark - 10min, "an id \"\\\n"};
  cursor.updated = cursor.watermark;
  const core::SeenChunk open{Position{cursor.watermark, "b"}, false, {1, 2, ~std::uint64_t{0}}};
  std::vector<std::string> made{core::encode_cursor(cursor, open), core::encode_chunk(open, 3),
                                "acme/seen/18446744073709551615"};
  made.push_back(core::encode_chunk({open.to, false, std::vector<std::uint64_t>(large_seed / 11, 42)}, 3));
  cursor.state = core::Cursor::State::paused;
  cursor.last_error = core::LastError{401, "the key is refused"};
  cursor.backfill_start_time = cursor.since;
  made.push_back(core::encode_cursor(cursor, {}));
  made.push_back(core::encode_chunk({Position{cursor.watermark, ""}, true, {7}}, 1));
  made.push_back(core::encode_owner({"host", "host/1/2", cursor.watermark, {{"topics.partitions", "6"}}}));
  return made;
}

}  // namespace

Target cursor_target() { return {"cursor", run, seeds}; }

}  // namespace auditstream::fuzz
