// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ExactTable against a std::map, and the spread of its hash over addresses as they are given out.
#include "dataplane/tables/exact_table.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

namespace sextant {
namespace {

using test::V4;
using test::V6;

LookupResult adjacency(std::uint32_t id) {
  return {LookupResult::Kind::kAdjacency, id};
}

std::optional<LookupResult> find(const ExactTable& table, const LookupKey& key) {
  LookupResult result;
  const std::uint64_t hash = ExactTable::hash(key);
  table.prefetch(hash);
  return table.find(key, hash, &result) ? std::optional(result) : std::nullopt;
}

struct Less {
  bool operator()(const LookupKey& a, const LookupKey& b) const {
    return std::tie(a.scope, a.high, a.low) < std::tie(b.scope, b.high, b.low);
  }
};
using Model = std::map<LookupKey, LookupResult, Less>;

// ::n in a prefix, as addresses and SIDs are given out.
Ipv6Address numbered(const char* prefix, std::uint32_t n) {
  Ipv6Address address = V6(prefix);
  for (int i = 0; i < 4; ++i)
    address.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return address;
}

TEST_CASE("exact table: an empty table finds nothing, not even the all-zero key") {
  ExactTable table;
  CHECK_FALSE(find(table, {0, V6("::")}));
  CHECK_FALSE(find(table, {0, V6("a::1")}));
  CHECK_FALSE(table.erase({0, V6("::")}));
  CHECK(table.size() == 0);
}

TEST_CASE("exact table: the all-zero key is a key like any other") {
  ExactTable table;
  table.upsert({0, V6("::")}, adjacency(7));
  CHECK(find(table, {0, V6("::")}) == adjacency(7));
  CHECK_FALSE(find(table, {1, V6("::")}));
  CHECK(table.erase({0, V6("::")}));
  CHECK_FALSE(table.erase({0, V6("::")}));
  CHECK_FALSE(find(table, {0, V6("::")}));
}

TEST_CASE("exact table: same bits in another table or family are another key") {
  ExactTable table;
  const TableScope six = table_scope(1, Family::kIpv6);
  const TableScope four = table_scope(1, Family::kIpv4);
  table.upsert({four, V4("10.0.0.1")}, adjacency(4));
  table.upsert({six, V6("a00:1::")}, adjacency(6));  // the bytes of 10.0.0.1, then zeros
  CHECK(find(table, {four, V4("10.0.0.1")}) == adjacency(4));
  CHECK(find(table, {six, V6("a00:1::")}) == adjacency(6));
  CHECK_FALSE(find(table, {table_scope(2, Family::kIpv4), V4("10.0.0.1")}));
  CHECK_FALSE(find(table, {table_scope(0, Family::kIpv6), V6("a00:1::")}));
}

TEST_CASE("exact table: an upsert replaces and does not count twice") {
  ExactTable table;
  table.upsert({0, V6("a::1")}, adjacency(1));
  table.upsert({0, V6("a::1")}, adjacency(2));
  CHECK(table.size() == 1);
  CHECK(find(table, {0, V6("a::1")}) == adjacency(2));
}

TEST_CASE("exact table: consecutive addresses spread over the buckets") {
  // A bucket is chosen by the lower bits of the hash: with a good one, n keys at 2n places use
  // about 0.79 n of them. An order of magnitude less means long runs of full buckets.
  const auto share_of_slots = [](auto address_of, std::uint32_t n) {
    std::set<std::uint64_t> slots;
    for (std::uint32_t i = 0; i < n; ++i) {
      slots.insert(ExactTable::hash({0, address_of(i)}) & (2 * n - 1));
    }
    return static_cast<double>(slots.size()) / n;
  };
  const auto last_bytes = [](std::uint32_t i) { return numbered("2001:db8:1:2::", i); };
  const auto node_and_last = [](std::uint32_t i) {
    Ipv6Address a = numbered("fc00::", i & 0xff);
    a.bytes[5] = static_cast<std::uint8_t>(i >> 8);
    return a;
  };
  const auto middle = [](std::uint32_t i) {
    Ipv6Address a = V6("fc00::");
    a.bytes[6] = static_cast<std::uint8_t>(i >> 8);
    a.bytes[7] = static_cast<std::uint8_t>(i);
    return a;
  };
  const auto ipv4 = [](std::uint32_t i) {
    return Ipv4Address{{10, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}};
  };
  for (const std::uint32_t n : {256u, 4096u, 65536u}) {
    CAPTURE(n);
    CHECK(share_of_slots(last_bytes, n) > 0.7);
    CHECK(share_of_slots(node_and_last, n) > 0.7);
    CHECK(share_of_slots(middle, n) > 0.7);
    CHECK(share_of_slots(ipv4, n) > 0.7);
  }
}

TEST_CASE("exact table: keys of one bucket overflow into the next ones, and come back") {
  // In a table of the smallest size, eight buckets of eight: all of these want the last one, so
  // that they wrap around.
  std::vector<LookupKey> keys;
  for (std::uint32_t n = 0; keys.size() < 20; ++n) {
    const LookupKey key(0, numbered("a::", n));
    if ((ExactTable::hash(key) & 7) == 7) keys.push_back(key);
  }
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    ExactTable table;
    std::shuffle(keys.begin(), keys.end(), random);
    for (std::uint32_t i = 0; i < keys.size(); ++i)
      table.upsert(keys[i], adjacency(i));
    std::vector<std::uint32_t> order(keys.size());
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t gone = 0; gone < order.size(); ++gone) {
      REQUIRE(table.erase(keys[order[gone]]));
      REQUIRE_FALSE(table.erase(keys[order[gone]]));
      for (std::size_t i = 0; i < order.size(); ++i) {
        const auto wanted = i <= gone ? std::nullopt : std::optional(adjacency(order[i]));
        REQUIRE(find(table, keys[order[i]]) == wanted);
      }
    }
  }
}

// keys: how many different ones; few keys in a small table make long runs of slots that wrap
// around.
void compare_with_model(std::uint32_t seed, std::uint32_t keys, unsigned steps) {
  std::mt19937 random(seed);
  ExactTable table;
  Model model;
  const auto random_key = [&] {
    const std::uint32_t n = random() % keys;
    const TableScope scope = random() % 4;
    return (scope & 1) != 0
               ? LookupKey(scope, Ipv4Address{{10, 0, static_cast<std::uint8_t>(n >> 8),
                                               static_cast<std::uint8_t>(n)}})
               : LookupKey(scope, numbered("a::", n));
  };
  for (unsigned step = 0; step < steps; ++step) {
    const LookupKey key = random_key();
    // Phases of growing and of shrinking.
    if (random() % 100 < (step / 1000 % 2 == 0 ? 70u : 30u)) {
      const LookupResult result = adjacency(random() % 1000);
      table.upsert(key, result);
      model[key] = result;
    } else {
      REQUIRE(table.erase(key) == (model.erase(key) == 1));
    }
    REQUIRE(table.size() == model.size());
    const LookupKey other = random_key();
    const auto wanted = model.find(other);
    REQUIRE(find(table, other) ==
            (wanted == model.end() ? std::nullopt : std::optional(wanted->second)));
  }
  for (const auto& [key, result] : model)
    REQUIRE(find(table, key) == result);
  for (const auto& [key, result] : Model(model))
    REQUIRE(table.erase(key));
  CHECK(table.size() == 0);
  CHECK(table.memory_bytes() == ExactTable().memory_bytes());
}

TEST_CASE("exact table: random changes against a map") {
  compare_with_model(1, 10, 20000);
  compare_with_model(2, 40, 20000);
  compare_with_model(3, 5000, 60000);
}

}  // namespace
}  // namespace sextant
