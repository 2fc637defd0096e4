// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SteeringFixture: packets in by pg0, through an SR Policy, out by pg1, and what they must look
// like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sextant/net/checksum.hpp>

#include "support/forward_fixture.hpp"

namespace sextant::test {

// A frame that port receives, with an IP packet that starts at its own header.
inline Bytes received_on(PortIndex port, const Bytes& packet) {
  const bool is_v4 = packet.at(0) >> 4 == 4;
  Bytes frame = PacketBuilder().ethernet(port_mac(port), peer_mac(port), 0,
                                         {.type = is_v4 ? ether_type::kIpv4 : ether_type::kIpv6});
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

// The IP packet of a frame that left by port; empty when its link-layer header is not right.
inline Bytes sent_by(PortIndex port, const Bytes& frame) {
  if (frame.size() < 15) return {};
  const Bytes packet(frame.begin() + 14, frame.end());
  const bool is_v4 = packet[0] >> 4 == 4;
  const Bytes header = PacketBuilder().ethernet(
      peer_mac(port), port_mac(port), 0, {.type = is_v4 ? ether_type::kIpv4 : ether_type::kIpv6});
  return Bytes(frame.begin(), frame.begin() + 14) == header ? packet : Bytes{};
}

inline std::uint32_t flow_label_of(const Bytes& packet) {
  return reinterpret_cast<const Ipv6Header*>(packet.data())->flow_label();
}

// The packet with its flow label cleared: expected bytes do not know the flow hash.
inline Bytes without_flow_label(Bytes packet) {
  packet.at(1) &= 0xf0;
  packet.at(2) = packet.at(3) = 0;
  return packet;
}

// Forwarded once: hop limit or TTL one less.
inline Bytes one_hop_on(Bytes packet) {
  if (packet.at(0) >> 4 == 6) {
    --packet[7];
    return packet;
  }
  --packet[8];
  auto& ip = *reinterpret_cast<Ipv4Header*>(packet.data());
  const std::size_t header = ip.header_bytes();
  ip.checksum = ipv4_header_checksum(ip, {packet.data() + 20, header - 20});
  return packet;
}

inline std::vector<V6> segments(std::size_t n) {
  std::vector<V6> out;
  for (std::size_t i = 0; i < n; ++i) {
    out.push_back(("a4:" + std::to_string(i + 1) + "::c7").c_str());
  }
  return out;
}

// An encapsulation built independently of the forwarder. protocol: 41, 4 or 143.
struct OuterOptions {
  V6 source = "a3::";
  bool reduced = false;
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
};
inline Bytes encapsulated(const Bytes& inner, std::uint8_t protocol, const std::vector<V6>& list,
                          const OuterOptions& options = {}) {
  PacketBuilder out;
  out.ipv6(options.source, list.front(),
           {.hop_limit = options.hop_limit, .traffic_class = options.traffic_class});
  if (list.size() > 1) {
    out.srh(list, static_cast<std::uint8_t>(list.size() - 1), {.reduced = options.reduced});
  }
  return out.raw(inner, protocol);
}

// pg0 receives; a4::/16 and what tests add leave by pg1.
struct SteeringFixture : ForwardFixture {
  InterfaceId in = port(0, {"fd00::1/64", "10.0.0.1/24"});
  InterfaceId out = port(1, {"fd01::1/64", "10.0.1.1/24"});
  LookupResult fabric = via(out, "fd01::2");

  SteeringFixture() {
    route("a4::/16", fabric);
    // Back to whoever gets an ICMP error.
    route("1234::/16", via(in, "fd00::2"));
    route("123.0.0.0/8", via(in, "10.0.0.2"));
    for (Interface& interface : tables().interfaces)
      interface.mtu = 9000;
  }
  // Steers a7::/16 and 7.0.0.0/8 into a policy of one list.
  SegmentListId steer_to(const std::vector<V6>& list, ListOptions options = {}) {
    options.source = options.source == V6("a0::1") ? V6("a3::") : options.source;
    const SegmentListId id = segment_list(list, options);
    steer_both(policy({id}));
    return id;
  }
  void steer_both(PolicyId id) {
    steer("a7::/16", id);
    steer("7.0.0.0/8", id);
  }
  RunResult receive(const Bytes& packet, const MbufOptions& mbuf = {}) {
    return run(0, Frame(received_on(0, packet), mbuf));
  }
};

// Inner packets of the flow that SteeringFixture steers.
inline Bytes inner_v6(std::size_t payload = 4, Ipv6Options options = {},
                      std::uint16_t source_port = 1234) {
  return PacketBuilder()
      .ipv6("1234::1", "a7::1234", options)
      .udp(source_port, 1234)
      .payload(payload);
}
inline Bytes inner_v4(std::size_t payload = 4, Ipv4Options options = {},
                      std::uint16_t source_port = 1234) {
  return PacketBuilder()
      .ipv4("123.1.1.1", "7.1.1.123", options)
      .udp(source_port, 1234)
      .payload(payload);
}

}  // namespace sextant::test
