// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ProxyCache: what End.AD took off a flow's packets, until the service function returns them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <sextant/tables/lookup_result.hpp>

namespace sextant {

// A flow through a service function; equal for a packet on its way there and back. See
// proxy_flow.hpp.
struct ProxyFlowKey {
  std::array<std::uint64_t, 5> words{};

  friend bool operator==(const ProxyFlowKey&, const ProxyFlowKey&) = default;
};

// Outer IPv6 header with all extension headers, and the SID that they were removed by.
struct ProxyHeader {
  static constexpr std::size_t kMaxBytes = 368;

  LocalSidId sid = kNoObject;
  std::uint32_t count = 0;  // valid bytes, a multiple of 8
  // Its address: an id can be another SID's by the time the packet returns.
  std::array<std::uint64_t, 2> sid_address{};
  std::array<std::uint64_t, kMaxBytes / 8> words;

  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(words.data()); }
  [[nodiscard]] const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(words.data());
  }
};

// Shared by all lcores without a lock: packets of a flow may leave by one lcore and return by
// another. Set-associative and of fixed size; each entry is guarded by a sequence number that is
// odd while the entry is written. A reader that meets a change reads again, a bounded number of
// times; a writer that meets another writer lets it have its way.
class ProxyCache {
 public:
  static constexpr unsigned kWays = 4;
  enum class Stored { kWritten, kUnchanged, kFull, kBusy };
  enum class Found { kYes, kUnknown, kBusy };

  // Takes all memory that it will ever use. Control thread. entries is rounded up to a power of
  // two. When a set is full its most silent flow gives way to a new one, if it has sent nothing
  // for timeout_s. Without that need a flow is kept, however silent: a function that answers late
  // still finds it.
  ProxyCache(std::uint32_t entries, std::uint32_t timeout_s, std::uint64_t tsc_hz)
      : set_mask_(std::bit_ceil(std::max(entries, kWays)) / kWays - 1),
        refresh_tsc_(tsc_hz),
        timeout_tsc_(timeout_s * tsc_hz),
        entries_(std::make_unique<Entry[]>((set_mask_ + 1) * kWays)) {}

  // Forwarding lcores. Writes only when the header differs or the last write is a second old, so
  // that the cache lines of a steady flow stay shared.
  Stored store(const ProxyFlowKey& key, const ProxyHeader& header, std::uint64_t now_tsc) noexcept;
  // What store() would answer; changes nothing.
  [[nodiscard]] Stored would_store(const ProxyFlowKey& key, const ProxyHeader& header,
                                   std::uint64_t now_tsc) const noexcept;
  Found find(const ProxyFlowKey& key, ProxyHeader& header) const noexcept;

  [[nodiscard]] std::size_t capacity() const { return (set_mask_ + 1) * kWays; }

 private:
  // All words are accessed atomically. The first line decides; the others hold the header.
  struct alignas(64) Entry {
    std::uint64_t sequence = 0;
    std::uint64_t written_tsc = 0;
    std::uint64_t owner = 0;  // SID and byte count; 0: the entry is empty
    std::array<std::uint64_t, 5> key{};
    std::array<std::uint64_t, 2> sid_address{};
    std::array<std::uint64_t, ProxyHeader::kMaxBytes / 8> header{};
  };
  static_assert(sizeof(Entry) == 64 + 16 + ProxyHeader::kMaxBytes);

  struct Snapshot;  // what a writer saw of an entry
  struct Choice;

  [[nodiscard]] std::span<Entry, kWays> set_of(const ProxyFlowKey& key) const;
  static bool look_at(const Entry& entry, const ProxyFlowKey& key, const ProxyHeader& header,
                      Snapshot& out);
  [[nodiscard]] Choice choose(std::span<Entry, kWays> set, const ProxyFlowKey& key,
                              const ProxyHeader& header, std::uint64_t now_tsc) const;
  static bool try_write(Entry& entry, std::uint64_t sequence, const ProxyFlowKey& key,
                        const ProxyHeader& header, std::uint64_t now_tsc);

  std::size_t set_mask_;
  std::uint64_t refresh_tsc_;
  std::uint64_t timeout_tsc_;
  std::unique_ptr<Entry[]> entries_;
};

}  // namespace sextant
