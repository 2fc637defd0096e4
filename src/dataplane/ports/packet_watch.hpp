// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PacketWatch: starts and stops traces and captures on all lcores, and collects what they find.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <sextant/common/result.hpp>

#include "dataplane/capture.hpp"
#include "dataplane/trace.hpp"

namespace sextant {

using CaptureId = unsigned;

struct CaptureSettings {
  CaptureFilter filter;
  std::uint32_t snap_length = 256;            // bytes kept of a frame
  std::uint32_t packets_per_second = 10'000;  // of all lcores together
};

// What a capture did not hand over.
struct CaptureLosses {
  std::uint64_t no_room = 0;    // the control thread was too slow
  std::uint64_t over_rate = 0;  // more than packets_per_second
};

// Control thread only. What lcores may still look at is freed after a grace period of qsbr.
class PacketWatch {
 public:
  static constexpr unsigned kMaxTracedPackets = 1000;

  // slots: one per lcore; they outlive this object. qsbr null: no lcore runs on another thread.
  PacketWatch(std::vector<WatchSlots*> slots, rte_rcu_qsbr* qsbr);
  // No lcore runs any more.
  ~PacketWatch();
  PacketWatch(const PacketWatch&) = delete;
  PacketWatch& operator=(const PacketWatch&) = delete;

  // One at a time. packets: 1 to kMaxTracedPackets.
  Status start_trace(const TraceFilter& filter, unsigned packets);
  [[nodiscard]] bool tracing() const { return budget_ != nullptr; }
  // Whether lcores found all packets that were asked for.
  [[nodiscard]] bool trace_complete() const;
  // Appends what was found since the last call.
  void take_traces(std::vector<TracedPacket>& out);
  [[nodiscard]] std::uint64_t traces_lost() const;
  void stop_trace();

  // At most kMaxCaptures at a time.
  Result<CaptureId> start_capture(const CaptureSettings& settings);
  // Calls visit for every frame found since the last call, at most limit of them, oldest first as
  // far as one lcore is concerned. bytes are valid during the call. The frames visited.
  using Visit = std::function<void(const CapturedHeader&, std::span<const std::uint8_t> bytes)>;
  std::size_t take_captured(CaptureId id, std::size_t limit, const Visit& visit);
  [[nodiscard]] CaptureLosses losses(CaptureId id) const;
  void stop_capture(CaptureId id);

  // Frees what lcores no longer look at; called again and again.
  void poll();
  // What waits for a grace period.
  [[nodiscard]] std::size_t retired() const { return retired_.size(); }

 private:
  struct Retired {
    std::uint64_t token;
    std::shared_ptr<void> object;
  };
  using Taps = std::vector<std::shared_ptr<CaptureTap>>;  // by lcore

  void retire(std::shared_ptr<void> object);
  void publish_taps();

  std::vector<WatchSlots*> slots_;
  rte_rcu_qsbr* qsbr_;
  std::vector<std::shared_ptr<Tracer>> tracers_;
  std::shared_ptr<std::atomic<std::int64_t>> budget_;
  std::map<CaptureId, Taps> captures_;
  std::vector<std::shared_ptr<CaptureTaps>> published_;  // by lcore
  CaptureId next_id_ = 0;
  std::vector<Retired> retired_;
};

}  // namespace sextant
