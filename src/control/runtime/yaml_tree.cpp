// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// YamlTree from the events of yaml-cpp; the only file that includes yaml-cpp.
#include "control/runtime/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

namespace sextant {

namespace {

// Stands for the last colon of a plain address that ends in "::". No YAML text may contain it.
constexpr char kColonMark = '\x7f';

bool is_address_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
}

bool starts_token(char before) {
  return before == ' ' || before == '\t' || before == '\n' || before == '\r' || before == '[' ||
         before == '{' || before == ',';
}

bool ends_token(char after) {
  return after == ' ' || after == '\t' || after == '\n' || after == '\r' || after == ']' ||
         after == '}' || after == ',';
}

// Marks the last colon of every token like "a3::". Tokens in quotes and comments are marked as
// well, which does no harm: unmark() undoes it in all scalars. Columns stay as they are.
void mark_trailing_colons(std::string& text) {
  for (std::size_t at = text.find("::"); at != std::string::npos; at = text.find("::", at + 2)) {
    const std::size_t end = at + 2;
    if (end != text.size() && !ends_token(text[end])) continue;
    std::size_t begin = at;
    // Longer than an address can be is not one; also keeps the whole pass linear.
    while (begin > 0 && at - begin < 40 && is_address_char(text[begin - 1]))
      --begin;
    if (begin == 0 || starts_token(text[begin - 1])) text[end - 1] = kColonMark;
  }
}

void unmark(std::string& scalar) {
  std::replace(scalar.begin(), scalar.end(), kColonMark, ':');
}

// Why the tree could not be built; stays in this file.
struct Refused : std::exception {
  Refused(int at_line, int at_column, std::string why)
      : line(at_line), column(at_column), text(std::move(why)) {}
  [[nodiscard]] const char* what() const noexcept override { return text.c_str(); }
  int line;
  int column;
  std::string text;
};

// Builds the tree and refuses what goes too deep or gets too large before yaml-cpp goes on.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlNode& root) : root_(root) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) refuse(mark, "a second YAML document; one file is one configuration");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_anchor(mark, anchor);
    add(mark, YamlNode::Kind::kNull);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not supported: write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_anchor(mark, anchor);
    check_tag(mark, tag);
    YamlNode& node = add(mark, YamlNode::Kind::kScalar);
    node.quoted = tag == "!";
    node.scalar = value;
    unmark(node.scalar);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_anchor(mark, anchor);
    check_tag(mark, tag);
    open(mark, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_anchor(mark, anchor);
    check_tag(mark, tag);
    open(mark, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  [[noreturn]] static void refuse(const YAML::Mark& mark, const char* why) {
    throw Refused(mark.line + 1, mark.column + 1, why);
  }
  static void check_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      refuse(mark, "anchors are not supported: write the value where it is needed");
    }
  }
  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not supported: remove it");
  }

  YamlNode& add(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (++nodes_ > kMaxYamlNodes) refuse(mark, "more values than a configuration can have");
    YamlNode* node = &root_;
    if (!path_.empty()) node = &path_.back()->children.emplace_back();
    node->kind = kind;
    node->line = mark.line + 1;
    node->column = mark.column + 1;
    return *node;
  }
  // Pointers in path_ stay valid: a node gets no sibling before its own children are complete.
  void open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (static_cast<int>(path_.size()) >= kMaxYamlDepth) {
      refuse(mark, "nested deeper than a configuration can be");
    }
    path_.push_back(&add(mark, kind));
  }
  void close() { path_.pop_back(); }

  YamlNode& root_;
  std::vector<YamlNode*> path_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// YAML allows tab, line ends and printable characters. Returns the offset of the first other byte.
std::size_t find_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return i;
  }
  return text.size();
}

SourceLocation location_of(std::string_view text, std::size_t offset, const std::string& file) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t last = before.rfind('\n');
  const std::size_t column = last == std::string_view::npos ? offset + 1 : offset - last;
  return {file, static_cast<int>(lines) + 1, static_cast<int>(column)};
}

// yaml-cpp says "yaml-cpp: error at line 3, column 5: ..." ; the place is ours to say.
std::string message_of(const YAML::Exception& e) {
  return e.msg.empty() ? "not valid YAML" : "not valid YAML: " + e.msg;
}

}  // namespace

std::string_view YamlNode::kind_name() const {
  switch (kind) {
    case Kind::kNull: return "nothing";
    case Kind::kScalar: return "a single value";
    case Kind::kSequence: return "a list";
    case Kind::kMap: return "a mapping";
  }
  return "";
}

YamlNode parse_yaml(std::string_view text, const std::string& file_name, Diagnostics& diagnostics) {
  YamlNode root;
  root.line = 1;
  root.column = 1;
  if (text.size() > kMaxConfigBytes) {
    diagnostics.error({file_name, 0, 0}, "", "larger than 64 MB: not a configuration");
    return root;
  }
  if (const std::size_t at = find_control_character(text); at != text.size()) {
    diagnostics.error(location_of(text, at, file_name), "",
                      "control character: the file is not YAML text");
    return root;
  }
  try {
    std::string marked(text);
    mark_trailing_colons(marked);
    std::istringstream stream(std::move(marked));
    TreeBuilder builder(root);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& e) {
    diagnostics.error({file_name, e.line, e.column}, "", e.text);
  } catch (const YAML::Exception& e) {
    diagnostics.error({file_name, e.mark.line + 1, e.mark.column + 1}, "", message_of(e));
  } catch (const std::exception& e) {
    diagnostics.error({file_name, 0, 0}, "", std::string("not readable as YAML: ") + e.what());
  }
  return root;
}

}  // namespace sextant
