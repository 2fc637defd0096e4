// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DT2U: the frame inside goes where the bridge knows its destination, else to all members.
#include "bridge_checks.hpp"

namespace sextant::test {

namespace {

struct Fixture : BridgeFixture {
  Fixture() { local_sid(kDecapSid, Behavior::kEndDt2u, {.args = {.bridge = bridge_id}}); }
};

}  // namespace

TEST_CASE("End.DT2U sends to the member that has the address") {
  Fixture fixture;
  const Bytes frame = fixture.frame(fixture.kHere, fixture.kRemote);
  fixture.require_frame(fixture.carrying(frame), fixture.kMembers[0], frame);
}

TEST_CASE("End.DT2U floods unknown and group addresses to local members only") {
  Fixture fixture;
  for (const char* to : {fixture.kUnknown, fixture.kEveryone, "33:33:00:00:00:01"}) {
    const Bytes frame = fixture.frame(to, fixture.kRemote);
    fixture.require_on(fixture.pass(fixture.carrying(frame)), {6, 7, 8}, frame);
  }
  REQUIRE(fixture.sid_counter(0).good.packets == 3);
}

TEST_CASE("End.DT2U does not send back into the fabric") {
  Fixture fixture;
  const Bytes packet = fixture.carrying(fixture.frame(fixture.kRemote));
  const RunResult result = fixture.pass(packet);
  result.require_dropped("bridge_split_horizon");
  REQUIRE(fixture.sid_counter(0).bad.packets == 1);
}

TEST_CASE("End.DT2U floods what it can without mbufs for copies") {
  BehaviorFixture fixture;
  const InterfaceId one = fixture.port(6);
  const InterfaceId two = fixture.port(7);
  const BridgeId bridge = fixture.bridge({one, two}, {}, {}, false);
  fixture.local_sid(kDecapSid, Behavior::kEndDt2u, {.args = {.bridge = bridge}});
  const RunResult result =
      fixture.pass(BridgeFixture::carrying(BridgeFixture::frame(BridgeFixture::kUnknown)));
  REQUIRE(result.sent() == 1);
  REQUIRE(result.tx.count(7) == 1);
  REQUIRE(result.drops == std::map<std::string, std::uint64_t>{{"replicate_no_mbuf", 1}});
}

TEST_CASE("End.DT2U of a bridge without local members") {
  BehaviorFixture fixture;
  const BridgeId bridge = fixture.bridge({}, {}, {}, false);
  fixture.local_sid(kDecapSid, Behavior::kEndDt2u, {.args = {.bridge = bridge}});
  fixture.pass(to_decap(inner::frame)).require_dropped("bridge_no_member");
}

TEST_CASE("End.DT2U refuses what is not for it") {
  Fixture fixture;
  check_decap_contract(fixture, {inner::frame});
  for (std::size_t n = 0; n < sizeof(EthernetHeader); ++n) {
    fixture.require_dropped(fixture.carrying(Bytes(n)), "end_inner_malformed");
  }
}

TEST_CASE("uDT2U must be the last of its container") {
  Fixture fixture;
  fixture.local_sid("1111:2222:aaaa:1::", Behavior::kEndDt2u,
                    {.args = {.bridge = fixture.bridge_id},
                     .flavors = kNextCsid,
                     .csid = {32, 32},
                     .prefix_len = 64});
  PacketBuilder more = outer("1111:2222:aaaa:1::7");
  fixture.require_dropped(inner::frame(more), "end_argument_nonzero", 1);
}

}  // namespace sextant::test
