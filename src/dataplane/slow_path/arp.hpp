// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ARP for IPv4 over Ethernet (RFC 826, RFC 5227): parse and validate, build.
#pragma once

#include <optional>

#include "wire.hpp"

namespace sextant {

struct ArpMessage {
  bool request = false;  // else a reply
  MacAddress sender_mac;
  Ipv4Address sender_ip;  // 0.0.0.0 in an address probe
  MacAddress target_mac;
  Ipv4Address target_ip;

  // An announcement of the sender's own address; asks nobody.
  [[nodiscard]] bool gratuitous() const { return sender_ip == target_ip; }
};

// packet: from the ARP header on; bytes behind it are padding. Nothing when it has to be discarded.
[[nodiscard]] std::optional<ArpMessage> parse_arp(ByteView packet);

// ARP packets without Ethernet header.
[[nodiscard]] Bytes build_arp_request(const MacAddress& sender_mac, const Ipv4Address& sender_ip,
                                      const Ipv4Address& target_ip);
[[nodiscard]] Bytes build_arp_reply(const MacAddress& sender_mac, const Ipv4Address& sender_ip,
                                    const MacAddress& target_mac, const Ipv4Address& target_ip);

}  // namespace sextant
