// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Flow keys of End.AD. Reads the first segment only, never beyond what is there.
#include "proxy_flow.hpp"

namespace sextant {

namespace {

constexpr unsigned kMaxExtensionHeaders = 8;
constexpr std::uint16_t kVlanIdMask = 0x0fff;

// The last word of every key.
std::uint64_t last_word(PacketKind kind, InterfaceId interface, std::uint8_t protocol,
                        std::uint32_t ports) {
  return static_cast<std::uint64_t>(interface) << 48 | static_cast<std::uint64_t>(kind) << 40 |
         static_cast<std::uint64_t>(protocol) << 32 | ports;
}

std::uint32_t ports_at(Packet packet, std::uint32_t at, std::uint8_t protocol) {
  const bool has_ports = protocol == ip_protocol::kTcp || protocol == ip_protocol::kUdp ||
                         protocol == ip_protocol::kSctp;
  std::uint32_t ports = 0;
  if (has_ports && at + sizeof ports <= packet.contiguous_bytes()) {
    std::memcpy(&ports, packet.data() + at, sizeof ports);
  }
  return ports;
}

struct UpperLayer {
  std::uint8_t protocol;
  std::uint32_t ports;
};

// Walks on behind a fragment header too: the first fragment shows the ports, the others do not.
UpperLayer upper_layer_of_ipv6(Packet packet) {
  std::uint8_t next = packet.ipv6().next_header;
  std::uint32_t at = sizeof(Ipv6Header);
  for (unsigned headers = 0; headers < kMaxExtensionHeaders; ++headers) {
    const bool is_fragment = next == ip_protocol::kFragment;
    const bool is_extension = is_fragment || next == ip_protocol::kHopByHop ||
                              next == ip_protocol::kRouting || next == ip_protocol::kDestOptions;
    if (!is_extension) return {next, ports_at(packet, at, next)};
    if (at + sizeof(Ipv6ExtensionHeader) > packet.contiguous_bytes()) break;
    const auto& header = *packet.at<Ipv6ExtensionHeader>(at);
    next = header.next_header;
    if (is_fragment && packet.at<Ipv6FragmentHeader>(at)->offset.host() >> 3 != 0) break;
    at += is_fragment ? static_cast<unsigned>(sizeof(Ipv6FragmentHeader)) : header.bytes();
  }
  return {next, 0};
}

ProxyFlowKey key_of_ipv6(Packet packet, InterfaceId interface) {
  const Ipv6Header& ip = packet.ipv6();
  const auto [protocol, ports] = upper_layer_of_ipv6(packet);
  return {{ip.source.raw_high(), ip.source.raw_low(), ip.destination.raw_high(),
           ip.destination.raw_low(), last_word(PacketKind::kIpv6, interface, protocol, ports)}};
}

ProxyFlowKey key_of_ipv4(Packet packet, InterfaceId interface) {
  const Ipv4Header& ip = packet.ipv4();
  const bool is_first = (ip.fragment.host() & Ipv4Header::kOffsetMask) == 0;
  const std::uint32_t ports = is_first ? ports_at(packet, ip.header_bytes(), ip.protocol) : 0;
  ProxyFlowKey key;
  std::memcpy(&key.words[0], &ip.source, 2 * sizeof(Ipv4Address));
  key.words[4] = last_word(PacketKind::kIpv4, interface, ip.protocol, ports);
  return key;
}

ProxyFlowKey key_of_frame(Packet packet, InterfaceId interface, bool skip_tag) {
  ProxyFlowKey key;
  std::memcpy(&key.words[0], packet.data(), 2 * sizeof(MacAddress));
  std::uint32_t at = offsetof(EthernetHeader, type);
  const auto read = [&] { return packet.at<Be16>(at)->host(); };
  const auto at_tag = [&](std::uint16_t type) {
    return type == ether_type::kVlan && at + 2 + sizeof(VlanHeader) <= packet.contiguous_bytes();
  };
  std::uint16_t type = read();
  std::uint16_t vlan = 0;
  if (skip_tag && at_tag(type)) {
    at += sizeof(VlanHeader);
    type = read();
  }
  if (at_tag(type)) {
    vlan = packet.at<Be16>(at + 2)->host() & kVlanIdMask;
    at += sizeof(VlanHeader);
    type = read();
  }
  key.words[2] = static_cast<std::uint64_t>(vlan) << 16 | type;
  key.words[4] = last_word(PacketKind::kFrame, interface, 0, 0);
  return key;
}

}  // namespace

ProxyFlowKey proxy_flow_key(Packet packet, InterfaceId return_interface, bool skip_tag) noexcept {
  switch (packet.meta().kind) {
    case PacketKind::kIpv6: return key_of_ipv6(packet, return_interface);
    case PacketKind::kIpv4: return key_of_ipv4(packet, return_interface);
    default: return key_of_frame(packet, return_interface, skip_tag);
  }
}

}  // namespace sextant
