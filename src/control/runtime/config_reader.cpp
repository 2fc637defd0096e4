// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ObjectReader: keys of one mapping, what is missing, unknown or there twice.
#include "control/runtime/config_reader.hpp"

#include <algorithm>
#include <utility>

namespace sextant {

namespace {

std::string join(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

// A value in a message: never more of it than a person wants to see.
std::string quote(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string out = "\"";
  out += text.substr(0, kShown);
  out += text.size() > kShown ? "...\"" : "\"";
  return out;
}

}  // namespace

void ConfigContext::error(const ConfigValue& at, std::string text) const {
  diagnostics.error({file, at.node->line, at.node->column}, at.field, std::move(text));
}

void ConfigContext::not_a(const ConfigValue& at, std::string_view what_is_right) const {
  const YamlNode& node = *at.node;
  const std::string found =
      node.kind == YamlNode::Kind::kScalar ? quote(node.scalar) : std::string(node.kind_name());
  error(at, found + " is not " + std::string(what_is_right));
}

ObjectReader::ObjectReader(const ConfigContext& context, const ConfigValue& value)
    : context_(context), value_(value) {
  origin_.where = {context.file, value.node->line, value.node->column};
  origin_.field = value.field;
  // An empty file is a mapping without keys.
  is_mapping_ = value.node->kind == YamlNode::Kind::kMap ||
                (value.node->kind == YamlNode::Kind::kNull && value.field.empty());
  if (!is_mapping_) {
    checked(false);
    context_.not_a(value_, "a mapping (\"key: value\")");
  }
}

const YamlNode* ObjectReader::lookup(std::string_view key) const {
  if (value_.node->kind != YamlNode::Kind::kMap) return nullptr;
  const std::vector<YamlNode>& children = value_.node->children;
  for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
    if (children[i].kind == YamlNode::Kind::kScalar && children[i].scalar == key) {
      // "key:" with nothing behind it is how people leave something out.
      return children[i + 1].kind == YamlNode::Kind::kNull ? nullptr : &children[i + 1];
    }
  }
  return nullptr;
}

ConfigValue ObjectReader::at(std::string_view key) const {
  const YamlNode* node = lookup(key);
  return {node == nullptr ? value_.node : node, origin_.path_of(key)};
}

ConfigValue ObjectReader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  const YamlNode* node = lookup(key);
  if (node == nullptr) return {};
  if (!origin_.has(key)) {
    origin_.keys.push_back({std::string(key), node->line, node->column});
  }
  return {node, origin_.path_of(key)};
}

ConfigValue ObjectReader::require(std::string_view key, std::string_view why) {
  const ConfigValue value = find(key);
  if (!value && is_mapping_) {
    error(key, why.empty() ? "missing" : "missing: " + std::string(why));
  }
  return value;
}

std::vector<ConfigValue> ObjectReader::items(std::string_view key) {
  std::vector<ConfigValue> out;
  const ConfigValue list = find(key);
  if (!list) return out;
  if (list.node->kind != YamlNode::Kind::kSequence) {
    context_.not_a(list, "a list (\"[a, b]\", or one \"- a\" per line)");
    checked(false);
    return out;
  }
  const std::vector<YamlNode>& children = list.node->children;
  out.reserve(children.size());
  for (std::size_t i = 0; i < children.size(); ++i) {
    const std::string index = "[" + std::to_string(i) + "]";
    // Lists of objects have an origin of their own for each item.
    if (children[i].kind == YamlNode::Kind::kScalar) {
      origin_.keys.push_back({std::string(key) + index, children[i].line, children[i].column});
    }
    out.push_back({&children[i], list.field + index});
  }
  return out;
}

std::optional<std::size_t> ObjectReader::get_word(std::string_view key,
                                                  const std::vector<std::string_view>& words) {
  const ConfigValue value = find(key);
  if (!value) return std::nullopt;
  const YamlNode& node = *value.node;
  if (node.kind == YamlNode::Kind::kScalar) {
    const auto found = std::find(words.begin(), words.end(), node.scalar);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  }
  checked(false);
  const std::string_view meant = nearest_word(node.scalar, words);
  std::string what = "one of " + join(words);
  if (!meant.empty()) what += "; did you mean \"" + std::string(meant) + "\"?";
  context_.not_a(value, what);
  return std::nullopt;
}

void ObjectReader::error(std::string_view key, std::string text) {
  checked(false);
  context_.error(key.empty() ? value_ : at(key), std::move(text));
}

void ObjectReader::exclusive(std::string_view one, std::string_view other) {
  if (has(one) && has(other)) {
    error(other, "cannot stand beside \"" + std::string(one) + "\": give one of both");
  }
}

void ObjectReader::check_key(const YamlNode& key) {
  const bool printable = key.scalar.size() <= 60;
  const ConfigValue place{&key, origin_.path_of(printable ? std::string_view(key.scalar) : "...")};
  if (const auto [first, fresh] = seen_.emplace(key.scalar, key.line); !fresh) {
    checked(false);
    context_.error(place, "given twice; the first is in line " + std::to_string(first->second));
    return;
  }
  if (std::find(known_.begin(), known_.end(), key.scalar) != known_.end()) return;
  checked(false);
  const std::string_view meant = nearest_word(key.scalar, known_);
  std::string text = "unknown key; ";
  text += meant.empty() ? "known here: " + join(known_)
                        : "did you mean \"" + std::string(meant) + "\"?";
  context_.error(place, std::move(text));
}

Origin ObjectReader::finish() {
  if (value_.node->kind == YamlNode::Kind::kMap) {
    const std::vector<YamlNode>& children = value_.node->children;
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
      if (children[i].kind == YamlNode::Kind::kScalar) {
        check_key(children[i]);
      } else {
        error("", std::string(children[i].kind_name()) + " cannot be a key");
      }
    }
  }
  origin_.broken = broken_;
  return std::move(origin_);
}

}  // namespace sextant
