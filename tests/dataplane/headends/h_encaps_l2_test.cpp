// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Encaps.L2: whole frames, tagged or not, of any content.
#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const std::vector<V6> kThree = {"a4::", "a5::", "a6::c7"};

struct L2Fixture : SteeringFixture {
  InterfaceId pseudowire = port(2);
  SegmentListId steer_frames(const std::vector<V6>& list, ListOptions options = {}) {
    options.source = "a3::";
    const SegmentListId id = segment_list(list, options);
    steer_interface(pseudowire, policy({id}));
    return id;
  }
  RunResult receive_frame(const Bytes& frame, const MbufOptions& mbuf = {}) {
    return run(2, Frame(frame, mbuf));
  }
};

PacketBuilder frame_start(std::uint16_t vlan = 0) {
  return PacketBuilder().ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", vlan);
}

}  // namespace

TEST_CASE("H.Encaps.L2 vector: a tagged frame, byte-identical inside") {
  L2Fixture head;
  head.steer_frames(kThree);
  const Bytes frame = from_hex(
      "0055443322110011223344558100007b8137000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
      "1c1d"
      "1e1f202122232425262728292a2b2c2d");
  CHECK(hex(without_flow_label(sent_by(1, head.receive_frame(frame).only(1)))) ==
        "6000000000782b4000a3000000000000000000000000000000a400000000000000000000000000008f06040202"
        "00000000"
        "a600000000000000000000000000c700a5000000000000000000000000000000a4000000000000000000000000"
        "000000"
        "55443322110011223344558100007b8137000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
        "1c1d1e1f"
        "202122232425262728292a2b2c2d");
}

TEST_CASE("H.Encaps.L2: segments x frames x headroom x chains") {
  const std::size_t n = GENERATE(1u, 2u, 3u, 8u, 15u, 16u);
  L2Fixture head;
  const SegmentListId list = head.steer_frames(segments(n));
  const std::size_t rewrite = n == 1 ? 40 : 48 + 16 * n;
  const std::vector<Bytes> frames = {
      frame_start().raw(Bytes(46, 7)), frame_start(123).raw(Bytes(46, 7)),
      frame_start().ipv6("1234::1", "a7::1").udp(1, 2).payload(60),
      frame_start(5).vlan(6).ipv4("1.2.3.4", "5.6.7.8").udp(1, 2).payload(60),
      // Broadcast, to nobody's MAC, hop limit 0: a pseudowire does not care.
      PacketBuilder().ethernet("ff:ff:ff:ff:ff:ff", "00:11:22:33:44:55").raw(Bytes(46, 1)),
      frame_start().ipv6("1234::1", "a7::1", {.hop_limit = 0}).udp(1, 2).payload(60)};
  std::uint64_t bytes = 0;
  for (const Bytes& frame : frames) {
    const Bytes expected = encapsulated(frame, 143, segments(n));
    for (const std::uint16_t headroom : {0, 64, 128}) {
      for (const std::vector<std::uint16_t>& chain :
           std::vector<std::vector<std::uint16_t>>{{}, {40, 10}}) {
        CAPTURE(n, hex(frame), headroom, chain.size());
        const RunResult result =
            head.receive_frame(frame, {.headroom = headroom, .segments = chain});
        if (chain.empty() || headroom >= rewrite + 14) {
          CHECK(hex(without_flow_label(sent_by(1, result.only(1)))) == hex(expected));
          bytes += frame.size();
        } else if (headroom < rewrite) {
          result.require_dropped("headend_no_headroom");
        }
      }
    }
  }
  CHECK(head.list_counter(list).bytes >= bytes);
}

TEST_CASE("H.Encaps.L2: traffic class is 0 or fixed, whatever is inside; flows have their label") {
  L2Fixture head;
  head.steer_frames(kThree, {.traffic_class = 0xb8});
  const auto frame = [](std::uint16_t port) {
    return frame_start().ipv6("1234::1", "a7::1", {.traffic_class = 0xff}).udp(port, 2).payload(60);
  };
  const Bytes first = sent_by(1, head.receive_frame(frame(1)).only(1));
  CHECK(hex(without_flow_label(first)) ==
        hex(encapsulated(frame(1), 143, kThree, {.traffic_class = 0xb8})));
  CHECK(flow_label_of(first) != 0);
  CHECK(flow_label_of(first) != flow_label_of(sent_by(1, head.receive_frame(frame(2)).only(1))));
  L2Fixture plain;
  plain.steer_frames(kThree);
  CHECK(hex(without_flow_label(sent_by(1, plain.receive_frame(frame(1)).only(1)))) ==
        hex(encapsulated(frame(1), 143, kThree)));
}

TEST_CASE("H.Encaps.L2: a frame beyond the path MTU is dropped and counted, never answered") {
  L2Fixture head;
  head.steer_frames(kThree, {.path_mtu = 1500});
  const Bytes fits = frame_start().raw(Bytes(1500 - 96 - 14, 3));
  CHECK(head.receive_frame(fits).only(1).size() == 1500 + 14);
  const Bytes too_big = frame_start().raw(Bytes(1500 - 96 - 13, 3));
  head.receive_frame(too_big).require_dropped("forward_packet_too_big");
  const Bytes inner_ip = frame_start().ipv6("1234::1", "a7::1").udp(1, 2).payload(1400);
  head.receive_frame(inner_ip).require_dropped("forward_packet_too_big");
}

TEST_CASE("H.Encaps.L2: the payload length field bounds the frame") {
  L2Fixture head;
  head.steer_frames(kThree);
  head.receive_frame(
          frame_start().raw(Bytes(65535, 3)),
          {.headroom = 256, .room = 12000, .segments = std::vector<std::uint16_t>(7, 9000)})
      .require_dropped("headend_payload_too_long");
}

TEST_CASE("H.Encaps.L2: frames cannot be inserted into, and stale lists drop") {
  L2Fixture head;
  head.steer_frames(kThree, {.headend = Headend::kHInsert});
  head.receive_frame(frame_start().raw(Bytes(46, 7))).require_dropped("headend_inner_type");
}

TEST_CASE("H.Encaps.L2 at every position of a mixed burst") {
  L2Fixture head;
  head.steer_frames(kThree);
  std::vector<Frame> others;
  for (std::uint16_t i = 1; i < 6; ++i) {
    others.emplace_back(frame_start(i).raw(Bytes(40u + i, static_cast<std::uint8_t>(i))));
  }
  others.emplace_back(frame_start().raw(Bytes(46, 1)), MbufOptions{.headroom = 0, .room = 100});
  others.emplace_back(Bytes(13, 1));
  head.run_at_every_position(2, frame_start(123).raw(Bytes(46, 7)), others);
}
