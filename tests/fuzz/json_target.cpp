// JSON: a pointer in the first line, then the text.
#include <algorithm>

#include "auditstream/check.h"
#include "auditstream/json.h"
#include "fuzz/target.h"

namespace auditstream::fuzz {
namespace {

void run(std::string_view input) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view pointer = input.substr(0, end);
  const std::string_view text = input.substr(std::min(end + 1, input.size()));

  const std::optional<std::string> value = json::scalar_at(text, pointer);
  AS_CHECK(!value || json::validate_pointer(pointer).ok());
  // White space around a document doesn't matter.
  AS_CHECK(json::scalar_at(" " + std::string(text) + "\r\n\t", pointer) == value);

  // What is quoted can be read back, once what is no UTF-8 has been replaced.
  const std::string quoted = json::quote(text);
  const std::optional<std::string> read = json::scalar_at(quoted, "");
  AS_CHECK(read.has_value());
  AS_CHECK(json::quote(*read) == quoted);
  AS_CHECK(json::scalar_at("{\"a\":[7," + quoted + "]}", "/a/1") == read);
  AS_CHECK(std::ranges::all_of(quoted, [](unsigned char c) { return c >= 0x20; }));
}

std::vector<std::string> seeds() {
  std::string list = "/9/k\n[";
  while (list.size() < large_seed) list += R"({"k":["\ud83d\ude00",-1.5e3,null,true,{}]},"x\n\u00e9",)";
  list += "0]";
  return {list,
          "/a/b\n{\"a\":{\"b\":\"\\u00e9\\ud83d\\ude00 \\ud83d\",\"b\":7}}",
          "/list/1\n{\"list\":[1e400,12345678901234567890123.5e-7,null]}",
          "/~0~1/0\n{\"~/\":[true,false]}",
          "\n\"text\"",
          "\n-0.0e+10",
          "/x\n[[[[[[{\"x\":[]}]]]]]]",
          "/a\n{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}"};
}

}  // namespace

Target json_target() { return {"json", run, seeds}; }

}  // namespace auditstream::fuzz
