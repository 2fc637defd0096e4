// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Weighted rendezvous hashing: which member serves which slot of a group.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sextant {

// More members than this are refused by compile().
inline constexpr std::size_t kMaxHashMembers = 4096;

struct HashMember {
  std::string key;  // names the member; what it gets depends on nothing but keys and weights
  std::uint32_t weight = 1;
};

// The number of slots of a group: a power of two that changes rarely, because a change moves flows.
// 512 up to 32 members, 4096 up to 256, 65536 beyond.
[[nodiscard]] std::size_t slot_count(std::size_t members);

// slots[i] is an index into members, whose keys differ. When a member comes, goes or changes its
// weight, only slots that it gains or loses change. Empty for fewer than two members.
[[nodiscard]] std::vector<std::uint16_t> fill_slots(const std::vector<HashMember>& members);

}  // namespace sextant
