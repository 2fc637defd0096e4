// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CaptureTap: copies of frames as they come in, leave or are dropped, at a bounded rate into
// bounded memory.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <sextant/net/ip_address.hpp>

#include "forward.hpp"
#include "spsc_bytes.hpp"
#include "trace.hpp"

namespace sextant {

inline constexpr unsigned kMaxCaptures = 4;
inline constexpr std::uint32_t kMaxSnapLength = 16384;

enum class CapturePoint : std::uint8_t { kIngress = 1, kEgress = 2, kDrop = 4 };

// Which frames are captured: at these points, and all conditions hold that are set.
struct CaptureFilter {
  std::uint8_t points = 7;  // CapturePoint as bits
  bool has_port = false;
  bool has_source = false;
  bool has_destination = false;
  bool has_reason = false;  // with CapturePoint::kDrop alone
  PortIndex port = 0;       // received by or sent by
  IpPrefix source;          // of the outermost IP header
  IpPrefix destination;
  DropReason reason{};
};

// What goes before the bytes of a captured frame.
struct CapturedHeader {
  std::uint64_t tsc = 0;
  std::uint32_t length = 0;    // of the whole frame
  std::uint32_t captured = 0;  // bytes that follow
  PortIndex port = kNoPort;    // kNoPort: none, the packet was made or taken apart here
  CapturePoint point = CapturePoint::kIngress;
  DropReason reason{};
  bool made_link_layer = false;  // the packet had none any more: 14 bytes stand in for it
};

// One capture on one lcore.
class CaptureTap {
 public:
  static constexpr std::size_t kRingBytes = 1024 * 1024;

  // packets_per_second: of this lcore; at least 1.
  CaptureTap(const CaptureFilter& filter, std::uint32_t snap_length,
             std::uint32_t packets_per_second, std::size_t ring_bytes = kRingBytes)
      : filter_(filter), snap_length_(snap_length), rate_(packets_per_second), ring_(ring_bytes) {}

  // --- Control thread.
  [[nodiscard]] SpscBytes& ring() { return ring_; }
  // Frames that matched but found no room, and those above the rate.
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t over_rate() const {
    return over_rate_.load(std::memory_order_relaxed);
  }

  // --- The lcore. link_bytes: of the Ethernet header that stands in front of the data of an IP
  // packet still, 0: none does, and the packet starts with its IP header.
  struct Frame {
    const rte_mbuf* mbuf;
    PortIndex port;
    CapturePoint point;
    DropReason reason;
    bool has_link_layer;  // data starts with it
    std::uint8_t link_bytes;
  };
  void offer(const Frame& frame, std::uint64_t now_tsc, std::uint64_t tsc_hz) noexcept;

 private:
  [[nodiscard]] bool matches(const Frame& frame) const noexcept;
  [[nodiscard]] bool within_rate(std::uint64_t now_tsc, std::uint64_t tsc_hz) noexcept;

  CaptureFilter filter_;
  std::uint32_t snap_length_;
  std::uint32_t rate_;
  std::uint32_t in_window_ = 0;
  std::uint64_t window_tsc_ = 0;
  SpscBytes ring_;
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<std::uint64_t> over_rate_{0};
};

// The captures of one lcore; exchanged as a whole.
struct CaptureTaps {
  unsigned count = 0;
  std::array<CaptureTap*, kMaxCaptures> taps{};
};

// Whole frames, on their way in or out, or refused by a port.
void capture_frames(const LcoreState& lcore, CapturePoint point, PortIndex port, DropReason reason,
                    std::span<rte_mbuf* const> frames, bool has_link_layer = true) noexcept;
// A packet that a stage drops, as it stands.
void capture_drop(ForwardContext& context, Packet packet, DropReason reason) noexcept;

// Where lcores find what watches them; the control thread writes, one lcore reads.
struct WatchSlots {
  std::atomic<Tracer*> tracer{nullptr};
  std::atomic<const CaptureTaps*> taps{nullptr};
};

}  // namespace sextant
