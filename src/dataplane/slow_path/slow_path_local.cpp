// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath, ICMP: echo, errors about encapsulated packets, errors about unreachable next hops.
#include <utility>

#include "slow_path_impl.hpp"

namespace sextant {

namespace {

constexpr std::uint64_t kHz = 1'000'000'000;
// The limiter's bucket fills with the time since 0: a caller whose clock starts there has it full.
constexpr std::uint64_t kClockOffset = 3600 * kHz;

// IPv4 dummy address for a router without one (RFC 7600 section 4.8).
constexpr Ipv4Address kDummy4{{192, 0, 0, 8}};

}  // namespace

void SlowPath::Impl::handle_local(const PuntInfo& info, rte_mbuf* packet) {
  const Bytes bytes = copy_bytes(packet);
  if (info.kind == PacketKind::kIpv6) return handle_local6(info, bytes, packet);
  if (info.kind == PacketKind::kIpv4) return handle_local4(info, bytes, packet);
  output_.count_drop(DropReason::local_protocol_unserved, packet);
}

void SlowPath::Impl::handle_local6(const PuntInfo& info, ByteView packet, rte_mbuf* mbuf) {
  const auto ip = read_header<Ipv6Header>(packet);
  if (!ip || packet.size() - sizeof *ip < ip->payload_length.host()) {
    return output_.count_drop(DropReason::parse_ipv6_truncated, mbuf);
  }
  packet = packet.first(sizeof *ip + ip->payload_length.host());
  const auto upper = walk_ipv6(packet);
  if (!upper) return output_.count_drop(DropReason::parse_extension_malformed, mbuf);
  if (upper->protocol != ip_protocol::kIcmp6 || upper->segments_left != 0) {
    return output_.to_exception(table_of(info.rx_interface), mbuf);
  }
  const auto icmp = read_header<IcmpHeader>(packet, upper->offset);
  if (!icmp) return output_.count_drop(DropReason::local_icmp_malformed, mbuf);
  if (is_nd_type(icmp->type)) {
    const Interface* rx = view_.interface(info.rx_interface);
    if (rx == nullptr) return output_.count_drop(DropReason::lookup_stale_result, mbuf);
    return handle_nd(*rx, packet, upper->offset, mbuf);
  }
  if (icmp->type < icmp6::kEchoRequest) return handle_error6(info, packet, upper->offset, mbuf);
  Ipv6Address multicast_source;
  if (const Interface* rx = view_.interface(info.rx_interface)) {
    multicast_source = view_.link_local(*rx);
    const auto global = view_.source_for(ip->source, rx->id, rx->table);
    if (global && !ip->source.is_link_local()) multicast_source = global->v6;
  }
  finish_echo(info, answer_echo6(packet, upper->offset, multicast_source), mbuf);
}

void SlowPath::Impl::handle_local4(const PuntInfo& info, ByteView packet, rte_mbuf* mbuf) {
  const auto ip = read_header<Ipv4Header>(packet);
  if (!ip || ip->header_bytes() < sizeof *ip || ip->total_length.host() < ip->header_bytes() ||
      ip->total_length.host() > packet.size()) {
    return output_.count_drop(DropReason::parse_ipv4_truncated, mbuf);
  }
  packet = packet.first(ip->total_length.host());
  const std::uint16_t fragment = ip->fragment.host();
  const bool whole = (fragment & (Ipv4Header::kMoreFragments | Ipv4Header::kOffsetMask)) == 0;
  if (ip->protocol != ip_protocol::kIcmp || !whole) {
    return output_.to_exception(table_of(info.rx_interface), mbuf);
  }
  finish_echo(info, answer_echo4(packet, ip->header_bytes()), mbuf);
}

void SlowPath::Impl::finish_echo(const PuntInfo& info, EchoResult result, rte_mbuf* mbuf) {
  const TableId table = table_of(info.rx_interface);
  if (result.verdict == EchoVerdict::kNotEcho) return output_.to_exception(table, mbuf);
  if (result.verdict == EchoVerdict::kMalformed) {
    return output_.count_drop(DropReason::local_icmp_malformed, mbuf);
  }
  if (!echo_limiter_.take(now_ + kClockOffset, kHz, settings_.echo_replies_per_second,
                          settings_.echo_reply_burst)) {
    return output_.count_drop(DropReason::local_echo_rate_limited, mbuf);
  }
  rte_pktmbuf_free(mbuf);
  ++stats_.echo_replies;
  const IpAddress destination = result.reply[0] >> 4 == 6
                                    ? IpAddress(read_header<Ipv6Header>(result.reply)->destination)
                                    : IpAddress(read_header<Ipv4Header>(result.reply)->destination);
  send_routed(table, info.rx_interface, destination, result.reply);
}

void SlowPath::Impl::handle_error6(const PuntInfo& info, ByteView packet, std::size_t offset,
                                   rte_mbuf* mbuf) {
  if (!icmp6_checksum_ok(packet, offset)) {
    return output_.count_drop(DropReason::local_icmp_malformed, mbuf);
  }
  const auto ip = *read_header<Ipv6Header>(packet);
  const auto icmp = *read_header<IcmpHeader>(packet, offset);
  const auto error = relay_error(
      packet.subspan(offset + sizeof icmp), {icmp.type, icmp.code, icmp.parameter.host()},
      [&](const Ipv6Address& source) { return source == ip.destination || view_.is_own(source); });
  if (!error) return output_.to_exception(table_of(info.rx_interface), mbuf);
  if (relay(*error)) ++stats_.errors_relayed;
  rte_pktmbuf_free(mbuf);
}

bool SlowPath::Impl::relay(const RelayedError& error) {
  const TableId table = view_.table_reaching(error.inner_source);
  const IpAddress source = error_source(error.inner_source, kNoInterface, table);
  const auto message = make_relayed_error(error, source);
  if (!message || !may_send_error()) return false;
  send_routed(table, kNoInterface, error.inner_source, *message);
  return true;
}

// Answers for a packet whose next hop did not: RFC 4861 section 7.2.2, RFC 1812 section 5.2.7.1.
void SlowPath::Impl::report_unreachable(const NeighborKey& key, const rte_mbuf* packet) {
  const Bytes bytes = copy_bytes(packet, 1280);
  const InterfaceId rx = PuntInfo::load(packet).rx_interface;
  // Not the table it came in by: behind a decapsulation that is another one.
  const TableId table = table_of(key.interface);
  if (const auto ip = read_header<Ipv4Header>(bytes); ip && ip->version_ihl >> 4 == 4) {
    const auto message =
        make_icmp4_error(bytes, error_source(ip->source, rx, table).v4,
                         {icmp4::kDestinationUnreachable, icmp_code::kIcmp4HostUnreachable, 0});
    if (!message || view_.is_own(ip->source) || !may_send_error()) return;
    ++stats_.errors_sent;
    return send_routed(table, rx, ip->source, *message);
  }
  const auto ip = read_header<Ipv6Header>(bytes);
  if (!ip) return;
  const IcmpErrorKind kind{icmp6::kDestinationUnreachable, icmp_code::kIcmp6AddressUnreachable, 0};
  if (view_.is_own(ip->source)) {
    const auto error =
        relay_error(bytes, kind, [&](const Ipv6Address& source) { return view_.is_own(source); });
    if (error && relay(*error)) ++stats_.errors_sent;
    return;
  }
  const auto message = make_icmp6_error(bytes, error_source(ip->source, rx, table).v6, kind);
  if (!message || !may_send_error()) return;
  ++stats_.errors_sent;
  send_routed(table, rx, ip->source, *message);
}

bool SlowPath::Impl::may_send_error() {
  const NodeSettings& node = view_.settings();
  if (error_limiter_.take(now_ + kClockOffset, kHz, node.icmp_errors_per_second,
                          node.icmp_error_burst)) {
    return true;
  }
  ++stats_.errors_suppressed;
  return false;
}

// An address to send errors from: of the interface, of the table, of any interface.
IpAddress SlowPath::Impl::error_source(const IpAddress& peer, InterfaceId rx, TableId table) const {
  const Interface* interface = view_.interface(rx);
  if (peer.is_v6() && peer.v6.is_link_local() && interface != nullptr) {
    return view_.link_local(*interface);
  }
  if (const auto own = view_.source_for(peer, rx, table)) return *own;
  for (const auto& [id, other] : view_.interfaces()) {
    if (const auto own = view_.source_for(peer, id, other.table)) return *own;
  }
  if (!peer.is_v6()) return kDummy4;
  if (interface != nullptr) return view_.link_local(*interface);
  return Ipv6Address{};
}

TableId SlowPath::Impl::table_of(InterfaceId interface) const {
  const Interface* found = view_.interface(interface);
  return found == nullptr ? TableId{0} : found->table;
}

// A link-local destination has no route: it is a neighbor on the link that the packet answers.
void SlowPath::Impl::send_routed(TableId table, InterfaceId link, const IpAddress& destination,
                                 ByteView packet) {
  if (destination.is_v6() && destination.v6.is_link_local()) {
    if (view_.interface(link) != nullptr) send_to_neighbor({link, destination}, packet);
    return;
  }
  rte_mbuf* mbuf = make_mbuf(pool_, packet);
  if (mbuf == nullptr) {
    ++stats_.no_mbuf;
    return;
  }
  output_.inject(table, mbuf);
}

}  // namespace sextant
