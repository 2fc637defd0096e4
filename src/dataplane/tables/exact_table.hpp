// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ExactTable: (table, address) -> LookupResult. Local SIDs, host routes, own addresses, steering to
// hosts and neighbors are all host prefixes, so this answers most packets from one cache line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <sextant/net/ip_address.hpp>
#include <sextant/tables/lookup_result.hpp>

#include "dataplane/dpdk.hpp"

namespace sextant {

// A VRF and an address family in one word: the tables of both families share one structure.
using TableScope = std::uint32_t;
constexpr TableScope table_scope(TableId table, Family family) {
  return static_cast<TableScope>(table) << 1 | static_cast<TableScope>(family);
}

// 128 bits to look up; an IPv4 address stands in the first four bytes, the rest is zero. Not
// initialized by default: a burst has room for many keys and fills few.
struct LookupKey {
  std::uint64_t high;  // raw bytes, native order
  std::uint64_t low;
  TableScope scope;

  LookupKey() = default;
  LookupKey(TableScope s, const Ipv6Address& a) : high(a.raw_high()), low(a.raw_low()), scope(s) {}
  LookupKey(TableScope s, const Ipv4Address& a) : low(0), scope(s) {
    std::uint32_t word;
    std::memcpy(&word, a.bytes.data(), sizeof word);
    high = word;
  }
  friend bool operator==(const LookupKey& a, const LookupKey& b) {
    return ((a.high ^ b.high) | (a.low ^ b.low) | (a.scope ^ b.scope)) == 0;
  }
};

// Open addressing with linear probing at a load of at most one half; 32-byte slots, so that two lie
// in a cache line. Readers and the writer never meet: see TableSet.
class ExactTable {
 public:
  explicit ExactTable(std::size_t expected_entries = 0) { rehash(expected_entries); }

  // Adds or replaces. Control thread, on a table that no lcore reads.
  void upsert(const LookupKey& key, LookupResult result);
  // Removes; false when it was not there. Control thread, on a table that no lcore reads.
  bool erase(const LookupKey& key);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t memory_bytes() const { return slots_.size() * sizeof(Slot); }

  // Lookup in three steps, so that a burst can overlap its cache misses: hash all keys, prefetch
  // all slots, find all.
  //
  // The multiplication keeps all 128 bits of the product: keys mostly differ in their last bytes,
  // which are the upper ones of a native word, and a slot is chosen by the lower bits of the hash.
  static std::uint64_t hash(const LookupKey& key) {
    const std::uint64_t a = key.high ^ (key.scope + std::uint64_t{1}) * 0x9e3779b97f4a7c15u;
    const std::uint64_t b = key.low ^ 0xa0761d6478bd642fu;
    const auto product = static_cast<unsigned __int128>(a) * b;
    const std::uint64_t folded =
        static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    return folded ^ folded >> 32;
  }
  void prefetch(std::uint64_t hash) const { rte_prefetch0(&slots_[hash & mask_]); }
  // True and *result set when the key is there.
  bool find(const LookupKey& key, std::uint64_t hash, LookupResult* result) const {
    for (std::uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.used == 0) return false;
      if (slot.key == key) {
        *result = slot.result;
        return true;
      }
    }
  }

 private:
  struct alignas(32) Slot {
    LookupKey key{};  // 24 bytes with padding
    LookupResult result;
    std::uint32_t used = 0;
  };
  static_assert(sizeof(Slot) == 32);

  void rehash(std::size_t entries);

  std::vector<Slot> slots_;
  std::uint64_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sextant
