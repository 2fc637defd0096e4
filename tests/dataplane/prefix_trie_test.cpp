// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PrefixTrie against a std::map that is searched prefix by prefix.
#include "dataplane/tables/prefix_trie.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

namespace sextant {
namespace {

using test::Prefix;

constexpr TableScope kSix = table_scope(0, Family::kIpv6);
constexpr TableScope kFour = table_scope(0, Family::kIpv4);

LookupResult adjacency(std::uint32_t id) {
  return {LookupResult::Kind::kAdjacency, id};
}

LookupKey key_of(TableScope scope, const IpAddress& address) {
  return address.is_v6() ? LookupKey(scope, address.v6) : LookupKey(scope, address.v4);
}

std::vector<LookupResult> find_all(const PrefixTrie& trie, const std::vector<LookupKey>& keys) {
  std::vector<const LookupKey*> pointers;
  for (const LookupKey& key : keys)
    pointers.push_back(&key);
  // Whatever stands in results before must not matter.
  std::vector<LookupResult> results(keys.size(), LookupResult::from_word(0xffffffff));
  trie.find_bulk(pointers.data(), static_cast<unsigned>(keys.size()), results.data());
  return results;
}

LookupResult find(const PrefixTrie& trie, TableScope scope, const char* address) {
  return find_all(trie, {key_of(scope, *IpAddress::parse(address))})[0];
}

// The obvious implementation.
struct Model {
  std::map<std::pair<TableScope, IpPrefix>, LookupResult> routes;

  [[nodiscard]] LookupResult find(TableScope scope, const IpAddress& address) const {
    for (int len = address.bits(); len >= 0; --len) {
      const auto prefix = IpPrefix{address, static_cast<std::uint8_t>(len)}.masked();
      const auto found = routes.find({scope, prefix});
      if (found != routes.end()) return found->second;
    }
    return {};
  }
};

TEST_CASE("prefix trie: an empty one has no route and no nodes") {
  PrefixTrie trie;
  CHECK(find(trie, kSix, "::") == LookupResult());
  CHECK(find(trie, table_scope(0xffff, Family::kIpv4), "10.0.0.1") == LookupResult());
  CHECK_FALSE(trie.erase(kSix, Prefix("::/0")));
  CHECK(trie.node_count() == 0);
  trie.find_bulk(nullptr, 0, nullptr);
}

TEST_CASE("prefix trie: the longest prefix wins, whatever the order of insertion") {
  const std::vector<Prefix> prefixes = {"::/0",         "a::/16",       "a:b::/32",
                                        "a:b::/33",     "a:b:c00::/40", "a:b:c::/48",
                                        "a:b:c:d::/64", "a:b:c:d::/65", "a:b:c:d::1/128"};
  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    PrefixTrie trie;
    for (const std::size_t i : order) {
      trie.upsert(kSix, prefixes[i], adjacency(static_cast<std::uint32_t>(i)));
    }
    CHECK(find(trie, kSix, "b::") == adjacency(0));
    CHECK(find(trie, kSix, "a:c::") == adjacency(1));
    CHECK(find(trie, kSix, "a:b:8000::") == adjacency(2));
    CHECK(find(trie, kSix, "a:b:1::") == adjacency(3));
    CHECK(find(trie, kSix, "a:b:c01::") == adjacency(4));
    CHECK(find(trie, kSix, "a:b:c:e::") == adjacency(5));
    CHECK(find(trie, kSix, "a:b:c:d:8000::") == adjacency(6));
    CHECK(find(trie, kSix, "a:b:c:d::2") == adjacency(7));
    CHECK(find(trie, kSix, "a:b:c:d::1") == adjacency(8));
    CHECK(find(trie, kFour, "10.0.0.1") == LookupResult());
    std::shuffle(order.begin(), order.end(), random);
  }
}

TEST_CASE("prefix trie: a removal uncovers the next shorter prefix, down to none") {
  PrefixTrie trie;
  trie.upsert(kFour, Prefix("0.0.0.0/0"), adjacency(0));
  trie.upsert(kFour, Prefix("10.0.0.0/8"), adjacency(8));
  trie.upsert(kFour, Prefix("10.128.0.0/9"), adjacency(9));
  trie.upsert(kFour, Prefix("10.128.0.0/24"), adjacency(24));
  CHECK(find(trie, kFour, "10.128.0.1") == adjacency(24));
  CHECK(trie.erase(kFour, Prefix("10.128.0.0/24")));
  CHECK(find(trie, kFour, "10.128.0.1") == adjacency(9));
  CHECK(trie.erase(kFour, Prefix("10.0.0.0/8")));
  CHECK(find(trie, kFour, "10.128.0.1") == adjacency(9));
  CHECK(find(trie, kFour, "10.0.0.1") == adjacency(0));
  CHECK(trie.erase(kFour, Prefix("10.128.0.0/9")));
  CHECK(find(trie, kFour, "10.128.0.1") == adjacency(0));
  CHECK(trie.node_count() == 1);
  CHECK(trie.erase(kFour, Prefix("0.0.0.0/0")));
  CHECK(find(trie, kFour, "10.128.0.1") == LookupResult());
  CHECK(trie.node_count() == 0);
}

TEST_CASE("prefix trie: removing what is not there changes nothing") {
  PrefixTrie trie;
  trie.upsert(kSix, Prefix("a::/16"), adjacency(1));
  CHECK_FALSE(trie.erase(kSix, Prefix("a::/17")));
  CHECK_FALSE(trie.erase(kSix, Prefix("::/0")));
  CHECK_FALSE(trie.erase(table_scope(1, Family::kIpv6), Prefix("a::/16")));
  CHECK_FALSE(trie.erase(kFour, Prefix("0.0.0.0/0")));
  CHECK(find(trie, kSix, "a::1") == adjacency(1));
  CHECK(trie.size() == 1);
  CHECK(trie.erase(kSix, Prefix("a::/16")));
  CHECK_FALSE(trie.erase(kSix, Prefix("a::/16")));
  CHECK(trie.size() == 0);
}

TEST_CASE("prefix trie: a replaced result is seen below nodes too, and counts once") {
  PrefixTrie trie;
  trie.upsert(kSix, Prefix("::/0"), adjacency(1));
  trie.upsert(kSix, Prefix("a:b:c::/48"), adjacency(2));
  trie.upsert(kSix, Prefix("::/0"), adjacency(3));
  CHECK(trie.size() == 2);
  CHECK(find(trie, kSix, "a:b:d::") == adjacency(3));
  CHECK(find(trie, kSix, "a:b:c::") == adjacency(2));
}

TEST_CASE("prefix trie: a result that is a drop is a route; a removed one is not") {
  PrefixTrie trie;
  const LookupResult blackhole(DropReason::lookup_blackhole);
  const LookupResult unreachable(DropReason::lookup_no_route);
  trie.upsert(kSix, Prefix("a::/16"), adjacency(1));
  trie.upsert(kSix, Prefix("a:b::/32"), blackhole);
  trie.upsert(kSix, Prefix("a:c::/32"), unreachable);
  CHECK(find(trie, kSix, "a:b::1") == blackhole);
  CHECK(find(trie, kSix, "a:c::1") == unreachable);
  trie.erase(kSix, Prefix("a:b::/32"));
  trie.erase(kSix, Prefix("a:c::/32"));
  CHECK(find(trie, kSix, "a:b::1") == adjacency(1));
  CHECK(find(trie, kSix, "a:c::1") == adjacency(1));
}

TEST_CASE("prefix trie: memory comes back when the last prefix goes") {
  PrefixTrie trie;
  for (unsigned i = 0; i < 4096; ++i) {
    IpPrefix prefix = Prefix("fc00::/64");
    prefix.address.v6.bytes[2] = static_cast<std::uint8_t>(i >> 4);
    prefix.address.v6.bytes[5] = static_cast<std::uint8_t>(i);
    trie.upsert(kSix, prefix.masked(), adjacency(i));
  }
  const std::size_t full = trie.node_count();
  CHECK(full > 4096);
  CHECK(trie.memory_bytes() > full * 1024);
  for (unsigned i = 0; i < 4096; ++i) {
    IpPrefix prefix = Prefix("fc00::/64");
    prefix.address.v6.bytes[2] = static_cast<std::uint8_t>(i >> 4);
    prefix.address.v6.bytes[5] = static_cast<std::uint8_t>(i);
    REQUIRE(trie.erase(kSix, prefix.masked()));
  }
  CHECK(trie.node_count() == 0);
  CHECK(trie.memory_bytes() < full * 1024 / 4);
}

TEST_CASE("prefix trie: a bulk larger than a burst, and keys of all kinds mixed in it") {
  PrefixTrie trie;
  trie.upsert(kSix, Prefix("a::/16"), adjacency(6));
  trie.upsert(kSix, Prefix("a:b:c:d::/64"), adjacency(64));
  trie.upsert(kFour, Prefix("10.0.0.0/8"), adjacency(4));
  std::vector<LookupKey> keys;
  std::vector<LookupResult> wanted;
  for (unsigned i = 0; i < 1500; ++i) {
    switch (i % 5) {
      case 0: keys.push_back({kSix, test::V6("a::9")}), wanted.push_back(adjacency(6)); break;
      case 1: keys.push_back({kFour, test::V4("10.1.2.3")}), wanted.push_back(adjacency(4)); break;
      case 2: keys.push_back({kSix, test::V6("a:b:c:d::")}), wanted.push_back(adjacency(64)); break;
      case 3: keys.push_back({kSix, test::V6("b::")}), wanted.push_back({}); break;
      default: keys.push_back({99, test::V6("a::")}), wanted.push_back({}); break;
    }
  }
  CHECK(find_all(trie, keys) == wanted);
}

// Prefixes from few different bytes, so that many nest and share nodes.
class RandomPrefixes {
 public:
  explicit RandomPrefixes(std::uint32_t seed) : random_(seed) {}

  IpAddress address(Family family) {
    static constexpr std::uint8_t kBytes[] = {0, 1, 0x7f, 0x80, 0xff};
    IpAddress out = family == Family::kIpv6 ? IpAddress(Ipv6Address{}) : IpAddress(Ipv4Address{});
    for (int i = 0; i < out.bits() / 8; ++i) {
      out.data()[i] = i < 3 || next(4) == 0 ? kBytes[next(std::size(kBytes))] : 0;
    }
    return out;
  }
  IpPrefix prefix(Family family) {
    const IpAddress a = address(family);
    const unsigned limit = next(3) == 0 ? static_cast<unsigned>(a.bits()) : 26;
    return IpPrefix{a, static_cast<std::uint8_t>(next(limit + 1))}.masked();
  }
  std::uint32_t next(std::size_t n) { return static_cast<std::uint32_t>(random_() % n); }

 private:
  std::mt19937 random_;
};

void require_same(const PrefixTrie& trie, const Model& model, RandomPrefixes& random) {
  std::vector<LookupKey> keys;
  std::vector<LookupResult> wanted;
  for (int i = 0; i < 300; ++i) {
    const TableScope scope = random.next(6);
    const IpAddress address = random.address(static_cast<Family>(scope & 1));
    keys.push_back(key_of(scope, address));
    wanted.push_back(model.find(scope, address));
  }
  for (const auto& [where, result] : model.routes) {
    keys.push_back(key_of(where.first, where.second.address));
    wanted.push_back(model.find(where.first, where.second.address));
  }
  REQUIRE(find_all(trie, keys) == wanted);

  // No node too many: a trie made of the same routes at once has as many.
  PrefixTrie fresh;
  for (const auto& [where, result] : model.routes)
    fresh.upsert(where.first, where.second, result);
  REQUIRE(trie.node_count() == fresh.node_count());
  REQUIRE(trie.size() == model.routes.size());
}

TEST_CASE("prefix trie: random changes against a map") {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    RandomPrefixes random(seed);
    PrefixTrie trie;
    Model model;
    for (unsigned step = 0; step < 4000; ++step) {
      const TableScope scope = random.next(6);
      const IpPrefix prefix = random.prefix(static_cast<Family>(scope & 1));
      if (random.next(100) < (step / 1000 % 2 == 0 ? 70u : 25u)) {
        const LookupResult result = adjacency(random.next(1000));
        trie.upsert(scope, prefix, result);
        model.routes[{scope, prefix}] = result;
      } else if (random.next(2) == 0 && !model.routes.empty()) {
        auto victim = model.routes.lower_bound({scope, prefix});
        if (victim == model.routes.end()) victim = model.routes.begin();
        REQUIRE(trie.erase(victim->first.first, victim->first.second));
        model.routes.erase(victim);
      } else {
        REQUIRE(trie.erase(scope, prefix) == (model.routes.erase({scope, prefix}) == 1));
      }
      if (step % 250 == 0) require_same(trie, model, random);
    }
    while (!model.routes.empty()) {
      const auto victim = model.routes.begin();
      REQUIRE(trie.erase(victim->first.first, victim->first.second));
      model.routes.erase(victim);
      if (model.routes.size() % 100 == 0) require_same(trie, model, random);
    }
    CHECK(trie.node_count() == 0);
  }
}

}  // namespace
}  // namespace sextant
