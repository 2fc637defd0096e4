// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Encaps.Red: the segment list without its first segment.
#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

TEST_CASE("H.Encaps.Red: segments x inner types x headroom x chains") {
  const std::size_t n = GENERATE(range<std::size_t>(1, 17));
  SteeringFixture head;
  const SegmentListId list = head.steer_to(segments(n), {.headend = Headend::kHEncapsRed});
  const std::size_t rewrite = n == 1 ? 40 : 32 + 16 * n;
  for (const bool v4 : {false, true}) {
    const Bytes inner = v4 ? inner_v4(200) : inner_v6(200);
    const Bytes expected =
        encapsulated(one_hop_on(inner), v4 ? 4 : 41, segments(n), {.reduced = true});
    REQUIRE(expected.size() == inner.size() + rewrite);
    for (const std::uint16_t headroom : {0, 64, 128}) {
      for (const std::vector<std::uint16_t>& chain :
           std::vector<std::vector<std::uint16_t>>{{}, {62, 100}}) {
        CAPTURE(n, v4, headroom, chain.size());
        const RunResult result = head.receive(inner, {.headroom = headroom, .segments = chain});
        if (chain.empty() || headroom >= rewrite) {
          CHECK(hex(without_flow_label(sent_by(1, result.only(1)))) == hex(expected));
        } else {
          result.require_dropped("headend_no_headroom");
        }
      }
    }
  }
  CHECK(head.list_counter(list).packets > 0);
}

TEST_CASE("H.Encaps.Red: Segments Left is one above Last Entry, and End accepts it") {
  SteeringFixture head;
  head.steer_to(segments(2), {.headend = Headend::kHEncapsRed});
  const Bytes sent = sent_by(1, head.receive(inner_v6()).only(1));
  CHECK(sent.at(43) == 1);
  CHECK(sent.at(44) == 0);
  SteeringFixture next;
  next.local_sid("a4:1::c7", Behavior::kEnd);
  const Bytes on = sent_by(1, next.receive(sent).only(1));
  CHECK(on.at(43) == 0);
  CHECK(std::equal(on.begin() + 24, on.begin() + 40, sent.begin() + 48));
}

TEST_CASE("H.Encaps.Red: hop limit and MTU are checked as for H.Encaps") {
  SteeringFixture head;
  head.steer_to(segments(3), {.headend = Headend::kHEncapsRed, .path_mtu = 1500});
  const std::size_t fits = 1500 - 80;
  CHECK(head.receive(inner_v6(fits - 48)).only(1).size() == 1500 + 14);
  const Bytes too_big = sent_by(0, head.receive(inner_v6(fits - 47)).only(0));
  CHECK(too_big.at(40) == icmp6::kPacketTooBig);
  CHECK((too_big.at(46) << 8 | too_big.at(47)) == static_cast<int>(fits));
  const Bytes expired = sent_by(0, head.receive(inner_v6(4, {.hop_limit = 1})).only(0));
  CHECK(expired.at(40) == icmp6::kTimeExceeded);
  CHECK(head.drops(DropReason::forward_packet_too_big) == 1);
  CHECK(head.drops(DropReason::headend_hop_limit_exceeded) == 1);
}
