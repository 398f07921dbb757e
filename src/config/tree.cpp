// Builds the tree from yaml-cpp's events, not from its nodes: those merge keys given twice out of sight.
#include "config/tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace auditstream {
namespace {

// Aliases of aliases grow exponentially; no honest config comes near.
constexpr std::size_t nodes_max = 1'000'000;

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
    count(mark, found->second.second);
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
    std::size_t size = 1;  // nodes in it, itself included
    bool has_key = false;  // of a map: a key waits for its value
    std::string key{};
    int key_line = 0;
  };

  void leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Node node) {
    count(mark, 1);
    add(mark, anchor, std::move(node), 1);
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    count(mark, 1);
    open_.push_back({.node = node_of(kind, mark), .anchor = anchor, .mark = mark});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(done.mark, done.anchor, std::move(done.node), done.size);
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Node node, std::size_t size) {
    if (anchor != 0) anchored_[anchor] = {node, size};
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
        node.line = node.key_line;  // yaml-cpp says where the next thing begins
    }
    parent.node.items.push_back(std::move(node));
  }

  void count(const YAML::Mark& mark, std::size_t more) {
    count_ += more;
    if (count_ > nodes_max) throw Refused{{line_of(mark), "too many values, counting what aliases repeat"}};
  }

  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, std::pair<Node, std::size_t>> anchored_;
  std::size_t count_ = 0;
};

// yaml-cpp's words without what it quotes after a colon: an unquoted secret that starts with '*' is an alias
// to it.
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

}  // namespace auditstream
