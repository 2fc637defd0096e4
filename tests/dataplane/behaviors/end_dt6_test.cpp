// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DT6: IPv6 out, by the table of the SID.
#include "decap_checks.hpp"

namespace sextant::test {

namespace {

struct Fixture : BehaviorFixture {
  Fixture() { local_sid(kDecapSid, Behavior::kEndDt6, {.args = args()}); }
  SidArgs args() const { return {.table = 1}; }
};

}  // namespace

TEST_CASE("End.DT6 takes IPv6 out of any outer headers") {
  Fixture fixture;
  PacketBuilder wanted;
  inner::ipv6_hops(wanted, 63);
  for (const Bytes& packet : all_outers(inner::ipv6)) {
    fixture.require_sent(packet, fixture.kVrf, wanted);
  }
  // Bytes behind the inner packet are not part of it.
  PacketBuilder trailing = outer(kDecapSid);
  inner::ipv6(trailing);
  Bytes packet = trailing.build();
  packet.insert(packet.end(), 7, 0xee);
  packet[5] = static_cast<std::uint8_t>(packet[5] + 7);
  const RunResult result = fixture.pass(packet);
  REQUIRE(hex(result.only(fixture.kVrf)) == hex(fixture.sent_on(fixture.kVrf, wanted)));
}

TEST_CASE("End.DT6 refuses malformed IPv6") {
  Fixture fixture;
  check_malformed_ipv6(fixture);
}

TEST_CASE("End.DT6 and ECN of IPv6") {
  Fixture fixture;
  check_ecn(fixture, PacketKind::kIpv6, fixture.kVrf);
}

TEST_CASE("End.DT6 on chained IPv6 packets") {
  Fixture fixture;
  check_chained(fixture, inner::ipv6, fixture.kVrf);
}

TEST_CASE("End.DT6 answers for an inner IPv6 packet that cannot go on") {
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

TEST_CASE("End.DT6 refuses what is not for it") {
  Fixture fixture;
  check_decap_contract(fixture, {inner::ipv6});
  check_no_argument(Behavior::kEndDt6, fixture.args(), inner::ipv6);
}

TEST_CASE("End.DT6 without a route in its table") {
  Fixture fixture;
  fixture.route("d4::/64", fixture.via(fixture.out, "b1::2"));  // in the other table
  PacketBuilder packet = outer(kDecapSid);
  packet.ipv6("4321::1", "d4::1").udp(1, 2);
  const RunResult result = fixture.pass(packet);
  REQUIRE(result.drops == std::map<std::string, std::uint64_t>{{"lookup_no_route", 1}});
  // Destination Unreachable to the inner source, in the table that the packet was for.
  REQUIRE(result.only(fixture.kVrf)[14 + 40] == icmp6::kDestinationUnreachable);
}

TEST_CASE("End.DT6 exposes a packet for another SID of the node") {
  Fixture fixture;
  fixture.local_sid("a3::", Behavior::kEnd, {.table = 1});
  PacketBuilder packet = outer(kDecapSid);
  packet.ipv6("4321::9", "a3::").srh({"a3::", "a4::"}, 1).udp(1, 2);
  PacketBuilder wanted;
  wanted.ipv6("4321::9", "a4::", {.hop_limit = 63}).srh({"a3::", "a4::"}, 0).udp(1, 2);
  fixture.require_sent(packet, fixture.kVrf, wanted);
  REQUIRE(fixture.sid_counter(1).good.packets == 1);
}

}  // namespace sextant::test
