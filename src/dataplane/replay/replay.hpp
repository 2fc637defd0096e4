// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Replay: frames in memory through the real forwarding code and slow path, in virtual time; no
// port, no thread, no clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/ports/runtime_config.hpp>
#include <sextant/tables/forwarding_tables.hpp>
#include <sextant/telemetry/counters.hpp>

namespace sextant {

struct ReplayFrame {
  PortIndex port = 0;
  std::uint64_t time_ns = 0;
  std::span<const std::uint8_t> bytes;
  // False: bytes start with the IP header; the frame gets an Ethernet header to the port's MAC.
  bool has_link_layer = true;
};

struct ReplayOptions {
  unsigned burst = 64;  // 1 to kMaxRxBurst
  // Frames for another station are dropped on routed interfaces, as a port does it. Else their
  // destination becomes the interface's: captures come from other machines.
  bool strict_mac = false;
  std::uint32_t mbufs = 8192;  // bounds what waits for neighbors; at least 1024
  std::uint32_t proxy_cache_entries = 1024;
  std::uint32_t proxy_cache_timeout_s = 10;
  FlowConfig flows{.connections = 1024, .choices = 1024};
  std::uint32_t neighbor_hold_packets = 64;
};

// What a port received and sent.
struct ReplayPortTotal {
  std::string name;
  PacketTotal in;
  PacketTotal out;
};

// Packets of one port that follow each other within kBurstSpan travel as one burst, at the time of
// its first packet. Equal input gives equal output, byte for byte.
class Replay {
 public:
  // Longest time that one burst covers: what a receive queue collects on a busy port, and short
  // enough for rate limits and timers to see the time of the packet.
  static constexpr std::uint64_t kBurstSpan_ns = 100'000;

  // Gets every frame that leaves a port, with the time of the packet that caused it. bytes are
  // valid during the call.
  using Sink = std::function<void(const ReplayFrame&)>;

  // Starts what DPDK needs for memory (no huge pages, no devices, no privileges) when nobody has
  // yet. Once per process.
  static Status start_memory();

  // Needs start_memory(), or an EAL that runs. port_names by PortIndex.
  static Result<std::unique_ptr<Replay>> create(const ForwardingTables& tables,
                                                const std::vector<std::string>& port_names,
                                                const ReplayOptions& options, Sink sink);
  ~Replay();
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // The next frame. Time does not run backwards: an older frame counts as received now. A port that
  // does not exist receives nothing.
  void receive(const ReplayFrame& frame);
  // Forwards what is collected; the packets that still wait for a neighbor stay.
  void flush();
  // flush(), and counts what still waits as neighbor_unresolved. The last call but for the getters.
  void finish();

  [[nodiscard]] CountersSnapshot counters() const;
  [[nodiscard]] const std::vector<ReplayPortTotal>& ports() const;

 private:
  struct Parts;
  explicit Replay(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sextant
