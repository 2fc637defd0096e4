// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Flow tuples: one walk over IP headers, for the packet itself and for what an ICMP error quotes.
#include "flow_tuple.hpp"

namespace sextant {

namespace {

using Kind = FlowTuple::Kind;

constexpr unsigned kMaxExtensionHeaders = 8;
constexpr std::uint8_t kIcmp4SourceQuench = 4;
constexpr std::uint32_t kPortBytes = 4;

// Where an IP packet has its transport header.
struct Walk {
  Kind kind = Kind::kWhole;
  Family family = Family::kIpv6;
  FlowAddress source;
  FlowAddress destination;
  std::uint8_t protocol = 0;
  std::uint32_t at = 0;
  bool first_fragment = false;
  std::uint32_t fragment_id = 0;
};

FlowAddress address_of(const Ipv6Address& address) {
  return {address.raw_high(), address.raw_low()};
}
FlowAddress address_of(const Ipv4Address& address) {
  std::uint32_t word;
  std::memcpy(&word, address.bytes.data(), sizeof word);
  return {word, 0};
}

// data: end contiguous bytes from an IP header on; end_kind: what it is when they end too early.
Walk walk_ipv4(const std::uint8_t* data, std::uint32_t end, Kind end_kind) {
  Walk walk;
  walk.family = Family::kIpv4;
  walk.kind = end_kind;
  if (end < sizeof(Ipv4Header)) return walk;
  const auto& ip = *reinterpret_cast<const Ipv4Header*>(data);
  if (ip.header_bytes() < sizeof ip || ip.header_bytes() > end) return walk;
  const std::uint16_t fragment = ip.fragment.host();
  walk.source = address_of(ip.source);
  walk.destination = address_of(ip.destination);
  walk.protocol = ip.protocol;
  walk.at = ip.header_bytes();
  walk.fragment_id = ip.id.host();
  const bool later = (fragment & Ipv4Header::kOffsetMask) != 0;
  walk.kind = later ? Kind::kLaterFragment : Kind::kWhole;
  walk.first_fragment = !later && (fragment & Ipv4Header::kMoreFragments) != 0;
  return walk;
}

Walk walk_ipv6(const std::uint8_t* data, std::uint32_t end, Kind end_kind) {
  Walk walk;
  walk.kind = end_kind;
  if (end < sizeof(Ipv6Header)) return walk;
  const auto& ip = *reinterpret_cast<const Ipv6Header*>(data);
  walk.source = address_of(ip.source);
  walk.destination = address_of(ip.destination);
  walk.protocol = ip.next_header;
  walk.at = sizeof ip;
  for (unsigned headers = 0;; ++headers) {
    const bool is_fragment = walk.protocol == ip_protocol::kFragment;
    if (!is_fragment && walk.protocol != ip_protocol::kHopByHop &&
        walk.protocol != ip_protocol::kRouting && walk.protocol != ip_protocol::kDestOptions) {
      break;
    }
    if (headers == kMaxExtensionHeaders || walk.at + sizeof(Ipv6FragmentHeader) > end) return walk;
    if (is_fragment) {
      const auto& header = *reinterpret_cast<const Ipv6FragmentHeader*>(data + walk.at);
      const std::uint16_t offset = header.offset.host();
      walk.fragment_id = header.id.host();
      walk.protocol = header.next_header;
      walk.at += static_cast<std::uint32_t>(sizeof header);
      if (offset >> 3 != 0) {
        walk.kind = Kind::kLaterFragment;
        return walk;
      }
      walk.first_fragment = (offset & 1) != 0;
    } else {
      const auto& header = *reinterpret_cast<const Ipv6ExtensionHeader*>(data + walk.at);
      walk.protocol = header.next_header;
      walk.at += header.bytes();
      if (walk.at > end) return walk;
    }
  }
  walk.kind = Kind::kWhole;
  return walk;
}

// Up to where a transport header must be there to be translated.
std::uint32_t transport_bytes(std::uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::kTcp: return sizeof(TcpHeader);
    case ip_protocol::kUdp: return sizeof(UdpHeader);
    case ip_protocol::kSctp: return 12;
    // No flow with ports of its own begins behind these.
    case ip_protocol::kIpv4:
    case ip_protocol::kIpv6:
    case ip_protocol::kEthernet:
    case ip_protocol::kNoNext: return 0;
    default: return kPortBytes;  // DCCP, UDP-Lite and whatever else a rule may name
  }
}

bool is_icmp_error(Family family, std::uint8_t type) {
  if (family == Family::kIpv6) return type < icmp6::kEchoRequest;
  return type == icmp4::kDestinationUnreachable || type == kIcmp4SourceQuench ||
         type == icmp4::kTimeExceeded || type == icmp4::kParameterProblem;
}

void take_ports(const std::uint8_t* transport, FlowTuple& tuple) {
  const auto& ports = *reinterpret_cast<const UdpHeader*>(transport);
  tuple.source.port = ports.source_port.host();
  tuple.destination.port = ports.destination_port.host();
}

// An error that quotes a flow with ports; any other is not about a flow.
void read_quoted(const std::uint8_t* data, std::uint32_t end, FlowTuple& tuple) {
  tuple.kind = Kind::kOther;
  if (tuple.transport_at + sizeof(IcmpHeader) > end) return;
  if (!is_icmp_error(tuple.family, data[tuple.transport_at])) return;
  const auto quoted_at = static_cast<std::uint32_t>(tuple.transport_at + sizeof(IcmpHeader));
  const std::uint32_t left = end - quoted_at;
  if (left == 0 || data[quoted_at] >> 4 != (tuple.family == Family::kIpv6 ? 6 : 4)) return;
  const Walk walk = tuple.family == Family::kIpv6 ? walk_ipv6(data + quoted_at, left, Kind::kOther)
                                                  : walk_ipv4(data + quoted_at, left, Kind::kOther);
  if (walk.kind != Kind::kWhole || transport_bytes(walk.protocol) == 0 ||
      walk.at + kPortBytes > left) {
    return;
  }
  tuple.kind = Kind::kIcmpError;
  tuple.protocol = walk.protocol;
  tuple.source.address = walk.source;
  tuple.destination.address = walk.destination;
  tuple.quoted_at = quoted_at;
  tuple.quoted_transport_at = quoted_at + walk.at;
  take_ports(data + tuple.quoted_transport_at, tuple);
}

}  // namespace

IpAddress FlowAddress::to_ip(Family family) const {
  if (family == Family::kIpv4) {
    Ipv4Address v4;
    std::memcpy(v4.bytes.data(), &high, v4.bytes.size());
    return v4;
  }
  Ipv6Address v6;
  std::memcpy(v6.bytes.data(), &high, sizeof high);
  std::memcpy(v6.bytes.data() + sizeof high, &low, sizeof low);
  return v6;
}

FlowTuple read_flow(Packet packet) noexcept {
  const std::uint8_t* const data = packet.data();
  const std::uint32_t end = packet.contiguous_bytes();
  const bool spread = packet.bytes() > end;
  const Kind end_kind = spread ? Kind::kNotContiguous : Kind::kMalformed;
  const bool v6 = packet.meta().kind == PacketKind::kIpv6;
  const Walk walk = v6 ? walk_ipv6(data, end, end_kind) : walk_ipv4(data, end, end_kind);

  FlowTuple tuple;
  tuple.kind = walk.kind;
  tuple.family = walk.family;
  tuple.protocol = walk.protocol;
  tuple.first_fragment = walk.first_fragment;
  tuple.fragment_id = walk.fragment_id;
  tuple.source.address = walk.source;
  tuple.destination.address = walk.destination;
  tuple.transport_at = walk.at;
  if (walk.kind != Kind::kWhole) return tuple;
  if (walk.protocol == (v6 ? ip_protocol::kIcmp6 : ip_protocol::kIcmp)) {
    if (walk.first_fragment) {
      tuple.kind = Kind::kOther;
    } else {
      read_quoted(data, end, tuple);
    }
    return tuple;
  }
  const std::uint32_t needed = transport_bytes(walk.protocol);
  if (needed == 0) {
    tuple.kind = Kind::kOther;
  } else if (walk.at + needed > end) {
    tuple.kind = end_kind;
  } else {
    take_ports(data + walk.at, tuple);
    if (walk.protocol == ip_protocol::kTcp) {
      tuple.tcp_flags = reinterpret_cast<const TcpHeader*>(data + walk.at)->flags;
    } else if (walk.protocol == ip_protocol::kSctp && walk.at + needed < end) {
      tuple.sctp_chunk = data[walk.at + needed];
    }
  }
  return tuple;
}

FlowAddress source_of(Packet packet) noexcept {
  return packet.meta().kind == PacketKind::kIpv6 ? address_of(packet.ipv6().source)
                                                 : address_of(packet.ipv4().source);
}

FlowAddress destination_of(Packet packet) noexcept {
  return packet.meta().kind == PacketKind::kIpv6 ? address_of(packet.ipv6().destination)
                                                 : address_of(packet.ipv4().destination);
}

}  // namespace sextant
