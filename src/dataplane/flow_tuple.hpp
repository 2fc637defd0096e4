// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FlowTuple: which TCP, UDP or SCTP flow a packet belongs to, or, for an ICMP error, is about.
#pragma once

#include <cstdint>

#include "packet.hpp"
#include "tables/exact_table.hpp"

namespace sextant {

// An address of either family: as in LookupKey, IPv4 in the first four bytes and the rest zero.
struct FlowAddress {
  std::uint64_t high = 0;  // raw bytes, native order
  std::uint64_t low = 0;

  FlowAddress() = default;
  FlowAddress(std::uint64_t h, std::uint64_t l) : high(h), low(l) {}
  explicit FlowAddress(const IpAddress& address) {
    const LookupKey key = address.is_v6() ? LookupKey(0, address.v6) : LookupKey(0, address.v4);
    high = key.high;
    low = key.low;
  }
  [[nodiscard]] IpAddress to_ip(Family family) const;
  friend bool operator==(const FlowAddress&, const FlowAddress&) = default;
};

struct FlowEndpoint {
  FlowAddress address;
  std::uint16_t port = 0;  // host byte order

  friend bool operator==(const FlowEndpoint&, const FlowEndpoint&) = default;
};

// Offsets are in bytes from the IP header of the packet.
struct FlowTuple {
  enum class Kind : std::uint8_t {
    kOther,          // no transport with ports
    kWhole,          // or the first fragment: shows its ports
    kLaterFragment,  // ports unknown: see fragment_id
    kIcmpError,      // source, destination and ports are those of the quoted packet
    kMalformed,      // transport header cut off, by the end of the packet or a fragment
    kNotContiguous,  // headers continue behind the first segment
  };

  Kind kind = Kind::kOther;
  Family family = Family::kIpv6;
  std::uint8_t protocol = 0;
  bool first_fragment = false;  // of several
  std::uint8_t tcp_flags = 0;
  std::uint8_t sctp_chunk = 0;  // type of the first chunk
  std::uint32_t fragment_id = 0;
  FlowEndpoint source;
  FlowEndpoint destination;
  std::uint32_t transport_at = 0;  // of kIcmpError: the ICMP header
  std::uint32_t quoted_at = 0;     // kIcmpError: the quoted IP header
  std::uint32_t quoted_transport_at = 0;
};

// Reads the packet at the start of data, as meta.kind says (kIpv4 or kIpv6), which passed
// check_ipv4 or check_ipv6. Touches nothing but the first segment.
[[nodiscard]] FlowTuple read_flow(Packet packet) noexcept;

// The addresses of the packet itself: for kIcmpError others than those in the tuple.
[[nodiscard]] FlowAddress source_of(Packet packet) noexcept;
[[nodiscard]] FlowAddress destination_of(Packet packet) noexcept;

}  // namespace sextant
