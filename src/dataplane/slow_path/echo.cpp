// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Echo replies: identifier, sequence and data of the request, addresses swapped.
#include "echo.hpp"

#include <utility>

namespace sextant {

namespace {

constexpr std::uint8_t kDscpMask = 0xfc;  // congestion marks are not for the way back

// The message with another type, its checksum field cleared for the builder.
Bytes as_reply(ByteView message, std::uint8_t type) {
  Bytes out(message.begin(), message.end());
  out[offsetof(IcmpHeader, type)] = type;
  out[offsetof(IcmpHeader, checksum)] = 0;
  out[offsetof(IcmpHeader, checksum) + 1] = 0;
  return out;
}

}  // namespace

EchoResult answer_echo6(ByteView packet, std::size_t offset, const Ipv6Address& multicast_source) {
  const auto ip = read_header<Ipv6Header>(packet);
  const auto icmp = read_header<IcmpHeader>(packet, offset);
  if (!ip || !icmp || !icmp6_checksum_ok(packet, offset)) return {};
  if (icmp->type != icmp6::kEchoRequest) return {EchoVerdict::kNotEcho, {}};
  if (icmp->code != 0 || ip->source.is_unspecified() || ip->source.is_multicast()) return {};
  const Ipv6Address& source = ip->destination.is_multicast() ? multicast_source : ip->destination;
  return {
      EchoVerdict::kReply,
      make_icmp6_packet(source, ip->source, 64, as_reply(packet.subspan(offset), icmp6::kEchoReply),
                        static_cast<std::uint8_t>(ip->traffic_class() & kDscpMask))};
}

EchoResult answer_echo4(ByteView packet, std::size_t offset) {
  const auto ip = read_header<Ipv4Header>(packet);
  const auto icmp = read_header<IcmpHeader>(packet, offset);
  if (!ip || !icmp) return {};
  ChecksumAccumulator sum;
  sum.add(packet.subspan(offset));
  if (sum.finish().raw() != 0) return {};
  if (icmp->type != icmp4::kEchoRequest) return {EchoVerdict::kNotEcho, {}};
  // A broadcast must not be answered by everybody (RFC 1122 section 3.2.2.6 allows silence).
  if (icmp->code != 0 || ip->source.is_unspecified() || ip->source.is_multicast() ||
      ip->source.is_reserved() || ip->destination.is_multicast() || ip->destination.is_reserved()) {
    return {};
  }
  return {EchoVerdict::kReply,
          make_icmp4_packet(ip->destination, ip->source,
                            as_reply(packet.subspan(offset), icmp4::kEchoReply),
                            static_cast<std::uint8_t>(ip->tos & kDscpMask))};
}

}  // namespace sextant
