// Dockerfile and docker-compose.yml, as far as they can be judged without docker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "paths.h"
#include "support/child.h"
#include "support/http_server.h"

namespace auditstream::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::Not;
using ::testing::StartsWith;

const fs::path project = PROJECT_DIR;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

struct Instruction {
  std::string name;
  std::string arguments;
  std::string stage;  // the name of the stage it belongs to
};

// Lines that end in a backslash are joined, comments left out.
std::vector<Instruction> dockerfile() {
  std::vector<Instruction> instructions;
  std::string stage, pending;
  for (const std::string& line : lines_of(read_file(project / "Dockerfile"))) {
    if (line.empty() || line.starts_with("#")) continue;
    pending += line;
    if (pending.ends_with("\\")) {
      pending.back() = ' ';
      continue;
    }
    const std::size_t space = pending.find(' ');
    Instruction instruction{pending.substr(0, space), pending.substr(space + 1), ""};
    if (instruction.name == "FROM") stage = words_of(instruction.arguments).back();
    instruction.stage = stage;
    instructions.push_back(std::move(instruction));
    pending.clear();
  }
  return instructions;
}

// The paths that a stage copies from the project.
std::vector<std::string> copied_into(const std::string& stage) {
  std::vector<std::string> sources;
  for (const Instruction& instruction : dockerfile()) {
    if (instruction.name != "COPY" || instruction.stage != stage ||
        instruction.arguments.starts_with("--from="))
      continue;
    std::vector<std::string> words = words_of(instruction.arguments);
    words.pop_back();
    sources.insert(sources.end(), words.begin(), words.end());
  }
  return sources;
}

std::vector<std::string> runs_of(const std::string& stage, const std::string& program) {
  std::vector<std::string> commands;
  for (const Instruction& instruction : dockerfile()) {
    if (instruction.name == "RUN" && instruction.stage == stage &&
        instruction.arguments.starts_with(program)) {
      commands.push_back(instruction.arguments);
    }
  }
  return commands;
}

TEST(Dockerfile, CopiesWhatIsThereAndNotIgnored) {
  std::set<std::string> kept;
  for (const std::string& line : lines_of(read_file(project / ".dockerignore"))) {
    if (line.starts_with("!")) kept.insert(line.substr(1));
  }
  std::set<std::string> copied;
  for (const std::string stage : {"build", "build-simvendors"}) {
    for (const std::string& source : copied_into(stage)) {
      EXPECT_TRUE(fs::exists(project / source)) << source;
      copied.insert(source);
    }
  }
  EXPECT_EQ(copied, kept);
}

// Builds on the packages that the tests build on.
TEST(Dockerfile, InstallsPackagesThatSetupKnows) {
  const std::string setup = read_file(project / "script/setup");
  const std::vector<std::string> known = words_of(setup.substr(setup.find("packages=(") + 10));
  int packages = 0;
  for (const Instruction& instruction : dockerfile()) {
    if (instruction.name != "RUN" || !instruction.stage.starts_with("build")) continue;
    const std::string install = "install -y --no-install-recommends ";
    const std::size_t at = instruction.arguments.find(install);
    if (at == std::string::npos) continue;
    for (const std::string& package : words_of(instruction.arguments.substr(at + install.size()))) {
      EXPECT_THAT(known, Contains(package));
      ++packages;
    }
  }
  EXPECT_GT(packages, 10);
}

// CMake names the package of whatever it misses.
TEST(Dockerfile, InstallsWhatTheBuildWants) {
  const std::string cmake = read_file(project / "CMakeLists.txt");
  std::string installed;
  for (const std::string& command : runs_of("build", "apt-get")) installed += command;
  static const std::regex wanted(R"(require_found\(\w\S* "[^"]+" (\S+)\))");
  int packages = 0;
  for (std::sregex_iterator match(cmake.begin(), cmake.end(), wanted), end; match != end;
       ++match, ++packages) {
    EXPECT_THAT(words_of(installed), Contains((*match)[1].str()));
  }
  EXPECT_GT(packages, 10);
}

// With nothing but what was copied CMake finds all it needs; the very commands of the file, short of
// compiling.
TEST(Dockerfile, ItsBuildStagesConfigure) {
  const TemporaryDirectory directory;
  for (const std::string stage : {"build", "build-simvendors"}) {
    SCOPED_TRACE(stage);
    for (const std::string& source : copied_into(stage)) {
      fs::copy(project / source, directory.path() / source, fs::copy_options::recursive);
    }
    const std::vector<std::string> commands = runs_of(stage, "cmake -G");
    ASSERT_EQ(commands.size(), 1u);
    const Finished configured =
        run_to_end({"sh", "-c", "cd '" + directory.path().string() + "' && " + commands.front()},
                   {{"COMMIT", "c0ffee1"}});
    EXPECT_EQ(configured.status, 0) << configured.err;
    EXPECT_THAT(read_file(directory.path() / "build/compile_commands.json"),
                HasSubstr(R"(AUDITSTREAM_COMMIT=\\\"c0ffee1\\\")"));
  }
  for (const std::string target : {"auditstream", "simvendors"}) {
    const Finished dry =
        run_to_end({"cmake", "--build", directory.path() / "build", "--target", target, "--", "-n"});
    EXPECT_EQ(dry.status, 0) << dry.out << dry.err;
  }
  for (const std::string& command : runs_of("build-simvendors", "cmake --build")) {
    EXPECT_EQ(command, "cmake --build build --target simvendors");
  }
}

std::set<std::string> libraries_of(const std::string& program) {
  const Finished ldd = run_to_end({"ldd", program});
  EXPECT_EQ(ldd.status, 0) << ldd.err;
  std::set<std::string> libraries;
  for (const std::string& line : lines_of(ldd.out)) libraries.insert(words_of(line).front());
  return libraries;
}

// Its image is that of auditstream with the program added.
TEST(Dockerfile, SimvendorsLinkNothingThatAuditstreamDoesNot) {
  EXPECT_THAT(libraries_of(BUILD_DIR "/tests/simvendors"),
              IsSubsetOf(libraries_of(BUILD_DIR "/auditstream")));
}

TEST(Dockerfile, LastStageIsAuditstreamForNobodyInParticular) {
  std::vector<std::string> last;
  std::string user;
  for (const Instruction& instruction : dockerfile()) {
    if (instruction.name == "USER" && instruction.stage == "runtime") user = instruction.arguments;
    if (instruction.stage == "auditstream") last.push_back(instruction.name + " " + instruction.arguments);
  }
  EXPECT_EQ(user, "10001:10001");  // a number: Kubernetes' runAsNonRoot asks for it
  EXPECT_THAT(last, ElementsAre("FROM runtime AS auditstream", R"(ARG COMMIT="")", StartsWith("LABEL "),
                                StartsWith("HEALTHCHECK "), "EXPOSE 8083", R"(ENTRYPOINT ["auditstream"])",
                                R"(CMD ["run", "-c", "/etc/auditstream/auditstream.yaml"])"));
}

// An image of a registry is named with its digest; the other stages are our own.
const std::regex pinned(R"([a-z/]+:[a-z0-9.-]+@sha256:[0-9a-f]{64})");

TEST(Dockerfile, BeginsWithOneImageThatCannotChange) {
  std::set<std::string> stages, images;
  for (const Instruction& instruction : dockerfile()) {
    if (instruction.name != "FROM") continue;
    const std::string from = words_of(instruction.arguments).front();
    if (!stages.contains(from)) images.insert(from);
    stages.insert(instruction.stage);
  }
  ASSERT_EQ(images.size(), 1u);
  EXPECT_TRUE(std::regex_match(*images.begin(), pinned)) << *images.begin();
  EXPECT_THAT(*images.begin(), ContainsRegex("^debian:13[.0-9]*-slim@"));
}

std::string only(const std::string& name) {
  std::vector<std::string> found;
  for (const Instruction& instruction : dockerfile()) {
    if (instruction.name == name) found.push_back(instruction.arguments);
  }
  return found.size() == 1 ? found.front() : "";
}

// What the program says of itself, and the commit that the build is told.
TEST(Dockerfile, LabelsSayWhatIsInside) {
  std::map<std::string, std::string> labels;
  static const std::regex label(R"rx(org\.opencontainers\.image\.(\w+)="([^"]*)")rx");
  const std::string text = only("LABEL");
  for (std::sregex_iterator match(text.begin(), text.end(), label), end; match != end; ++match)
    labels[(*match)[1]] = (*match)[2];
  EXPECT_EQ(labels["title"], "auditstream");
  EXPECT_EQ(labels["revision"], "$COMMIT");
  const Finished version = run_to_end({BUILD_DIR "/auditstream", "--version"});
  EXPECT_EQ(labels["version"], words_of(version.out).at(1));
  const Finished help = run_to_end({BUILD_DIR "/auditstream", "--help"});
  EXPECT_THAT(help.out, HasSubstr(labels["description"]));
}

// The command of a HEALTHCHECK, without a shell, with the instance's port of the image.
Finished healthcheck(std::vector<std::string> command, std::uint16_t port) {
  command.front() = BUILD_DIR "/auditstream";
  command.insert(command.end(), {"--url", "http://127.0.0.1:" + std::to_string(port)});
  return run_to_end(command);
}

TEST(Dockerfile, HealthcheckAsksWhetherItWorks) {
  const std::string text = only("HEALTHCHECK");
  const std::vector<std::string> command =
      YAML::Load(text.substr(text.find('['))).as<std::vector<std::string>>();
  EXPECT_THAT(command, ElementsAre("auditstream", "status", "--ready"));
  std::vector<std::string> of_compose =
      YAML::LoadFile(project / "docker-compose.yml")["services"]["auditstream"]["healthcheck"]["test"]
          .as<std::vector<std::string>>();
  EXPECT_EQ(of_compose.front(), "CMD");
  of_compose.erase(of_compose.begin());
  EXPECT_EQ(of_compose, command);

  std::atomic<int> ready = 503;
  auto server = HttpServer::listen({}, [&](const Request& request) {
    return json_reply(request.path() == "/readyz" ? ready.load() : 404, "starting");
  });
  ASSERT_TRUE(server.ok());
  EXPECT_EQ(healthcheck(command, (*server)->port()).status, 1);
  ready = 200;
  EXPECT_EQ(healthcheck(command, (*server)->port()).status, 0);
}

YAML::Node services() { return YAML::LoadFile(project / "docker-compose.yml")["services"]; }

TEST(Compose, HoldsTogether) {
  std::set<std::string> stages;
  for (const Instruction& instruction : dockerfile()) stages.insert(instruction.stage);
  std::set<std::string> names;
  for (const auto& service : services()) {
    const std::string name = service.first.as<std::string>();
    SCOPED_TRACE(name);
    names.insert(name);
    if (const YAML::Node build = service.second["build"]) {
      EXPECT_EQ(build["context"].as<std::string>(), ".");
      EXPECT_THAT(stages, Contains(build["target"].as<std::string>()));
    } else {
      const std::string image = service.second["image"].as<std::string>();
      EXPECT_TRUE(std::regex_match(image, pinned)) << image;
    }
    for (const auto& dependency : service.second["depends_on"]) {
      EXPECT_TRUE(services()[dependency.first.as<std::string>()]);
    }
    for (const YAML::Node& volume : service.second["volumes"]) {
      const std::string text = volume.as<std::string>();
      ASSERT_THAT(text, StartsWith("./"));
      EXPECT_TRUE(fs::is_regular_file(project / text.substr(2, text.find(':') - 2))) << text;
    }
    for (const YAML::Node& port : service.second["ports"]) {
      EXPECT_THAT(port.as<std::string>(), StartsWith("127.0.0.1:"));
    }
  }
  EXPECT_EQ(names, (std::set<std::string>{"auditstream", "grafana", "kafka", "prometheus", "simvendors"}));
}

// script/demo --docker wants Kafka and nothing else.
TEST(Compose, DemoBringsUpKafkaAlone) {
  EXPECT_FALSE(services()["kafka"]["depends_on"]);
  EXPECT_THAT(read_file(project / "script/demo"), HasSubstr(" up -d --wait kafka\n"));
}

TEST(Compose, GrafanaFindsDashboardAndPrometheus) {
  const YAML::Node source =
      YAML::LoadFile(project / "config/compose/grafana/datasources.yaml")["datasources"][0];
  EXPECT_EQ(source["type"].as<std::string>(), "prometheus");
  EXPECT_EQ(source["url"].as<std::string>(), "http://prometheus:9090");
  const YAML::Node provider =
      YAML::LoadFile(project / "config/compose/grafana/dashboards.yaml")["providers"][0];
  const std::string folder = provider["options"]["path"].as<std::string>();
  std::vector<std::string> volumes = services()["grafana"]["volumes"].as<std::vector<std::string>>();
  EXPECT_THAT(volumes, Contains("./docs/grafana.json:" + folder + "/auditstream.json:ro"));
}

// What of the config lies elsewhere here: the secrets.
TemporaryDirectory& config_of_compose() {
  static TemporaryDirectory directory;
  for (const std::string name : {"auditstream.yaml", "sources.yaml"}) {
    const std::string text = read_file(project / "config/compose" / name);
    write_file(directory.path() / name,
               std::regex_replace(text, std::regex("/run/secrets/"), PROJECT_DIR "/config/compose/secrets/"));
  }
  return directory;
}

TEST(Compose, AuditstreamTakesItsConfig) {
  const Finished check = run_to_end({BUILD_DIR "/auditstream", "check", "--offline", "-c",
                                     config_of_compose().path() / "auditstream.yaml"});
  EXPECT_EQ(check.status, 0) << check.err;
  EXPECT_EQ(check.err, "");
}

// All that the config names, and nothing else; each is a file here. The environment holds none.
TEST(Compose, SecretsAreFiles) {
  std::set<std::string> wanted;
  for (const std::string name : {"auditstream.yaml", "sources.yaml"}) {
    const std::string text = read_file(project / "config/compose" / name);
    EXPECT_THAT(text, Not(HasSubstr("${env:")));
    static const std::regex secret(R"(\$\{file:/run/secrets/(\w+)\})");
    for (std::sregex_iterator match(text.begin(), text.end(), secret), end; match != end; ++match)
      wanted.insert((*match)[1]);
  }
  EXPECT_GT(wanted.size(), 5u);
  const YAML::Node service = services()["auditstream"];
  EXPECT_FALSE(service["environment"]);
  EXPECT_EQ(service["secrets"].as<std::vector<std::string>>().size(), wanted.size());
  for (const std::string& name : service["secrets"].as<std::vector<std::string>>())
    EXPECT_THAT(wanted, Contains(name));
  std::set<std::string> files;
  for (const auto& secret : YAML::LoadFile(project / "docker-compose.yml")["secrets"]) {
    const std::string name = secret.first.as<std::string>();
    EXPECT_EQ(secret.second["file"].as<std::string>(), "./config/compose/secrets/" + name);
    EXPECT_TRUE(fs::is_regular_file(project / "config/compose/secrets" / name)) << name;
    files.insert(name);
  }
  EXPECT_EQ(files, wanted);
}

// Docker restarts after each exit code but 0. What a restart does not fix becomes 0, by the words of tini; the
// same codes as in the unit.
TEST(Compose, RestartsWhatARestartFixes) {
  const YAML::Node service = services()["auditstream"];
  EXPECT_EQ(service["restart"].as<std::string>(), "on-failure");
  const auto entrypoint = service["entrypoint"].as<std::vector<std::string>>();
  EXPECT_THAT(entrypoint, ElementsAre("tini", "-e", "78", "-e", "64", "--", "auditstream"));
  EXPECT_THAT(read_file(project / "config/systemd/auditstream.service"),
              HasSubstr("\nRestartPreventExitStatus=78 64\n"));
  EXPECT_THAT(runs_of("runtime", "--mount").at(0), HasSubstr(" tini "));
  // An entrypoint of compose's takes the image's CMD away.
  std::string command;
  for (const Instruction& instruction : dockerfile()) {
    if (instruction.name == "CMD") command = instruction.arguments;
  }
  EXPECT_EQ(service["command"].as<std::vector<std::string>>(),
            YAML::Load(command).as<std::vector<std::string>>());

  const TemporaryDirectory directory;
  write_file(directory.path() / "wrong.yaml", "sources: 1\n");
  std::vector<std::string> line = entrypoint;
  line.insert(line.begin() + 1, "-s");  // it is not process 1 here
  line.back() = BUILD_DIR "/auditstream";
  std::vector<std::string> wrong = line, unreachable = line;
  wrong.insert(wrong.end(), {"run", "-c", directory.path() / "wrong.yaml"});
  EXPECT_EQ(run_to_end(wrong).status, 0);
  unreachable.insert(unreachable.end(), {"status", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(run_to_end(unreachable).status, 69);
}

}  // namespace
}  // namespace auditstream::test
