// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Bridges: frames from local members, to members, to other nodes, and what is told for learning.
#include "behaviors/bridge_checks.hpp"

namespace sextant::test {

namespace {

constexpr PortIndex kSenderPort = BridgeFixture::kMembers[1];

}  // namespace

TEST_CASE("A bridge sends a known address to its member only") {
  BridgeFixture fixture;
  const Bytes frame = fixture.frame(fixture.kHere);
  REQUIRE(hex(fixture.run(kSenderPort, Frame(frame)).only(fixture.kMembers[0])) == hex(frame));
}

TEST_CASE("A bridge sends a remote address by its policy") {
  BridgeFixture fixture;
  const Bytes frame = fixture.frame(fixture.kRemote);
  const RunResult result = fixture.run(kSenderPort, Frame(frame));
  REQUIRE(hex(fixture.without_label(result.only(fixture.kOut))) ==
          hex(fixture.to_remote("a4::d2", frame)));
  REQUIRE(fixture.steering_counter(fixture.remotes[0]).packets == 1);
  REQUIRE(fixture.steering_counter(fixture.remotes[1]).packets == 0);
}

TEST_CASE("A bridge floods to all members but the one it came from, and to all remotes") {
  BridgeFixture fixture;
  for (const char* to : {fixture.kUnknown, fixture.kEveryone}) {
    const Bytes frame = fixture.frame(to);
    const RunResult result = fixture.run(kSenderPort, Frame(frame));
    REQUIRE(result.drops.empty());
    REQUIRE(result.sent() == 4);
    REQUIRE(hex(result.tx.at(6).front()) == hex(frame));
    REQUIRE(hex(result.tx.at(8).front()) == hex(frame));
    const std::vector<Bytes>& remote = result.tx.at(fixture.kOut);
    REQUIRE(remote.size() == 2);
    std::vector<std::string> seen = {hex(fixture.without_label(remote[0])),
                                     hex(fixture.without_label(remote[1]))};
    std::sort(seen.begin(), seen.end());
    REQUIRE(seen == std::vector<std::string>{hex(fixture.to_remote("a4::d2", frame)),
                                             hex(fixture.to_remote("a5::d2", frame))});
  }
}

TEST_CASE("A bridge does not send a frame back to its member") {
  BridgeFixture fixture;
  fixture.run(fixture.kMembers[0], Frame(fixture.frame(fixture.kHere, fixture.kHere)))
      .require_dropped("bridge_split_horizon");
}

TEST_CASE("A bridge with one member has nowhere to flood to") {
  BehaviorFixture fixture;
  fixture.bridge({fixture.port(6)}, {}, {}, false);
  fixture.run(6, Frame(BridgeFixture::frame(BridgeFixture::kEveryone)))
      .require_dropped("bridge_no_member");
}

TEST_CASE("A bridge tells the control thread of new and moved addresses") {
  BridgeFixture fixture(true);
  const auto punted = [&](PortIndex port, const char* source) {
    const RunResult result = fixture.run(port, Frame(fixture.frame(fixture.kHere, source)));
    REQUIRE(result.drops.empty());
    REQUIRE(result.sent() == 1);
    for (const Punted& told : result.punted) {
      REQUIRE(told.info.reason == PuntReason::kLearn);
      REQUIRE(told.info.kind == PacketKind::kFrame);
      REQUIRE(told.info.object == fixture.bridge_id);
      REQUIRE(told.info.rx_interface == fixture.members[port - 6u]);
      const Bytes frame = fixture.frame(fixture.kHere, source);
      REQUIRE(hex(told.bytes) == hex(Bytes(frame.begin(), frame.begin() + 18)));
    }
    return result.punted.size();
  };
  REQUIRE(punted(7, "02:00:00:00:0f:01") == 1);  // new
  REQUIRE(punted(8, fixture.kSender) == 1);      // moved
  REQUIRE(punted(7, fixture.kSender) == 0);      // known
  REQUIRE(punted(7, fixture.kRemote) == 0);      // fixed by configuration
  REQUIRE(punted(7, "01:00:5e:00:00:01") == 0);  // no address of a station
  REQUIRE(punted(7, "00:00:00:00:00:00") == 0);
}

TEST_CASE("Learning is bounded per burst and never costs a frame") {
  BridgeFixture fixture(true);
  std::vector<Frame> burst;
  for (unsigned i = 0; i < 64; ++i) {
    MacAddress source = Mac("02:00:00:00:0e:00");
    source.bytes[5] = static_cast<std::uint8_t>(i);
    burst.emplace_back(
        PacketBuilder().ethernet(fixture.kHere, source, 0, {.type = 0x8137}).payload(46));
  }
  const RunResult result = fixture.run(kSenderPort, burst);
  REQUIRE(result.tx.at(6).size() == 64);
  REQUIRE(result.punted.size() == 8);
  REQUIRE(result.drops.empty());
}

TEST_CASE("A bridge that must not learn does not, nor one without mbufs") {
  BridgeFixture fixture(false);
  const Bytes frame = fixture.frame(fixture.kHere, "02:00:00:00:0f:01");
  REQUIRE(fixture.run(kSenderPort, Frame(frame)).punted.empty());

  BehaviorFixture bare;
  const InterfaceId one = bare.port(6);
  bare.bridge({one, bare.port(7)}, {}, {}, true);
  const RunResult result = bare.run(7, Frame(frame));
  REQUIRE(hex(result.only(6)) == hex(frame));
  REQUIRE(result.punted.empty());
}

TEST_CASE("A bridge of VLAN members moves frames between tags") {
  BehaviorFixture fixture;
  const InterfaceId a = fixture.subinterface(6, 100);
  const InterfaceId b = fixture.subinterface(7, 200);
  fixture.bridge({a, b}, {}, {}, false);
  const auto tagged = [](std::uint16_t vlan) {
    return PacketBuilder()
        .ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", vlan, {.type = 0x8137})
        .payload(46);
  };
  const RunResult result = fixture.run(6, Frame(tagged(100)));
  REQUIRE(hex(result.only(7)) == hex(tagged(200).build()));
}

}  // namespace sextant::test
