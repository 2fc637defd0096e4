// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ExactTable: (table, address) -> LookupResult. Local SIDs, host routes, own addresses, steering to
// hosts and neighbors are all host prefixes, so this answers most packets from one cache line.
#pragma once

#include <bit>
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

// Buckets of eight slots at a load of at most one half. One byte per slot, eight of them in a word,
// says whether it is used and holds seven bits of its key's hash: a key that is not there costs a
// look at one word, and no branch that could go either way. Readers and the writer never meet: see
// TableSet.
class ExactTable {
 public:
  explicit ExactTable(std::size_t expected_entries = 0) { rehash(expected_entries); }

  // Adds or replaces. Control thread, on a table that no lcore reads.
  void upsert(const LookupKey& key, LookupResult result);
  // Removes; false when it was not there. Control thread, on a table that no lcore reads.
  bool erase(const LookupKey& key);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t memory_bytes() const {
    return slots_.size() * sizeof(Slot) + tags_.size() * sizeof(Tags);
  }

  // Lookup in steps, so that a burst can overlap its cache misses: hash all keys, prefetch all
  // tags; for a table beyond the caches prefetch all slots; find all.
  //
  // The multiplication keeps all 128 bits of the product: keys mostly differ in their last bytes,
  // which are the upper ones of a native word, and a bucket is chosen by the lower bits of the
  // hash.
  static std::uint64_t hash(const LookupKey& key) { return hash(key.high, key.low, key.scope); }
  static std::uint64_t hash(std::uint64_t high, std::uint64_t low, TableScope scope) {
    const std::uint64_t a = high ^ (scope + std::uint64_t{1}) * 0x9e3779b97f4a7c15u;
    const std::uint64_t b = low ^ 0xa0761d6478bd642fu;
    const auto product = static_cast<unsigned __int128>(a) * b;
    const std::uint64_t folded =
        static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    return folded ^ folded >> 32;
  }
  void prefetch(std::uint64_t hash) const { rte_prefetch0(&tags_[hash & mask_]); }
  [[nodiscard]] bool is_large() const { return mask_ >= kLargeBuckets; }
  // The slot that the key is in, if it is in the table.
  void prefetch_slot(std::uint64_t hash) const {
    const std::uint64_t bucket = hash & mask_;
    const Tags matches = matching(tags_[bucket], tag_of(hash));
    if (matches != 0) rte_prefetch0(&slots_[slot_of(bucket, matches)]);
  }
  // True and *result set when the key is there.
  bool find(const LookupKey& key, std::uint64_t hash, LookupResult* result) const {
    const std::uint64_t at = locate(key, hash);
    if (at == kNowhere) return false;
    *result = slots_[at].result;
    return true;
  }

 private:
  static constexpr unsigned kWays = 8;
  static constexpr std::uint64_t kLargeBuckets = 4096;  // 1 MiB of slots
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

  using Tags = std::uint64_t;  // a byte per slot; the upper bit is set when the slot is used
  static constexpr Tags kEach = 0x0101010101010101u;
  static constexpr Tags kUsed = 0x80 * kEach;

  struct alignas(32) Slot {
    LookupKey key{};  // 24 bytes with padding
    LookupResult result;
  };
  static_assert(sizeof(Slot) == 32);

  static Tags tag_of(std::uint64_t hash) { return hash >> 57 | 0x80; }
  // The upper bit of each byte that equals the tag, and rarely of one that does not.
  static Tags matching(Tags tags, Tags tag) {
    const Tags difference = tags ^ kEach * tag;
    return (difference - kEach) & ~difference & kUsed;
  }
  static std::uint64_t slot_of(std::uint64_t bucket, Tags marks) {
    return bucket * kWays + static_cast<unsigned>(std::countr_zero(marks)) / 8;
  }
  // A key stands in the first bucket from its own on that had a place for it, and those before are
  // full for as long as it does.
  [[nodiscard]] std::uint64_t locate(const LookupKey& key, std::uint64_t hash) const {
    for (std::uint64_t bucket = hash & mask_;; bucket = (bucket + 1) & mask_) {
      const Tags tags = tags_[bucket];
      for (Tags marks = matching(tags, tag_of(hash)); marks != 0; marks &= marks - 1) {
        const std::uint64_t at = slot_of(bucket, marks);
        if (slots_[at].key == key) return at;
      }
      if ((~tags & kUsed) != 0) return kNowhere;
    }
  }
  void set_tag(std::uint64_t slot, Tags tag);
  void insert(const LookupKey& key, std::uint64_t hash, LookupResult result);
  void rehash(std::size_t entries);

  std::vector<Tags> tags_;
  std::vector<Slot> slots_;
  std::uint64_t mask_ = 0;  // buckets - 1
  std::size_t size_ = 0;
};

}  // namespace sextant
