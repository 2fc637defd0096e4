// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DT46: either family out, by the table of the SID.
#include "decap_checks.hpp"

namespace sextant::test {

namespace {

struct Fixture : BehaviorFixture {
  Fixture() { local_sid(kDecapSid, Behavior::kEndDt46, {.args = args()}); }
  SidArgs args() const { return {.table = 1}; }
};

}  // namespace

TEST_CASE("End.DT46 takes IPv6 out of any outer headers") {
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

TEST_CASE("End.DT46 refuses malformed IPv6") {
  Fixture fixture;
  check_malformed_ipv6(fixture);
}

TEST_CASE("End.DT46 and ECN of IPv6") {
  Fixture fixture;
  check_ecn(fixture, PacketKind::kIpv6, fixture.kVrf);
}

TEST_CASE("End.DT46 on chained IPv6 packets") {
  Fixture fixture;
  check_chained(fixture, inner::ipv6, fixture.kVrf);
}

TEST_CASE("End.DT46 answers for an inner IPv6 packet that cannot go on") {
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

TEST_CASE("End.DT46 takes IPv4 out of any outer headers") {
  Fixture fixture;
  PacketBuilder wanted;
  inner::ipv4_hops(wanted, 63);
  for (const Bytes& packet : all_outers(inner::ipv4)) {
    fixture.require_sent(packet, fixture.kVrf, wanted);
  }
  PacketBuilder options = outer(kDecapSid);
  options.ipv4("123.1.1.1", "4.1.1.123", {.options = {1, 1, 1, 0}}).udp(1, 2);
  PacketBuilder options_out;
  options_out.ipv4("123.1.1.1", "4.1.1.123", {.ttl = 63, .options = {1, 1, 1, 0}}).udp(1, 2);
  fixture.require_sent(options, fixture.kVrf, options_out);
}

TEST_CASE("End.DT46 refuses malformed IPv4") {
  Fixture fixture;
  check_malformed_ipv4(fixture);
}

TEST_CASE("End.DT46 and ECN of IPv4") {
  Fixture fixture;
  check_ecn(fixture, PacketKind::kIpv4, fixture.kVrf);
}

TEST_CASE("End.DT46 on chained IPv4 packets") {
  Fixture fixture;
  check_chained(fixture, inner::ipv4, fixture.kVrf);
}

TEST_CASE("End.DT46 answers for an inner IPv4 packet that cannot go on") {
  Fixture fixture;
  for (const std::uint8_t ttl : {0, 1}) {
    PacketBuilder packet = outer(kDecapSid);
    inner::ipv4_hops(packet, ttl);
    const RunResult result = fixture.pass(packet);
    REQUIRE(result.drops.count("forward_hop_limit_exceeded") == 1);
  }
}

TEST_CASE("End.DT46 refuses what is not for it") {
  Fixture fixture;
  check_decap_contract(fixture, {inner::ipv6, inner::ipv4});
  check_no_argument(Behavior::kEndDt46, fixture.args(), inner::ipv4);
}

}  // namespace sextant::test
