// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.B6.Encaps: to the next segment, inside the policy's own header.
#include "b6_checks.hpp"

namespace sextant::test {

namespace {

const std::vector<V6> kPath = {"a4::", "a5::", "a6::"};

struct Fixture : BehaviorFixture {
  Fixture() {
    const SegmentListId path = segment_list(kPath, {.headend = Headend::kHEncaps});
    const SegmentListId direct = segment_list({"a4::"}, {.headend = Headend::kHEncaps});
    local_sid(kBindingSid, Behavior::kEndB6Encaps, {.args = {.policy = policy({path})}});
    local_sid("a3::b1", Behavior::kEndB6Encaps, {.args = {.policy = policy({direct})}});
  }
};

// The packet as it travels on: hop limit and Segments Left counted down once.
Bytes advanced(PacketBuilder wrapped, inner::Inner what, std::uint8_t hops = 63) {
  wrapped.ipv6(BehaviorFixture::kSource, "c4::7", {.hop_limit = hops}).srh(kTravel, 1);
  return bound(wrapped, what);
}

PacketBuilder policy_header() {
  return PacketBuilder().ipv6("a0::1", "a4::").srh(kPath, 2, {.reduced = false});
}

}  // namespace

TEST_CASE("End.B6.Encaps advances, then encapsulates") {
  Fixture fixture;
  for (const inner::Inner what : {inner::ipv6, inner::ipv4, inner::frame, inner::udp}) {
    const Bytes packet = bound(outer(kBindingSid, kTravel, 2), what);
    const RunResult result = fixture.pass(packet);
    REQUIRE(hex(without_frame_flow_label(result.only(fixture.kOut))) ==
            hex(fixture.sent_on(fixture.kOut, advanced(policy_header(), what))));
  }
  REQUIRE(fixture.sid_counter(0).good.packets == 4);
  REQUIRE(fixture.policy_counter(0).packets == 4);
  REQUIRE(fixture.list_counter(0).packets == 4);
  REQUIRE(fixture.sid_counter(0).bad.packets == 0);
}

TEST_CASE("End.B6.Encaps with one segment needs no SRH") {
  Fixture fixture;
  std::vector<V6> travel = kTravel;
  travel[1] = "a3::b1";
  const RunResult result = fixture.pass(bound(outer("a3::b1", travel, 2)));
  PacketBuilder wanted;
  wanted.ipv6("a0::1", "a4::")
      .ipv6(BehaviorFixture::kSource, "c4::7", {.hop_limit = 63})
      .srh(travel, 1);
  REQUIRE(hex(without_frame_flow_label(result.only(fixture.kOut))) ==
          hex(fixture.sent_on(fixture.kOut, bound(wanted))));
}

TEST_CASE("End.B6.Encaps of hop limit 2 leaves 1 inside") {
  Fixture fixture;
  const RunResult result = fixture.pass(bound(outer(kBindingSid, kTravel, 2, 2)));
  REQUIRE(hex(without_frame_flow_label(result.only(fixture.kOut))) ==
          hex(fixture.sent_on(fixture.kOut, advanced(policy_header(), inner::ipv6, 1))));
}

TEST_CASE("End.B6.Encaps refuses what is not for it") {
  check_binding_sid(Behavior::kEndB6Encaps, Headend::kHEncaps);
}

}  // namespace sextant::test
