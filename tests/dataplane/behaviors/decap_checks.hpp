// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What holds for every behavior that decapsulates, whatever it does with the exposed packet.
#pragma once

#include "behavior_fixture.hpp"

namespace sextant::test {

// Packets for a decapsulating SID.
inline constexpr const char* kDecapSid = "a3::c4";

inline Bytes to_decap(inner::Inner what, std::uint8_t hop_limit = 64) {
  PacketBuilder packet = outer(kDecapSid, hop_limit);
  return what(packet).build();
}
inline Bytes to_decap_by_srh(inner::Inner what, std::uint8_t segments_left = 0) {
  PacketBuilder packet = outer(kDecapSid, {"a1::", "a2::", kDecapSid}, segments_left);
  return what(packet).build();
}

// The outer headers that must not matter: none, an SRH, options around it, an ignored routing
// header, a spent SRH in front, any hop limit.
inline std::vector<Bytes> all_outers(inner::Inner what) {
  std::vector<Bytes> out = {to_decap(what), to_decap(what, 0), to_decap(what, 1),
                            to_decap_by_srh(what)};
  PacketBuilder options = outer(kDecapSid);
  options.hop_by_hop().dest_options().srh({"a1::", kDecapSid}, 0, {.tlvs = {0x7f, 0}});
  options.dest_options();
  out.push_back(what(options).build());
  PacketBuilder two = outer(kDecapSid);
  two.srh({"b8::", kDecapSid}, 0).srh({"a1::", kDecapSid}, 0);
  out.push_back(what(two).build());
  PacketBuilder ignored = outer(kDecapSid);
  ignored.srh({"b8::"}, 0, {.routing_type = 3});
  out.push_back(what(ignored).build());
  // Segments Left 0 is all that counts of a spent SRH (RFC 8986 section 4.4).
  PacketBuilder odd = outer(kDecapSid);
  odd.srh({"a1::", kDecapSid}, 0, {.last_entry = std::uint8_t{200}});
  out.push_back(what(odd).build());
  return out;
}

// accepted: what the behavior decapsulates; the SID is fixture's number 0.
inline void check_decap_contract(BehaviorFixture& fixture,
                                 const std::vector<inner::Inner>& accepted) {
  const std::uint8_t problem = icmp6::kParameterProblem;
  for (const inner::Inner what : accepted) {
    for (const std::uint8_t left : {1, 2, 3, 255}) {
      fixture.require_error(to_decap_by_srh(what, left), "end_segments_left_nonzero", problem,
                            kErroneousHeaderCode, 43);
    }
    PacketBuilder second = outer(kDecapSid);
    second.srh({"b8::", kDecapSid}, 0).srh({"a1::", kDecapSid}, 1);
    fixture.require_error(what(second), "end_segments_left_nonzero", problem, kErroneousHeaderCode,
                          40 + 40 + 3);
    PacketBuilder unknown = outer(kDecapSid);
    unknown.srh({"b8::"}, 1, {.routing_type = 3});
    fixture.require_error(what(unknown), "end_routing_type_unknown", problem, kErroneousHeaderCode,
                          42);
  }
  for (const inner::Inner what :
       {inner::ipv6, inner::ipv4, inner::frame, inner::udp, inner::none}) {
    if (std::find(accepted.begin(), accepted.end(), what) != accepted.end()) continue;
    fixture.require_error(to_decap(what), "end_upper_layer_unexpected", problem, kUpperLayerCode,
                          40);
    fixture.require_error(to_decap_by_srh(what), "end_upper_layer_unexpected", problem,
                          kUpperLayerCode, 40 + 56);
  }
  fixture.require_punted(to_decap(inner::echo_request), to_decap(inner::echo_request));
  fixture.require_punted(to_decap_by_srh(inner::echo_request),
                         to_decap_by_srh(inner::echo_request));
  PacketBuilder fragment = outer(kDecapSid);
  fragment.fragment({.more = true});
  fixture.require_dropped(inner::ipv6(fragment), "end_fragment");
}

// With NEXT-CSID the SID must be the last one of its container.
inline void check_no_argument(Behavior behavior, const SidArgs& args, inner::Inner what) {
  BehaviorFixture fixture;
  fixture.local_sid("1111:2222:aaaa:1::", behavior,
                    {.args = args, .flavors = kNextCsid, .csid = {32, 32}, .prefix_len = 64});
  for (const char* destination : {"1111:2222:aaaa:1:bbbb::", "1111:2222:aaaa:1::1"}) {
    PacketBuilder packet = outer(destination);
    fixture.require_dropped(what(packet), "end_argument_nonzero");
  }
  // All zero behind it: decapsulated like any other.
  PacketBuilder packet = outer("1111:2222:aaaa:1::");
  REQUIRE(fixture.pass(what(packet)).sent() == 1);
  REQUIRE(fixture.sid_counter(0).good.packets == 1);
}

// Encapsulated IPv6 packets that are refused whole: nothing is sent, nothing changed.
inline void check_malformed_ipv6(BehaviorFixture& fixture) {
  const auto refused = [&](Ipv6Options options, const char* source = "4321::1",
                           const char* destination = "c4::1") {
    PacketBuilder packet = outer(kDecapSid);
    packet.ipv6(source, destination, options).udp(1, 2).payload(4);
    fixture.require_dropped(packet, "end_inner_malformed");
  };
  refused({.version = 4});
  refused({.version = 0});
  refused({.payload_length = std::uint16_t{13}});
  refused({.payload_length = std::uint16_t{0xffff}});
  refused({}, "ff02::1");
  refused({}, "::1");
  refused({}, "4321::1", "::1");
  refused({}, "4321::1", "::");
  refused({}, "::");
  const Bytes whole = inner::alone(inner::ipv6);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    PacketBuilder packet = outer(kDecapSid);
    packet.raw(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)),
               ip_protocol::kIpv6);
    fixture.require_dropped(packet, "end_inner_malformed");
  }
  PacketBuilder multicast = outer(kDecapSid);
  multicast.ipv6("4321::1", "ff0e::1").udp(1, 2);
  fixture.require_dropped(multicast, "parse_ipv6_multicast");
}

// The same for IPv4.
inline void check_malformed_ipv4(BehaviorFixture& fixture) {
  const auto refused = [&](Ipv4Options options, const char* source = "123.1.1.1",
                           const char* destination = "4.1.1.123") {
    PacketBuilder packet = outer(kDecapSid);
    packet.ipv4(source, destination, options).udp(1, 2).payload(4);
    fixture.require_dropped(packet, "end_inner_malformed");
  };
  refused({.version_ihl = std::uint8_t{0x65}});
  refused({.version_ihl = std::uint8_t{0x44}});
  refused({.version_ihl = std::uint8_t{0x4f}});
  refused({.total_length = std::uint16_t{19}});
  refused({.total_length = std::uint16_t{33}});
  refused({.checksum = std::uint16_t{0x1234}});
  refused({}, "127.0.0.1");
  refused({}, "224.0.0.1");
  refused({}, "123.1.1.1", "0.0.0.1");
  refused({}, "123.1.1.1", "255.255.255.255");
  const Bytes whole = inner::alone(inner::ipv4);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    PacketBuilder packet = outer(kDecapSid);
    packet.raw(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)),
               ip_protocol::kIpv4);
    fixture.require_dropped(packet, "end_inner_malformed");
  }
  PacketBuilder multicast = outer(kDecapSid);
  multicast.ipv4("123.1.1.1", "224.0.0.1").udp(1, 2);
  fixture.require_dropped(multicast, "parse_ipv4_multicast");
}

// RFC 6040 section 4.2, figure 4. wanted: the inner field, or -1 for a drop.
struct EcnCase {
  std::uint8_t outer;
  std::uint8_t inner;
  int wanted;
};
inline constexpr EcnCase kEcnCases[] = {
    {0, 0, 0}, {0, 1, 1}, {0, 2, 2}, {0, 3, 3}, {1, 0, 0},  {1, 1, 1}, {1, 2, 1}, {1, 3, 3},
    {2, 0, 0}, {2, 1, 1}, {2, 2, 2}, {2, 3, 3}, {3, 0, -1}, {3, 1, 3}, {3, 2, 3}, {3, 3, 3},
};
inline void check_ecn(BehaviorFixture& fixture, PacketKind kind, PortIndex port) {
  constexpr std::uint8_t kDscp = 0x2e << 2;
  const auto append = [&](PacketBuilder& p, int field, std::uint8_t hops) -> PacketBuilder& {
    const std::uint8_t traffic_class = static_cast<std::uint8_t>(kDscp | field);
    if (kind == PacketKind::kIpv6) {
      p.ipv6("4321::1", "c4::1",
             {.hop_limit = hops, .traffic_class = traffic_class, .flow_label = 0xfffff});
    } else {
      p.ipv4("123.1.1.1", "4.1.1.123", {.ttl = hops, .tos = traffic_class});
    }
    return p.udp(1, 2).payload(4);
  };
  for (const EcnCase& field : kEcnCases) {
    INFO("outer " << int{field.outer} << " inner " << int{field.inner});
    PacketBuilder packet;
    packet.ipv6(BehaviorFixture::kSource, kDecapSid, {.traffic_class = field.outer});
    append(packet, field.inner, 64);
    if (field.wanted < 0) {
      fixture.require_dropped(packet, "end_ecn_congestion");
    } else {
      PacketBuilder wanted;
      fixture.require_sent(packet, port, append(wanted, field.wanted, 63));
    }
  }
}

// A packet in two segments, split anywhere: as when it is whole, or refused as it came.
inline void check_chained(BehaviorFixture& fixture, inner::Inner what, PortIndex port) {
  const Bytes packet = to_decap_by_srh(what);
  const Bytes whole = fixture.pass(packet).only(port);
  bool forwarded = false;
  for (std::uint16_t split = 14; split < packet.size() + 14; ++split) {
    INFO("split at " << split);
    const RunResult result = fixture.pass(packet, {.segments = {split}});
    if (result.drops.empty()) {
      REQUIRE(hex(result.only(port)) == hex(whole));
      forwarded = true;
    } else {
      REQUIRE(!forwarded);
      result.require_dropped("parse_not_contiguous");
      REQUIRE(hex(result.dropped.front()) == hex(packet));
    }
  }
  REQUIRE(forwarded);
}

}  // namespace sextant::test
