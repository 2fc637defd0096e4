// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.B6.Insert: the policy's SRH in front of the received one, which stays as it is.
#include "b6_checks.hpp"

namespace sextant::test {

namespace {

const std::vector<V6> kPath = {"a4::", "a5::", "a6::"};

struct Fixture : BehaviorFixture {
  Fixture() {
    const SegmentListId path = segment_list(kPath, {.headend = Headend::kHInsert});
    const SegmentListId direct = segment_list({"a4::"}, {.headend = Headend::kHInsert});
    local_sid(kBindingSid, Behavior::kEndB6Insert, {.args = {.policy = policy({path})}});
    local_sid("a3::b1", Behavior::kEndB6Insert, {.args = {.policy = policy({direct})}});
  }
};

}  // namespace

TEST_CASE("End.B6.Insert inserts the policy's segments and leaves the SRH alone") {
  Fixture fixture;
  for (const inner::Inner what : {inner::ipv6, inner::ipv4, inner::frame, inner::none}) {
    PacketBuilder wanted = outer("a4::", 63);
    wanted.srh(kPath, 2).srh(kTravel, 2);
    fixture.require_sent(bound(outer(kBindingSid, kTravel, 2), what), fixture.kOut,
                         bound(wanted, what));
  }
  REQUIRE(fixture.policy_counter(0).packets == 4);
  REQUIRE(fixture.list_counter(0).packets == 4);
}

TEST_CASE("End.B6.Insert puts the SRH behind hop-by-hop options") {
  Fixture fixture;
  PacketBuilder packet = outer(kBindingSid);
  packet.hop_by_hop().dest_options().srh(kTravel, 2);
  PacketBuilder wanted = outer("a4::", 63);
  wanted.hop_by_hop().srh(kPath, 2).dest_options().srh(kTravel, 2);
  fixture.require_sent(bound(packet), fixture.kOut, bound(wanted));
}

TEST_CASE("End.B6.Insert of one segment") {
  Fixture fixture;
  std::vector<V6> travel = kTravel;
  travel[1] = "a3::b1";
  PacketBuilder wanted = outer("a4::", 63);
  wanted.srh({"a4::"}, 0).srh(travel, 2);
  fixture.require_sent(bound(outer("a3::b1", travel, 2)), fixture.kOut, bound(wanted), 1);
}

TEST_CASE("The last segment of an inserted list leads on from the binding SID") {
  // The next node: the policy's last segment is one of its SIDs.
  BehaviorFixture next;
  next.local_sid("a4::", Behavior::kEnd);
  next.route("c4::7/128", next.cross6);
  std::vector<V6> travel = kTravel;
  PacketBuilder inserted = outer("a4::", 63);
  inserted.srh({"a4::"}, 0).srh(travel, 2);
  PacketBuilder wanted = outer("c4::7", 62);
  wanted.srh({"a4::"}, 0).srh(travel, 1);
  next.require_sent(bound(inserted), next.kCross, bound(wanted));
}

TEST_CASE("End.B6.Insert sprays") {
  BehaviorFixture fixture;
  fixture.use_mempool();
  const PolicyId policy =
      fixture.policy({fixture.segment_list({"a4::", "a5::"}, {.headend = Headend::kHInsert}),
                      fixture.segment_list({"a6::"}, {.headend = Headend::kHInsert})},
                     {.spray = true});
  fixture.local_sid(kBindingSid, Behavior::kEndB6Insert, {.args = {.policy = policy}});
  const RunResult result = fixture.pass(bound(outer(kBindingSid, kTravel, 2)));
  PacketBuilder first = outer("a4::", 63);
  first.srh({"a4::", "a5::"}, 1).srh(kTravel, 2);
  PacketBuilder second = outer("a6::", 63);
  second.srh({"a6::"}, 0).srh(kTravel, 2);
  REQUIRE(result.tx.at(fixture.kOut).size() == 2);
  std::vector<std::string> seen;
  for (const Bytes& frame : result.tx.at(fixture.kOut))
    seen.push_back(hex(frame));
  std::vector<std::string> expected = {hex(fixture.sent_on(fixture.kOut, bound(first))),
                                       hex(fixture.sent_on(fixture.kOut, bound(second)))};
  std::sort(seen.begin(), seen.end());
  std::sort(expected.begin(), expected.end());
  REQUIRE(seen == expected);
}

TEST_CASE("End.B6.Insert refuses what is not for it") {
  check_binding_sid(Behavior::kEndB6Insert, Headend::kHInsert);
}

}  // namespace sextant::test
