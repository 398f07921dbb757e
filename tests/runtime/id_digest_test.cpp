// The digest of many ids is that of `LC_ALL=C sort -u | sha256sum`, whether they fit into memory or not.
#include "runtime/id_digest.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <set>

#include "base/sha256.h"

namespace auditstream::test {
namespace {

std::string expected(const std::set<std::string>& ids) {
  Sha256 sha256;
  for (const std::string& id : ids) sha256.add(id + "\n");
  return hex(sha256.finish());
}

// printf 'b\na\n\xffz\na\n10\n9\n' | LC_ALL=C sort -u | sha256sum
TEST(IdDigest, IsWhatSortAndSha256sumSay) {
  runtime::IdDigest digest;
  for (const char* id : {"b", "a", "\xffz", "a", "10", "9"}) digest.add(id);
  EXPECT_EQ(*digest.finish(), "c7d82144ca59f2f949bbc6422f7a7319b7f17e3dceff874a89cdb5e4bf780ef6");
  // sha256sum </dev/null
  EXPECT_EQ(*runtime::IdDigest().finish(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(IdDigest, IsTheSameInAFile) {
  runtime::IdDigest digest(4096);
  std::set<std::string> ids;
  std::uint64_t number = 1;
  for (int i = 0; i < 20'000; ++i) {
    number = number * 6364136223846793005u + 1442695040888963407u;
    // Repeats come in other runs, too, and one id is longer than what is read at once.
    std::string id = i == 7000 ? std::string(200'000, 'x') : "id-" + std::to_string(number % 15'000);
    if (i % 1000 == 0) id = "";
    digest.add(id);
    ids.insert(std::move(id));
  }
  std::vector<std::string> visited;
  EXPECT_EQ(*digest.finish([&](std::string_view id) { visited.emplace_back(id); }), expected(ids));
  EXPECT_EQ(visited, std::vector<std::string>(ids.begin(), ids.end()));
}

TEST(IdDigest, SaysWhereNoFileCanBe) {
  setenv("TMPDIR", "/proc", 1);
  runtime::IdDigest digest(100);
  for (int i = 0; i < 100; ++i) digest.add(std::to_string(i));
  const Result<std::string> result = digest.finish();
  unsetenv("TMPDIR");
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("/proc"), std::string::npos) << result.error().message;
  EXPECT_NE(result.error().message.find("TMPDIR"), std::string::npos) << result.error().message;
}

}  // namespace
}  // namespace auditstream::test
