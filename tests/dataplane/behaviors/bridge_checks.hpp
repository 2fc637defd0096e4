// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A bridge with three local members, two remote ones, and frames for it.
#pragma once

#include "decap_checks.hpp"

namespace sextant::test {

struct BridgeFixture : BehaviorFixture {
  static constexpr PortIndex kMembers[3] = {6, 7, 8};
  static constexpr const char* kHere = "02:00:00:00:00:06";    // behind the first member
  static constexpr const char* kRemote = "02:00:00:00:01:01";  // behind the first remote
  static constexpr const char* kUnknown = "02:00:00:00:0f:ff";
  static constexpr const char* kEveryone = "ff:ff:ff:ff:ff:ff";
  static constexpr const char* kSender = "02:00:00:00:00:07";  // behind the second member

  std::vector<InterfaceId> members;
  std::vector<SteeringId> remotes;
  BridgeId bridge_id;

  explicit BridgeFixture(bool learning = false) {
    use_mempool();
    for (const PortIndex p : kMembers)
      members.push_back(port(p));
    for (const char* sid : {"a4::d2", "a5::d2"}) {
      remotes.push_back(steering(policy({segment_list({sid})})).index());
    }
    bridge_id = bridge(members, remotes,
                       {{Mac(kHere), false, members[0], true},
                        {Mac(kSender), false, members[1], false},
                        {Mac(kRemote), true, remotes[0], true}},
                       learning);
  }

  static Bytes frame(const char* destination, const char* source = kSender) {
    return PacketBuilder().ethernet(destination, source, 0, {.type = 0x8137}).payload(46);
  }
  // A frame from another node, for the SID.
  static Bytes carrying(const Bytes& frame_bytes) {
    PacketBuilder packet = outer(kDecapSid);
    return packet.raw(frame_bytes, ip_protocol::kEthernet);
  }
  // What goes to the remote bridge of a SID: hidden flow label, the rest as it is.
  static Bytes without_label(Bytes sent) {
    sent[14 + 1] &= 0xf0;
    sent[14 + 2] = sent[14 + 3] = 0;
    return sent;
  }
  static Bytes to_remote(const char* sid, const Bytes& frame_bytes) {
    return sent_on(kOut,
                   PacketBuilder().ipv6("a0::1", sid).raw(frame_bytes, ip_protocol::kEthernet));
  }
  // REQUIREs the frame on exactly these ports, once each.
  static void require_on(const RunResult& result, const std::vector<PortIndex>& ports,
                         const Bytes& wanted) {
    REQUIRE(result.drops.empty());
    REQUIRE(result.sent() == ports.size());
    for (const PortIndex p : ports) {
      INFO("pg" << p);
      REQUIRE(result.tx.count(p) == 1);
      REQUIRE(hex(result.tx.at(p).front()) == hex(wanted));
    }
  }
};

}  // namespace sextant::test
