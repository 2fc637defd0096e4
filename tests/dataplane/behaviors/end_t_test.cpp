// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.T: like End, but the next segment is looked up in the table of the SID.
#include "behavior_fixture.hpp"

namespace sextant::test {

namespace {

const std::vector<V6> kSegments = {"a3::77", "a4::", "a5::"};

struct Fixture : BehaviorFixture {
  explicit Fixture(Flavors flavors = 0) {
    local_sid("a3::77", Behavior::kEndT, {.args = {.table = 1}, .flavors = flavors});
  }
};

Bytes with(PacketBuilder packet, inner::Inner what = inner::ipv6) {
  return what(packet).build();
}

}  // namespace

TEST_CASE("End.T advances and looks up in its table") {
  Fixture fixture;
  fixture.require_sent(with(outer("a3::77", kSegments, 2)), fixture.kVrf,
                       with(outer("a4::", kSegments, 1, 63)));
  fixture.require_sent(with(outer("a3::77", kSegments, 1)), fixture.kVrf,
                       with(outer("a5::", kSegments, 0, 63)));
}

TEST_CASE("End.T does not find what only another table has") {
  Fixture fixture;
  fixture.route("d4::/64", fixture.via(fixture.out, "b1::2"));
  const RunResult result = fixture.pass(with(outer("a3::77", {"a3::77", "d4::"}, 1)));
  REQUIRE(result.drops == std::map<std::string, std::uint64_t>{{"lookup_no_route", 1}});
  REQUIRE(result.tx.count(fixture.kOut) == 0);
}

TEST_CASE("End.T with flavors uses its table") {
  Fixture psp(kPsp);
  psp.require_sent(with(outer("a3::77", kSegments, 1)), psp.kVrf, with(outer("a5::", 63)));
  Fixture usd(kUsd);
  PacketBuilder v6;
  PacketBuilder v4;
  usd.require_sent(with(outer("a3::77")), usd.kVrf, inner::ipv6_hops(v6, 63));
  usd.require_sent(with(outer("a3::77", {"a1::", "a3::77"}, 0), inner::ipv4), usd.kVrf,
                   inner::ipv4_hops(v4, 63));
}

TEST_CASE("End.T refuses what End refuses") {
  Fixture fixture;
  const std::uint8_t problem = icmp6::kParameterProblem;
  fixture.require_error(with(outer("a3::77", kSegments, 2, 0)), "end_hop_limit_exceeded",
                        icmp6::kTimeExceeded, 0, 0);
  fixture.require_error(with(outer("a3::77", kSegments, 4)), "end_srh_malformed", problem,
                        kErroneousHeaderCode, 43);
  fixture.require_error(with(outer("a3::77"), inner::ipv4), "end_upper_layer_unexpected", problem,
                        kUpperLayerCode, 40);
  fixture.require_dropped(with(outer("a3::77", {"a3::77", "::1"}, 1)), "end_next_segment_martian");
}

TEST_CASE("uT shifts and looks up in its table") {
  BehaviorFixture fixture;
  fixture.local_sid("1111:2222:aaaa::", Behavior::kEndT,
                    {.args = {.table = 1}, .flavors = kNextCsid, .prefix_len = 48});
  fixture.require_sent(with(outer("1111:2222:aaaa:bbbb::")), fixture.kVrf,
                       with(outer("1111:2222:bbbb::", 63)));
  const std::vector<V6> list = {"1111:2222:aaaa::", "a4::"};
  fixture.require_sent(with(outer(list[0], list, 1)), fixture.kVrf,
                       with(outer("a4::", list, 0, 63)));
}

}  // namespace sextant::test
