// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Neighbor discovery: validation in the order of RFC 4861 section 7.1, and builders.
#include "nd.hpp"

#include <algorithm>
#include <utility>

namespace sextant {

namespace {

constexpr std::uint8_t kNdHopLimit = 255;

namespace nd_option {
constexpr std::uint8_t kSourceLinkLayer = 1;
constexpr std::uint8_t kTargetLinkLayer = 2;
constexpr std::uint8_t kPrefixInformation = 3;
constexpr std::uint8_t kMtu = 5;
}  // namespace nd_option

constexpr std::uint8_t kNaRouter = 0x80;
constexpr std::uint8_t kNaSolicited = 0x40;
constexpr std::uint8_t kNaOverride = 0x20;
constexpr std::uint8_t kRaManaged = 0x80;
constexpr std::uint8_t kRaOther = 0x40;
constexpr std::uint8_t kPrefixOnLinkAutonomous = 0xc0;
constexpr std::uint32_t kPrefixValidSeconds = 2592000;
constexpr std::uint32_t kPrefixPreferredSeconds = 604800;

struct LinkLayerOption {
  std::uint8_t type;
  std::uint8_t length;  // in units of 8 bytes
  MacAddress mac;
};
static_assert(sizeof(LinkLayerOption) == 8);

struct PrefixOption {
  std::uint8_t type;
  std::uint8_t length;
  std::uint8_t prefix_len;
  std::uint8_t flags;
  Be32 valid;
  Be32 preferred;
  Be32 reserved;
  Ipv6Address prefix;
};
static_assert(sizeof(PrefixOption) == 32);

struct MtuOption {
  std::uint8_t type;
  std::uint8_t length;
  Be16 reserved;
  Be32 mtu;
};
static_assert(sizeof(MtuOption) == 8);

// Bytes of the message in front of its options.
std::size_t fixed_bytes(std::uint8_t type) {
  switch (type) {
    case icmp6::kRouterSolicitation: return 8;
    case icmp6::kRouterAdvertisement: return 16;
    case icmp6::kRedirect: return 40;
    default: return 24;
  }
}

// The option that carries the link-layer address in this type of message.
std::uint8_t link_layer_option(std::uint8_t type) {
  return type == icmp6::kNeighborAdvertisement || type == icmp6::kRedirect
             ? nd_option::kTargetLinkLayer
             : nd_option::kSourceLinkLayer;
}

// False when the options are malformed. The first link-layer address counts.
bool read_options(ByteView options, std::uint8_t wanted, std::optional<MacAddress>& mac) {
  while (!options.empty()) {
    if (options.size() < 8) return false;
    const std::size_t bytes = options[1] * std::size_t{8};
    if (bytes == 0 || bytes > options.size()) return false;
    if (options[0] == wanted && !mac) {
      const auto option = *read_header<LinkLayerOption>(options);
      if (bytes != sizeof option || option.mac.is_multicast() || option.mac.is_zero()) return false;
      mac = option.mac;
    }
    options = options.subspan(bytes);
  }
  return true;
}

bool in_solicited_node_range(const Ipv6Address& address) {
  return solicited_node_group(address) == address;
}

// What depends on the type of message: RFC 4861 sections 6.1.1, 6.1.2, 7.1.1, 7.1.2, 8.1.
bool addresses_ok(const NdMessage& m) {
  switch (m.type) {
    case icmp6::kNeighborSolicitation:
      if (m.target.is_multicast() || m.target.is_unspecified()) return false;
      if (!m.source.is_unspecified()) return true;
      return in_solicited_node_range(m.destination) && !m.link_layer;
    case icmp6::kNeighborAdvertisement:
      if (m.target.is_multicast() || m.target.is_unspecified()) return false;
      if (m.source.is_unspecified()) return false;
      return !(m.destination.is_multicast() && m.solicited);
    case icmp6::kRouterSolicitation: return !(m.source.is_unspecified() && m.link_layer);
    default: return m.source.is_link_local();
  }
}

Bytes start(std::uint8_t type, std::uint32_t parameter) {
  Bytes out;
  append_header(out, IcmpHeader{type, 0, Be16(0), Be32(parameter)});
  return out;
}

void append_link_layer(Bytes& out, std::uint8_t type, const MacAddress& mac) {
  append_header(out, LinkLayerOption{type, 1, mac});
}

}  // namespace

std::optional<NdMessage> parse_nd(ByteView packet, std::size_t offset) {
  const auto ip = read_header<Ipv6Header>(packet);
  const auto icmp = read_header<IcmpHeader>(packet, offset);
  if (!ip || !icmp || offset < sizeof *ip || !is_nd_type(icmp->type)) return std::nullopt;
  const ByteView message = packet.subspan(offset);
  if (ip->hop_limit != kNdHopLimit || icmp->code != 0 || message.size() < fixed_bytes(icmp->type)) {
    return std::nullopt;
  }
  if (ip->source.is_multicast() || !icmp6_checksum_ok(packet, offset)) return std::nullopt;
  NdMessage out;
  out.type = icmp->type;
  out.source = ip->source;
  out.destination = ip->destination;
  const bool is_router_message =
      out.type == icmp6::kRouterSolicitation || out.type == icmp6::kRouterAdvertisement;
  if (!is_router_message) out.target = *read_header<Ipv6Address>(message, sizeof *icmp);
  if (out.type == icmp6::kNeighborAdvertisement) {
    const std::uint8_t flags = message[4];
    out.router = (flags & kNaRouter) != 0;
    out.solicited = (flags & kNaSolicited) != 0;
    out.override_flag = (flags & kNaOverride) != 0;
  }
  const ByteView options = message.subspan(fixed_bytes(out.type));
  if (!read_options(options, link_layer_option(out.type), out.link_layer)) return std::nullopt;
  if (!addresses_ok(out)) return std::nullopt;
  return out;
}

Ipv6Address solicited_node_group(const Ipv6Address& address) {
  Ipv6Address out{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0}};
  std::copy(address.bytes.begin() + 13, address.bytes.end(), out.bytes.begin() + 13);
  return out;
}

MacAddress multicast_mac(const Ipv6Address& group) {
  MacAddress out{{0x33, 0x33, 0, 0, 0, 0}};
  std::copy(group.bytes.begin() + 12, group.bytes.end(), out.bytes.begin() + 2);
  return out;
}

Bytes build_neighbor_solicitation(const Ipv6Address& source, const Ipv6Address& destination,
                                  const Ipv6Address& target, const MacAddress& mac) {
  Bytes message = start(icmp6::kNeighborSolicitation, 0);
  append_header(message, target);
  if (!source.is_unspecified()) append_link_layer(message, nd_option::kSourceLinkLayer, mac);
  return make_icmp6_packet(source, destination, kNdHopLimit, std::move(message));
}

Bytes build_neighbor_advertisement(const Ipv6Address& target, const Ipv6Address& destination,
                                   bool solicited, const MacAddress& mac) {
  // Override: the target is one of our own addresses, never an anycast one (RFC 4861 7.2.4).
  std::uint32_t flags = kNaRouter | kNaOverride;
  if (solicited) flags |= kNaSolicited;
  Bytes message = start(icmp6::kNeighborAdvertisement, flags << 24);
  append_header(message, target);
  append_link_layer(message, nd_option::kTargetLinkLayer, mac);
  return make_icmp6_packet(target, destination, kNdHopLimit, std::move(message));
}

Bytes build_router_solicitation(const Ipv6Address& source, const MacAddress& mac) {
  Bytes message = start(icmp6::kRouterSolicitation, 0);
  if (!source.is_unspecified()) append_link_layer(message, nd_option::kSourceLinkLayer, mac);
  return make_icmp6_packet(source, kAllRouters, kNdHopLimit, std::move(message));
}

Bytes build_router_advertisement(const Ipv6Address& source, const Ipv6Address& destination,
                                 const Interface::RouterAdvertisement& what, std::uint16_t mtu,
                                 const MacAddress& mac) {
  const std::uint32_t flags = (what.managed ? kRaManaged : 0u) | (what.other ? kRaOther : 0u);
  Bytes message =
      start(icmp6::kRouterAdvertisement,
            static_cast<std::uint32_t>(what.hop_limit) << 24 | flags << 16 | what.lifetime_s);
  append_header(message, Be32(0));  // reachable time: unspecified
  append_header(message, Be32(0));  // retransmission timer: unspecified
  append_link_layer(message, nd_option::kSourceLinkLayer, mac);
  append_header(message, MtuOption{nd_option::kMtu, 1, Be16(0), Be32(mtu)});
  for (const IpPrefix& prefix : what.prefixes) {
    if (!prefix.address.is_v6()) continue;
    append_header(
        message, PrefixOption{nd_option::kPrefixInformation, 4, prefix.len, kPrefixOnLinkAutonomous,
                              Be32(kPrefixValidSeconds), Be32(kPrefixPreferredSeconds), Be32(0),
                              prefix.masked().address.v6});
  }
  return make_icmp6_packet(source, destination, kNdHopLimit, std::move(message));
}

}  // namespace sextant
