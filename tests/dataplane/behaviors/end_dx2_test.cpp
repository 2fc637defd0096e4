// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DX2: the frame inside leaves by an interface, byte for byte.
#include "decap_checks.hpp"

namespace sextant::test {

namespace {

struct Fixture : BehaviorFixture {
  Fixture() { local_sid(kDecapSid, Behavior::kEndDx2, {.args = args()}); }
  SidArgs args() const { return {.interface = l2}; }
};

PacketBuilder& smallest(PacketBuilder& p) {
  return p.ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", 0, {.type = 0x8137});
}

}  // namespace

TEST_CASE("End.DX2 sends the frame as it is") {
  Fixture fixture;
  for (const inner::Inner what : {inner::frame, inner::tagged_frame, smallest}) {
    for (const Bytes& packet : all_outers(what)) {
      fixture.require_frame(packet, fixture.kL2, inner::alone(what));
    }
  }
  // A frame has no hop limit, ECN field or checksum of its own to look after.
  PacketBuilder marked;
  marked.ipv6(BehaviorFixture::kSource, kDecapSid, {.traffic_class = 3});
  fixture.require_frame(inner::frame(marked), fixture.kL2, inner::alone(inner::frame));
}

TEST_CASE("End.DX2 to a VLAN pushes its tag") {
  BehaviorFixture fixture;
  const InterfaceId vlan = fixture.subinterface(fixture.kL2, 200);
  fixture.interface(vlan).role = InterfaceRole::kL2Only;
  fixture.local_sid(kDecapSid, Behavior::kEndDx2, {.args = {.interface = vlan}});
  const Bytes wanted =
      PacketBuilder()
          .ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", 200, {.type = 0x8137})
          .payload(46);
  fixture.require_frame(to_decap(inner::frame), fixture.kL2, wanted);
  fixture.require_frame(to_decap(inner::tagged_frame), fixture.kL2, wanted);
}

TEST_CASE("End.DX2 refuses a frame shorter than its header") {
  Fixture fixture;
  const Bytes whole = inner::alone(inner::frame);
  for (std::size_t n = 0; n < sizeof(EthernetHeader); ++n) {
    PacketBuilder packet = outer(kDecapSid);
    packet.raw(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)),
               ip_protocol::kEthernet);
    fixture.require_dropped(packet, "end_inner_malformed");
  }
}

TEST_CASE("End.DX2 refuses what is not for it") {
  Fixture fixture;
  check_decap_contract(fixture, {inner::frame});
  check_no_argument(Behavior::kEndDx2, fixture.args(), inner::frame);
}

TEST_CASE("End.DX2 on chained packets") {
  Fixture fixture;
  check_chained(fixture, inner::frame, fixture.kL2);
}

}  // namespace sextant::test
