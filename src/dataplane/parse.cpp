// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Stage 2, parse: from a received frame to an IP packet or a frame with a known interface.
#include "parse.hpp"

#include "forward.hpp"
#include "translate.hpp"

namespace sextant {

namespace {

constexpr std::uint16_t kVlanIdMask = 0x0fff;

struct LinkHeader {
  std::uint16_t type = 0;   // ethertype of the payload
  std::uint16_t vlan = 0;   // 0: untagged or priority-tagged
  std::uint8_t bytes = 14;  // 14 or 18
};

LinkHeader read_link_header(Packet packet) {
  const auto& ethernet = *packet.at<EthernetHeader>(0);
  LinkHeader link{ethernet.type.host(), 0, sizeof(EthernetHeader)};
  if (link.type == ether_type::kVlan &&
      packet.contiguous_bytes() >= sizeof(EthernetHeader) + sizeof(VlanHeader)) {
    const auto& tag = *packet.at<VlanHeader>(sizeof(EthernetHeader));
    link.vlan = tag.tci.host() & kVlanIdMask;
    link.type = tag.type.host();
    link.bytes = sizeof(EthernetHeader) + sizeof(VlanHeader);
  }
  return link;
}

// Moves the MAC addresses over the VLAN tag: a bridge and a service function see frames untagged.
void pop_vlan(Packet packet) {
  std::uint8_t* data = packet.data();
  std::memmove(data + sizeof(VlanHeader), data, 2 * sizeof(MacAddress));
  packet.cut_front(sizeof(VlanHeader));
}

// Whole frames: pseudowires, bridges, Ethernet proxies.
Verdict take_frame(Packet packet, const InterfaceEntry& interface, LinkHeader link) {
  PacketMeta& meta = packet.meta();
  meta.kind = PacketKind::kFrame;
  if (interface.role == InterfaceRole::kL2Only) {
    return Verdict::drop(DropReason::parse_interface_l2_only);
  }
  // Steering keeps the tag, so that the far end sees the frame as it came in.
  if (interface.role != InterfaceRole::kL2Steered && interface.vlan != 0 && link.bytes == 18) {
    pop_vlan(packet);
  }
  if (interface.role == InterfaceRole::kL2Steered) {
    meta.result = LookupResult(LookupResult::Kind::kPolicy, interface.role_index);
  }
  return Verdict::dispatch();
}

bool is_allowed_sid(const TableSet& tables, const PacketMeta& meta,
                    const Ipv6Address& destination) {
  for (const PrefixEntry& prefix : tables.allowed_sids[meta.rx_interface]) {
    if (prefix.contains(destination)) return true;
  }
  return false;
}

// The edge of the SR domain (RFC 8754 section 5.1): what an untrusted interface must not send.
Refusal<DropReason> check_edge(const TableSet& tables, Packet packet,
                               const InterfaceEntry& interface) {
  PacketMeta& meta = packet.meta();
  const Ipv6Address& destination = packet.ipv6().destination;
  if (interface.has_allowed_sids && is_allowed_sid(tables, meta, destination)) {
    meta.trusted = true;
    return std::nullopt;
  }
  for (const PrefixEntry& prefix : tables.sid_space) {
    if (prefix.contains(destination)) return DropReason::edge_sid_from_untrusted;
  }
  if (const auto malformed = parse_ipv6_chain(packet)) return malformed;
  const Srh* routing = packet.srh();
  if (routing != nullptr && routing->routing_type == kRoutingTypeSegmentRouting) {
    return DropReason::edge_srh_from_untrusted;
  }
  return std::nullopt;
}

// Multicast and link-local addresses. Neighbor discovery and echo to link-scope groups are served;
// there is no multicast forwarding.
[[gnu::noinline]] Refusal<Verdict> check_scope(Packet packet) {
  const Ipv6Header& ip = packet.ipv6();
  packet.meta().link_local = has_link_local(ip);
  if (!ip.destination.is_multicast()) return std::nullopt;
  const bool served = ip.next_header == ip_protocol::kIcmp6 && (ip.destination.bytes[1] & 0xf) == 2;
  return served ? Verdict::punt() : Verdict::drop(DropReason::parse_ipv6_multicast);
}

[[gnu::always_inline]] inline Verdict parse_ipv6(ForwardContext& context, Packet packet,
                                                 const InterfaceEntry& interface) {
  PacketMeta& meta = packet.meta();
  meta.kind = PacketKind::kIpv6;
  if (const auto reason = check_ipv6(packet)) return Verdict::drop(*reason);
  if (unlikely(may_be_scoped(packet.ipv6()))) {
    if (const auto ended = check_scope(packet)) return *ended;
  }
  if (unlikely(!interface.trusted)) {
    if (const auto reason = check_edge(context.tables, packet, interface)) {
      return Verdict::drop(*reason);
    }
  }
  if (unlikely(interface.proxy_ipv6 != kNoObject)) {
    meta.from_function = true;
    meta.object = interface.proxy_ipv6;
  }
  return Verdict::lookup();
}

[[gnu::always_inline]] inline Verdict parse_ipv4(Packet packet, const InterfaceEntry& interface) {
  PacketMeta& meta = packet.meta();
  meta.kind = PacketKind::kIpv4;
  if (const auto reason = check_ipv4(packet)) return Verdict::drop(*reason);
  if (unlikely(packet.ipv4().destination.is_multicast())) {
    return Verdict::drop(DropReason::parse_ipv4_multicast);
  }
  if (unlikely(interface.proxy_ipv4 != kNoObject)) {
    meta.from_function = true;
    meta.object = interface.proxy_ipv4;
  }
  return Verdict::lookup();
}

// What a service backend sent, as its clients know it.
inline Verdict answers_of_backend(ForwardContext& context, Packet packet,
                                  const InterfaceEntry& interface, Verdict parsed) {
  if (likely(!interface.translates) || parsed.next() != Next::kLookup) return parsed;
  if (const auto reason = translate_from_backend(context, packet)) return Verdict::drop(*reason);
  return parsed;
}

[[gnu::noinline]] Verdict parse_other(Packet packet, std::uint16_t type) {
  if (type != ether_type::kArp) return Verdict::drop(DropReason::parse_ethertype_unknown);
  packet.meta().kind = PacketKind::kArp;
  packet.meta().punt_reason = PuntReason::kArp;
  return Verdict::punt();
}

// A frame on a routed interface becomes an IP packet: data starts at the IP header from here on.
[[gnu::always_inline]] inline Verdict parse_routed(ForwardContext& context, Packet packet,
                                                   const InterfaceEntry& interface,
                                                   LinkHeader link) {
  PacketMeta& meta = packet.meta();
  const MacAddress& destination = packet.at<EthernetHeader>(0)->destination;
  if (unlikely(destination != interface.mac) && !destination.is_multicast()) {
    return Verdict::drop(DropReason::parse_ethernet_not_for_us);
  }
  meta.table = interface.table;
  meta.trusted = interface.trusted;
  packet.cut_front(link.bytes);
  if (likely(link.type == ether_type::kIpv6)) {
    return answers_of_backend(context, packet, interface, parse_ipv6(context, packet, interface));
  }
  if (likely(link.type == ether_type::kIpv4)) {
    return answers_of_backend(context, packet, interface, parse_ipv4(packet, interface));
  }
  return parse_other(packet, link.type);
}

// Where frames of one VLAN come in; found again only when another VLAN does.
struct Ingress {
  std::uint16_t vlan = 0;
  InterfaceId id = kNoInterface;
  const InterfaceEntry* interface = nullptr;
  PacketCounter* counter = nullptr;
  DropReason missing = DropReason::parse_interface_down;  // without an interface

  // Whether there is nothing to be done about an IP packet but to look its destination up.
  [[nodiscard]] bool is_plain() const {
    return interface != nullptr && interface->role == InterfaceRole::kRouted &&
           interface->trusted && !interface->translates && interface->proxy_ipv6 == kNoObject &&
           interface->proxy_ipv4 == kNoObject;
  }
};

Ingress find_ingress(ForwardContext& context, PortIndex port, std::uint16_t vlan) {
  const TableSet& tables = context.tables;
  Ingress ingress;
  ingress.vlan = vlan;
  ingress.interface = tables.interface_of(port, vlan, &ingress.id);
  if (ingress.interface == nullptr && vlan != 0) {
    // A port that carries frames carries those of any VLAN.
    ingress.interface = tables.interface_of(port, 0, &ingress.id);
    if (ingress.interface != nullptr && ingress.interface->role == InterfaceRole::kRouted) {
      ingress.interface = nullptr;
      ingress.missing = DropReason::parse_vlan_unknown;
    }
  }
  Counters& counters = context.lcore.counters;
  ingress.counter = &counters.of(counters.interfaces_rx, ingress.id);
  return ingress;
}

// link.bytes and the likely paths behind it are constants for a frame without a tag.
[[gnu::always_inline]] inline Verdict parse_behind_link(ForwardContext& context, Packet packet,
                                                        LinkHeader link, const Ingress& ingress,
                                                        CounterRun& received) {
  if (unlikely(ingress.interface == nullptr)) return Verdict::drop(ingress.missing);
  packet.meta().rx_interface = ingress.id;
  received.add(*ingress.counter, packet.bytes());
  const InterfaceEntry& interface = *ingress.interface;
  if (unlikely(interface.role != InterfaceRole::kRouted)) {
    return take_frame(packet, interface, link);
  }
  return parse_routed(context, packet, interface, link);
}

// Frames with a VLAN tag: of any VLAN, one after another.
class TaggedParser {
 public:
  explicit TaggedParser(PortIndex port) : port_(port) {}

  [[gnu::noinline]] Verdict parse(ForwardContext& context, Packet packet) {
    const LinkHeader link = read_link_header(packet);
    if (unlikely(!found_ || link.vlan != ingress_.vlan)) {
      ingress_ = find_ingress(context, port_, link.vlan);
      found_ = true;
    }
    return parse_behind_link(context, packet, link, ingress_, received_);
  }

 private:
  PortIndex port_;
  bool found_ = false;
  Ingress ingress_;
  CounterRun received_;
};

// The short way of a frame for an interface that is plain, with first_meta(): false when it has to
// take the long one; nothing happened then.
[[gnu::always_inline]] inline bool parse_ordinary(Packet packet, const InterfaceEntry& interface) {
  constexpr std::uint32_t kLink = sizeof(EthernetHeader);
  const std::uint32_t bytes = packet.bytes() - kLink;
  const auto& ethernet = *packet.at<EthernetHeader>(0);
  if (unlikely(packet.contiguous_bytes() < kLink + sizeof(Ipv6Header))) return false;
  if (unlikely(ethernet.destination != interface.mac)) return false;
  if (likely(ethernet.type == Be16(ether_type::kIpv6))) {
    if (unlikely(!is_ordinary(*packet.at<Ipv6Header>(kLink), bytes))) return false;
  } else if (likely(ethernet.type == Be16(ether_type::kIpv4))) {
    if (unlikely(!is_ordinary(*packet.at<Ipv4Header>(kLink), bytes))) return false;
    packet.meta().kind = PacketKind::kIpv4;
  } else {
    return false;
  }
  packet.cut_front(kLink);
  return true;
}

// Any frame.
class FrameParser {
 public:
  FrameParser(PortIndex port, const Ingress& untagged) : untagged_(untagged), tagged_(port) {}

  [[gnu::noinline]] void parse(ForwardContext& context, Lane lane) {
    const Packet packet = context.burst.packet(lane);
    packet.meta() = PacketMeta{};
    if (unlikely(packet.contiguous_bytes() < sizeof(EthernetHeader))) {
      return route(context, lane, Verdict::drop(DropReason::parse_ethernet_truncated));
    }
    const std::uint16_t type = packet.at<EthernetHeader>(0)->type.host();
    route(context, lane,
          unlikely(type == ether_type::kVlan)
              ? tagged_.parse(context, packet)
              : parse_behind_link(context, packet, {.type = type}, untagged_, received_));
  }

 private:
  const Ingress& untagged_;
  CounterRun received_;
  TaggedParser tagged_;
};

// Packets of a plain interface.
void parse_plain(ForwardContext& context, const Ingress& untagged, FrameParser& parser) {
  constexpr unsigned kPrefetchAhead = 4;
  Burst& burst = context.burst;
  const InterfaceEntry interface = *untagged.interface;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  const unsigned count = burst.size();
  for (unsigned i = 0; i < count && i < kPrefetchAhead; ++i) {
    rte_prefetch0(burst.packet(static_cast<Lane>(i)).data());
  }
  for (unsigned i = 0; i < count; ++i) {
    if (i + kPrefetchAhead < count) {
      rte_prefetch0(burst.packet(static_cast<Lane>(i + kPrefetchAhead)).data());
    }
    const Lane lane = static_cast<Lane>(i);
    const Packet packet = burst.packet(lane);
    const std::uint32_t frame_bytes = packet.bytes();
    if (unlikely(!parse_ordinary(packet, interface))) {
      parser.parse(context, lane);
      continue;
    }
    burst.to_lookup.add(lane);
    ++packets;
    bytes += frame_bytes;
  }
  if (packets != 0) untagged.counter->add(packets, bytes);
}

}  // namespace

PacketMeta first_meta(const TableSet& tables, PortIndex port) noexcept {
  PacketMeta meta;
  const InterfaceEntry* interface = tables.interface_of(port, 0, &meta.rx_interface);
  if (interface != nullptr) meta.table = interface->table;
  return meta;
}

void parse(ForwardContext& context, PortIndex port) noexcept {
  const Ingress untagged = find_ingress(context, port, 0);
  FrameParser parser(port, untagged);
  if (likely(untagged.is_plain())) return parse_plain(context, untagged, parser);
  for (unsigned i = 0; i < context.burst.size(); ++i)
    parser.parse(context, static_cast<Lane>(i));
}

}  // namespace sextant
