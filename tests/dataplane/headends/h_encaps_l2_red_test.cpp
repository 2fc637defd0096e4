// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Encaps.L2.Red: frames behind a reduced segment list.
#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

TEST_CASE("H.Encaps.L2.Red: segments x frames x headroom x chains") {
  const std::size_t n = GENERATE(1u, 2u, 3u, 16u);
  SteeringFixture head;
  const InterfaceId pseudowire = head.port(2);
  const SegmentListId list =
      head.segment_list(segments(n), {.headend = Headend::kHEncapsRed, .source = "a3::"});
  head.steer_interface(pseudowire, head.policy({list}));
  const std::size_t rewrite = n == 1 ? 40 : 32 + 16 * n;
  for (const std::uint16_t vlan : {0, 123}) {
    const Bytes frame = PacketBuilder()
                            .ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", vlan)
                            .ipv4("1.2.3.4", "5.6.7.8", {.ttl = 1})
                            .udp(1, 2)
                            .payload(60);
    const Bytes expected = encapsulated(frame, 143, segments(n), {.reduced = true});
    for (const std::uint16_t headroom : {0, 128}) {
      for (const std::vector<std::uint16_t>& chain :
           std::vector<std::vector<std::uint16_t>>{{}, {40, 10}}) {
        CAPTURE(n, vlan, headroom, chain.size());
        const RunResult result =
            head.run(2, Frame(frame, {.headroom = headroom, .segments = chain}));
        if (chain.empty() || headroom >= rewrite + 14) {
          CHECK(hex(without_flow_label(sent_by(1, result.only(1)))) == hex(expected));
        } else {
          result.require_dropped("headend_no_headroom");
        }
      }
    }
  }
}

TEST_CASE("H.Encaps.L2.Red: a frame beyond the path MTU") {
  SteeringFixture head;
  const InterfaceId pseudowire = head.port(2);
  const SegmentListId list =
      head.segment_list(segments(3), {.headend = Headend::kHEncapsRed, .path_mtu = 1300});
  head.steer_interface(pseudowire, head.policy({list}));
  const auto frame = [](std::size_t payload) {
    return PacketBuilder().ethernet("00:55:44:33:22:11", "00:11:22:33:44:55").payload(payload);
  };
  CHECK(head.run(2, frame(1300 - 80 - 14)).only(1).size() == 1300 + 14);
  head.run(2, frame(1300 - 80 - 13)).require_dropped("forward_packet_too_big");
}
