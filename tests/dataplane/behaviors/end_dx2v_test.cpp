// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.DX2V: the VLAN id of the frame inside chooses the interface.
#include "decap_checks.hpp"

namespace sextant::test {

namespace {

constexpr PortIndex kSecond = 5;

struct Fixture : BehaviorFixture {
  InterfaceId second, vlan300;
  VlanTableId table_id;

  Fixture() {
    second = port(kSecond);
    interface(second).role = InterfaceRole::kL2Only;
    vlan300 = subinterface(kSecond, 300);
    interface(vlan300).role = InterfaceRole::kL2Only;
    table_id = vlan_table({{0, l2}, {123, second}, {124, vlan300}, {4094, l2}});
    local_sid(kDecapSid, Behavior::kEndDx2v, {.args = {.vlan_table = table_id}});
  }
};

Bytes frame(std::uint16_t vlan, EthernetOptions options = {.type = 0x8137}) {
  return PacketBuilder()
      .ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", vlan, options)
      .payload(46);
}

Bytes carrying(const Bytes& frame_bytes) {
  PacketBuilder packet = outer(kDecapSid);
  return packet.raw(frame_bytes, ip_protocol::kEthernet);
}

}  // namespace

TEST_CASE("End.DX2V finds the interface by VLAN id") {
  Fixture fixture;
  fixture.require_frame(carrying(frame(123)), kSecond, frame(123));
  fixture.require_frame(carrying(frame(4094)), fixture.kL2, frame(4094));
  // Priority is no part of the VLAN id and stays.
  const Bytes urgent = frame(123, {.priority = 7, .type = 0x8137});
  fixture.require_frame(carrying(urgent), kSecond, urgent);
  // Untagged and priority-tagged frames are VLAN 0.
  fixture.require_frame(carrying(frame(0)), fixture.kL2, frame(0));
  const Bytes priority = frame(0, {.priority = 5, .type = 0x8137});
  fixture.require_frame(carrying(priority), fixture.kL2, priority);
  // An interface that is a VLAN itself has its tag in place of the outer one.
  fixture.require_frame(carrying(frame(124)), kSecond, frame(300));
}

TEST_CASE("End.DX2V looks at the outer tag") {
  Fixture fixture;
  PacketBuilder two;
  two.ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", 123).vlan(999).payload(46);
  fixture.require_frame(carrying(two), kSecond, two);
  PacketBuilder service;
  service.ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", 0)
      .vlan(123, ether_type::kQinQ)
      .payload(46);
  fixture.require_frame(carrying(service), kSecond, service);
}

TEST_CASE("End.DX2V refuses frames that it cannot place") {
  Fixture fixture;
  for (const std::uint16_t vlan : {1, 122, 125, 4093}) {
    fixture.require_dropped(carrying(frame(vlan)), "end_vlan_unknown");
  }
  const Bytes tagged = frame(123);
  for (std::size_t n = 0; n < 18; ++n) {
    const Bytes cut(tagged.begin(), tagged.begin() + static_cast<std::ptrdiff_t>(n));
    fixture.require_dropped(carrying(cut), "end_inner_malformed");
  }
}

TEST_CASE("End.DX2V refuses what is not for it") {
  Fixture fixture;
  check_decap_contract(fixture, {inner::frame});
  check_chained(fixture, inner::tagged_frame, kSecond);
}

TEST_CASE("uDX2V must be the last of its container") {
  Fixture fixture;
  fixture.local_sid("1111:2222:aaaa:1::", Behavior::kEndDx2v,
                    {.args = {.vlan_table = fixture.table_id},
                     .flavors = kNextCsid,
                     .csid = {32, 32},
                     .prefix_len = 64});
  PacketBuilder more = outer("1111:2222:aaaa:1:bbbb::");
  fixture.require_dropped(inner::frame(more), "end_argument_nonzero", 1);
  PacketBuilder last = outer("1111:2222:aaaa:1::");
  fixture.require_frame(inner::frame(last), fixture.kL2, frame(0), 1);
}

}  // namespace sextant::test
