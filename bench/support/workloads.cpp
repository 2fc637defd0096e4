// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Workloads: what is installed and what is sent for each row.
#include <cstddef>
#include <cstring>
#include <memory>
#include <random>

#include <sextant/net/checksum.hpp>

#include "support/cases.hpp"
#include "support/internet_routes.hpp"
#include "support/packet_builder.hpp"
#include "support/tables_builder.hpp"

namespace sextant::bench {

namespace {

using test::Bytes;
using test::ListOptions;
using test::PacketBuilder;
using test::PolicyOptions;
using test::SidOptions;
using test::TablesBuilder;
using test::V6;

constexpr unsigned kIpv6 = sizeof(Ipv6Header);
constexpr unsigned kIpv4 = sizeof(Ipv4Header);
constexpr unsigned kEthernet = sizeof(EthernetHeader);
constexpr unsigned kUdp = sizeof(UdpHeader);
// A segment of a list is found behind the fixed part of the SRH.
constexpr unsigned kSrhFixed = 8;
const MacAddress kSender{{0x02, 0, 0, 0, 0, 0x99}};

// Where the last two bytes of the destination are.
constexpr unsigned kIpv6Tail = offsetof(Ipv6Header, destination) + 14;
constexpr unsigned kIpv4Tail = offsetof(Ipv4Header, destination) + 2;

// fcbb:<high>:<low>:ffff::1, the destination of traffic for object i. low is never ffff, so that
// the next C-SID of a NEXT-CSID carrier (ffff) is never one of this node.
Ipv6Address address_of(unsigned object) {
  Ipv6Address a = *Ipv6Address::parse("fcbb:0:0:ffff::1");
  const Be16 high(static_cast<std::uint16_t>(object / 0xffff));
  const Be16 low(static_cast<std::uint16_t>(object % 0xffff));
  std::memcpy(&a.bytes[2], &high, sizeof high);
  std::memcpy(&a.bytes[4], &low, sizeof low);
  return a;
}

// 16.0.0.1, 16.0.1.1, ... up to 65,536 * 207 of them.
Ipv4Address address4_of(unsigned object) {
  return {{static_cast<std::uint8_t>(16 + (object >> 16)), static_cast<std::uint8_t>(object >> 8),
           static_cast<std::uint8_t>(object), 1}};
}

PacketBuilder ethernet() {
  return PacketBuilder().ethernet(test::port_mac(0), kSender);
}

// Port 0 receives, everything that is not a SID leaves by port 1. Jumbo frames, so that the
// largest packets bear every encapsulation.
struct Node : TablesBuilder {
  InterfaceId in = port(0, {"2001:db8:a::1/64"});
  InterfaceId out = port(1, {"2001:db8:b::1/64"});
  LookupResult way_out = via(out, "2001:db8:b::2");
  Node() {
    interface(in).mtu = interface(out).mtu = 9000;
    route("2001:db8:9::/48", way_out);
    route("10.9.0.0/16", way_out);
    route("a4::/16", way_out);
  }
};

// An inner packet of exactly c.bytes bytes behind what packet holds already.
void add_inner(Workload& workload, PacketBuilder packet, const Case& c) {
  const Bytes before = packet.build();
  const auto start = static_cast<unsigned>(before.size());
  if (c.inner == "L2") {
    const bool tagged = c.name == "End.DX2V";
    const unsigned header = kEthernet + (tagged ? unsigned{sizeof(VlanHeader)} : 0);
    packet.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", tagged ? 100 : 0);
    packet.ipv4("192.0.2.1", "10.9.0.1").udp(1000, 80).payload(c.bytes - header - kIpv4 - kUdp);
    workload.flow_at.push_back(start + header + kIpv4);
  } else if (c.inner == "IPv4") {
    packet.ipv4("192.0.2.1", "10.9.0.1").udp(1000, 80).payload(c.bytes - kIpv4 - kUdp);
    workload.flow_at = {start + kIpv4Tail, start + kIpv4};
    workload.ipv4_at = start;
  } else {
    packet.ipv6("2001:db8::1", "2001:db8:9::1").udp(1000, 80).payload(c.bytes - kIpv6 - kUdp);
    workload.flow_at = {start + kIpv6Tail, start + kIpv6};
  }
  workload.frame = packet.build();
}

// A packet that is not encapsulated yet: its destination is the object's address.
void add_plain(Workload& workload, const Case& c, const IpAddress& destination) {
  if (destination.is_v6()) {
    workload.frame = ethernet()
                         .ipv6("2001:db8::1", destination.v6)
                         .udp(1000, 80)
                         .payload(c.bytes - kIpv6 - kUdp);
    workload.object_at = kEthernet + unsigned{offsetof(Ipv6Header, destination)};
    workload.flow_at = {kEthernet + kIpv6};
  } else {
    workload.frame =
        ethernet().ipv4("192.0.2.1", destination.v4).udp(1000, 80).payload(c.bytes - kIpv4 - kUdp);
    workload.object_at = kEthernet + unsigned{offsetof(Ipv4Header, destination)};
    workload.ipv4_at = kEthernet;
    workload.flow_at = {kEthernet + kIpv4};
  }
}

// --- Plain forwarding: objects are routes.

Workload plain(const Case& c) {
  Node node;
  Workload workload;
  const bool v6 = c.inner == "IPv6";
  workload.object_address = [v6](unsigned i) -> IpAddress {
    if (v6) return address_of(i);
    return address4_of(i);
  };
  for (unsigned i = 0; i < c.objects; ++i) {
    const auto bits = static_cast<std::uint8_t>(v6 ? 48 : 24);
    node.route(IpPrefix{workload.object_address(i), bits}.masked(), node.way_out);
  }
  add_plain(workload, c, workload.object_address(0));
  // One route of IPv4 covers 256 addresses: the last byte differs, and one of the port.
  workload.flow_at.push_back(kEthernet + (v6 ? kIpv6Tail : kIpv4Tail + 1));
  workload.tables = node.take();
  return workload;
}

Workload internet(const Case& c) {
  Node node;
  Workload workload;
  std::mt19937_64 random(1);
  const auto routes =
      internet_routes(c.inner == "IPv6" ? Family::kIpv6 : Family::kIpv4, c.objects, random);
  const auto targets = std::make_shared<std::vector<IpAddress>>();
  for (const IpPrefix& prefix : routes) {
    node.route(prefix, node.way_out);
    targets->push_back(address_within(prefix, random));
  }
  workload.object_address = [targets](unsigned i) { return (*targets)[i]; };
  add_plain(workload, c, targets->front());
  workload.tables = node.take();
  return workload;
}

// --- Endpoint behaviors: objects are local SIDs.

InnerType inner_type(const Case& c) {
  return c.inner == "IPv4" ? InnerType::kIpv4
         : c.inner == "L2" ? InnerType::kEthernet
                           : InnerType::kIpv6;
}

bool from_function(const Case& c) {
  return c.name.ends_with(" back");
}

// Name without flavor and direction.
std::string behavior_of(const Case& c) {
  return c.name.substr(0, c.name.find_first_of("+ "));
}

SidArgs arguments_of(Node& node, const BehaviorSpec& spec, const Case& c) {
  SidArgs args;
  switch (spec.argument) {
    case ArgumentKind::kAdjacency: args.forward = node.way_out; break;
    case ArgumentKind::kInterface: args.interface = node.out; break;
    case ArgumentKind::kVlanTable: args.vlan_table = node.vlan_table({{100, node.out}}); break;
    case ArgumentKind::kBridge:
      args.bridge = node.bridge({node.port(2), node.out}, {},
                                {{*MacAddress::parse("02:00:00:00:00:01"), false, node.out, true}});
      break;
    case ArgumentKind::kPolicy:
      args.policy = node.policy(
          {node.segment_list({"a4::1", "a4::2"}, {.headend = spec.behavior == Behavior::kEndB6Insert
                                                                 ? Headend::kHInsert
                                                                 : Headend::kHEncaps})});
      break;
    case ArgumentKind::kProxy:
      args.inner = inner_type(c);
      args.interface = from_function(c) ? node.port(2) : node.out;
      args.return_interface = from_function(c) ? node.in : args.interface;
      args.forward = node.via(args.interface, "2001:db8:b::2");
      args.static_list = node.segment_list({"a4::1", "a4::2"}, {.segments_done = 1});
      break;
    default: break;
  }
  return args;
}

// What the service function sends is taken from the interface that it returns by.
void return_by(Node& node, InterfaceId function, LocalSidId sid, const Case& c) {
  Interface& in = node.interface(node.in);
  switch (inner_type(c)) {
    case InnerType::kIpv6: in.proxy_ipv6 = sid; break;
    case InnerType::kIpv4: in.proxy_ipv4 = sid; break;
    default:
      node.interface(function).role = InterfaceRole::kL2Only;
      in.role = InterfaceRole::kL2Proxy;
      in.role_index = sid;
      break;
  }
}

LocalSidId add_sids(Node& node, NamedBehavior named, SidOptions options, const Case& c) {
  const bool csid = (options.flavors & kNextCsid) != 0;
  if (csid) {
    options.prefix_len = 48;
    options.csid = {32, 16};
    node.route("fcbb::/16", node.way_out);
  }
  LocalSidId sid = kNoObject;
  for (unsigned i = 0; i < c.objects; ++i) {
    sid = node.local_sid(csid ? IpPrefix{address_of(i), 48}.masked().address.v6 : address_of(i),
                         named.behavior, options);
  }
  return sid;
}

// The packet that reaches the SID. Behaviors that go on to another segment get one; those that
// decapsulate are the last.
void add_outer(Workload& workload, const BehaviorSpec& spec, bool csid, const Case& c) {
  const bool transit = spec.argument == ArgumentKind::kPolicy || spec.behavior <= Behavior::kEndT ||
                       spec.behavior == Behavior::kEndAd || spec.behavior == Behavior::kEndAm;
  PacketBuilder packet = ethernet().ipv6("2001:db8::1", address_of(0));
  const unsigned segments_left = c.name.ends_with("+PSP") ? 1 : 2;
  // With PSP the last segment comes next, so that the SRH is popped.
  if (transit && !csid) packet.srh({address_of(0), "a4::1", "a4::2"}, segments_left);
  add_inner(workload, packet, c);
  workload.object_at = kEthernet + unsigned{offsetof(Ipv6Header, destination)};
  workload.object_address = address_of;
  // What is looked up next is the next segment then, not the inner packet.
  if (csid) {
    workload.flow_at.front() = kEthernet + kIpv6Tail;
  } else if (transit && spec.argument != ArgumentKind::kProxy) {
    workload.flow_at.push_back(kEthernet + kIpv6 + kSrhFixed + 16 * (segments_left - 1) + 14);
  }
}

// The packet that the function returns.
void add_returned(Workload& workload, const BehaviorSpec& spec, const Case& c) {
  if (spec.behavior == Behavior::kEndAm) {
    PacketBuilder packet = ethernet().ipv6("2001:db8::1", "a4::2");
    packet.srh({address_of(0), "a4::1", "a4::2"}, 1);
    add_inner(workload, packet, c);
    workload.flow_at.push_back(kEthernet + kIpv6 + kSrhFixed + 16 + 14);
    return;
  }
  if (spec.behavior == Behavior::kEndAd) {
    auto sent = std::make_shared<Workload>();
    add_outer(*sent, spec, false, c);
    workload.prime = [sent](unsigned flow) {
      Bytes frame = sent->frame;
      sent->write(frame.data(), 0, flow);
      const MacAddress to = test::port_mac(1);
      std::memcpy(frame.data(), to.bytes.data(), to.bytes.size());
      return frame;
    };
  }
  add_inner(workload, c.inner == "L2" ? PacketBuilder() : ethernet(), c);
}

Workload endpoint(const Case& c) {
  Node node;
  Workload workload;
  const NamedBehavior named = *parse_behavior(behavior_of(c));
  const BehaviorSpec& spec = spec_of(named.behavior);
  SidOptions options;
  options.args = arguments_of(node, spec, c);
  options.flavors = named.implied_flavors;
  if (c.name.ends_with("+PSP")) options.flavors |= *parse_flavor("PSP");
  const LocalSidId sid = add_sids(node, named, options, c);
  if (from_function(c)) {
    return_by(node, options.args.interface, sid, c);
    add_returned(workload, spec, c);
  } else {
    add_outer(workload, spec, (options.flavors & kNextCsid) != 0, c);
    workload.flow_of_object = spec.behavior == Behavior::kEndAd && c.objects > 1;
  }
  workload.tables = node.take();
  return workload;
}

// --- Headends: objects are policies, each with a steering rule.

PolicyId add_policy(Node& node, const Case& c, Headend headend) {
  std::vector<SegmentListId> lists;
  for (unsigned list = 0; list < c.lists; ++list) {
    std::vector<V6> segments;
    for (unsigned s = 0; s < c.segments; ++s) {
      Ipv6Address segment = *Ipv6Address::parse("a4::");
      segment.bytes[14] = static_cast<std::uint8_t>(list);
      segment.bytes[15] = static_cast<std::uint8_t>(s + 1);
      segments.push_back(segment);
    }
    // Resolved here: finding each list's route again takes minutes with 100,000 policies.
    lists.push_back(
        node.segment_list(segments, ListOptions{.headend = headend, .first_hop = node.way_out}));
  }
  PolicyOptions options;
  if (c.lists > 1) {
    for (unsigned slot = 0; slot < 512; ++slot) {
      options.slots.push_back(static_cast<std::uint16_t>(slot % c.lists));
    }
  }
  return node.policy(lists, options);
}

Workload headend(const Case& c) {
  Node node;
  Workload workload;
  const Headend kind = c.name.starts_with("H.Insert")             ? Headend::kHInsert
                       : c.name.find(".Red") != std::string::npos ? Headend::kHEncapsRed
                                                                  : Headend::kHEncaps;
  if (c.inner == "L2") {
    node.steer_interface(node.in, add_policy(node, c, kind));
    add_inner(workload, PacketBuilder(), c);
  } else {
    const bool v6 = c.inner == "IPv6";
    workload.object_address = [v6](unsigned i) -> IpAddress {
      if (v6) return address_of(i);
      return address4_of(i);
    };
    for (unsigned i = 0; i < c.objects; ++i) {
      const auto bits = static_cast<std::uint8_t>(v6 ? 128 : 32);
      node.steer(IpPrefix{workload.object_address(i), bits}, add_policy(node, c, kind));
    }
    add_plain(workload, c, workload.object_address(0));
  }
  workload.tables = node.take();
  return workload;
}

void write_checksum(Ipv4Header& header) {
  header.checksum = Be16(0);
  ChecksumAccumulator sum;
  sum.add({reinterpret_cast<const std::uint8_t*>(&header), sizeof header});
  header.checksum = sum.finish();
}

}  // namespace

void Workload::write(std::uint8_t* to, unsigned object, unsigned flow) const {
  if (object != 0) {
    IpAddress address = object_address(object);
    std::memcpy(to + object_at, address.data(), static_cast<std::size_t>(address.bits() / 8));
  }
  if (flow != 0) {
    // The byte that differs most comes first: it may be the last one of an address.
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(flow),
                                  static_cast<std::uint8_t>(flow >> 8)};
    for (const unsigned at : flow_at)
      std::memcpy(to + at, bytes, sizeof bytes);
  }
  if (ipv4_at != 0) write_checksum(*reinterpret_cast<Ipv4Header*>(to + ipv4_at));
}

Workload make_workload(const Case& c) {
  if (c.name == "plain") return plain(c);
  if (c.name == "Internet") return internet(c);
  return c.name.starts_with("H.") ? headend(c) : endpoint(c);
}

}  // namespace sextant::bench
