// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ChurnBed: generator, one forwarding lcore and sink in one process, over in-memory ports, with
// tables that change meanwhile.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "dataplane/ports/counter_book.hpp"
#include "dataplane/ports/lcore.hpp"
#include "dataplane/slow_path/slow_path.hpp"
#include "support/churn.hpp"

namespace sextant::bench {

// Durations of one kind. Fine enough for percentiles of what takes less than 1 ms.
class Latencies {
 public:
  void add(std::uint64_t ns) {
    ++buckets_[std::min<std::uint64_t>(ns / kStepNs, buckets_.size() - 1)];
    ++count_;
    max_ = std::max(max_, ns);
  }
  void merge(const Latencies& other);
  // How many took longer.
  [[nodiscard]] std::uint64_t beyond(double us) const;
  [[nodiscard]] double quantile_us(double q) const;
  [[nodiscard]] double max_us() const { return static_cast<double>(max_) / 1000; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::uint64_t kStepNs = 100;
  std::array<std::uint64_t, 10'000> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

// What the lcore saw of one phase. A turn: from the end of one turn that had packets to the end of
// the next; a burst's time from rx to tx is a part of it.
struct PhaseResult {
  Latencies turns;                // in which the kernel did not take the CPU away
  Latencies preempted;            // in which it did
  Latencies pacing;               // gaps of a loop on another CPU that does nothing but watch
  std::uint64_t packets = 0;      // received
  std::uint64_t ns = 0;           // how long the phase took
  std::uint64_t steal_ticks = 0;  // 10 ms each, taken from all CPUs by the host
  std::uint64_t busy_cycles = 0;  // of turns with packets, from receive to transmit
  std::uint64_t busy_packets = 0;

  [[nodiscard]] double cycles_per_packet() const {
    return static_cast<double>(busy_cycles) / static_cast<double>(busy_packets);
  }
};

// Packets of one flow over the whole run.
struct FlowResult {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

class ChurnBed {
 public:
  // Starts the EAL. Lcore, generator and control thread get the last three CPUs allowed.
  static Result<std::unique_ptr<ChurnBed>> start();
  ~ChurnBed();

  // What the lcore sees from now on counts here, until leave(). A phase may be entered again: it
  // adds up. The turn in which this happens counts nowhere.
  void enter(PhaseResult& phase);
  void leave();
  // Publishes as Dataplane does.
  Status publish(const TableDiff& change);
  // Returns at that time of CLOCK_MONOTONIC, watching for gaps.
  void wait_until(std::uint64_t ns);
  // Ends the threads when all packets have come through.
  void finish();

  [[nodiscard]] const std::array<FlowResult, test::kChurnFlows>& flows() const { return flows_; }
  [[nodiscard]] std::uint64_t half_changed() const { return half_changed_; }
  [[nodiscard]] std::uint64_t foreign() const { return foreign_; }
  [[nodiscard]] std::uint64_t bursts() const { return bursts_; }
  [[nodiscard]] const Counters& counters() const { return lcore_->counters(); }
  [[nodiscard]] PublicationStatus publication() const { return publisher_.status(); }

 private:
  ChurnBed() = default;
  Status open();
  void run_lcore();
  void run_traffic();
  unsigned generate();
  unsigned verify(std::uint32_t end);
  bool watch(PhaseResult* phase, std::uint64_t ns, std::uint64_t packets);

  rte_mempool* pool_ = nullptr;
  rte_ring* wires_[2] = {};
  rte_ring* boundaries_ = nullptr;  // where in wires_[1] each burst ends
  RcuPublisher publisher_{1};
  std::unique_ptr<SlowPathOutput> output_;
  std::unique_ptr<SlowPath> slow_path_;
  CounterBook book_;
  std::unique_ptr<Lcore> lcore_;
  std::thread lcore_thread_;
  std::thread traffic_thread_;
  std::atomic<bool> stop_traffic_{false};
  std::atomic<bool> stop_lcore_{false};
  std::atomic<PhaseResult*> phase_{nullptr};
  std::atomic<std::uint64_t> turns_{0};
  PhaseResult* own_phase_ = nullptr;
  std::uint64_t phase_start_ns_ = 0;
  std::uint64_t phase_steal_ = 0;
  LcoreStatistics phase_begin_;
  long switches_ = 0;  // of the lcore's thread, by the kernel
  std::uint64_t last_watch_ns_ = 0;
  // Traffic thread.
  std::vector<test::Bytes> frames_;
  std::vector<std::uint8_t> frame_flows_;
  std::size_t next_frame_ = 0;
  std::uint32_t verified_ = 0;  // position in wires_[1]
  test::BurstCheck check_;
  std::array<FlowResult, test::kChurnFlows> flows_{};
  std::uint64_t half_changed_ = 0;
  std::uint64_t foreign_ = 0;
  std::uint64_t bursts_ = 0;
};

[[nodiscard]] std::uint64_t monotonic_ns();

}  // namespace sextant::bench
