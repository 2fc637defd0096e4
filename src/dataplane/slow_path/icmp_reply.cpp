// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ICMP errors: when they may be sent, and what they quote.
#include "icmp_reply.hpp"

#include <algorithm>
#include <utility>

namespace sextant {

namespace {

constexpr std::size_t kIcmp6ErrorBytes = 1280;  // RFC 4443 section 2.4 c
constexpr std::size_t kIcmp4ErrorBytes = 576;   // RFC 1812 section 4.3.2.3
constexpr std::uint8_t kIcmp6FirstQuery = 128;

Bytes quote(const IcmpErrorKind& kind, ByteView packet, std::size_t room) {
  Bytes out;
  append_header(out, IcmpHeader{kind.type, kind.code, Be16(0), Be32(kind.parameter)});
  append(out, packet.first(std::min(packet.size(), room)));
  return out;
}

// True when the upper layer is an ICMPv6 error or redirect, or a fragment behind the first.
bool must_not_answer6(ByteView packet) {
  const auto upper = walk_ipv6(packet);
  if (!upper) return false;  // the chain is cut or broken: nothing says that it is an error
  std::uint8_t protocol = upper->protocol;
  std::size_t offset = upper->offset;
  if (upper->fragment) {
    const auto fragment = read_header<Ipv6FragmentHeader>(packet, offset);
    if (!fragment) return true;
    if (fragment->offset.host() >> 3 != 0) return true;
    protocol = fragment->next_header;
    offset += sizeof *fragment;
  }
  if (protocol != ip_protocol::kIcmp6) return false;
  if (offset >= packet.size()) return true;
  return packet[offset] < kIcmp6FirstQuery || packet[offset] == icmp6::kRedirect;
}

bool is_icmp4_query(std::uint8_t type) {
  // Echo, router discovery, timestamp, information, address mask (RFC 1122 section 3.2.2).
  return type == icmp4::kEchoReply || type == icmp4::kEchoRequest || type == 9 || type == 10 ||
         (type >= 13 && type <= 18);
}

bool is_host(const Ipv4Address& address) {
  return !address.is_unspecified() && !address.is_multicast() && !address.is_reserved() &&
         !address.is_loopback();
}

}  // namespace

std::optional<Bytes> make_icmp6_error(ByteView packet, const Ipv6Address& source,
                                      const IcmpErrorKind& kind) {
  const auto ip = read_header<Ipv6Header>(packet);
  if (!ip || ip->version_class_label.host() >> 28 != 6) return std::nullopt;
  if (ip->source.is_unspecified() || ip->source.is_multicast()) return std::nullopt;
  if (ip->destination.is_multicast() && kind.type != icmp6::kPacketTooBig) return std::nullopt;
  if (must_not_answer6(packet)) return std::nullopt;
  constexpr std::size_t kRoom = kIcmp6ErrorBytes - sizeof(Ipv6Header) - sizeof(IcmpHeader);
  return make_icmp6_packet(source, ip->source, 64, quote(kind, packet, kRoom));
}

std::optional<Bytes> make_icmp4_error(ByteView packet, const Ipv4Address& source,
                                      const IcmpErrorKind& kind) {
  const auto ip = read_header<Ipv4Header>(packet);
  if (!ip || ip->version_ihl >> 4 != 4 || ip->header_bytes() < sizeof *ip) return std::nullopt;
  if (!is_host(ip->source) || !is_host(ip->destination)) return std::nullopt;
  if ((ip->fragment.host() & Ipv4Header::kOffsetMask) != 0) return std::nullopt;
  if (ip->protocol == ip_protocol::kIcmp) {
    if (packet.size() <= ip->header_bytes() || !is_icmp4_query(packet[ip->header_bytes()])) {
      return std::nullopt;
    }
  }
  constexpr std::size_t kRoom = kIcmp4ErrorBytes - sizeof(Ipv4Header) - sizeof(IcmpHeader);
  // Precedence 6, internetwork control (RFC 1812 section 4.3.2.5).
  return make_icmp4_packet(source, ip->source, quote(kind, packet, kRoom), 0xc0);
}

}  // namespace sextant
