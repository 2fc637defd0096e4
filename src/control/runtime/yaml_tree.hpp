// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// YamlTree: YAML text as a plain tree with places; yaml-cpp and its exceptions stay behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/common/diagnostic.hpp>

namespace sextant {

// A file beyond these is refused, so that hostile or broken input costs bounded time and memory.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxYamlNodes = std::size_t{4} << 20;
inline constexpr int kMaxYamlDepth = 32;

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  bool quoted = false;  // scalar in quotes or as a block: never a number or a truth value
  int line = 0;         // from 1
  int column = 0;       // from 1, in bytes
  std::string scalar;
  // kSequence: the items. kMap: keys and values in turn, duplicates included.
  std::vector<YamlNode> children;

  // "a list", "a mapping", ...; for messages.
  [[nodiscard]] std::string_view kind_name() const;
};

// Parses one document. Errors go to diagnostics; the tree is then what was read so far. Anchors,
// aliases and tags are refused: a configuration needs none, and aliases grow without bound.
//
// One thing is more liberal than YAML: a plain address that ends in "::" needs no quotes. YAML
// takes the last colon for the sign between key and value.
[[nodiscard]] YamlNode parse_yaml(std::string_view text, const std::string& file_name,
                                  Diagnostics& diagnostics);

}  // namespace sextant
