// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RuntimeConfig: what is fixed when the process starts: EAL, lcores, memory, ports and their
// queues.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sextant/common/diagnostic.hpp>
#include <sextant/net/ip_address.hpp>
#include <sextant/tables/lookup_result.hpp>

namespace sextant {

enum class HugePages : std::uint8_t { kAuto, kOn, kOff };
// kAdaptive sleeps when idle (DESIGN section 2); kPoll never does.
enum class IdleMode : std::uint8_t { kAdaptive, kPoll };

// One queue of one port, polled by one lcore (RuntimeConfig::lcores index).
struct QueueAssignment {
  std::uint16_t queue = 0;
  std::uint16_t lcore = 0;
};

struct PortConfig {
  std::string name;    // as used by interfaces, routes and commands
  std::string device;  // PCI address "0000:3b:00.0", or vdev with arguments "net_tap0,iface=tap0"
  std::uint16_t queues = 1;  // receive queues
  std::uint16_t mtu = 1500;  // bytes of an IP packet
  std::uint16_t rx_descriptors = 1024;
  std::uint16_t tx_descriptors = 1024;
  bool promiscuous = false;
  std::optional<MacAddress> mac;             // unset: the device's own
  std::vector<QueueAssignment> assignments;  // empty: queues spread over lcores in turn
  SourceLocation where;                      // in the configuration, for messages
};

// What lcores remember of flows: how many (256 bytes each, rounded up to a power of two), and how
// long without a packet, in seconds.
struct FlowConfig {
  std::uint32_t connections = 65536;       // of service backends on this node
  std::uint32_t choices = 65536;           // of flows that enter sticky policies here
  std::uint32_t opening_s = 60;            // TCP, SCTP: the backend has not answered
  std::uint32_t tcp_s = 86400;             // established
  std::uint32_t tcp_half_closed_s = 3600;  // one side has closed
  std::uint32_t closed_s = 30;             // TCP, SCTP: both have, or one has aborted
  std::uint32_t udp_unanswered_s = 30;
  std::uint32_t udp_s = 180;
  std::uint32_t sctp_s = 3600;

  friend bool operator==(const FlowConfig&, const FlowConfig&) = default;
};

// Places below belong to ports of the configuration file, the others to pods.
inline constexpr PortIndex kFirstPodPort = 64;

struct RuntimeConfig {
  std::vector<unsigned>
      lcores;  // CPU numbers of forwarding lcores; empty: one, the first allowed CPU
  HugePages huge_pages = HugePages::kAuto;
  std::uint32_t memory_mb = 0;             // 0: computed from ports and mbufs
  std::uint32_t mbufs = 0;                 // 0: computed from queues and descriptors
  std::vector<std::string> eal_arguments;  // appended as they are
  std::string file_prefix;  // empty: private memory, no files shared with other processes
  IdleMode idle = IdleMode::kAdaptive;
  std::uint16_t burst = 64;                   // packets per receive call: 1 to 256
  std::uint32_t proxy_cache_entries = 65536;  // End.AD flows, a power of two
  std::uint32_t proxy_cache_timeout_s = 10;   // silent this long: may give way to a new one
  FlowConfig flows;
  std::uint32_t neighbor_hold_packets = 64;  // per unresolved next hop
  std::vector<PortConfig> ports;             // PortIndex is the position here
  SourceLocation where;                      // of the section, for messages
};

}  // namespace sextant
