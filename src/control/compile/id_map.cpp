// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IdAllocator: known keys keep their ids, new keys get the lowest free ones.
#include "control/compile/id_map.hpp"

namespace sextant {

IdAllocator::IdAllocator(const IdMap& previous) : previous_(previous) {
  for (const auto& [kind, keys] : previous.ids) {
    for (const auto& [key, id] : keys)
      taken_[kind].insert(id);
  }
}

std::uint32_t IdAllocator::id(IdKind kind, const std::string& key) {
  const auto [at, fresh] = current_.ids[kind].emplace(key, 0);
  if (!fresh) return at->second;
  if (const auto keys = previous_.ids.find(kind); keys != previous_.ids.end()) {
    if (const auto known = keys->second.find(key); known != keys->second.end()) {
      return at->second = known->second;
    }
  }
  std::uint32_t& next = next_[kind];
  std::set<std::uint32_t>& taken = taken_[kind];
  while (taken.contains(next))
    ++next;
  taken.insert(next);
  return at->second = next++;
}

}  // namespace sextant
