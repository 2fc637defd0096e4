// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Entries from values: link-layer headers, outer headers and SRHs laid out once per change.
#include "precompute.hpp"

#include <cstddef>
#include <span>

namespace sextant {

namespace {

constexpr std::uint8_t kDscpMask = 0xfc;
constexpr std::uint16_t kHmacDestinationUnverified = 0x8000;  // the D bit, RFC 8754 section 2.1.2.1

// The first global address, else the first link-local one, else ::.
Ipv6Address icmp6_source(const Interface& interface) {
  Ipv6Address link_local;
  for (const IpPrefix& address : interface.addresses) {
    if (!address.address.is_v6()) continue;
    if (!address.address.v6.is_link_local()) return address.address.v6;
    if (link_local.is_unspecified()) link_local = address.address.v6;
  }
  return link_local;
}

// The same for IPv4: 169.254.0.0/16 is link-local (RFC 3927).
Ipv4Address icmp4_source(const Interface& interface) {
  Ipv4Address link_local;
  for (const IpPrefix& address : interface.addresses) {
    if (address.address.is_v6()) continue;
    const Ipv4Address& v4 = address.address.v4;
    if (v4.bytes[0] != 169 || v4.bytes[1] != 254) return v4;
    if (link_local.is_unspecified()) link_local = v4;
  }
  return link_local;
}

// Appends to the rewrite.
class RewriteWriter {
 public:
  explicit RewriteWriter(SegmentListEntry& entry) : entry_(entry) {}

  template <typename T>
  void add(const T& value) {
    std::memcpy(entry_.rewrite.data() + entry_.rewrite_bytes, &value, sizeof value);
    entry_.rewrite_bytes = static_cast<std::uint16_t>(entry_.rewrite_bytes + sizeof value);
  }

 private:
  SegmentListEntry& entry_;
};

// What the SRH holds: segments in travel order, the first one last; original: entry 0 is left for
// the destination that H.Insert replaces.
struct SrhPlan {
  std::span<const Ipv6Address> segments;
  bool original = false;
  std::uint8_t segments_left = 0;
  std::uint32_t hmac_key_id = 0;  // 0: no HMAC TLV
};

void add_srh(RewriteWriter& out, const SrhPlan& plan) {
  const std::size_t entries = plan.segments.size() + (plan.original ? 1 : 0);
  const std::size_t bytes = srh_bytes(entries) + (plan.hmac_key_id != 0 ? sizeof(HmacTlv) : 0);
  Srh srh{};
  srh.hdr_ext_len = static_cast<std::uint8_t>(bytes / 8 - 1);
  srh.routing_type = kRoutingTypeSegmentRouting;
  srh.segments_left = plan.segments_left;
  srh.last_entry = static_cast<std::uint8_t>(entries - 1);
  out.add(srh);
  if (plan.original) out.add(Ipv6Address{});
  for (std::size_t i = plan.segments.size(); i > 0; --i)
    out.add(plan.segments[i - 1]);
  if (plan.hmac_key_id == 0) return;
  HmacTlv tlv{};
  tlv.type = srh_tlv::kHmac;
  tlv.length = sizeof(HmacTlv) - 2;
  const bool reduced = plan.segments_left > srh.last_entry;
  tlv.d_reserved = Be16(reduced ? kHmacDestinationUnverified : std::uint16_t{0});
  tlv.key_id = Be32(plan.hmac_key_id);
  out.add(tlv);
}

// The SRH of an encapsulation; no segments when it can do without.
SrhPlan plan_encaps_srh(const SegmentList& list, std::span<const Ipv6Address> segments) {
  const std::size_t n = segments.size();
  SrhPlan plan;
  plan.hmac_key_id = list.outer.hmac_key_id;
  plan.segments_left = static_cast<std::uint8_t>(n - 1);
  if (n == 1) {
    // A TLV needs an SRH to stand in, and an SRH has at least one entry.
    if (plan.hmac_key_id != 0) plan.segments = segments;
  } else {
    plan.segments = list.headend == Headend::kHEncapsRed ? segments.subspan(1) : segments;
  }
  return plan;
}

void add_outer_header(RewriteWriter& out, const SegmentList& list, const Ipv6Address& destination,
                      bool has_srh) {
  Ipv6Header outer{};
  outer.version_class_label = Ipv6Header::first_word(
      static_cast<std::uint8_t>(list.outer.traffic_class.value_or(0) & kDscpMask), 0);
  outer.next_header = has_srh ? ip_protocol::kRouting : std::uint8_t{0};
  outer.hop_limit = list.outer.hop_limit;
  outer.source = list.outer.source;
  outer.destination = destination;
  out.add(outer);
}

}  // namespace

InterfaceEntry make_interface_entry(const Interface& interface) {
  InterfaceEntry entry;
  entry.present = true;
  entry.trusted = interface.trusted;
  entry.role = interface.role;
  entry.has_allowed_sids = !interface.allowed_sids.empty();
  entry.table = interface.table;
  entry.port = interface.port;
  entry.vlan = interface.vlan;
  entry.mtu = interface.mtu;
  entry.mac = interface.mac;
  entry.kernel_mac = interface.kernel_mac.is_zero() ? interface.mac : interface.kernel_mac;
  entry.role_index = interface.role_index;
  entry.proxy_ipv6 = interface.proxy_ipv6;
  entry.proxy_ipv4 = interface.proxy_ipv4;
  entry.icmp6_source = icmp6_source(interface);
  entry.icmp4_source = icmp4_source(interface);
  return entry;
}

AdjacencyEntry make_adjacency_entry(const Adjacency& adjacency, const InterfaceEntry& interface) {
  AdjacencyEntry entry;
  if (!interface.present) return entry;
  entry.present = true;
  entry.resolved = adjacency.resolved;
  entry.translates = interface.translates;
  entry.port = interface.port;
  entry.interface = adjacency.interface;
  entry.table = interface.table;
  entry.mtu = interface.mtu;
  std::uint8_t* at = entry.header.data();
  const auto add = [&at](const auto& value) {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
  };
  add(adjacency.mac);
  add(interface.mac);
  if (interface.vlan != 0) {
    add(Be16(ether_type::kVlan));
    add(Be16(interface.vlan));
  }
  add(Be16(ether_type::kIpv6));
  entry.header_bytes = static_cast<std::uint8_t>(at - entry.header.data());
  return entry;
}

LocalSidEntry make_local_sid_entry(const LocalSid& sid) {
  LocalSidEntry entry;
  entry.present = true;
  entry.behavior = sid.behavior;
  entry.flavors = sid.flavors;
  entry.hmac_required = sid.hmac_required;
  entry.prefix_len = sid.prefix_len;
  if ((sid.flavors & kNextCsid) != 0) {
    entry.block_bits = sid.csid.block_bits;
    entry.csid_bits = sid.csid.csid_bits;
  }
  entry.inner = sid.args.inner;
  entry.installed_table = sid.table;
  entry.table = sid.args.table;
  entry.interface = sid.args.interface;
  entry.return_interface = sid.args.return_interface;
  entry.forward = sid.args.forward;
  entry.id = sid.id;
  entry.sid = sid.sid;
  switch (spec_of(sid.behavior).argument) {
    case ArgumentKind::kBridge: entry.object = sid.args.bridge; break;
    case ArgumentKind::kVlanTable: entry.object = sid.args.vlan_table; break;
    case ArgumentKind::kPolicy: entry.object = sid.args.policy; break;
    case ArgumentKind::kProxy: entry.object = sid.args.static_list; break;
    case ArgumentKind::kNone:
    case ArgumentKind::kAdjacency:
    case ArgumentKind::kTable:
    case ArgumentKind::kInterface: break;
  }
  return entry;
}

SegmentListEntry make_segment_list_entry(const SegmentList& list) {
  SegmentListEntry entry;
  entry.present = true;
  entry.headend = list.headend;
  entry.copy_traffic_class = !list.outer.traffic_class.has_value();
  entry.traffic_class = list.outer.traffic_class.value_or(0) & kDscpMask;
  entry.path_mtu = list.path_mtu;
  entry.first_hop = list.first_hop;
  entry.id = list.id;

  const auto segments = std::span(list.segments).subspan(list.segments_done);
  RewriteWriter out(entry);
  if (list.headend == Headend::kHInsert) {
    add_srh(out,
            {segments, true, static_cast<std::uint8_t>(segments.size()), list.outer.hmac_key_id});
    entry.srh_len = entry.rewrite_bytes;
    entry.next_header_at = offsetof(Srh, next_header);
    return entry;
  }
  const SrhPlan plan = plan_encaps_srh(list, segments);
  const bool has_srh = !plan.segments.empty();
  add_outer_header(out, list, segments[0], has_srh);
  entry.next_header_at = offsetof(Ipv6Header, next_header);
  if (has_srh) {
    add_srh(out, plan);
    entry.srh_len = static_cast<std::uint16_t>(entry.rewrite_bytes - sizeof(Ipv6Header));
    entry.next_header_at = sizeof(Ipv6Header) + offsetof(Srh, next_header);
  }
  return entry;
}

}  // namespace sextant
