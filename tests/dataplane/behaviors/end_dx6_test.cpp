// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DX6: IPv6 out, by the adjacency of the SID, wherever the tables lead.
#include "decap_checks.hpp"

namespace sextant::test {

namespace {

struct Fixture : BehaviorFixture {
  Fixture() { local_sid(kDecapSid, Behavior::kEndDx6, {.args = args()}); }
  SidArgs args() const { return {.forward = cross6}; }
};

}  // namespace

TEST_CASE("End.DX6 takes IPv6 out of any outer headers") {
  Fixture fixture;
  PacketBuilder wanted;
  inner::ipv6_hops(wanted, 63);
  for (const Bytes& packet : all_outers(inner::ipv6)) {
    fixture.require_sent(packet, fixture.kCross, wanted);
  }
  // Bytes behind the inner packet are not part of it.
  PacketBuilder trailing = outer(kDecapSid);
  inner::ipv6(trailing);
  Bytes packet = trailing.build();
  packet.insert(packet.end(), 7, 0xee);
  packet[5] = static_cast<std::uint8_t>(packet[5] + 7);
  const RunResult result = fixture.pass(packet);
  REQUIRE(hex(result.only(fixture.kCross)) == hex(fixture.sent_on(fixture.kCross, wanted)));
}

TEST_CASE("End.DX6 refuses malformed IPv6") {
  Fixture fixture;
  check_malformed_ipv6(fixture);
}

TEST_CASE("End.DX6 and ECN of IPv6") {
  Fixture fixture;
  check_ecn(fixture, PacketKind::kIpv6, fixture.kCross);
}

TEST_CASE("End.DX6 on chained IPv6 packets") {
  Fixture fixture;
  check_chained(fixture, inner::ipv6, fixture.kCross);
}

TEST_CASE("End.DX6 answers for an inner IPv6 packet that cannot go on") {
  Fixture fixture;
  for (const std::uint8_t hops : {0, 1}) {
    PacketBuilder packet = outer(kDecapSid);
    inner::ipv6_hops(packet, hops);
    const RunResult result = fixture.pass(packet);
    REQUIRE(result.sent() == 1);
    REQUIRE(result.drops ==
            std::map<std::string, std::uint64_t>{{"forward_hop_limit_exceeded", 1}});
    PacketBuilder quoted;
    const Bytes sent = result.tx.begin()->second.front();
    REQUIRE(sent[14 + 40] == icmp6::kTimeExceeded);
    REQUIRE(hex(Bytes(sent.begin() + 14 + 48, sent.end())) ==
            hex(inner::ipv6_hops(quoted, hops).build()));
  }
  PacketBuilder link_local = outer(kDecapSid);
  link_local.ipv6("4321::1", "fe80::1").udp(1, 2);
  fixture.pass(link_local).require_dropped("forward_link_local");
}

TEST_CASE("End.DX6 refuses what is not for it") {
  Fixture fixture;
  check_decap_contract(fixture, {inner::ipv6});
  check_no_argument(Behavior::kEndDx6, fixture.args(), inner::ipv6);
}

TEST_CASE("End.DX6 without a way out") {
  struct Case {
    LookupResult forward;
    const char* reason;
  };
  const Case cases[] = {
      {LookupResult(DropReason::lookup_unreachable), "lookup_unreachable"},
      {LookupResult(DropReason::lookup_blackhole), "lookup_blackhole"},
  };
  for (const Case& one : cases) {
    BehaviorFixture fixture;
    fixture.local_sid(kDecapSid, Behavior::kEndDx6, {.args = {.forward = one.forward}});
    const RunResult result = fixture.pass(to_decap(inner::ipv6));
    REQUIRE(result.drops == std::map<std::string, std::uint64_t>{{one.reason, 1}});
  }
}

TEST_CASE("End.DX6 to a next hop that is not resolved") {
  BehaviorFixture fixture;
  const LookupResult unresolved = fixture.unresolved_via(fixture.cross, "b2::9");
  fixture.local_sid(kDecapSid, Behavior::kEndDx6, {.args = {.forward = unresolved}});
  const RunResult result = fixture.pass(to_decap(inner::ipv6));
  PacketBuilder wanted;
  inner::ipv6_hops(wanted, 63);
  REQUIRE(result.punted.size() == 1);
  REQUIRE(result.punted.front().info.reason == PuntReason::kResolve);
  REQUIRE(result.punted.front().info.object == unresolved.index());
  REQUIRE(hex(result.punted.front().bytes) == hex(wanted.build()));
}

TEST_CASE("End.DX6 by a group of adjacencies") {
  BehaviorFixture fixture;
  const LookupResult group = fixture.ecmp({fixture.cross6, fixture.via(fixture.vrf, "b3::2")});
  fixture.local_sid(kDecapSid, Behavior::kEndDx6, {.args = {.forward = group}});
  std::map<PortIndex, unsigned> seen;
  for (std::uint16_t flow = 1; flow <= 64; ++flow) {
    PacketBuilder packet = outer(kDecapSid);
    packet.ipv6("4321::1", "c4::1").udp(flow, 80).payload(4);
    const RunResult result = fixture.pass(packet);
    REQUIRE(result.sent() == 1);
    ++seen[result.tx.begin()->first];
  }
  REQUIRE(seen.size() == 2);
  REQUIRE(seen.count(fixture.kCross) == 1);
  REQUIRE(seen.count(fixture.kVrf) == 1);
}

TEST_CASE("End.DX6 answers for the inner packet in the table of its interface") {
  BehaviorFixture fixture;
  // The source of the inner packet is known in table 1 only, by the VRF's port.
  fixture.route("5555::/64", fixture.via(fixture.vrf, "b3::2"), 1);
  fixture.local_sid(kDecapSid, Behavior::kEndDx6,
                    {.args = {.forward = fixture.via(fixture.vrf, "b3::3")}});
  PacketBuilder packet = outer(kDecapSid);
  packet.ipv6("5555::1", "c4::1", {.hop_limit = 1}).udp(1, 2);
  const RunResult result = fixture.pass(packet);
  REQUIRE(result.sent() == 1);
  REQUIRE(result.tx.count(fixture.kVrf) == 1);
}

}  // namespace sextant::test
