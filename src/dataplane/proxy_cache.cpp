// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ProxyCache: sequence locks over 64-bit words.
//
// No fences: a reader loads every word with acquire order, so that its second look at the sequence
// comes after them; a writer stores every word with release order, so that none becomes visible
// before the odd sequence. On x86 these are plain moves, and ThreadSanitizer understands them.
#include "proxy_cache.hpp"

#include <rte_pause.h>

namespace sextant {

namespace {

constexpr unsigned kReadAttempts = 16;
constexpr unsigned kWriteAttempts = 4;

std::uint64_t load(const std::uint64_t& word) {
  return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}
void store_word(std::uint64_t& word, std::uint64_t value) {
  __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}
bool is_odd(std::uint64_t sequence) {
  return (sequence & 1) != 0;
}

std::uint64_t owner_of(const ProxyHeader& header) {
  return static_cast<std::uint64_t>(header.count) << 32 | header.sid;
}
std::uint32_t count_of(std::uint64_t owner) {
  return static_cast<std::uint32_t>(owner >> 32);
}

template <std::size_t N>
bool equal_words(const std::array<std::uint64_t, N>& shared, const std::uint64_t* wanted,
                 std::size_t n) {
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < n; ++i)
    difference |= load(shared[i]) ^ wanted[i];
  return difference == 0;
}

}  // namespace

struct ProxyCache::Snapshot {
  std::uint64_t sequence = 0;
  std::uint64_t written_tsc = 0;
  bool empty = false;
  bool same_key = false;
  bool same_header = false;
};

// The entry that a writer goes for.
struct ProxyCache::Choice {
  Entry* entry = nullptr;
  Snapshot seen;
  bool met_writer = false;  // an entry of the set was being written
};

std::span<ProxyCache::Entry, ProxyCache::kWays> ProxyCache::set_of(const ProxyFlowKey& key) const {
  // Products of pairs of words, which do not wait for each other.
  __extension__ using Uint128 = unsigned __int128;
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const Uint128 product = static_cast<Uint128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const std::uint64_t ends =
      fold(key.words[0] ^ 0xa0761d6478bd642fu, key.words[1] ^ 0xe7037ed1a0b428dbu) ^
      std::rotl(fold(key.words[2] ^ 0x8ebc6af09c88c6e3u, key.words[3] ^ 0x589965cc75374cc3u), 23);
  const std::uint64_t hash = fold(ends ^ 0x9e3779b97f4a7c15u, key.words[4] ^ 0xff51afd7ed558ccdu);
  return std::span<Entry, kWays>(&entries_[(hash & set_mask_) * kWays], kWays);
}

ProxyCache::Found ProxyCache::find(const ProxyFlowKey& key, ProxyHeader& header) const noexcept {
  bool met_writer = false;
  for (const Entry& entry : set_of(key)) {
    unsigned attempt = 0;
    for (; attempt < kReadAttempts; ++attempt, rte_pause()) {
      const std::uint64_t sequence = load(entry.sequence);
      if (is_odd(sequence)) continue;
      const std::uint64_t owner = load(entry.owner);
      const bool matches = owner != 0 && equal_words(entry.key, key.words.data(), key.words.size());
      header.sid = static_cast<LocalSidId>(owner);
      header.count = std::min<std::uint32_t>(count_of(owner), ProxyHeader::kMaxBytes);
      if (matches) {
        for (std::size_t i = 0; i < entry.sid_address.size(); ++i)
          header.sid_address[i] = load(entry.sid_address[i]);
        for (std::size_t i = 0; i < header.count / 8; ++i)
          header.words[i] = load(entry.header[i]);
      }
      if (load(entry.sequence) != sequence) continue;
      if (matches) return Found::kYes;
      break;
    }
    met_writer |= attempt == kReadAttempts;
  }
  return met_writer ? Found::kBusy : Found::kUnknown;
}

// False when the entry is being written.
bool ProxyCache::look_at(const Entry& entry, const ProxyFlowKey& key, const ProxyHeader& header,
                         Snapshot& out) {
  out.sequence = load(entry.sequence);
  if (is_odd(out.sequence)) return false;
  const std::uint64_t owner = load(entry.owner);
  out.written_tsc = load(entry.written_tsc);
  out.empty = owner == 0;
  out.same_key = !out.empty && equal_words(entry.key, key.words.data(), key.words.size());
  out.same_header = out.same_key && owner == owner_of(header) &&
                    equal_words(entry.sid_address, header.sid_address.data(), 2) &&
                    equal_words(entry.header, header.words.data(), header.count / 8);
  return load(entry.sequence) == out.sequence;
}

// In order of preference: the flow's own entry, an empty one, the most silent one if it may go.
ProxyCache::Choice ProxyCache::choose(std::span<Entry, kWays> set, const ProxyFlowKey& key,
                                      const ProxyHeader& header, std::uint64_t now_tsc) const {
  Choice choice;
  std::uint64_t longest = 0;
  for (Entry& entry : set) {
    Snapshot seen;
    if (!look_at(entry, key, header, seen)) {
      choice.met_writer = true;
      continue;
    }
    if (seen.same_key) return {&entry, seen, choice.met_writer};
    // Clocks of lcores may differ a little: an entry of the future is a fresh one.
    const std::uint64_t silent = now_tsc > seen.written_tsc ? now_tsc - seen.written_tsc : 0;
    const std::uint64_t rank = seen.empty ? ~std::uint64_t{0} : silent;
    if (rank >= timeout_tsc_ && rank > longest) {
      choice.entry = &entry;
      choice.seen = seen;
      longest = rank;
    }
  }
  return choice;
}

bool ProxyCache::try_write(Entry& entry, std::uint64_t sequence, const ProxyFlowKey& key,
                           const ProxyHeader& header, std::uint64_t now_tsc) {
  if (!__atomic_compare_exchange_n(&entry.sequence, &sequence, sequence + 1, false,
                                   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    return false;
  }
  store_word(entry.written_tsc, now_tsc);
  store_word(entry.owner, owner_of(header));
  for (std::size_t i = 0; i < key.words.size(); ++i)
    store_word(entry.key[i], key.words[i]);
  for (std::size_t i = 0; i < entry.sid_address.size(); ++i)
    store_word(entry.sid_address[i], header.sid_address[i]);
  for (std::size_t i = 0; i < header.count / 8; ++i)
    store_word(entry.header[i], header.words[i]);
  store_word(entry.sequence, sequence + 2);
  return true;
}

ProxyCache::Stored ProxyCache::store(const ProxyFlowKey& key, const ProxyHeader& header,
                                     std::uint64_t now_tsc) noexcept {
  const std::span<Entry, kWays> set = set_of(key);
  for (unsigned attempt = 0; attempt < kWriteAttempts; ++attempt, rte_pause()) {
    const Choice choice = choose(set, key, header, now_tsc);
    const bool own = choice.entry != nullptr && choice.seen.same_key;
    // What is being written may be this very flow: better look again than keep it twice.
    if (!own && choice.met_writer && attempt + 1 < kWriteAttempts) continue;
    if (choice.entry == nullptr) return choice.met_writer ? Stored::kBusy : Stored::kFull;
    const bool is_fresh =
        now_tsc < choice.seen.written_tsc || now_tsc - choice.seen.written_tsc < refresh_tsc_;
    if (choice.seen.same_header && is_fresh) return Stored::kUnchanged;
    if (try_write(*choice.entry, choice.seen.sequence, key, header, now_tsc)) {
      return Stored::kWritten;
    }
    // Another lcore just wrote the same flow: its header is as good as this one.
    if (own) return Stored::kUnchanged;
  }
  return Stored::kBusy;
}

ProxyCache::Stored ProxyCache::would_store(const ProxyFlowKey& key, const ProxyHeader& header,
                                           std::uint64_t now_tsc) const noexcept {
  const Choice choice = choose(set_of(key), key, header, now_tsc);
  if (choice.entry == nullptr) return choice.met_writer ? Stored::kBusy : Stored::kFull;
  return choice.seen.same_header ? Stored::kUnchanged : Stored::kWritten;
}

}  // namespace sextant
