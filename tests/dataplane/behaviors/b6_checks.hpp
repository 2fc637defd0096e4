// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What holds for every binding SID, and the packets for it.
#pragma once

#include "behavior_fixture.hpp"

namespace sextant::test {

inline constexpr const char* kBindingSid = "a3::b6";
inline const std::vector<V6> kTravel = {"a2::", kBindingSid, "c4::7", "c4::8"};

inline Bytes bound(PacketBuilder packet, inner::Inner what = inner::ipv6) {
  return what(packet).build();
}

// Frames as sent, with the 20 bits of flow label hidden: it is a hash.
inline Bytes without_frame_flow_label(Bytes sent) {
  sent[14 + 1] &= 0xf0;
  sent[14 + 2] = sent[14 + 3] = 0;
  return sent;
}

inline void check_binding_sid(Behavior behavior, Headend headend) {
  const std::uint8_t problem = icmp6::kParameterProblem;
  BehaviorFixture fixture;
  const PolicyId policy =
      fixture.policy({fixture.segment_list({"a4::", "a5::"}, {.headend = headend})});
  const PolicyId invalid = fixture.policy({}, {.valid = false});
  fixture.local_sid(kBindingSid, behavior, {.args = {.policy = policy}});
  fixture.local_sid("a3::b7", behavior, {.args = {.policy = invalid}});

  for (const std::uint8_t hops : {0, 1}) {
    fixture.require_error(bound(outer(kBindingSid, kTravel, 2, hops)), "end_hop_limit_exceeded",
                          icmp6::kTimeExceeded, 0, 0);
  }
  for (const std::uint8_t left : {5, 6, 255}) {
    fixture.require_error(bound(outer(kBindingSid, kTravel, left)), "end_srh_malformed", problem,
                          kErroneousHeaderCode, 43);
  }
  for (const inner::Inner what : {inner::ipv6, inner::ipv4, inner::frame, inner::udp}) {
    fixture.require_error(bound(outer(kBindingSid, kTravel, 0), what), "end_segments_left_zero",
                          problem, kUpperLayerCode, 40 + 72);
    fixture.require_error(bound(outer(kBindingSid), what), "end_segments_left_zero", problem,
                          kUpperLayerCode, 40);
  }
  fixture.require_punted(bound(outer(kBindingSid), inner::echo_request),
                         bound(outer(kBindingSid), inner::echo_request));
  fixture.require_dropped(bound(outer("a3::b7", {"a2::", "a3::b7", "c4::7"}, 1)),
                          "end_policy_invalid", 1);
  fixture.require_dropped(bound(outer(kBindingSid, {"a2::", kBindingSid, "ff02::1"}, 1)),
                          "end_next_segment_martian");
  // No room for the new headers: dropped with a reason, nothing written below the buffer.
  const Bytes frame = fixture.received(bound(outer(kBindingSid, kTravel, 2)));
  const auto room = static_cast<std::uint16_t>(frame.size() + 10);
  const RunResult tight = fixture.run(fixture.kIn, Frame(frame, {.headroom = 0, .room = room}));
  REQUIRE(tight.drops == std::map<std::string, std::uint64_t>{{"headend_no_headroom", 1}});
  REQUIRE(fixture.list_counter(0).packets == 0);
}

}  // namespace sextant::test
