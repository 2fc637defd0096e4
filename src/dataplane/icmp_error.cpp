// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ICMP errors, made in the mbuf of the packet that they are about.
#include "icmp_error.hpp"

#include <sextant/net/checksum.hpp>

#include "parse.hpp"

namespace sextant {

namespace {

constexpr std::uint32_t kMaxIcmp6Bytes = 1280;  // RFC 4443 section 2.4 c: the minimum IPv6 MTU
constexpr std::uint32_t kMaxIcmp4Bytes = 576;   // RFC 1812 section 4.3.2.3
constexpr std::uint8_t kErrorHopLimit = 64;
// RFC 7600 section 4.8: the source of a router that has no IPv4 address of its own.
constexpr Ipv4Address kDummyIpv4Source{{192, 0, 0, 8}};

struct TypeCode {
  std::uint8_t type;
  std::uint8_t code;
};

TypeCode icmp6_type(IcmpError error) {
  switch (error) {
    case IcmpError::kTimeExceeded: return {icmp6::kTimeExceeded, 0};
    case IcmpError::kPacketTooBig: return {icmp6::kPacketTooBig, 0};
    case IcmpError::kAdminProhibited: return {icmp6::kDestinationUnreachable, 1};
    case IcmpError::kAddressUnreachable: return {icmp6::kDestinationUnreachable, 3};
    case IcmpError::kPortUnreachable: return {icmp6::kDestinationUnreachable, 4};
    case IcmpError::kErroneousHeader: return {icmp6::kParameterProblem, 0};
    case IcmpError::kUnrecognizedNextHeader: return {icmp6::kParameterProblem, 1};
    case IcmpError::kSrUpperLayer: return {icmp6::kParameterProblem, 4};
    default: return {icmp6::kDestinationUnreachable, 0};
  }
}

TypeCode icmp4_type(IcmpError error) {
  switch (error) {
    case IcmpError::kTimeExceeded: return {icmp4::kTimeExceeded, 0};
    case IcmpError::kPacketTooBig:
      return {icmp4::kDestinationUnreachable, icmp4::kCodeFragmentationNeeded};
    case IcmpError::kAdminProhibited: return {icmp4::kDestinationUnreachable, 13};
    case IcmpError::kAddressUnreachable: return {icmp4::kDestinationUnreachable, 1};
    case IcmpError::kPortUnreachable: return {icmp4::kDestinationUnreachable, 3};
    case IcmpError::kErroneousHeader: return {icmp4::kParameterProblem, 0};
    case IcmpError::kUnrecognizedNextHeader: return {icmp4::kDestinationUnreachable, 2};
    default: return {icmp4::kDestinationUnreachable, 0};
  }
}

// The MTU and the pointer stand at different places in the two protocols.
Be32 icmp4_parameter(Verdict drop) {
  const std::uint32_t value = drop.parameter();
  if (drop.error() == IcmpError::kPacketTooBig) return Be32(value & 0xffff);
  if (drop.error() == IcmpError::kErroneousHeader) return Be32(value << 24);
  return Be32(0);
}

// RFC 4443 section 2.4 e: no error about an error, about a redirect, or to an address that is not
// one node. Multicast never gets here: parse does not forward it.
bool may_answer_ipv6(Packet packet) {
  const Ipv6Header& ip = packet.ipv6();
  if (ip.source.is_unspecified() || ip.source.is_multicast()) return false;
  if (parse_ipv6_chain(packet)) return true;  // a broken chain is no ICMP message
  const PacketMeta& meta = packet.meta();
  std::uint32_t at = meta.upper_layer_offset;
  std::uint8_t protocol = meta.upper_layer;
  if (meta.fragment && at + sizeof(Ipv6FragmentHeader) <= packet.contiguous_bytes()) {
    const auto& fragment = *packet.at<Ipv6FragmentHeader>(at);
    if ((fragment.offset.host() >> 3) != 0) return false;
    protocol = fragment.next_header;
    at += sizeof fragment;
  }
  if (protocol != ip_protocol::kIcmp6) return true;
  if (at >= packet.contiguous_bytes()) return false;
  const std::uint8_t type = *packet.at<std::uint8_t>(at);
  return type >= icmp6::kEchoRequest && type != icmp6::kRedirect;
}

// RFC 1812 section 4.3.2.7.
bool may_answer_ipv4(Packet packet) {
  const Ipv4Header& ip = packet.ipv4();
  if ((ip.fragment.host() & Ipv4Header::kOffsetMask) != 0) return false;
  if (ip.protocol != ip_protocol::kIcmp) return true;
  if (ip.header_bytes() >= packet.contiguous_bytes()) return false;
  const std::uint8_t type = *packet.at<std::uint8_t>(ip.header_bytes());
  return type != icmp4::kDestinationUnreachable && type != 4 && type != 5 &&
         type != icmp4::kTimeExceeded && type != icmp4::kParameterProblem;
}

// An address of the interface that received the packet, else any of the node in the same table.
Ipv6Address icmp6_source(const TableSet& tables, const PacketMeta& meta) {
  Ipv6Address best;
  if (const InterfaceEntry* rx = TableSet::at(tables.interfaces, meta.rx_interface)) {
    best = rx->icmp6_source;
    if (!best.is_unspecified() && !best.is_link_local()) return best;
  }
  for (const InterfaceEntry& interface : tables.interfaces) {
    if (!interface.present || interface.table != meta.table) continue;
    if (interface.icmp6_source.is_unspecified() || interface.icmp6_source.is_link_local()) continue;
    return interface.icmp6_source;
  }
  return best;
}

Ipv4Address icmp4_source(const TableSet& tables, const PacketMeta& meta) {
  const InterfaceEntry* rx = TableSet::at(tables.interfaces, meta.rx_interface);
  if (rx != nullptr && !rx->icmp4_source.is_unspecified()) return rx->icmp4_source;
  for (const InterfaceEntry& interface : tables.interfaces) {
    if (interface.present && interface.table == meta.table &&
        !interface.icmp4_source.is_unspecified()) {
      return interface.icmp4_source;
    }
  }
  return kDummyIpv4Source;
}

// Sum over all segments of a chain; the first odd-sized segment ends what can be added piecewise,
// so a quote is cut to its first segment before.
Be16 icmp_checksum(ChecksumAccumulator sum, Packet packet, std::uint32_t from) {
  sum.add({packet.data() + from, packet.contiguous_bytes() - from});
  return sum.finish();
}

void write_icmp6(Packet packet, const Ipv6Address& source, const Ipv6Address& destination,
                 Verdict drop) {
  auto& ip = packet.ipv6();
  const std::uint32_t icmp_bytes = packet.bytes() - static_cast<std::uint32_t>(sizeof ip);
  ip.version_class_label = Ipv6Header::first_word(0, 0);
  ip.payload_length = Be16(static_cast<std::uint16_t>(icmp_bytes));
  ip.next_header = ip_protocol::kIcmp6;
  ip.hop_limit = kErrorHopLimit;
  ip.source = source;
  ip.destination = destination;
  auto& icmp = *packet.at<IcmpHeader>(sizeof ip);
  const TypeCode type = icmp6_type(drop.error());
  icmp = IcmpHeader{type.type, type.code, Be16(0), Be32(drop.parameter())};
  ChecksumAccumulator sum;
  add_pseudo_header(sum, source, destination, icmp_bytes, ip_protocol::kIcmp6);
  icmp.checksum = icmp_checksum(sum, packet, sizeof ip);
}

void write_icmp4(Packet packet, const Ipv4Address& source, const Ipv4Address& destination,
                 Verdict drop) {
  auto& ip = packet.ipv4();
  ip = Ipv4Header{};
  ip.version_ihl = 0x45;
  ip.tos = 0xc0;  // RFC 1812 section 4.3.2.5: precedence 6
  ip.total_length = Be16(static_cast<std::uint16_t>(packet.bytes()));
  ip.ttl = kErrorHopLimit;
  ip.protocol = ip_protocol::kIcmp;
  ip.source = source;
  ip.destination = destination;
  ip.checksum = ipv4_header_checksum(ip);
  auto& icmp = *packet.at<IcmpHeader>(sizeof ip);
  const TypeCode type = icmp4_type(drop.error());
  icmp = IcmpHeader{type.type, type.code, Be16(0), icmp4_parameter(drop)};
  icmp.checksum = icmp_checksum({}, packet, sizeof ip);
}

// What must be decided before a byte changes: whether there is anyone to answer, and from where.
struct Answer {
  Ipv6Address source6, destination6;
  Ipv4Address source4, destination4;
  std::uint32_t header_bytes = 0;
  std::uint32_t quote_bytes = 0;
};

bool plan(const TableSet& tables, Packet packet, Answer* answer) {
  const PacketMeta& meta = packet.meta();
  if (meta.kind == PacketKind::kIpv6) {
    if (!may_answer_ipv6(packet)) return false;
    answer->source6 = icmp6_source(tables, meta);
    answer->destination6 = packet.ipv6().source;
    if (answer->source6.is_unspecified()) return false;
    answer->header_bytes = sizeof(Ipv6Header) + sizeof(IcmpHeader);
    answer->quote_bytes = kMaxIcmp6Bytes - answer->header_bytes;
  } else if (meta.kind == PacketKind::kIpv4) {
    if (!may_answer_ipv4(packet)) return false;
    answer->source4 = icmp4_source(tables, meta);
    answer->destination4 = packet.ipv4().source;
    answer->header_bytes = sizeof(Ipv4Header) + sizeof(IcmpHeader);
    answer->quote_bytes = kMaxIcmp4Bytes - answer->header_bytes;
  } else {
    return false;
  }
  answer->quote_bytes = std::min(answer->quote_bytes, packet.contiguous_bytes());
  return true;
}

}  // namespace

Verdict make_icmp_error(ForwardContext& context, Packet packet, Verdict drop) noexcept {
  LcoreState& lcore = context.lcore;
  const TableSet& tables = context.tables;
  Answer answer;
  if (!plan(tables, packet, &answer)) return drop;
  if (!lcore.icmp_limiter.take(lcore.now_tsc, lcore.tsc_hz, tables.icmp_errors_per_second,
                               tables.icmp_error_burst)) {
    lcore.counters.icmp_errors_suppressed.add(1, packet.bytes());
    return drop;
  }
  packet.cut_back_to(answer.quote_bytes);
  if (packet.push_front(answer.header_bytes) == nullptr) return drop;

  PacketMeta& meta = packet.meta();
  const bool link_local = answer.destination6.is_link_local();
  if (meta.kind == PacketKind::kIpv6) {
    write_icmp6(packet, answer.source6, answer.destination6, drop);
  } else {
    write_icmp4(packet, answer.source4, answer.destination4, drop);
  }
  meta.clear_chain();
  meta.has_flow_hash = meta.link_local = meta.from_function = meta.translated = false;
  meta.hop_limit_done = meta.local_origin = true;
  lcore.counters.icmp_errors.add(1, packet.bytes());
  if (!link_local) return Verdict::lookup();
  // A link-local source is on the link that the packet came from and in no table.
  meta.result = LookupResult(LookupResult::Kind::kGlean, meta.rx_interface);
  return Verdict::dispatch();
}

}  // namespace sextant
