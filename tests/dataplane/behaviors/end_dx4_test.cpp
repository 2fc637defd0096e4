// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DX4: IPv4 out, by the adjacency of the SID, wherever the tables lead.
#include "decap_checks.hpp"

namespace sextant::test {

namespace {

struct Fixture : BehaviorFixture {
  Fixture() { local_sid(kDecapSid, Behavior::kEndDx4, {.args = args()}); }
  SidArgs args() const { return {.forward = cross4}; }
};

}  // namespace

TEST_CASE("End.DX4 takes IPv4 out of any outer headers") {
  Fixture fixture;
  PacketBuilder wanted;
  inner::ipv4_hops(wanted, 63);
  for (const Bytes& packet : all_outers(inner::ipv4)) {
    fixture.require_sent(packet, fixture.kCross, wanted);
  }
  PacketBuilder options = outer(kDecapSid);
  options.ipv4("123.1.1.1", "4.1.1.123", {.options = {1, 1, 1, 0}}).udp(1, 2);
  PacketBuilder options_out;
  options_out.ipv4("123.1.1.1", "4.1.1.123", {.ttl = 63, .options = {1, 1, 1, 0}}).udp(1, 2);
  fixture.require_sent(options, fixture.kCross, options_out);
}

TEST_CASE("End.DX4 refuses malformed IPv4") {
  Fixture fixture;
  check_malformed_ipv4(fixture);
}

TEST_CASE("End.DX4 and ECN of IPv4") {
  Fixture fixture;
  check_ecn(fixture, PacketKind::kIpv4, fixture.kCross);
}

TEST_CASE("End.DX4 on chained IPv4 packets") {
  Fixture fixture;
  check_chained(fixture, inner::ipv4, fixture.kCross);
}

TEST_CASE("End.DX4 answers for an inner IPv4 packet that cannot go on") {
  Fixture fixture;
  for (const std::uint8_t ttl : {0, 1}) {
    PacketBuilder packet = outer(kDecapSid);
    inner::ipv4_hops(packet, ttl);
    const RunResult result = fixture.pass(packet);
    REQUIRE(result.drops.count("forward_hop_limit_exceeded") == 1);
  }
}

TEST_CASE("End.DX4 refuses what is not for it") {
  Fixture fixture;
  check_decap_contract(fixture, {inner::ipv4});
  check_no_argument(Behavior::kEndDx4, fixture.args(), inner::ipv4);
}

}  // namespace sextant::test
