// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// LcoreStatistics: how a forwarding lcore spends its time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sextant {

// The stages of a burst, in order; the first and the last are the device's.
inline constexpr std::array<std::string_view, 7> kLcoreStages = {
    "receive", "parse", "lookup", "behavior", "rewrite", "tx", "send"};
// Buckets of the burst histogram: 1, 2 to 3, 4 to 7, ... 256 packets.
inline constexpr std::size_t kBurstBuckets = 9;

// One lcore since it was started; a snapshot, by any thread. Counts only grow: a rate is the
// difference of two snapshots. Cycles are those of the TSC.
struct LcoreStatistics {
  unsigned index = 0;
  unsigned cpu = 0;
  bool running = false;
  std::uint64_t tsc_hz = 0;
  std::uint64_t bursts = 0;   // that were received
  std::uint64_t packets = 0;  // in them
  std::array<std::uint64_t, kBurstBuckets> bursts_by_size{};
  // Turns of the loop with something to do: received bursts, and packets of the control thread or
  // of other lcores.
  std::uint64_t busy_cycles = 0;
  std::uint64_t total_cycles = 0;         // since start; the rest is empty polls and sleep
  std::uint64_t sleeps = 0;               // of an idle lcore
  std::uint64_t longest_turn_cycles = 0;  // a preempted lcore shows here
  // One burst of 64 is looked at more closely.
  std::uint64_t sampled_bursts = 0;
  std::uint64_t sampled_packets = 0;
  std::array<std::uint64_t, kLcoreStages.size()> stage_cycles{};  // of the sampled ones
};

}  // namespace sextant
