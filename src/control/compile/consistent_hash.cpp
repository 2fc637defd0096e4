// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Weighted rendezvous hashing with stratified scores.
#include "control/compile/consistent_hash.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace sextant {

namespace {

constexpr std::size_t kSmall = 512;
constexpr std::size_t kMedium = 4096;
constexpr std::size_t kLarge = 65536;

std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t hash_key(std::string_view key) {  // FNV-1a, then mixed
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : key)
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mix(h);
}

// A permutation of 0 .. 2^bits - 1 for each member: its ranks over all slots. Each rank occurs
// once, which makes shares more even than independent random scores would.
class Permutation {
 public:
  Permutation(std::uint64_t seed, unsigned bits) : bits_(bits), mask_((1u << bits) - 1) {
    for (std::size_t i = 0; i < kRounds; ++i) {
      seed = mix(seed);
      multiply_[i] = static_cast<std::uint32_t>(seed) | 1u;
      add_[i] = static_cast<std::uint32_t>(seed >> 32);
    }
  }
  [[nodiscard]] std::uint32_t operator()(std::uint32_t x) const {
    for (std::size_t i = 0; i < kRounds; ++i) {
      x = (x * multiply_[i] + add_[i]) & mask_;
      x ^= x >> (bits_ / 2);
    }
    return x;
  }

 private:
  static constexpr std::size_t kRounds = 4;
  unsigned bits_;
  std::uint32_t mask_;
  std::uint32_t multiply_[kRounds] = {};
  std::uint32_t add_[kRounds] = {};
};

// A rank r stands for a uniform number u; -ln(u) / weight is an exponential variable, and the
// smallest of several belongs to a member with a probability in proportion to its weight. Made once
// for each number of slots: thousands of policies share it.
const std::vector<double>& costs(std::size_t slots) {
  const auto make = [](std::size_t count) {
    std::vector<double> out(count);
    for (std::size_t rank = 0; rank < count; ++rank) {
      out[rank] = -std::log((static_cast<double>(rank) + 0.5) / static_cast<double>(count));
    }
    return out;
  };
  static const std::vector<double> small = make(kSmall);
  if (slots == kSmall) return small;
  static const std::vector<double> medium = make(kMedium);
  if (slots == kMedium) return medium;
  static const std::vector<double> large = make(kLarge);
  return large;
}

}  // namespace

std::size_t slot_count(std::size_t members) {
  if (members < 2) return 0;
  return members <= 32 ? kSmall : members <= 256 ? kMedium : kLarge;
}

std::vector<std::uint16_t> fill_slots(const std::vector<HashMember>& members) {
  const std::size_t slots = slot_count(members.size());
  std::vector<std::uint16_t> out(slots, 0);
  if (slots == 0) return out;
  const std::vector<double>& cost = costs(slots);
  std::vector<double> best(slots, INFINITY);
  std::vector<std::uint64_t> best_tie(slots, 0);
  const auto bits = static_cast<unsigned>(std::countr_zero(slots));
  for (std::size_t m = 0; m < members.size(); ++m) {
    const std::uint64_t seed = hash_key(members[m].key);
    const Permutation rank(seed, bits);
    const double scale = 1.0 / members[m].weight;
    for (std::size_t slot = 0; slot < slots; ++slot) {
      const double score = cost[rank(static_cast<std::uint32_t>(slot))] * scale;
      if (score > best[slot]) continue;
      // Equal ranks of equal weights are common; the tie must not depend on the order of members.
      const std::uint64_t tie = mix(seed ^ slot);
      if (score == best[slot] && tie <= best_tie[slot]) continue;
      best[slot] = score;
      best_tie[slot] = tie;
      out[slot] = static_cast<std::uint16_t>(m);
    }
  }
  return out;
}

}  // namespace sextant
