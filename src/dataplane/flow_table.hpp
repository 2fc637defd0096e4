// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FlowTable: what all lcores remember of flows, in memory of a fixed size.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace sextant {

struct FlowKey {
  std::array<std::uint64_t, 5> words{};

  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

struct FlowValue {
  std::array<std::uint64_t, 3> words{};

  friend bool operator==(const FlowValue&, const FlowValue&) = default;
};

// How far a flow has come; each phase has its own timeout. What is transient gives way to new flows
// when there is no room.
enum class FlowPhase : std::uint8_t {
  kTcpOpening,        // only the client was heard
  kTcpEstablished,    // both sides were
  kTcpClientClosed,   // FIN of the client
  kTcpBackendClosed,  // FIN of the backend
  kTcpClosed,         // FIN of both, or RST
  kUdpUnanswered,
  kUdpAnswered,
  kSctpOpening,
  kSctpEstablished,
  kSctpClosed,
  kFragments,  // ports of a fragmented packet
  kAffinity,   // where a client's last new flow went
};
inline constexpr unsigned kFlowPhases = 12;

constexpr bool is_transient(FlowPhase phase) {
  return phase == FlowPhase::kTcpOpening || phase == FlowPhase::kTcpClosed ||
         phase == FlowPhase::kUdpUnanswered || phase == FlowPhase::kSctpOpening ||
         phase == FlowPhase::kSctpClosed || phase == FlowPhase::kFragments;
}

// Seconds without a packet after which a flow is forgotten, by FlowPhase.
using FlowTimeouts = std::array<std::uint32_t, kFlowPhases>;

// Shared by all lcores without a lock on the way of a packet: packets of a flow come by any lcore,
// and its two directions by different ones. Sets of seven entries; a set has one cache line with a
// sequence number and a mark for each entry: part of the hash, phase, time of the last packet. A
// miss reads that line alone, a hit one more. The sequence is odd while somebody changes the set;
// readers read again, a bounded number of times. Phase and time change by compare-and-swap of the
// mark, at most once a second unless the phase changes.
class FlowTable {
 public:
  static constexpr unsigned kWays = 7;

  struct Hit {
    FlowValue value;
    FlowPhase phase{};
    std::uint32_t idle_s = 0;
    // Where it stands, for touch().
    std::uint32_t set = 0;
    std::uint8_t way = 0;
    std::uint64_t mark = 0;
  };
  enum class Found : std::uint8_t { kYes, kNo, kBusy };
  enum class Stored : std::uint8_t {
    kStored,
    kThere,  // with this value already
    kTaken,  // the key is there with another value
    kFull,   // nothing in the set may go
    kBusy,   // others kept changing the set
  };
  // Who makes room in a full set: transient flows only, or whoever was silent for longest.
  enum class Evict : std::uint8_t { kTransient, kAny };
  // What happens to another value of the same key.
  enum class OnTaken : std::uint8_t { kKeep, kReplace };

  struct Entry {
    FlowKey key;
    FlowValue value;
    FlowPhase phase{};
    std::uint32_t idle_s = 0;
  };

  // Takes all memory that it will ever use, 256 bytes for each of entries (rounded up to a power of
  // two). With as many flows as that, one new flow in some 1,500 finds its set full. seed: makes
  // it hard to aim at a set from outside. Control thread.
  FlowTable(std::uint32_t entries, const FlowTimeouts& timeouts, Evict evict, std::uint64_t tsc_hz,
            std::uint64_t seed)
      : set_mask_(static_cast<std::uint32_t>(std::bit_ceil(std::max(entries, 2u)) / 2 - 1)),
        tick_shift_(shift_of(tsc_hz)),
        tsc_hz_(tsc_hz),
        seed_(seed),
        evict_(evict),
        sets_(std::make_unique<Set[]>(set_mask_ + std::size_t{1})) {
    for (unsigned phase = 0; phase < kFlowPhases; ++phase)
      limits_[phase] = static_cast<std::uint32_t>(timeouts[phase] * tsc_hz >> tick_shift_);
  }

  // --- Any thread; never blocks.
  // A flow that timed out is not found.
  Found find(const FlowKey& key, std::uint64_t now_tsc, Hit& hit) const noexcept;
  // The flow had a packet, and is in this phase now. Nothing happens when it has gone meanwhile.
  void touch(const Hit& hit, FlowPhase phase, std::uint64_t now_tsc) noexcept;
  Stored store(const FlowKey& key, const FlowValue& value, FlowPhase phase, std::uint64_t now_tsc,
               OnTaken on_taken = OnTaken::kKeep) noexcept;

  // Flows that gave way to others before their time.
  [[nodiscard]] std::uint64_t evictions() const {
    return __atomic_load_n(&evictions_, __ATOMIC_RELAXED);
  }
  // Flows that are in the table now; reads a line of each set.
  [[nodiscard]] std::size_t count(std::uint64_t now_tsc) const noexcept;
  [[nodiscard]] std::uint32_t sets() const { return set_mask_ + 1; }
  [[nodiscard]] std::size_t capacity() const { return std::size_t{sets()} * kWays; }
  // The entry at a place, for lists; nothing when it is empty, timed out or keeps changing.
  [[nodiscard]] std::optional<Entry> entry_at(std::uint32_t set, unsigned way,
                                              std::uint64_t now_tsc) const noexcept;

 private:
  static constexpr unsigned kTimeBits = 28;
  static constexpr std::uint32_t kTimeMask = (1u << kTimeBits) - 1;

  struct alignas(64) Flow {
    std::array<std::uint64_t, 5> key{};
    std::array<std::uint64_t, 3> value{};
  };
  // All words are accessed atomically.
  struct alignas(64) Set {
    std::uint64_t sequence = 0;
    std::array<std::uint64_t, kWays> marks{};  // 0: empty
    std::array<Flow, kWays> flows{};
  };
  static_assert(sizeof(Set) == 512);

  // A tick is between 1/16 and 1/8 of a second.
  static constexpr unsigned shift_of(std::uint64_t tsc_hz) {
    return tsc_hz < 16 ? 0 : static_cast<unsigned>(std::bit_width(tsc_hz / 16));
  }
  [[nodiscard]] std::uint32_t ticks(std::uint64_t tsc) const {
    return static_cast<std::uint32_t>(tsc >> tick_shift_) & kTimeMask;
  }
  // Clocks of lcores may differ a little: a mark of the future is a fresh one.
  [[nodiscard]] std::uint32_t idle_ticks(std::uint64_t mark, std::uint64_t now_tsc) const {
    const std::uint32_t idle = (ticks(now_tsc) - static_cast<std::uint32_t>(mark)) & kTimeMask;
    return idle > kTimeMask / 2 ? 0 : idle;
  }
  [[nodiscard]] std::uint32_t idle_seconds(std::uint64_t mark, std::uint64_t now_tsc) const {
    return static_cast<std::uint32_t>(
        (static_cast<std::uint64_t>(idle_ticks(mark, now_tsc)) << tick_shift_) / tsc_hz_);
  }
  static FlowPhase phase_of(std::uint64_t mark) {
    return static_cast<FlowPhase>(mark >> kTimeBits & 0xf);
  }
  [[nodiscard]] bool is_expired(std::uint64_t mark, std::uint64_t now_tsc) const {
    return idle_ticks(mark, now_tsc) >= limits_[static_cast<unsigned>(phase_of(mark))];
  }
  [[nodiscard]] std::uint64_t make_mark(std::uint32_t tag, FlowPhase phase,
                                        std::uint64_t now_tsc) const {
    return static_cast<std::uint64_t>(tag) << 32 | static_cast<std::uint64_t>(phase) << kTimeBits |
           ticks(now_tsc);
  }
  [[nodiscard]] std::uint64_t hash(const FlowKey& key) const;
  [[nodiscard]] static bool holds(const Flow& flow, const FlowKey& key);
  [[nodiscard]] int place_of(const Set& set, std::uint32_t tag, const FlowKey& key) const;
  [[nodiscard]] int room_in(const Set& set, std::uint64_t now_tsc, bool& evicts) const;
  Stored store_locked(Set& set, std::uint32_t tag, const FlowKey& key, const FlowValue& value,
                      std::uint64_t mark, std::uint64_t now_tsc, OnTaken on_taken);

  std::uint32_t set_mask_;
  unsigned tick_shift_;
  std::uint64_t tsc_hz_;
  std::uint64_t seed_;
  std::array<std::uint32_t, kFlowPhases> limits_{};  // timeouts in ticks
  Evict evict_;
  std::unique_ptr<Set[]> sets_;
  alignas(64) std::uint64_t evictions_ = 0;
};

}  // namespace sextant
