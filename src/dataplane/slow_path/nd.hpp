// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Neighbor discovery messages (RFC 4861): parse and validate, build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <sextant/tables/forwarding_tables.hpp>

#include "wire.hpp"

namespace sextant {

// A message that passed the checks of RFC 4861 sections 6.1, 7.1 and 8.1.
struct NdMessage {
  std::uint8_t type = 0;    // icmp6::
  Ipv6Address source;       // of the IPv6 header
  Ipv6Address destination;  // of the IPv6 header
  Ipv6Address target;       // NS, NA, redirect
  bool router = false;      // NA
  bool solicited = false;
  bool override_flag = false;
  // Source link-layer address of NS, RS and RA, target link-layer address of NA.
  std::optional<MacAddress> link_layer;
};

constexpr bool is_nd_type(std::uint8_t type) {
  return type >= icmp6::kRouterSolicitation && type <= icmp6::kRedirect;
}

// packet: from the IPv6 header on, nothing behind its end; offset: of the ICMPv6 header. Nothing
// when the message has to be discarded. Reads no byte outside of the packet, whatever it holds.
[[nodiscard]] std::optional<NdMessage> parse_nd(ByteView packet, std::size_t offset);

// ff02::1:ffXX:XXXX of an address (RFC 4291 section 2.7.1).
[[nodiscard]] Ipv6Address solicited_node_group(const Ipv6Address& address);
// 33:33 and the last four bytes (RFC 2464 section 7).
[[nodiscard]] MacAddress multicast_mac(const Ipv6Address& group);

inline constexpr Ipv6Address kAllNodes{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
inline constexpr Ipv6Address kAllRouters{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

// Whole IPv6 packets. mac: of the sender, for the option.
// destination: the target for a probe, its solicited-node group to resolve.
[[nodiscard]] Bytes build_neighbor_solicitation(const Ipv6Address& source,
                                                const Ipv6Address& destination,
                                                const Ipv6Address& target, const MacAddress& mac);
// solicited: the answer to a solicitation from destination.
[[nodiscard]] Bytes build_neighbor_advertisement(const Ipv6Address& target,
                                                 const Ipv6Address& destination, bool solicited,
                                                 const MacAddress& mac);
[[nodiscard]] Bytes build_router_solicitation(const Ipv6Address& source, const MacAddress& mac);
[[nodiscard]] Bytes build_router_advertisement(const Ipv6Address& source,
                                               const Ipv6Address& destination,
                                               const Interface::RouterAdvertisement& what,
                                               std::uint16_t mtu, const MacAddress& mac);

}  // namespace sextant
