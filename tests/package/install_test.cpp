// What `cmake --install` puts where, and whether systemd likes the unit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "package/unpacked.h"
#include "paths.h"
#include "support/child.h"

namespace auditstream::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

TEST(Install, PutsEverythingBelowThePrefix) {
  const TemporaryDirectory prefix;
  const Finished install = run_to_end({"cmake", "--install", BUILD_DIR, "--prefix", prefix.path()});
  ASSERT_EQ(install.status, 0) << install.err;
  EXPECT_THAT(
      files_below(prefix.path()),
      IsSupersetOf({"bin/auditstream", "lib/systemd/system/auditstream.service",
                    "share/doc/auditstream/README.md", "share/doc/auditstream/docs/operations.md",
                    "share/doc/auditstream/docs/alerts.yaml", "share/doc/auditstream/docs/grafana.json",
                    "share/doc/auditstream/examples/auditstream.yaml", "share/auditstream/ocsf/tines.yaml",
                    "share/auditstream/schemas/tines.json"}));
  for (const std::string& line : lines_of(install.out)) {
    EXPECT_THAT(line, AnyOf(HasSubstr(prefix.path().string()), StartsWith("-- Install configuration:")));
  }
}

// The examples are those of config/, all of them and nothing else.
TEST(Install, TakesEveryExampleAlong) {
  const TemporaryDirectory prefix;
  const Finished install = run_to_end({"cmake", "--install", BUILD_DIR, "--prefix", prefix.path()});
  ASSERT_EQ(install.status, 0) << install.err;
  std::set<std::string> examples;
  for (const fs::directory_entry& entry : fs::directory_iterator(PROJECT_DIR "/config")) {
    if (entry.path().extension() == ".yaml") examples.insert(entry.path().filename());
  }
  EXPECT_EQ(files_below(prefix.path() / "share/doc/auditstream/examples"), examples);
}

// The unit with the program that was built, wherever it lies: systemd looks whether it is there.
fs::path unit_with_binary(const TemporaryDirectory& directory) {
  const fs::path unit = directory.path() / "auditstream.service";
  std::string text = read_file(PROJECT_DIR "/config/systemd/auditstream.service");
  const std::string command = "ExecStart=auditstream ";
  const std::size_t at = text.find(command);
  if (at == text.npos) throw std::runtime_error("the unit does not start auditstream");
  text.replace(at, command.size(), "ExecStart=" BUILD_DIR "/auditstream ");
  write_file(unit, text);
  return unit;
}

TEST(Unit, IsUnderstoodBySystemd) {
  const TemporaryDirectory directory;
  const Finished verify = run_to_end({"systemd-analyze", "verify", unit_with_binary(directory)});
  EXPECT_EQ(verify.status, 0) << verify.err;
  EXPECT_EQ(verify.err, "");
}

TEST(Unit, GivesAwayNothingItDoesNotNeed) {
  // In tenths; systemd says OK below 5.
  const std::string exposure_max = "15";
  const Finished security =
      run_to_end({"systemd-analyze", "security", "--offline=true", "--no-pager",
                  "--threshold=" + exposure_max, PROJECT_DIR "/config/systemd/auditstream.service"});
  EXPECT_EQ(security.status, 0) << security.out;
  EXPECT_THAT(security.out, HasSubstr(" OK "));
}

TEST(Unit, FitsTheProgram) {
  EXPECT_THAT(lines_of(read_file(PROJECT_DIR "/config/systemd/auditstream.service")),
              IsSupersetOf({"Type=notify", "Restart=on-failure", "RestartPreventExitStatus=78 64",
                            "ExecReload=kill -HUP $MAINPID",
                            "ExecStart=auditstream run -c /etc/auditstream/auditstream.yaml",
                            "LoadCredential=secret:/etc/auditstream/credentials"}));
}

}  // namespace
}  // namespace auditstream::test
