// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Lcore: the body of a forwarding thread: receive, forward_burst(), send, hand over, sleep when
// idle.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <sextant/ports/runtime_config.hpp>
#include <sextant/telemetry/lcore_statistics.hpp>

#include "counters_storage.hpp"
#include "dataplane/capture.hpp"
#include "dataplane/forward.hpp"
#include "dataplane/tables/rcu_publisher.hpp"
#include "queue_assignment.hpp"

namespace sextant {

// What the control thread wants done with a packet that it hands to an lcore; travels in mbuf::hash
// like PuntInfo.
struct InjectInfo {
  enum class Kind : std::uint8_t {
    kFrame,      // leaves the port as it is; object: PortIndex
    kPacket,     // IP packet to look up; object: TableId
    kAdjacency,  // IP packet that waited for its next hop; object: AdjacencyId
  };
  Kind kind = Kind::kFrame;
  std::uint32_t object = 0;

  void store(rte_mbuf* mbuf) const;
  static InjectInfo load(const rte_mbuf* mbuf);
};

// Where an lcore's frames for one port go.
struct TxPath {
  std::uint16_t port_id = RTE_MAX_ETHPORTS;   // RTE_MAX_ETHPORTS: no device of DPDK
  const std::atomic<bool>* usable = nullptr;  // null: always
  std::uint16_t queue = 0;
  // Set: not sent here, but by the lcore that owns queue 0, or by the thread of the kernel's taps,
  // which finds the PortIndex in mbuf::port.
  rte_ring* handoff = nullptr;
  bool multi_segment = true;

  [[nodiscard]] bool open() const {
    return (port_id != RTE_MAX_ETHPORTS || handoff != nullptr) &&
           (usable == nullptr || usable->load(std::memory_order_acquire));
  }
};

// Frames that other lcores send through this one.
struct TxHandoff {
  PortIndex port = 0;
  rte_ring* ring = nullptr;
};

// The ports as one lcore sees them. A value that is never edited: when ports come and go the lcore
// gets another one.
struct LcorePorts {
  std::vector<RxQueue> rx;
  std::array<TxPath, kMaxPorts> tx;  // by PortIndex
  std::vector<TxHandoff> handoffs;
};

// What an lcore needs; all pointers outlive it.
struct LcoreSetup {
  unsigned index = 0;  // also its QSBR thread id
  RcuPublisher* publisher = nullptr;
  rte_mempool* pool = nullptr;
  ProxyCache* proxy_cache = nullptr;
  FlowTables* flows = nullptr;
  rte_ring* punt = nullptr;    // to the control thread
  rte_ring* inject = nullptr;  // from the control thread
  rte_ring* taps = nullptr;    // from the kernel's taps; mbuf::port: PortIndex
  LcorePorts ports;            // at the start
  std::uint16_t burst = 64;
  IdleMode idle = IdleMode::kAdaptive;
};

// One forwarding lcore. run() is called on its thread, everything else on the control thread.
class Lcore {
 public:
  // Reserves counters.
  static Result<std::unique_ptr<Lcore>> create(LcoreSetup setup);

  // Until stop(). Leaves nothing behind: what it holds is sent or freed.
  void run();
  void stop() { stop_.store(true, std::memory_order_relaxed); }
  // Receives nothing any more; what was handed over is still sent.
  void drain() { draining_.store(true, std::memory_order_relaxed); }
  // Other ports from the next turn on. ports, and whatever they point to, must stay until this
  // lcore has begun a turn after it was given others.
  void use_ports(const LcorePorts& ports) { ports_.store(&ports, std::memory_order_release); }
  // One turn of the loop without sleeping; the packets received or taken over. For tests.
  unsigned run_once();

  [[nodiscard]] const Counters& counters() const { return state_->counters; }
  // Any thread.
  [[nodiscard]] LcoreStatistics statistics() const;
  [[nodiscard]] const LcoreSetup& setup() const { return setup_; }
  // Traces and captures; obeyed from the next turn of the loop on.
  [[nodiscard]] WatchSlots& watch_slots() { return watch_; }

 private:
  Lcore() = default;

  // Written by the lcore alone, read by any thread; on cache lines of its own.
  struct alignas(RTE_CACHE_LINE_SIZE) Work {
    std::uint64_t started_tsc = 0;  // 0: does not run
    std::uint64_t ended_tsc = 0;
    std::uint64_t bursts = 0;
    std::uint64_t packets = 0;
    std::uint64_t busy_cycles = 0;
    std::uint64_t longest_turn = 0;
    std::uint64_t sleeps = 0;
    std::array<std::uint64_t, kBurstBuckets> by_size{};
    std::uint64_t sampled_bursts = 0;
    std::uint64_t sampled_packets = 0;
    std::array<std::uint64_t, kLcoreStages.size()> stage_cycles{};
  };

  unsigned receive_sampled(const TableSet& tables, const RxQueue& rx);
  void count_burst(unsigned packets);
  unsigned receive(const TableSet& tables);
  void forward_received(const TableSet& tables, PortIndex port, std::span<rte_mbuf* const> frames);
  unsigned take_injected(const TableSet& tables);
  unsigned take_handoffs();
  unsigned take_tap_frames(const TableSet& tables);
  void forward_run(const TableSet& tables, InjectInfo info, std::span<rte_mbuf*> packets);
  void flush();
  void send(PortIndex port, std::span<rte_mbuf*> frames);
  void transmit(PortIndex port, std::span<rte_mbuf*> frames);
  std::span<rte_mbuf*> linearize(PortIndex port, std::span<rte_mbuf*> frames);
  void punt();
  // port: the one that frames are for; kNoPort: packets for the control thread.
  void drop(DropReason reason, PortIndex port, std::span<rte_mbuf*> frames);
  void idle();

  LcoreSetup setup_;
  std::atomic<const LcorePorts*> ports_{nullptr};
  const LcorePorts* now_ = nullptr;  // ports_ as the running turn has read it
  CountersStorage storage_;
  std::unique_ptr<LcoreState> state_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> draining_{false};
  WatchSlots watch_;
  Work work_;
  unsigned bursts_to_sample_ = 0;
  unsigned empty_turns_ = 0;
  unsigned sleep_us_ = 0;
};

}  // namespace sextant
