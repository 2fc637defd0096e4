// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Origin: from a field of an object to its place in the source.
#include "control/model/desired_state.hpp"

#include <algorithm>

namespace sextant {

namespace {

const Origin::Key* find_key(const Origin& origin, std::string_view name) {
  const auto at = std::find_if(origin.keys.begin(), origin.keys.end(),
                               [&](const Origin::Key& key) { return key.name == name; });
  return at == origin.keys.end() ? nullptr : &*at;
}

}  // namespace

SourceLocation Origin::where_of(std::string_view key) const {
  const Key* found = find_key(*this, key);
  if (found == nullptr) return where;
  return {where.file, found->line, found->column};
}

std::string Origin::path_of(std::string_view key) const {
  if (key.empty()) return field;
  if (field.empty()) return std::string(key);
  return field + "." + std::string(key);
}

bool Origin::has(std::string_view key) const {
  return find_key(*this, key) != nullptr;
}

}  // namespace sextant
