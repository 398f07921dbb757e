// The Debian package: built, looked at, installed into a root of its own, changed, upgraded and purged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "package/unpacked.h"
#include "paths.h"
#include "support/child.h"
#include "vendor_apis/names.h"

namespace auditstream::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;

std::string output_of(const std::vector<std::string>& command) {
  const Finished finished = run_to_end(command);
  EXPECT_EQ(finished.status, 0) << command.front() << ": " << finished.err << finished.out;
  return finished.out;
}

// Built once for all tests here.
class Deb : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    output_of({"cpack", "-G", "DEB", "--config", BUILD_DIR "/CPackConfig.cmake", "-B", directory_->path()});
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_->path())) {
      if (entry.path().extension() == ".deb") deb_ = entry.path();
    }
  }
  static void TearDownTestSuite() { delete directory_; }

  static std::string field(const std::string& name) { return output_of({"dpkg-deb", "-f", deb_, name}); }

  static TemporaryDirectory* directory_;
  static fs::path deb_;
};
TemporaryDirectory* Deb::directory_ = nullptr;
fs::path Deb::deb_;

// A root with nothing in it but dpkg's own records.
class Root {
 public:
  Root() {
    fs::create_directories(admin() / "info");
    fs::create_directories(admin() / "updates");
    write_file(admin() / "status", "");
    write_file(admin() / "available", "");
  }

  // The package's scripts are told the root and run outside of it: there is no shell inside.
  std::string dpkg(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"fakeroot", "dpkg", "--root=" + path().string(),
                                         "--log=" + (path() / "dpkg.log").string(),
                                         "--force-depends,not-root,script-chrootless,confold"});
    return output_of(arguments);
  }
  const fs::path& path() const { return directory_.path(); }
  fs::path config() const { return path() / "etc/auditstream/auditstream.yaml"; }

 private:
  fs::path admin() const { return path() / "var/lib/dpkg"; }

  TemporaryDirectory directory_;
};

TEST_F(Deb, SaysWhatItIsAndWhatItNeeds) {
  EXPECT_EQ(field("Package"), "auditstream\n");
  EXPECT_THAT(field("Description"), StartsWith("SaaS audit logs into Kafka, exactly once\n"));
  for (const auto& vendor : vendor_apis::vendor_names) {
    EXPECT_THAT(field("Description"), HasSubstr(std::string(vendor.title)));
  }
  EXPECT_EQ(field("Maintainer"), "the authors of auditstream <auditstream@example.org>\n");
  const std::string depends = field("Depends");
  for (const char* library :
       {"ca-certificates", "libc6 (>= ", "libcurl4", "librdkafka1 (>= ", "libsystemd0", "libyaml-cpp0"}) {
    EXPECT_THAT(depends, HasSubstr(library));
  }
  EXPECT_THAT(depends, Not(HasSubstr("gtest")));
  EXPECT_EQ(output_of({"dpkg-deb", "-I", deb_, "conffiles"}), "/etc/auditstream/auditstream.yaml\n");
}

TEST_F(Deb, HoldsWhatAnOperatorNeeds) {
  const TemporaryDirectory unpacked;
  output_of({"dpkg-deb", "-x", deb_, unpacked.path()});
  EXPECT_THAT(
      files_below(unpacked.path()),
      IsSupersetOf({"usr/bin/auditstream", "usr/lib/systemd/system/auditstream.service",
                    "etc/auditstream/auditstream.yaml", "etc/auditstream/credentials/",
                    "usr/share/bash-completion/completions/auditstream",
                    "usr/share/doc/auditstream/changelog.Debian.gz", "usr/share/doc/auditstream/copyright",
                    "usr/share/doc/auditstream/docs/operations.md",
                    "usr/share/doc/auditstream/examples/auditstream.yaml",
                    "usr/share/man/man1/auditstream.1.gz"}));
  EXPECT_EQ(fs::status(unpacked.path() / "etc/auditstream/credentials").permissions(), fs::perms::owner_all);
  // Nobody enables the service but the operator.
  EXPECT_FALSE(fs::exists(unpacked.path() / "etc/systemd"));
}

TEST_F(Deb, LintianFindsNothing) {
  const Finished lintian = run_to_end({"lintian", "--fail-on=error,warning", deb_});
  EXPECT_EQ(lintian.status, 0) << "script/setup tests installs lintian\n" << lintian.out << lintian.err;
}

// 0.1.0-1~deb12: what was built for the next distribution is newer, so its upgrade replaces this package.
TEST_F(Deb, HasTheVersionOfTheProgramAndOfItsDistribution) {
  const std::string version = lines_of(field("Version")).at(0);
  EXPECT_TRUE(std::regex_match(version, std::regex(R"([0-9.]+-[1-9](~(deb|ubuntu)[0-9.]+)?)"))) << version;
  EXPECT_THAT(output_of({BUILD_DIR "/auditstream", "--version"}),
              StartsWith("auditstream " + version.substr(0, version.find('-'))));
  EXPECT_THAT(output_of({"zcat", BUILD_DIR "/manual/changelog.Debian.gz"}),
              StartsWith("auditstream (" + version + ") "));
}

// Stripping and packing take nothing away; what each guard is for stands in hardening_test.cpp.
TEST_F(Deb, ItsProgramHasItsGuardsStill) {
  const TemporaryDirectory unpacked;
  output_of({"dpkg-deb", "-x", deb_, unpacked.path()});
  const std::string program = unpacked.path() / "usr/bin/auditstream";
  const std::string all = output_of({"readelf", "-W", "-h", "-l", "-d", "--dyn-syms", program});
  for (const char* guard :
       {"Position-Independent Executable", "GNU_RELRO", "BIND_NOW", "__stack_chk_fail@", "_chk@"})
    EXPECT_THAT(all, HasSubstr(guard));
}

TEST_F(Deb, InstalledItRunsAndPollsNothing) {
  const Root root;
  root.dpkg({"--install", deb_});
  const std::string program = root.path() / "usr/bin/auditstream";
  EXPECT_THAT(output_of({program, "--version"}), StartsWith("auditstream "));

  const Finished check = run_to_end({program, "check", "--offline", "-c", root.config()});
  EXPECT_EQ(check.status, 0) << check.err;
  const std::string config = read_file(root.config());
  const std::string enabled = "\n    enabled: ";
  EXPECT_THAT(config, HasSubstr(enabled + "false\n"));
  EXPECT_THAT(config, Not(HasSubstr(enabled + "true")));

  const Finished example = run_to_end(
      {program, "check", "--offline", "-c", root.path() / "usr/share/doc/auditstream/examples/tines.yaml"},
      {{"TINES_KEY", "a-value"}});
  EXPECT_EQ(example.status, 0) << example.err;
}

TEST_F(Deb, AnUpgradeKeepsTheConfigAndAPurgeRemovesIt) {
  const Root root;
  root.dpkg({"--install", deb_});
  const std::string mine = read_file(root.config()) + "# mine\n";
  write_file(root.config(), mine);
  write_file(root.path() / "etc/auditstream/credentials/tines", "secret");
  root.dpkg({"--install", deb_});
  EXPECT_EQ(read_file(root.config()), mine);
  root.dpkg({"--remove", "auditstream"});
  EXPECT_FALSE(fs::exists(root.path() / "usr/bin/auditstream"));
  EXPECT_EQ(read_file(root.config()), mine);
  root.dpkg({"--purge", "auditstream"});
  EXPECT_FALSE(fs::exists(root.config()));
  // A secret is the operator's.
  EXPECT_TRUE(fs::exists(root.path() / "etc/auditstream/credentials/tines"));
}

}  // namespace
}  // namespace auditstream::test
