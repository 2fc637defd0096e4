// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.X: like End, but out by the adjacency of the SID, whatever the table says of the next
// segment.
#include "behavior_fixture.hpp"

namespace sextant::test {

namespace {

const std::vector<V6> kSegments = {"a3::c4", "a4::", "a5::"};

struct Fixture : BehaviorFixture {
  explicit Fixture(Flavors flavors = 0) {
    local_sid("a3::c4", Behavior::kEndX, {.args = {.forward = cross6}, .flavors = flavors});
  }
};

Bytes with(PacketBuilder packet, inner::Inner what = inner::ipv6) {
  return what(packet).build();
}

}  // namespace

TEST_CASE("End.X advances and leaves by the adjacency") {
  Fixture fixture;
  fixture.require_sent(with(outer("a3::c4", kSegments, 2)), fixture.kCross,
                       with(outer("a4::", kSegments, 1, 63)));
  fixture.require_sent(with(outer("a3::c4", kSegments, 1)), fixture.kCross,
                       with(outer("a5::", kSegments, 0, 63)));
  // Not even a route is needed.
  const std::vector<V6> nowhere = {"a3::c4", "dead::"};
  fixture.require_sent(with(outer("a3::c4", nowhere, 1)), fixture.kCross,
                       with(outer("dead::", nowhere, 0, 63)));
}

TEST_CASE("End.X with flavors keeps the adjacency") {
  Fixture psp(kPsp);
  psp.require_sent(with(outer("a3::c4", kSegments, 1)), psp.kCross, with(outer("a5::", 63)));
  Fixture usd(kUsd);
  PacketBuilder v6;
  PacketBuilder v4;
  usd.require_sent(with(outer("a3::c4")), usd.kCross, inner::ipv6_hops(v6, 63));
  usd.require_sent(with(outer("a3::c4", {"a1::", "a3::c4"}, 0), inner::ipv4), usd.kCross,
                   inner::ipv4_hops(v4, 63));
  Fixture usp(kUsp);
  usp.require_punted(with(outer("a3::c4", {"a1::", "a3::c4"}, 0), inner::echo_request),
                     with(outer("a3::c4"), inner::echo_request));
}

TEST_CASE("End.X refuses what End refuses") {
  Fixture fixture(kPsp | kUsp);
  const std::uint8_t problem = icmp6::kParameterProblem;
  fixture.require_error(with(outer("a3::c4", kSegments, 2, 1)), "end_hop_limit_exceeded",
                        icmp6::kTimeExceeded, 0, 0);
  fixture.require_error(with(outer("a3::c4", kSegments, 4)), "end_srh_malformed", problem,
                        kErroneousHeaderCode, 43);
  fixture.require_error(with(outer("a3::c4", kSegments, 0)), "end_upper_layer_unexpected", problem,
                        kUpperLayerCode, 96);
  fixture.require_error(with(outer("a3::c4"), inner::udp), "end_upper_layer_unexpected", problem,
                        kUpperLayerCode, 40);
  fixture.require_dropped(with(outer("a3::c4", {"a3::c4", "ff02::1"}, 1)),
                          "end_next_segment_martian");
}

TEST_CASE("End.X to a next hop that is too narrow") {
  Fixture fixture;
  fixture.interface(fixture.cross).mtu = 1280;
  PacketBuilder packet = outer("a3::c4", kSegments, 2);
  packet.payload(1280 - 40 - 56 + 1);
  const RunResult result = fixture.pass(packet);
  REQUIRE(result.drops == std::map<std::string, std::uint64_t>{{"forward_packet_too_big", 1}});
  const Bytes& error = result.only(fixture.kIn);
  REQUIRE(error[14 + 40] == icmp6::kPacketTooBig);
  REQUIRE(error[14 + 46] == 1280 >> 8);
  REQUIRE(error[14 + 47] == (1280 & 0xff));
}

TEST_CASE("uA shifts by the adjacency, and keeps it at the end of the container") {
  BehaviorFixture fixture;
  fixture.local_sid("1111:2222:aaaa:1::", Behavior::kEndX,
                    {.args = {.forward = fixture.cross6},
                     .flavors = kNextCsid | kPsp,
                     .csid = {32, 32},
                     .prefix_len = 64});
  fixture.require_sent(with(outer("1111:2222:aaaa:1:cccc:dddd::")), fixture.kCross,
                       with(outer("1111:2222:cccc:dddd::", 63)));
  const std::vector<V6> list = {"1111:2222:aaaa:1::", "a4::"};
  fixture.require_sent(with(outer(list[0], list, 1)), fixture.kCross, with(outer("a4::", 63)));
  fixture.require_error(with(outer("1111:2222:aaaa:1:cccc::", 1)), "end_hop_limit_exceeded",
                        icmp6::kTimeExceeded, 0, 0);
}

}  // namespace sextant::test
