// Builds the tree from yaml-cpp's events, not from its nodes, which silently merge duplicate keys.
#include "config/tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace auditstream::config {
namespace {

// How many nodes a file may have, and how many anchors and aliases may copy in all: aliases of aliases grow
// exponentially. No honest config comes near.
constexpr std::size_t nodes_max = 1'000'000;
constexpr std::size_t copied_nodes_max = 200'000;
constexpr std::size_t copied_bytes_max = 16 << 20;

// Of a value including everything inside it.
struct Size {
  std::size_t nodes = 1;
  std::size_t bytes = 0;

  Size& operator+=(const Size& other) {
    nodes += other.nodes;
    bytes += other.bytes;
    return *this;
  }
};

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

Node node_of(Node::Kind kind, const YAML::Mark& mark) {
  Node node;
  node.kind = kind;
  node.line = line_of(mark);
  return node;
}

struct Refused {
  SyntaxError error;
};

class Builder : public YAML::EventHandler {
 public:
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(mark, anchor, node_of(Node::Kind::null, mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = node_of(Node::Kind::scalar, mark);
    node.text = value;
    leaf(mark, anchor, std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) throw Refused{{line_of(mark), "an alias stands inside of what it names"}};
    count_copy(mark, found->second.second);
    Node copy = found->second.first;
    copy.line = line_of(mark);
    add(mark, 0, std::move(copy), found->second.second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, Node::Kind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, Node::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark{};
    Size size{};
    bool has_key = false;  // of a map: a key waits for its value
    std::string key{};
    int key_line = 0;
  };

  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Node node) {
    count(mark);
    const Size size{1, node.text.size()};
    add(mark, anchor, std::move(node), size);
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    count(mark);
    open_.push_back({.node = node_of(kind, mark), .anchor = anchor, .mark = mark});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(done.mark, done.anchor, std::move(done.node), done.size);
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Node node, const Size& size) {
    if (anchor != 0) {
      count_copy(mark, size);
      anchored_[anchor] = {node, size};
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.size += size;
    if (parent.node.kind == Node::Kind::map && !parent.has_key) {
      if (node.kind != Node::Kind::scalar) throw Refused{{line_of(mark), "a key must be a plain name"}};
      parent.has_key = true;
      parent.key = std::move(node.text);
      parent.key_line = node.line;
      return;
    }
    if (parent.has_key) {
      parent.has_key = false;
      node.key = std::exchange(parent.key, {});
      node.key_line = parent.key_line;
      if (node.kind == Node::Kind::null)
        node.line = node.key_line;  // yaml-cpp gives the line of the next item
    }
    parent.node.items.push_back(std::move(node));
  }

  void count(const YAML::Mark& mark) {
    if (++count_ > nodes_max) throw Refused{{line_of(mark), "too many values: more than 1,000,000"}};
  }

  void count_copy(const YAML::Mark& mark, const Size& more) {
    copied_ += more;
    if (copied_.nodes > copied_nodes_max || copied_.bytes > copied_bytes_max) {
      throw Refused{
          {line_of(mark),
           "anchors and aliases multiply to more than 200,000 values or 16 MiB: write out what is meant, or "
           "move it to defaults:"}};
    }
  }

  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::pair<Node, Size>> anchored_;
  std::size_t count_ = 0;
  Size copied_{0, 0};
};

// yaml-cpp's message without what it quotes after a colon: an unquoted secret that starts with '*' is an
// alias to it.
std::string without_quotation(const std::string& words) { return words.substr(0, words.find(':')); }

}  // namespace

std::variant<Node, SyntaxError> parse_yaml(std::string_view text) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder;
    if (!parser.HandleNextDocument(builder)) return Node{};
    Node root = builder.take();
    Builder second;
    if (parser.HandleNextDocument(second)) {
      return SyntaxError{second.take().line, "a second YAML document starts here; a config is one"};
    }
    return root;
  } catch (const Refused& refused) {
    return refused.error;
  } catch (const YAML::Exception& error) {
    const int line = error.mark.is_null() ? 0 : line_of(error.mark);
    return SyntaxError{line, "not valid YAML: " + without_quotation(error.msg)};
  } catch (const std::exception&) {
    return SyntaxError{0, "not readable as YAML"};
  }
}

}  // namespace auditstream::config
