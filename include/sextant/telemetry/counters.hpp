// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CountersSnapshot: what all lcores and the control thread counted, summed up at one moment.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <sextant/net/ip_address.hpp>
#include <sextant/telemetry/drop_reason.hpp>

namespace sextant {

struct PacketTotal {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  PacketTotal& operator+=(const PacketTotal& other) {
    packets += other.packets;
    bytes += other.bytes;
    return *this;
  }
  friend bool operator==(const PacketTotal&, const PacketTotal&) = default;
};

// RFC 8986 section 6: what a SID processed correctly, and what it did not.
struct SidTotal {
  PacketTotal good;
  PacketTotal bad;

  friend bool operator==(const SidTotal&, const SidTotal&) = default;
};

// The vectors are indexed by id; an object behind the end has counted nothing.
struct CountersSnapshot {
  std::array<PacketTotal, kDropReasonCount> drops{};  // by DropReason
  std::vector<SidTotal> local_sids;
  std::vector<PacketTotal> policies;
  std::vector<PacketTotal> segment_lists;
  std::vector<PacketTotal> steerings;
  std::vector<PacketTotal> interfaces_rx;
  std::vector<PacketTotal> interfaces_tx;
  PacketTotal icmp_errors;
  PacketTotal icmp_errors_suppressed;
  PacketTotal punted;
  PacketTotal translated_to_backend;  // of services whose backend is on this node
  PacketTotal translated_from_backend;
  SidTotal overflow_local_sid;  // of objects whose id is larger than there are counters
  PacketTotal overflow;
};

// A port as it is now.
struct PortState {
  std::string name;
  std::string device;  // as configured
  std::string driver;
  MacAddress mac;
  std::uint16_t mtu = 0;
  std::uint16_t rx_queues = 0;
  std::uint16_t tx_queues = 0;
  bool present = true;  // false: the device was unplugged
  bool link_up = false;
  std::uint32_t speed_mbps = 0;  // 0: not known
  bool promiscuous = false;
  bool multi_segment_tx = false;  // sends chained mbufs; else they are copied together first
  PacketTotal rx;
  PacketTotal tx;
  std::uint64_t rx_missed = 0;  // no descriptor was free
  std::uint64_t rx_errors = 0;
  std::uint64_t rx_no_mbuf = 0;
  std::uint64_t tx_errors = 0;
};

}  // namespace sextant
