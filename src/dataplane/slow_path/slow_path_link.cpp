// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath, the link: neighbor discovery, router discovery and ARP.
#include "slow_path_impl.hpp"

namespace sextant {

namespace {

constexpr MacAddress kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

}  // namespace

void SlowPath::Impl::handle_arp(const PuntInfo& info, rte_mbuf* packet) {
  const Interface* rx = view_.interface(info.rx_interface);
  if (rx == nullptr) return output_.count_drop(DropReason::lookup_stale_result, packet);
  const auto arp = parse_arp(copy_bytes(packet, sizeof(ArpPacket)));
  // Our own address in another's mouth: a conflict, and nothing to learn from.
  if (!arp || view_.owns(*rx, arp->sender_ip)) {
    return output_.count_drop(DropReason::neighbor_message_invalid, packet);
  }
  rte_pktmbuf_free(packet);
  const NeighborKey sender{rx->id, arp->sender_ip};
  if (!view_.owns(*rx, arp->target_ip)) {
    if (arp->gratuitous()) neighbors_.learned(sender, arp->sender_mac, false, now_);
    return;
  }
  if (!arp->request) {
    neighbors_.advertised(
        sender,
        NeighborAdvertised{.mac = arp->sender_mac, .solicited = true, .override_flag = true}, now_);
    return;
  }
  if (!arp->sender_ip.is_unspecified()) {
    neighbors_.learned(sender, arp->sender_mac, may_learn(*rx, sender), now_);
  }
  ++stats_.arp_replies_sent;
  send_on_link(*rx, arp->sender_mac, ether_type::kArp,
               build_arp_reply(rx->mac, arp->target_ip, arp->sender_mac, arp->sender_ip));
}

void SlowPath::Impl::handle_nd(const Interface& rx, ByteView packet, std::size_t offset,
                               rte_mbuf* mbuf) {
  const auto message = parse_nd(packet, offset);
  if (!message || view_.owns(rx, message->source)) {
    return output_.count_drop(DropReason::neighbor_message_invalid, mbuf);
  }
  switch (message->type) {
    case icmp6::kNeighborSolicitation: on_solicitation(rx, *message); break;
    case icmp6::kNeighborAdvertisement:
      neighbors_.advertised(
          {rx.id, message->target},
          {message->link_layer, message->router, message->solicited, message->override_flag}, now_);
      break;
    case icmp6::kRouterSolicitation: on_router_solicitation(rx, *message); break;
    case icmp6::kRedirect:
      // A router does not follow redirects (RFC 4861 section 8.2).
      ++stats_.redirects_ignored;
      return output_.count_drop(DropReason::neighbor_redirect_ignored, mbuf);
    default: break;  // advertisements of other routers are for hosts
  }
  rte_pktmbuf_free(mbuf);
}

void SlowPath::Impl::on_solicitation(const Interface& rx, const NdMessage& message) {
  if (!view_.owns(rx, message.target)) return;
  ++stats_.advertisements_sent;
  if (message.source.is_unspecified()) {
    // Somebody wants to take our address: tell everybody that it is in use (RFC 4862 5.4.3).
    return send_on_link(rx, multicast_mac(kAllNodes), ether_type::kIpv6,
                        build_neighbor_advertisement(message.target, kAllNodes, false, rx.mac));
  }
  const NeighborKey sender{rx.id, message.source};
  const Bytes answer = build_neighbor_advertisement(message.target, message.source, true, rx.mac);
  if (!message.link_layer) return send_to_neighbor(sender, answer);
  neighbors_.learned(sender, *message.link_layer, may_learn(rx, sender), now_);
  send_on_link(rx, *message.link_layer, ether_type::kIpv6, answer);
}

void SlowPath::Impl::on_router_solicitation(const Interface& rx, const NdMessage& message) {
  if (!rx.router_advertisement) return;
  if (message.source.is_unspecified() || !message.link_layer) {
    return advertiser_.solicited(rx.id, now_);
  }
  const NeighborKey sender{rx.id, message.source};
  neighbors_.learned(sender, *message.link_layer, may_learn(rx, sender), now_);
  advertise_router(rx, message.source, *message.link_layer);
}

void SlowPath::Impl::solicit(const NeighborKey& key, const std::optional<MacAddress>& known) {
  const Interface* interface = view_.interface(key.interface);
  if (interface == nullptr) return;
  if (key.address.is_v6()) {
    const Ipv6Address& target = key.address.v6;
    const Ipv6Address destination = known ? target : solicited_node_group(target);
    ++stats_.solicitations_sent;
    send_on_link(*interface, known ? *known : multicast_mac(destination), ether_type::kIpv6,
                 build_neighbor_solicitation(view_.link_local(*interface), destination, target,
                                             interface->mac));
    return;
  }
  const auto source = view_.source_for(key.address, interface->id, interface->table);
  ++stats_.arp_requests_sent;
  send_on_link(
      *interface, known ? *known : kBroadcast, ether_type::kArp,
      build_arp_request(interface->mac, source ? source->v4 : Ipv4Address{}, key.address.v4));
}

void SlowPath::Impl::advertise_router(const Interface& interface, const Ipv6Address& destination,
                                      const MacAddress& mac) {
  ++stats_.router_advertisements_sent;
  send_on_link(
      interface, mac, ether_type::kIpv6,
      build_router_advertisement(view_.link_local(interface), destination,
                                 *interface.router_advertisement, interface.mtu, interface.mac));
}

// Whether a neighbor that nobody asked for may take an entry: it has to be reached by this
// interface.
bool SlowPath::Impl::may_learn(const Interface& rx, const NeighborKey& key) const {
  return view_.on_link(rx, key.address) || view_.adjacency_of(key) != nullptr ||
         !view_.tables_gleaning(key).empty();
}

void SlowPath::Impl::send_on_link(const Interface& interface, const MacAddress& destination,
                                  std::uint16_t type, ByteView payload) {
  rte_mbuf* frame = make_mbuf(pool_, payload);
  if (frame == nullptr) {
    ++stats_.no_mbuf;
    return;
  }
  if (!push_ethernet(frame, interface, destination, type)) {
    return output_.count_drop(DropReason::headend_no_headroom, frame);
  }
  output_.send_frame(interface.id, frame);
}

void SlowPath::Impl::send_to_neighbor(const NeighborKey& next_hop, ByteView packet) {
  rte_mbuf* mbuf = make_mbuf(pool_, packet);
  if (mbuf == nullptr) {
    ++stats_.no_mbuf;
    return;
  }
  neighbors_.send(next_hop, {mbuf, true}, false, now_);
}

}  // namespace sextant
