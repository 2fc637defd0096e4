// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Cases: what is installed and what is sent for each row.
#include "support/cases.hpp"

#include <cstring>
#include <stdexcept>

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

constexpr std::size_t kIpv6 = sizeof(Ipv6Header);
constexpr std::size_t kIpv4 = sizeof(Ipv4Header);
constexpr std::size_t kEthernet = sizeof(EthernetHeader);
constexpr std::size_t kUdp = sizeof(UdpHeader);
const MacAddress kSender{{0x02, 0, 0, 0, 0, 0x99}};

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

PacketBuilder ethernet() {
  return PacketBuilder().ethernet(test::port_mac(0), kSender);
}

// An inner packet of exactly c.bytes bytes.
PacketBuilder add_inner(PacketBuilder packet, const Case& c) {
  if (c.inner == "IPv4") {
    return packet.ipv4("192.0.2.1", "10.9.0.1").udp(1000, 80).payload(c.bytes - kIpv4 - kUdp);
  }
  if (c.inner == "L2") {
    return packet.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02")
        .ipv4("192.0.2.1", "10.9.0.1")
        .udp(1000, 80)
        .payload(c.bytes - kEthernet - kIpv4 - kUdp);
  }
  return packet.ipv6("2001:db8::1", "2001:db8:9::1").udp(1000, 80).payload(c.bytes - kIpv6 - kUdp);
}

// Port 0 receives, everything that is not a SID leaves by port 1.
struct Node : TablesBuilder {
  InterfaceId in = port(0, {"2001:db8:a::1/64"});
  InterfaceId out = port(1, {"2001:db8:b::1/64"});
  LookupResult way_out = via(out, "2001:db8:b::2");
  Node() {
    route("2001:db8:9::/48", way_out);
    route("10.9.0.0/16", way_out);
    route("a4::/16", way_out);
  }
};

void spread_over_objects(Workload& workload, const Case& c, std::size_t address_at) {
  if (c.objects == 1) return;
  workload.address_at = static_cast<unsigned>(address_at);
  workload.address_bytes = sizeof(Ipv6Address);
  workload.write_address = [](unsigned object, std::uint8_t* to) {
    std::memcpy(to, address_of(object).bytes.data(), sizeof(Ipv6Address));
  };
}

// --- Plain forwarding: objects are routes.

Workload plain(const Case& c) {
  Node node;
  Workload workload;
  if (c.inner == "IPv4") {
    workload.frame = add_inner(ethernet(), c);
    workload.tables = node.take();
    return workload;
  }
  for (unsigned i = 0; i < c.objects; ++i) {
    node.route(IpPrefix{address_of(i), 48}.masked(), node.way_out);
  }
  workload.frame =
      ethernet().ipv6("2001:db8::1", address_of(0)).udp(1000, 80).payload(c.bytes - kIpv6 - kUdp);
  workload.tables = node.take();
  spread_over_objects(workload, c, kEthernet + offsetof(Ipv6Header, destination));
  return workload;
}

// --- Endpoint behaviors: objects are local SIDs.

SidOptions arguments_of(Node& node, const BehaviorSpec& spec, const Case& c) {
  SidOptions options;
  switch (spec.argument) {
    case ArgumentKind::kAdjacency: options.args.forward = node.way_out; break;
    case ArgumentKind::kInterface: options.args.interface = node.out; break;
    case ArgumentKind::kVlanTable:
      options.args.vlan_table = node.vlan_table({{100, node.out}});
      break;
    case ArgumentKind::kBridge:
      options.args.bridge =
          node.bridge({node.port(2), node.out}, {},
                      {{*MacAddress::parse("02:00:00:00:00:01"), false, node.out, true}});
      break;
    case ArgumentKind::kPolicy:
      options.args.policy = node.policy(
          {node.segment_list({"a4::1", "a4::2"}, {.headend = spec.behavior == Behavior::kEndB6Insert
                                                                 ? Headend::kHInsert
                                                                 : Headend::kHEncaps})});
      break;
    case ArgumentKind::kProxy:
      options.args.forward = node.way_out;
      options.args.interface = options.args.return_interface = node.out;
      options.args.inner = c.inner == "IPv4" ? InnerType::kIpv4
                           : c.inner == "L2" ? InnerType::kEthernet
                                             : InnerType::kIpv6;
      options.args.static_list = node.segment_list({"a4::1", "a4::2"}, {.segments_done = 1});
      break;
    default: break;
  }
  return options;
}

Bytes tagged_l2(PacketBuilder outer, const Case& c) {
  return outer.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 100)
      .ipv4("192.0.2.1", "10.9.0.1")
      .udp(1000, 80)
      .payload(c.bytes - kEthernet - sizeof(VlanHeader) - kIpv4 - kUdp);
}

Workload endpoint(const Case& c) {
  Node node;
  Workload workload;
  const std::size_t plus = c.name.find('+');
  const NamedBehavior named = *parse_behavior(c.name.substr(0, plus));
  const BehaviorSpec& spec = spec_of(named.behavior);
  SidOptions options = arguments_of(node, spec, c);
  options.flavors = named.implied_flavors;
  if (plus != std::string::npos) options.flavors |= *parse_flavor(c.name.substr(plus + 1));
  const bool csid = (options.flavors & kNextCsid) != 0;
  if (csid) {
    options.prefix_len = 48;
    options.csid = {32, 16};
  }
  for (unsigned i = 0; i < c.objects; ++i) {
    node.local_sid(csid ? IpPrefix{address_of(i), 48}.masked().address.v6 : address_of(i),
                   named.behavior, options);
  }
  // Behaviors that go on to another segment get one; those that decapsulate are the last.
  const bool transit = spec.argument == ArgumentKind::kPolicy ||
                       named.behavior <= Behavior::kEndT || named.behavior == Behavior::kEndAd ||
                       named.behavior == Behavior::kEndAm;
  PacketBuilder packet = ethernet().ipv6("2001:db8::1", address_of(0));
  if (csid) {
    node.route("fcbb::/16", node.way_out);
  } else if (transit) {
    // With PSP the last segment comes next, so that the SRH is popped.
    packet.srh({address_of(0), "a4::1", "a4::2"}, plus == std::string::npos ? 2 : 1);
  }
  workload.frame =
      named.behavior == Behavior::kEndDx2v ? tagged_l2(packet, c) : add_inner(packet, c).build();
  workload.tables = node.take();
  spread_over_objects(workload, c, kEthernet + offsetof(Ipv6Header, destination));
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
    lists.push_back(node.segment_list(segments, ListOptions{.headend = headend}));
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
    workload.frame = add_inner(PacketBuilder(), c);
  } else if (c.inner == "IPv4") {
    node.steer("10.9.0.1/32", add_policy(node, c, kind));
    workload.frame = add_inner(ethernet(), c);
  } else {
    for (unsigned i = 0; i < c.objects; ++i) {
      node.steer(IpPrefix{address_of(i), 128}, add_policy(node, c, kind));
    }
    workload.frame =
        ethernet().ipv6("2001:db8::1", address_of(0)).udp(1000, 80).payload(c.bytes - kIpv6 - kUdp);
    spread_over_objects(workload, c, kEthernet + offsetof(Ipv6Header, destination));
  }
  // The inner packet ends with UDP header and payload: flows differ in the source port.
  const unsigned inner_header = c.inner == "IPv4" ? 20u : 40u;
  workload.flow_at = static_cast<unsigned>(kEthernet) + inner_header;
  workload.tables = node.take();
  return workload;
}

}  // namespace

std::string Case::id() const {
  return name + " " + inner + " " + std::to_string(bytes) + "B x" + std::to_string(objects) +
         (name.starts_with("H.") ? " s" + std::to_string(segments) + " l" + std::to_string(lists)
                                 : "");
}

std::vector<Case> all_cases(const std::vector<unsigned>& bytes,
                            const std::vector<unsigned>& objects) {
  struct Kind {
    const char* name;
    const char* inner;
  };
  static constexpr Kind kEndpoints[] = {
      {"End", "IPv6"},           {"End+PSP", "IPv6"},  {"End.X", "IPv6"},
      {"End.T", "IPv6"},         {"uN", "IPv6"},       {"End.DX6", "IPv6"},
      {"End.DX4", "IPv4"},       {"End.DT6", "IPv6"},  {"End.DT4", "IPv4"},
      {"End.DT46", "IPv6"},      {"End.DT46", "IPv4"}, {"End.DX2", "L2"},
      {"End.DX2V", "L2"},        {"End.DT2U", "L2"},   {"End.B6.Encaps", "IPv6"},
      {"End.B6.Insert", "IPv6"}, {"End.AD", "IPv6"},   {"End.AD", "IPv4"},
      {"End.AD", "L2"},          {"End.AS", "IPv6"},   {"End.AM", "IPv6"}};
  std::vector<Case> cases;
  for (const unsigned size : bytes) {
    for (const unsigned count : objects) {
      cases.push_back({"plain", "IPv6", size, count});
      for (const Kind& kind : kEndpoints)
        cases.push_back({kind.name, kind.inner, size, count});
      for (const unsigned segments : {1u, 2u, 3u}) {
        cases.push_back({"H.Encaps", "IPv6", size, count, segments});
      }
      cases.push_back({"H.Encaps", "IPv6", size, count, 2, 8});
      cases.push_back({"H.Encaps.Red", "IPv6", size, count, 3});
      cases.push_back({"H.Insert", "IPv6", size, count, 2});
      if (count != 1) continue;
      cases.push_back({"plain", "IPv4", size, count});
      cases.push_back({"H.Encaps", "IPv4", size, count, 2});
      cases.push_back({"H.Encaps", "IPv4", size, count, 2, 8});
      cases.push_back({"H.Encaps.L2", "L2", size, count, 2});
      cases.push_back({"H.Encaps.L2.Red", "L2", size, count, 2});
    }
  }
  return cases;
}

Workload make_workload(const Case& c) {
  if (c.name == "plain") return plain(c);
  return c.name.starts_with("H.") ? headend(c) : endpoint(c);
}

}  // namespace sextant::bench
