// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ARP: only Ethernet and IPv4, only requests and replies.
#include "arp.hpp"

namespace sextant {

namespace {

constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint16_t kRequest = 1;
constexpr std::uint16_t kReply = 2;

Bytes build(std::uint16_t operation, const MacAddress& sender_mac, const Ipv4Address& sender_ip,
            const MacAddress& target_mac, const Ipv4Address& target_ip) {
  ArpPacket arp;
  arp.hardware_type = Be16(kHardwareEthernet);
  arp.protocol_type = Be16(ether_type::kIpv4);
  arp.hardware_len = sizeof(MacAddress);
  arp.protocol_len = sizeof(Ipv4Address);
  arp.operation = Be16(operation);
  arp.sender_mac = sender_mac;
  arp.sender_ip = sender_ip;
  arp.target_mac = target_mac;
  arp.target_ip = target_ip;
  Bytes out;
  append_header(out, arp);
  return out;
}

bool is_unicast(const Ipv4Address& address) {
  return !address.is_multicast() && !address.is_reserved() && !address.is_loopback();
}

}  // namespace

std::optional<ArpMessage> parse_arp(ByteView packet) {
  const auto arp = read_header<ArpPacket>(packet);
  if (!arp || arp->hardware_type.host() != kHardwareEthernet ||
      arp->protocol_type.host() != ether_type::kIpv4 || arp->hardware_len != sizeof(MacAddress) ||
      arp->protocol_len != sizeof(Ipv4Address)) {
    return std::nullopt;
  }
  const std::uint16_t operation = arp->operation.host();
  if (operation != kRequest && operation != kReply) return std::nullopt;
  if (arp->sender_mac.is_multicast() || arp->sender_mac.is_zero()) return std::nullopt;
  if (!is_unicast(arp->sender_ip) || !is_unicast(arp->target_ip)) return std::nullopt;
  // Only a request may come from somebody without an address, and nobody can be asked for none.
  if (operation == kReply && arp->sender_ip.is_unspecified()) return std::nullopt;
  if (operation == kRequest && arp->target_ip.is_unspecified()) return std::nullopt;
  return ArpMessage{operation == kRequest, arp->sender_mac, arp->sender_ip, arp->target_mac,
                    arp->target_ip};
}

Bytes build_arp_request(const MacAddress& sender_mac, const Ipv4Address& sender_ip,
                        const Ipv4Address& target_ip) {
  return build(kRequest, sender_mac, sender_ip, {}, target_ip);
}

Bytes build_arp_reply(const MacAddress& sender_mac, const Ipv4Address& sender_ip,
                      const MacAddress& target_mac, const Ipv4Address& target_ip) {
  return build(kReply, sender_mac, sender_ip, target_mac, target_ip);
}

}  // namespace sextant
