// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// fill_slots(): shares follow weights, and a change moves no more than its share.
#include "control/compile/consistent_hash.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "support/catch.hpp"

namespace sextant {

namespace {

std::vector<HashMember> members(std::size_t count, std::uint32_t weight = 1) {
  std::vector<HashMember> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back({"member-" + std::to_string(i), weight});
  return out;
}

// Slots by the name of the member.
std::vector<std::string> owners(const std::vector<HashMember>& from) {
  std::vector<std::string> out;
  for (const std::uint16_t slot : fill_slots(from))
    out.push_back(from.at(slot).key);
  return out;
}

}  // namespace

TEST_CASE("groups of none or one need no slots", "[hash]") {
  CHECK(fill_slots({}).empty());
  CHECK(fill_slots(members(1)).empty());
}

TEST_CASE("slot counts are powers of two that change rarely", "[hash]") {
  CHECK(slot_count(2) == 512);
  CHECK(slot_count(32) == 512);
  CHECK(slot_count(33) == 4096);
  CHECK(slot_count(256) == 4096);
  CHECK(slot_count(257) == 65536);
  for (const std::size_t n : {2u, 33u, 257u})
    CHECK(std::has_single_bit(fill_slots(members(n)).size()));
}

TEST_CASE("the order of members does not matter", "[hash]") {
  std::vector<HashMember> group = members(9);
  group[3].weight = 5;
  const auto before = owners(group);
  std::reverse(group.begin(), group.end());
  CHECK(owners(group) == before);
  std::rotate(group.begin(), group.begin() + 4, group.end());
  CHECK(owners(group) == before);
}

TEST_CASE("a member that goes moves its own slots only", "[hash]") {
  for (const std::size_t count : {2u, 3u, 8u, 20u, 32u}) {
    for (std::size_t gone = 0; gone < std::min<std::size_t>(count, 4); ++gone) {
      std::vector<HashMember> group = members(count);
      const auto before = owners(group);
      const std::string name = group[gone].key;
      group.erase(group.begin() + static_cast<std::ptrdiff_t>(gone));
      if (group.size() < 2) continue;
      const auto after = owners(group);
      REQUIRE(after.size() == before.size());
      std::size_t moved = 0;
      for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] == after[i]) continue;
        CHECK(before[i] == name);
        ++moved;
      }
      const double share = static_cast<double>(moved) / static_cast<double>(before.size());
      CHECK(share < 1.6 / static_cast<double>(count));
      CHECK(share > 0.4 / static_cast<double>(count));
    }
  }
}

TEST_CASE("a weight that grows only attracts", "[hash]") {
  std::vector<HashMember> group = members(5, 10);
  const auto before = owners(group);
  group[2].weight = 15;
  const auto after = owners(group);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) CHECK(after[i] == "member-2");
  }
}

TEST_CASE("shares follow the weights within a few per cent", "[hash]") {
  const std::vector<std::vector<std::uint32_t>> cases = {
      {1, 1}, {1, 3}, {1, 9}, {1, 1, 1}, {2, 3, 5}, {1, 1, 1, 1}, {4, 3, 2, 1}, {1, 1000}};
  for (const auto& weights : cases) {
    std::vector<HashMember> group;
    double total = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      group.push_back({"next hop " + std::to_string(i), weights[i]});
      total += weights[i];
    }
    std::vector<double> share(group.size());
    const auto slots = fill_slots(group);
    for (const std::uint16_t slot : slots)
      share[slot] += 1.0 / static_cast<double>(slots.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
      CAPTURE(weights, i, share[i]);
      CHECK(std::abs(share[i] - weights[i] / total) < 0.045);
    }
  }
}

TEST_CASE("large groups are served evenly enough", "[hash]") {
  for (const std::size_t count : {100u, 300u}) {
    const auto slots = fill_slots(members(count));
    std::map<std::uint16_t, std::size_t> load;
    for (const std::uint16_t slot : slots)
      ++load[slot];
    CHECK(load.size() == count);
    const double mean = static_cast<double>(slots.size()) / static_cast<double>(count);
    for (const auto& [member, slots_of] : load) {
      CHECK(static_cast<double>(slots_of) < 1.75 * mean);
      CHECK(static_cast<double>(slots_of) > 0.35 * mean);
    }
  }
}

}  // namespace sextant
