// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Short containers on one line, others one item per line; whatever is not plain is quoted.
#include "control/runtime/yaml_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace sextant {

namespace {

constexpr std::size_t kLineLength = 100;

bool is_container(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kSequence || node.kind == YamlNode::Kind::kMap;
}

bool is_plain(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.' || c == '/' || c == '+';
  };
  // A dash is plain within a word, and the null value is no text.
  return !text.empty() && text != "null" && text != "Null" && text != "NULL" &&
         text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

std::string quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string scalar(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kNull) return "null";
  return !node.quoted && is_plain(node.scalar) ? node.scalar : quoted(node.scalar);
}

bool is_secret(const YamlNode& key) {
  return key.kind == YamlNode::Kind::kScalar && key.scalar == "secret";
}

std::string flow(const YamlNode& node) {
  if (!is_container(node)) return scalar(node);
  const bool map = node.kind == YamlNode::Kind::kMap;
  std::string out(1, map ? '{' : '[');
  const std::vector<YamlNode>& children = node.children;
  for (std::size_t i = 0; i < children.size(); i += map ? 2 : 1) {
    if (i > 0) out += ", ";
    out += flow(children[i]);
    if (!map || i + 1 >= children.size()) continue;
    out += ": ";
    out += is_secret(children[i]) ? "\"(hidden)\"" : flow(children[i + 1]);
  }
  return out + (map ? '}' : ']');
}

// Whether flow() would be short, without making it for a whole file.
bool is_short(const YamlNode& node, std::size_t& budget) {
  const std::size_t cost = node.scalar.size() + 4;
  if (cost > budget) return false;
  budget -= cost;
  return std::all_of(node.children.begin(), node.children.end(),
                     [&](const YamlNode& child) { return is_short(child, budget); });
}

// Text behind "key:" or "-", line end included.
void block(const YamlNode& node, std::size_t indent, bool in_sequence, std::string& out) {
  std::size_t budget = kLineLength - std::min<std::size_t>(indent, kLineLength / 2);
  if (!is_container(node) || node.children.empty() || (indent > 0 && is_short(node, budget))) {
    out += (indent > 0 ? " " : "") + flow(node) + "\n";
    return;
  }
  const bool map = node.kind == YamlNode::Kind::kMap;
  const std::string margin(indent, ' ');
  // The first key of a mapping stands behind the dash.
  bool first = in_sequence && map;
  if (!first && indent > 0) out += "\n";
  for (std::size_t i = 0; i < node.children.size(); i += map ? 2 : 1) {
    const YamlNode& child = node.children[i];
    out += first ? " " : margin;
    first = false;
    if (!map) {
      out += "-";
      block(child, indent + 2, true, out);
    } else {
      out += flow(child) + ":";
      if (i + 1 >= node.children.size() || is_secret(child)) {
        out += " \"(hidden)\"\n";
      } else {
        block(node.children[i + 1], indent + 2, false, out);
      }
    }
  }
}

}  // namespace

std::string yaml_text(const YamlNode& root) {
  std::string out;
  if (root.kind != YamlNode::Kind::kNull) block(root, 0, false, out);
  return out;
}

}  // namespace sextant
