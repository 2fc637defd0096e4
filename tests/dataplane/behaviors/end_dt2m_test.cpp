// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DT2M: the frame inside goes to all local members, whatever its destination.
#include "bridge_checks.hpp"

namespace sextant::test {

namespace {

struct Fixture : BridgeFixture {
  Fixture() { local_sid(kDecapSid, Behavior::kEndDt2m, {.args = {.bridge = bridge_id}}); }
};

}  // namespace

TEST_CASE("End.DT2M floods to all local members and to no other node") {
  Fixture fixture;
  for (const char* to : {fixture.kEveryone, fixture.kUnknown, fixture.kHere, fixture.kRemote}) {
    const Bytes frame = fixture.frame(to, fixture.kRemote);
    for (const Bytes& packet : {fixture.carrying(frame)}) {
      fixture.require_on(fixture.pass(packet), {6, 7, 8}, frame);
    }
  }
  REQUIRE(fixture.sid_counter(0).good.packets == 4);
}

TEST_CASE("End.DT2M floods many frames of one burst") {
  Fixture fixture;
  std::vector<Frame> burst;
  for (unsigned i = 0; i < 64; ++i) {
    burst.emplace_back(fixture.received(fixture.carrying(fixture.frame(fixture.kEveryone))));
  }
  const RunResult result = fixture.run(fixture.kIn, burst);
  REQUIRE(result.drops.empty());
  for (const PortIndex port : fixture.kMembers)
    REQUIRE(result.tx.at(port).size() == 64);
  // A burst has room for its own size in copies: what is beyond is counted, nothing is lost.
  for (unsigned i = 64; i < kMaxRxBurst; ++i)
    burst.push_back(burst.front());
  const RunResult full = fixture.run(fixture.kIn, burst);
  REQUIRE(full.drops ==
          std::map<std::string, std::uint64_t>{{"replicate_burst_full", 2 * 256 - 256}});
  REQUIRE(full.sent() == 512);
}

TEST_CASE("End.DT2M refuses what is not for it") {
  Fixture fixture;
  check_decap_contract(fixture, {inner::frame});
  for (std::size_t n = 0; n < sizeof(EthernetHeader); ++n) {
    fixture.require_dropped(fixture.carrying(Bytes(n)), "end_inner_malformed");
  }
}

TEST_CASE("uDT2M must be the last of its container") {
  Fixture fixture;
  fixture.local_sid("1111:2222:aaaa:1::", Behavior::kEndDt2m,
                    {.args = {.bridge = fixture.bridge_id},
                     .flavors = kNextCsid,
                     .csid = {32, 32},
                     .prefix_len = 64});
  PacketBuilder more = outer("1111:2222:aaaa:1::7");
  fixture.require_dropped(inner::frame(more), "end_argument_nonzero", 1);
}

}  // namespace sextant::test
