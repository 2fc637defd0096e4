// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Counters: what one lcore counts. Written by that lcore alone, read by any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sextant/telemetry/drop_reason.hpp>

namespace sextant {

struct PacketCounter {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of the IP packet or frame as it was when counted

  // Relaxed stores: a reader sees each word whole, and x86 and arm64 pay nothing for it.
  void add(std::uint64_t n_packets, std::uint64_t n_bytes) {
    __atomic_store_n(&packets, packets + n_packets, __ATOMIC_RELAXED);
    __atomic_store_n(&bytes, bytes + n_bytes, __ATOMIC_RELAXED);
  }
  [[nodiscard]] PacketCounter read() const {
    return {__atomic_load_n(&packets, __ATOMIC_RELAXED), __atomic_load_n(&bytes, __ATOMIC_RELAXED)};
  }
};

// RFC 8986 section 6: CNT-1 packets and CNT-2 bytes processed correctly by a SID, and those not.
struct SidCounter {
  PacketCounter good;
  PacketCounter bad;
};

// Adds up what goes to the same counter in a row, so that a burst of one flow stores it once.
class CounterRun {
 public:
  CounterRun() = default;
  CounterRun(const CounterRun&) = delete;
  CounterRun& operator=(const CounterRun&) = delete;
  ~CounterRun() { flush(); }
  // One packet.
  void add(PacketCounter& counter, std::uint32_t n_bytes) {
    if (&counter != counter_) [[unlikely]] {
      flush();
      counter_ = &counter;
      packets_ = bytes_ = 0;
    }
    ++packets_;
    bytes_ += n_bytes;
  }

 private:
  void flush() {
    if (counter_ != nullptr) counter_->add(packets_, bytes_);
  }

  PacketCounter* counter_ = nullptr;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

// Arrays indexed by stable object id. The storage is reserved once, for the largest id that the
// configuration of this process allows, so that an update never moves a counter under its lcore.
struct Counters {
  std::array<PacketCounter, kDropReasonCount> drops{};
  std::span<SidCounter> local_sids;
  std::span<PacketCounter> policies;
  std::span<PacketCounter> segment_lists;
  std::span<PacketCounter> steerings;
  std::span<PacketCounter> interfaces_rx;
  std::span<PacketCounter> interfaces_tx;
  PacketCounter icmp_errors;             // sent by this lcore
  PacketCounter icmp_errors_suppressed;  // by the rate limit
  PacketCounter punted;
  // Packets of services by their backends on this node, those that stayed as they were included.
  PacketCounter translated_to_backend;
  PacketCounter translated_from_backend;
  std::uint64_t bursts = 0;

  // Traffic of objects whose id lies beyond what was reserved.
  SidCounter overflow_local_sid;
  PacketCounter overflow;

  SidCounter& local_sid(std::uint32_t id) {
    return id < local_sids.size() ? local_sids[id] : overflow_local_sid;
  }
  // counters: one of the spans above.
  PacketCounter& of(std::span<PacketCounter> counters, std::uint32_t id) {
    return id < counters.size() ? counters[id] : overflow;
  }
};

}  // namespace sextant
