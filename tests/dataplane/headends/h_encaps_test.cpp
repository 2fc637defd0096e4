// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Encaps: bytes, hop limits, traffic class, flow label, MTU, headroom.
#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const std::vector<V6> kThree = {"a4::", "a5::", "a6::c7"};
const Bytes kInner6 = from_hex(
    "60000000000c11401234000000000000000000000000000100a7000000000000000000000000123404d204d2000ce9"
    "48"
    "74657374");
const Bytes kInner4 = from_hex("45000020000100004011f64e7b0101010701017b04d204d2000c89da74657374");

// MTU of a path error: ICMPv6 Packet Too Big, or ICMP fragmentation needed.
std::uint32_t reported_mtu(const Bytes& error) {
  const std::size_t icmp = error.at(0) >> 4 == 6 ? 40 : 20;
  return static_cast<std::uint32_t>(error.at(icmp + 4) << 24 | error.at(icmp + 5) << 16 |
                                    error.at(icmp + 6) << 8 | error.at(icmp + 7));
}

}  // namespace

TEST_CASE("H.Encaps vectors") {
  SteeringFixture head;
  SECTION("three segments, IPv6") {
    head.steer_to(kThree);
    CHECK(hex(without_flow_label(sent_by(1, head.receive(kInner6).only(1)))) ==
          "60000000006c2b4000a3000000000000000000000000000000a4000000000000000000000000000029060402"
          "0200"
          "000000a600000000000000000000000000c700a5000000000000000000000000000000a40000000000000000"
          "0000"
          "0000000060000000000c113f1234000000000000000000000000000100a70000000000000000000000001234"
          "04d2"
          "04d2000ce94874657374");
  }
  SECTION("three segments, IPv4") {
    head.steer_to(kThree);
    CHECK(hex(without_flow_label(sent_by(1, head.receive(kInner4).only(1)))) ==
          "6000000000582b4000a3000000000000000000000000000000a4000000000000000000000000000004060402"
          "0200"
          "000000a600000000000000000000000000c700a5000000000000000000000000000000a40000000000000000"
          "0000"
          "0000000045000020000100003f11f74e7b0101010701017b04d204d2000c89da74657374");
  }
  SECTION("one segment has no SRH") {
    head.steer_to({"a4::"});
    CHECK(hex(without_flow_label(sent_by(1, head.receive(kInner6).only(1)))) ==
          "600000000034294000a3000000000000000000000000000000a4000000000000000000000000000060000000"
          "000c"
          "113f1234000000000000000000000000000100a7000000000000000000000000123404d204d2000ce9487465"
          "7374");
  }
}

TEST_CASE("H.Encaps: segments x inner types x headroom x chains") {
  const std::size_t n = GENERATE(range<std::size_t>(1, 17));
  SteeringFixture head;
  const SegmentListId list = head.steer_to(segments(n));
  const std::size_t rewrite = n == 1 ? 40 : 48 + 16 * n;
  std::uint64_t packets = 0;
  for (const bool v4 : {false, true}) {
    const Bytes inner = v4 ? inner_v4(200) : inner_v6(200);
    const Bytes expected = encapsulated(one_hop_on(inner), v4 ? 4 : 41, segments(n));
    for (const std::uint16_t headroom : {0, 1, 40, 64, 127, 128}) {
      for (const std::vector<std::uint16_t>& chain :
           std::vector<std::vector<std::uint16_t>>{{}, {62}, {100, 1, 30}}) {
        CAPTURE(n, v4, headroom, chain.size());
        const RunResult result = head.receive(inner, {.headroom = headroom, .segments = chain});
        // One segment: data can move back. A chain has its headroom and nothing else.
        if (chain.empty() || headroom >= rewrite) {
          CHECK(hex(without_flow_label(sent_by(1, result.only(1)))) == hex(expected));
          ++packets;
        } else {
          result.require_dropped("headend_no_headroom");
        }
      }
    }
  }
  CHECK(head.list_counter(list).packets >= packets);
}

TEST_CASE("H.Encaps: a packet that does not fit its buffer is dropped as it came") {
  SteeringFixture head;
  head.steer_to(segments(16));
  const Bytes inner = inner_v6(200);
  // 304 bytes of rewrite and 14 of link layer, in front of 248.
  const auto room = [](std::size_t n) {
    return MbufOptions{.headroom = 0, .room = std::uint16_t(n)};
  };
  const RunResult tight = head.receive(inner, room(248 + 304 + 14));
  CHECK(tight.only(1).size() == 248 + 304 + 14);
  const RunResult result = head.receive(inner, room(248 + 304 - 1));
  result.require_dropped("headend_no_headroom");
  CHECK(hex(result.dropped.front()) == hex(inner));
}

TEST_CASE("H.Encaps: traffic class is copied, or fixed with ECN copied (RFC 6040)") {
  const std::uint8_t inner_class = GENERATE(0x00, 0x01, 0x02, 0x03, 0xb8, 0xbb, 0xff);
  const bool fixed = GENERATE(false, true);
  CAPTURE(inner_class, fixed);
  SteeringFixture head;
  ListOptions options;
  if (fixed) options.traffic_class = 0x28;
  head.steer_to(kThree, options);
  const std::uint8_t outer =
      fixed ? static_cast<std::uint8_t>(0x28 | (inner_class & 3)) : inner_class;
  const Bytes six = inner_v6(4, {.traffic_class = inner_class});
  CHECK(hex(without_flow_label(sent_by(1, head.receive(six).only(1)))) ==
        hex(encapsulated(one_hop_on(six), 41, kThree, {.traffic_class = outer})));
  const Bytes four = inner_v4(4, {.tos = inner_class});
  CHECK(hex(without_flow_label(sent_by(1, head.receive(four).only(1)))) ==
        hex(encapsulated(one_hop_on(four), 4, kThree, {.traffic_class = outer})));
}

TEST_CASE("H.Encaps: outer source and hop limit are the list's") {
  SteeringFixture head;
  head.steer_to(kThree, {.source = "b1::", .hop_limit = 17});
  CHECK(hex(without_flow_label(sent_by(1, head.receive(kInner6).only(1)))) ==
        hex(encapsulated(one_hop_on(kInner6), 41, kThree, {.source = "b1::", .hop_limit = 17})));
}

TEST_CASE("H.Encaps: the flow label is never 0, stable per flow, and differs between flows") {
  SteeringFixture head;
  head.steer_to(kThree);
  std::map<std::uint32_t, unsigned> labels;
  for (std::uint16_t port = 1000; port < 1200; ++port) {
    for (const bool v4 : {false, true}) {
      const Bytes inner = v4 ? inner_v4(4, {}, port) : inner_v6(4, {}, port);
      const std::uint32_t label = flow_label_of(sent_by(1, head.receive(inner).only(1)));
      CHECK(label != 0);
      CHECK(label < 1u << 20);
      const Bytes longer = v4 ? inner_v4(90, {}, port) : inner_v6(90, {}, port);
      CHECK(flow_label_of(sent_by(1, head.receive(longer).only(1))) == label);
      ++labels[label];
    }
  }
  CHECK(labels.size() > 395);
}

TEST_CASE("H.Encaps: hop limit 1 or 0 before encapsulation") {
  SteeringFixture head;
  head.steer_to(kThree);
  for (const std::uint8_t hops : {0, 1}) {
    const Bytes six = inner_v6(4, {.hop_limit = hops});
    const Bytes error = sent_by(0, head.receive(six).only(0));
    CHECK(error.at(6) == ip_protocol::kIcmp6);
    CHECK(error.at(40) == icmp6::kTimeExceeded);
    CHECK(hex(Bytes(error.begin() + 48, error.end())) == hex(six));
    const Bytes four = inner_v4(4, {.ttl = hops});
    const Bytes error4 = sent_by(0, head.receive(four).only(0));
    CHECK(error4.at(9) == ip_protocol::kIcmp);
    CHECK(error4.at(20) == icmp4::kTimeExceeded);
    CHECK(hex(Bytes(error4.begin() + 28, error4.end())) == hex(four));
  }
  CHECK(head.drops(DropReason::headend_hop_limit_exceeded) == 4);
  CHECK(sent_by(1, head.receive(inner_v6(4, {.hop_limit = 2})).only(1)).at(40 + 56 + 7) == 1);
}

TEST_CASE("H.Encaps: packets of this node keep their hop limit") {
  SteeringFixture head;
  head.steer_to(kThree);
  for (const std::uint8_t hops : {1, 64}) {
    const Bytes inner = inner_v6(4, {.hop_limit = hops});
    const RunResult result = head.run_injected(0, {Frame(inner)});
    CHECK(hex(without_flow_label(sent_by(1, result.only(1)))) ==
          hex(encapsulated(inner, 41, kThree)));
  }
}

TEST_CASE("H.Encaps MTU: Packet Too Big tells the inner sender what fits") {
  const std::size_t n = GENERATE(1u, 3u, 16u);
  const std::uint16_t path_mtu = GENERATE(1500, 1700, 9000);
  SteeringFixture head;
  head.steer_to(segments(n), {.path_mtu = path_mtu});
  const std::size_t rewrite = n == 1 ? 40 : 48 + 16 * n;
  const std::size_t fits = path_mtu - rewrite;
  CAPTURE(n, path_mtu, fits);
  const MbufOptions big{.headroom = 512, .room = 12000};
  // Headers of 48 and 28 bytes: UDP in IPv6 and IPv4.
  CHECK(sent_by(1, head.receive(inner_v6(fits - 48), big).only(1)).size() == path_mtu);
  CHECK(sent_by(1, head.receive(inner_v4(fits - 28, {.fragment = 0x4000}), big).only(1)).size() ==
        path_mtu);

  const RunResult four = head.receive(inner_v4(fits - 27, {.fragment = 0x4000}), big);
  const Bytes error4 = sent_by(0, four.only(0));
  CHECK(error4.at(20) == icmp4::kDestinationUnreachable);
  CHECK(error4.at(21) == icmp4::kCodeFragmentationNeeded);
  CHECK(reported_mtu(error4) == fits);

  const std::size_t six_bytes = std::max<std::size_t>(fits + 1, 1281);
  const RunResult six = head.receive(inner_v6(six_bytes - 48), big);
  const Bytes error6 = sent_by(0, six.only(0));
  CHECK(error6.at(40) == icmp6::kPacketTooBig);
  CHECK(reported_mtu(error6) == std::max<std::size_t>(fits, 1280));
  CHECK(head.drops(DropReason::forward_packet_too_big) == 2);
}

TEST_CASE("H.Encaps MTU: an IPv6 packet of 1280 bytes that does not fit gets no answer") {
  SteeringFixture head;
  head.steer_to(segments(1), {.path_mtu = 1280});
  head.receive(inner_v6(1280 - 48)).require_dropped("forward_packet_too_big");
  head.receive(inner_v6(1241 - 48)).require_dropped("forward_packet_too_big");
  CHECK(head.receive(inner_v6(1240 - 48)).only(1).size() == 1280 + 14);
}

TEST_CASE("H.Encaps: the payload length field bounds the packet") {
  SteeringFixture head;
  head.steer_to(segments(3));
  // One segment of IPv4 with 65,535 bytes; its chain holds it.
  std::vector<std::uint16_t> chain(7, 9000);
  const Bytes four = inner_v4(65535 - 28, {.fragment = 0x4000});
  head.receive(four, {.headroom = 256, .room = 12000, .segments = chain})
      .require_dropped("headend_payload_too_long");
  const Bytes six = inner_v6(65535 - 8 - 55);
  head.receive(six, {.headroom = 256, .room = 12000, .segments = chain})
      .require_dropped("headend_payload_too_long");
}

TEST_CASE("H.Encaps: an inner packet with its own SRH stays whole") {
  SteeringFixture head;
  head.steer_to(kThree);
  const Bytes inner = PacketBuilder()
                          .ipv6("1234::1", "a7::", {.flow_label = 0x12345})
                          .srh({"a7::", "a8::"}, 1)
                          .ipv6("4321::1", "a8::1")
                          .udp(1, 2)
                          .payload(50);
  CHECK(hex(without_flow_label(sent_by(1, head.receive(inner).only(1)))) ==
        hex(encapsulated(one_hop_on(inner), 41, kThree)));
}

TEST_CASE("H.Encaps: IPv4 options and fragments are carried as they are") {
  SteeringFixture head;
  head.steer_to(kThree);
  for (const Bytes& inner :
       {inner_v4(4, {.options = {0x94, 4, 0, 0}}), inner_v4(40, {.fragment = 0x2000}),
        inner_v4(40, {.fragment = 0x0007})}) {
    CHECK(hex(without_flow_label(sent_by(1, head.receive(inner).only(1)))) ==
          hex(encapsulated(one_hop_on(inner), 4, kThree)));
  }
}

TEST_CASE("H.Encaps into a local SID of the same node") {
  SteeringFixture head;
  head.local_sid("a4:1::c7", Behavior::kEnd);
  head.steer_to(segments(2));
  const Bytes sent = without_flow_label(sent_by(1, head.receive(kInner6).only(1)));
  Bytes expected = encapsulated(one_hop_on(kInner6), 41, segments(2));
  expected[7] = 63;  // End is a hop
  expected[43] = 0;
  const Ipv6Address next = segments(2)[1];
  std::copy(next.bytes.begin(), next.bytes.end(), expected.begin() + 24);
  CHECK(hex(sent) == hex(expected));
}

TEST_CASE("H.Encaps at every position of a mixed burst") {
  SteeringFixture head;
  head.steer_to(kThree);
  const SegmentListId other = head.segment_list(segments(5), {.source = "b1::"});
  head.steer("a8::/16", head.policy({other}));
  const SegmentListId inserted = head.segment_list(segments(2), {.headend = Headend::kHInsert});
  head.steer("a9::/16", head.policy({inserted}));
  head.local_sid("a4:7::", Behavior::kEndDt6);
  const auto six = [](const char* to, Ipv6Options o = {}) {
    return Frame(received_on(0, PacketBuilder().ipv6("1234::1", to, o).udp(5, 6).payload(30)));
  };
  const std::vector<Frame> others = {six("a8::1"),
                                     six("a9::1"),
                                     six("a4::9"),
                                     six("a8::2", {.hop_limit = 1}),
                                     Frame(received_on(0, kInner4)),
                                     six("ff::1"),
                                     Frame(received_on(0, kInner6), {.headroom = 0, .room = 120})};
  head.run_at_every_position(0, Frame(received_on(0, kInner6)), others);
}
