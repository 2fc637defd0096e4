// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Parsing and building of what all ICMP code here shares.
#include "wire.hpp"

#include <algorithm>
#include <utility>

namespace sextant {

namespace {

void set_checksum(Bytes& message, ChecksumAccumulator sum) {
  sum.add(message);
  const Be16 checksum = sum.finish();
  std::memcpy(message.data() + offsetof(IcmpHeader, checksum), &checksum, sizeof checksum);
}

}  // namespace

std::optional<Ipv6UpperLayer> walk_ipv6(ByteView packet) {
  const auto ip = read_header<Ipv6Header>(packet);
  if (!ip) return std::nullopt;
  Ipv6UpperLayer out;
  out.protocol = ip->next_header;
  out.offset = sizeof *ip;
  while (out.protocol == ip_protocol::kHopByHop || out.protocol == ip_protocol::kRouting ||
         out.protocol == ip_protocol::kDestOptions) {
    const auto header = read_header<Ipv6ExtensionHeader>(packet, out.offset);
    if (!header || packet.size() - out.offset < header->bytes()) return std::nullopt;
    if (out.protocol == ip_protocol::kRouting) {
      out.segments_left = std::max(out.segments_left, header->data[1]);
    }
    out.offset += header->bytes();
    out.protocol = header->next_header;
  }
  out.fragment = out.protocol == ip_protocol::kFragment;
  return out;
}

Bytes make_icmp6_packet(const Ipv6Address& source, const Ipv6Address& destination,
                        std::uint8_t hop_limit, Bytes message, std::uint8_t traffic_class) {
  ChecksumAccumulator sum;
  add_pseudo_header(sum, source, destination, static_cast<std::uint32_t>(message.size()),
                    ip_protocol::kIcmp6);
  set_checksum(message, sum);
  Ipv6Header ip;
  ip.version_class_label = Ipv6Header::first_word(traffic_class, 0);
  ip.payload_length = Be16(static_cast<std::uint16_t>(message.size()));
  ip.next_header = ip_protocol::kIcmp6;
  ip.hop_limit = hop_limit;
  ip.source = source;
  ip.destination = destination;
  Bytes out;
  out.reserve(sizeof ip + message.size());
  append_header(out, ip);
  append(out, message);
  return out;
}

Bytes make_icmp4_packet(const Ipv4Address& source, const Ipv4Address& destination, Bytes message,
                        std::uint8_t tos) {
  set_checksum(message, {});
  Ipv4Header ip{};
  ip.version_ihl = 0x45;
  ip.tos = tos;
  ip.total_length = Be16(static_cast<std::uint16_t>(sizeof ip + message.size()));
  ip.ttl = 64;
  ip.protocol = ip_protocol::kIcmp;
  ip.source = source;
  ip.destination = destination;
  ip.checksum = ipv4_header_checksum(ip);
  Bytes out;
  out.reserve(sizeof ip + message.size());
  append_header(out, ip);
  append(out, message);
  return out;
}

bool icmp6_checksum_ok(ByteView packet, std::size_t offset) {
  const auto ip = read_header<Ipv6Header>(packet);
  if (!ip || offset > packet.size()) return false;
  const ByteView message = packet.subspan(offset);
  ChecksumAccumulator sum;
  add_pseudo_header(sum, ip->source, ip->destination, static_cast<std::uint32_t>(message.size()),
                    ip_protocol::kIcmp6);
  sum.add(message);
  return sum.finish().raw() == 0;
}

}  // namespace sextant
