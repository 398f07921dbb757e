// The walls of the project: what may stand in which file. Reads the sources and the build's list of them;
// knows nothing of what they do. It guards walls, it counts no lines.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "paths.h"
#include "tidy/definitions.h"
#include "tidy/layers.h"
#include "tidy/source_text.h"
#include "vendor_apis/names.h"

namespace auditstream::test {
namespace {

namespace fs = std::filesystem;

const fs::path project = PROJECT_DIR;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_below(const std::vector<std::string>& folders) {
  std::vector<fs::path> files;
  for (const std::string& folder : folders) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(project / folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool is_cpp(const fs::path& path) { return path.extension() == ".cpp" || path.extension() == ".h"; }

std::vector<SourceText> sources_below(const std::vector<std::string>& folders) {
  std::vector<SourceText> sources;
  for (const fs::path& file : files_below(folders)) {
    if (is_cpp(file)) sources.push_back(read_source(project, file));
  }
  return sources;
}

// A pattern that may only stand in files whose path starts with one of the homes.
struct Wall {
  std::string what;
  std::regex pattern;
  std::vector<std::string> homes;
  std::string instead;
};

void expect_behind_wall(const std::vector<SourceText>& sources, const Wall& wall) {
  for (const SourceText& source : sources) {
    const auto is_home = [&](const std::string& home) { return source.path.starts_with(home); };
    if (std::any_of(wall.homes.begin(), wall.homes.end(), is_home)) continue;
    for (std::sregex_iterator match(source.code.begin(), source.code.end(), wall.pattern), end; match != end;
         ++match) {
      ADD_FAILURE() << source.path << ":" << source.line_of(static_cast<std::size_t>(match->position()))
                    << ": " << wall.what << " (" << match->str() << "): " << wall.instead;
    }
  }
}

TEST(Tidy, BlankOutKeepsCodeAndLines) {
  EXPECT_EQ(blank_out("a // b\nc /* d\n */ e"), "a     \nc     \n    e");
  EXPECT_EQ(blank_out(R"(f("x\"y", 'z', 1'000))"), "f(      ,    , 1'000)");
  EXPECT_EQ(blank_out("g(R\"-(\" // \n)-\") h"), "g(         \n   ) h");
}

TEST(Tidy, OneFileOwnsTheClock) {
  expect_behind_wall(
      sources_below({"include", "src"}),
      {"reads the clock",
       std::regex(R"(\b(system_clock|steady_clock|high_resolution_clock)::now\b|\bgettimeofday\b)"
                  R"(|\bclock_gettime\b|\btime\(\s*(nullptr|NULL|0|&))"),
       {"src/runtime/clock", "src/kafka/", "src/http/curl_client"},
       "take Now as an argument"});
}

TEST(Tidy, NothingSleeps) {
  expect_behind_wall(sources_below({"include", "src", "tests"}),
                     {"sleeps",
                      std::regex(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b|\bsleep\()"),
                      {"src/kafka/", "tests/support/", "tests/simvendors/", "tests/bench/"},
                      "wait for a condition, with a deadline"});
}

TEST(Tidy, OneFileOwnsTheSeed) {
  expect_behind_wall(sources_below({"include", "src"}),
                     {"draws real randomness",
                      std::regex(R"(\brandom_device\b|\bgetrandom\b|\bs?rand\()"),
                      {"src/main.cpp", "src/runtime/"},
                      "take the seeded source as an argument"});
}

TEST(Tidy, ThreadsLiveAtTheEdge) {
  expect_behind_wall(sources_below({"include", "src"}),
                     {"starts a thread",
                      std::regex(R"(\bstd::(thread|jthread|async)\b|\bpthread_create\b)"),
                      {"src/kafka/", "src/runtime/"},
                      "decisions are pure and run on their caller's thread"});
}

TEST(Tidy, SocketsLiveAtTheEdge) {
  expect_behind_wall(sources_below({"include", "src"}),
                     {"makes a socket call",
                      std::regex(R"(::(socket|bind|listen|accept4?|connect|send|recv|sendto|recvfrom)\()"),
                      {"src/http/", "src/runtime/http_server"},
                      "HTTP goes through http::Client"});
}

TEST(Tidy, CurlStaysInItsLayer) {
  expect_behind_wall(sources_below({"include", "src", "tests"}), {"calls curl",
                                                                  std::regex(R"(\b(curl|CURL)\w*_\w+)"),
                                                                  {"src/http/", "tests/bench/"},
                                                                  "use http::Client"});
}

TEST(Tidy, LibrdkafkaStaysInItsLayer) {
  expect_behind_wall(sources_below({"include", "src", "tests"}),
                     {"calls librdkafka",
                      std::regex(R"(\b(rd_kafka|RD_KAFKA)_\w+)"),
                      {"src/kafka/", "tests/kafka/", "tests/support/kafka/", "tests/bench/"},
                      "use Journal, Membership or TopicReader"});
}

TEST(Tidy, OneFilePrints) {
  expect_behind_wall(
      sources_below({"include", "src"}),
      {"prints by itself",
       std::regex(R"(\bstd::w?(cout|cerr|clog)\b|\bv?f?printf\b|\bf?put(s|c|char)\b|\bfwrite\b|\bperror\b)"
                  R"(|(^|[^\w])::write\(|\bstd(out|err)\b)"),
       {"src/runtime/output.cpp", "src/runtime/log.cpp", "src/base/check.cpp"},
       "out(), err(), print_json() or the log: nothing from outside may steer a terminal or stop the loop"});
}

TEST(Tidy, IncludesOnlyPointDownwards) {
  const auto below = layers();
  ASSERT_GE(below.size(), 8u);
  for (const SourceText& source : sources_below({"include", "src"})) {
    const std::string folder = std::next(fs::path(source.path).begin())->string();
    if (folder == "main.cpp") continue;
    // What the author of a vendor needs lies at the bottom, whatever else is there.
    const bool is_contract = folder == "auditstream";
    const std::string layer = is_contract ? "base" : folder;
    ASSERT_TRUE(below.contains(layer)) << source.path << " belongs to no layer of CMakeLists.txt";
    for (const Include& include : source.includes) {
      if (!include.quoted || include.target.starts_with("auditstream/")) continue;
      const std::string target = fs::path(include.target).begin()->string();
      EXPECT_TRUE(!is_contract && below.at(layer).contains(target))
          << source.path << " includes " << include.target << ", which does not lie below it";
    }
  }
}

bool is_vendor(const std::string& name) {
  return std::ranges::any_of(vendor_apis::vendor_names,
                             [&](const auto& vendor) { return vendor.name == name; });
}

TEST(Tidy, VendorFilesKnowOnlyTheirContractAndTheToolkit) {
  static const std::regex allowed(R"(auditstream/\w+\.h|vendor_apis/\w+\.h)");
  static const std::regex shared(R"((names|registry|toolkit\w*)\.(cpp|h))");
  for (const SourceText& source : sources_below({"src/vendor_apis"})) {
    const fs::path file = source.path;
    if (std::regex_match(file.filename().string(), shared)) continue;
    EXPECT_TRUE(is_vendor(file.stem())) << source.path << " is no vendor of src/vendor_apis/vendors.inc";
    for (const Include& include : source.includes) {
      const bool standard = !include.quoted && include.target.find_first_of("/.") == std::string::npos;
      EXPECT_TRUE(standard || (include.quoted && std::regex_match(include.target, allowed)))
          << source.path << " includes " << include.target;
    }
  }
}

// Whatever lists vendors without reading the list, and whatever each of them has to have.
TEST(Tidy, NoVendorIsForgotten) {
  const std::string readme = read_file(project / "README.md");
  for (const auto& [name, title] : vendor_apis::vendor_names) {
    const std::string vendor(name);
    for (const std::string& own :
         {"src/vendor_apis/" + vendor + ".cpp", "tests/simvendors/" + vendor + ".cpp",
          "tests/vendor_apis/transcripts/" + vendor, "config/" + vendor + ".yaml",
          "config/ocsf/" + vendor + ".yaml", "config/schemas/" + vendor + ".json"}) {
      EXPECT_TRUE(fs::exists(project / own)) << vendor << ": there is no " << own;
    }
    EXPECT_TRUE(readme.find("**" + std::string(title) + "**") != readme.npos)
        << vendor << ": README.md doesn't name **" << title << "** among the vendors, in its first sentences";
  }
}

// The labels of the switch that starts at `begin`, without those of a switch inside it.
std::string own_labels(const std::string& code, std::size_t begin) {
  static const std::regex label(R"(\bswitch\s*\(|\bcase\s[^{};]*?[^:]:(?!:)|\bdefault\s*:|[{}])");
  std::string labels;
  std::vector<bool> is_inner_switch;  // one per open brace
  bool switch_ahead = false;
  const auto from = code.begin() + static_cast<std::ptrdiff_t>(begin) + 1;
  for (std::sregex_iterator match(from, code.end(), label), end; match != end; ++match) {
    const std::string token = match->str();
    if (token == "{") {
      is_inner_switch.push_back(std::exchange(switch_ahead, false));
    } else if (token == "}") {
      is_inner_switch.pop_back();
      if (is_inner_switch.empty()) break;
    } else if (token.starts_with("switch")) {
      switch_ahead = true;
    } else if (std::count(is_inner_switch.begin(), is_inner_switch.end(), true) == 0) {
      labels += token + "\n";
    }
  }
  return labels;
}

TEST(Tidy, OwnLabelsLeaveOutTheInnerSwitch) {
  const std::string code =
      "switch (a) { case K::x: { switch (b) { case 1: default: f(); } } case K::y: g(); } default:";
  EXPECT_EQ(own_labels(code, 0), "case K::x:\ncase K::y:\n");
}

// With -Wswitch the compiler then names every place that a new enumerator has to visit.
TEST(Tidy, SwitchesOverOurEnumsHaveNoDefault) {
  static const std::regex begin(R"(\bswitch\s*\()");
  static const std::regex our_label(R"(\bcase\s+(?!(std|rapidjson|YAML|CLI)::)(\w+::)+\w+)");
  static const std::regex fallback(R"(\bdefault\s*:)");
  for (const SourceText& source : sources_below({"include", "src"})) {
    for (std::sregex_iterator match(source.code.begin(), source.code.end(), begin), end; match != end;
         ++match) {
      const std::string labels = own_labels(source.code, static_cast<std::size_t>(match->position()));
      EXPECT_FALSE(std::regex_search(labels, our_label) && std::regex_search(labels, fallback))
          << source.path << ":" << source.line_of(static_cast<std::size_t>(match->position()))
          << ": a switch over an enum of ours has a default";
    }
  }
}

TEST(Tidy, EverySourceIsBuilt) {
  const YAML::Node commands = YAML::LoadFile(std::string(BUILD_DIR) + "/compile_commands.json");
  std::set<std::string> built;
  for (const YAML::Node& command : commands) built.insert(command["file"].as<std::string>());
  for (const fs::path& file : files_below({"src", "tests"})) {
    if (file.extension() != ".cpp") continue;
    EXPECT_TRUE(built.contains(file.string())) << file << " is in no CMake target";
  }
}

// The folder under tests/ that this place belongs to alone, "" where every program may hold it.
std::string own_ring(const std::string& path) {
  static const std::set<std::string> shared{"simvendors", "support"};
  if (!path.starts_with("tests/")) return "";
  const std::string folder = path.substr(6, path.find('/', 6) - 6);
  return shared.contains(folder) ? "" : folder;
}

// A name and the places that define it, of which two may meet in one program.
std::vector<std::string> defined_twice(const std::vector<SourceText>& sources) {
  std::map<std::string, std::vector<Definition>> by_name;
  for (const SourceText& source : sources) {
    for (Definition& definition : definitions_in(source)) by_name[definition.name].push_back(definition);
  }
  std::vector<std::string> twice;
  for (const auto& [name, places] : by_name) {
    for (std::size_t i = 1; i < places.size(); ++i) {
      const std::string one = own_ring(places[0].place), other = own_ring(places[i].place);
      if (!one.empty() && !other.empty() && one != other) continue;
      twice.push_back(name + ": " + places[0].place + " and " + places[i].place);
    }
  }
  return twice;
}

SourceText source_of(const std::string& path, const std::string& text) {
  return {path, text, blank_out(text), {}};
}

TEST(Tidy, DefinitionsAreWhatTheWholeProgramSees) {
  const std::string text = R"(
#define BRACE {
namespace a::b {
struct Forward;
struct [[nodiscard]] Plain { struct Inner { int x; }; };
enum class Colour : int { red };
template <class T> class Box final : public Base<T> { void f() { struct Local {}; } };
template <> struct std::hash<Plain> { };
inline int twice(int x, const std::vector<int>& all = {}) { return 2 * x; }
inline int twice(long x) { return f({x}, [] { struct Hidden {}; }); }
inline constexpr int limit = 3;
inline const std::map<int, int> table{{1, 2}};
constexpr int of_this_file = 4;
static inline int mine() { return 1; }
int linked(int x) { return x; }
Box::Box(int x) : x_{x}, y_(x) {}
namespace { struct Own {}; inline int own() { return 1; } }
extern "C" { union U { int x; }; }
}
struct Outside {};
)";
  std::string names;
  for (const Definition& definition : definitions_in(source_of("src/x.h", text))) {
    names += definition.name + "\n";
  }
  EXPECT_EQ(names, R"(a::b::Plain
a::b::Colour
a::b::Box
a::b::std::hash<Plain>
a::b::twice(int x,const std::vector<int>&all={})
a::b::twice(long x)
a::b::limit
a::b::table
a::b::U
Outside
)");
}

TEST(Tidy, APairOfOneNameIsFound) {
  const std::string row = "namespace a {\nstruct Row { int x; };\n}\n";
  const std::vector<SourceText> sources{source_of("src/cli/table.h", row),
                                        source_of("include/a/shard.h", row),
                                        source_of("src/cli/b.cpp", "namespace b { struct Row { int x; }; }")};
  EXPECT_EQ(defined_twice(sources),
            std::vector<std::string>{"a::Row: src/cli/table.h:2 and include/a/shard.h:2"});
  const auto pair_of = [&](const std::string& one, const std::string& other) {
    return defined_twice({source_of(one, row), source_of(other, row)}).size();
  };
  EXPECT_EQ(pair_of("src/core/a.cpp", "src/core/b.cpp"), 1u);
  EXPECT_EQ(pair_of("src/core/a.cpp", "tests/unit/b.cpp"), 1u);
  EXPECT_EQ(pair_of("tests/support/a.h", "tests/unit/b.cpp"), 1u);
  EXPECT_EQ(pair_of("tests/unit/a.cpp", "tests/unit/b.cpp"), 1u);
  EXPECT_EQ(pair_of("tests/unit/a.cpp", "tests/vendor_apis/b.cpp"), 0u) << "two programs";
}

// Two types of one name in a program: the linker keeps one of each of their functions, so one is copied as if
// it were the other.
TEST(Tidy, EveryNameIsDefinedOnce) {
  const std::vector<SourceText> sources = sources_below({"include", "src", "tests"});
  std::size_t definitions = 0;
  for (const SourceText& source : sources) definitions += definitions_in(source).size();
  EXPECT_GT(definitions, 300u) << "the reader of definitions has lost its way";
  for (const std::string& twice : defined_twice(sources)) {
    ADD_FAILURE() << twice << ": another name, or an unnamed namespace where one file is all that needs it";
  }
}

TEST(Tidy, NothingIsLeftForLater) {
  static const std::regex promise(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X)\\b");
  for (const fs::path& file : files_below({"include", "src", "tests", "script", "config"})) {
    const std::string text = read_file(file);
    std::smatch found;
    EXPECT_FALSE(std::regex_search(text, found, promise)) << file << ": " << found.str();
  }
}

TEST(Tidy, LinesFitOnAScreen) {
  constexpr std::size_t columns_max = 140;
  for (const fs::path& file : files_below({"include", "src", "tests", "script", "config"})) {
    const auto lies_in = [&](const char* folder) { return file.string().find(folder) != std::string::npos; };
    if (lies_in("/tests/vendor_apis/") && !is_cpp(file)) continue;  // a vendor's answers stay as they came
    if (lies_in("/tests/package/outages/")) continue;               // recorded
    if (file.extension() == ".sha512") continue;                    // as sha512sum writes them
    std::ifstream in(file);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      if (line.find("R\"") != std::string::npos) continue;  // bytes that have to stay in one piece
      const auto is_start_of_character = [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      };
      const auto columns =
          static_cast<std::size_t>(std::count_if(line.begin(), line.end(), is_start_of_character));
      EXPECT_LE(columns, columns_max) << file << ":" << number;
    }
  }
}

}  // namespace
}  // namespace auditstream::test
