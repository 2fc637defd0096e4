// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// H.Insert: an SRH put into an IPv6 packet, behind its header or its hop-by-hop options.
#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const std::vector<V6> kThree = {"a4::", "a5::", "a6::c7"};

struct InsertFixture : SteeringFixture {
  SegmentListId insert(const std::vector<V6>& list, std::uint16_t path_mtu = 0) {
    return steer_to(list, {.headend = Headend::kHInsert, .path_mtu = path_mtu});
  }
};

// The packet with the SRH put in front of what is at byte place, computed byte by byte.
Bytes inserted(Bytes packet, const std::vector<V6>& list, std::size_t place, std::size_t named_at) {
  std::vector<V6> all = list;
  const auto& ip = *reinterpret_cast<const Ipv6Header*>(packet.data());
  all.emplace_back(ip.destination);
  const Bytes with_srh = PacketBuilder()
                             .ipv6(ip.source, list.front())
                             .srh(all, static_cast<std::uint8_t>(list.size()))
                             .raw({}, packet.at(named_at));
  const Bytes srh(with_srh.begin() + 40, with_srh.end());
  std::copy(with_srh.begin() + 24, with_srh.begin() + 40, packet.begin() + 24);
  packet.at(named_at) = ip_protocol::kRouting;
  packet.insert(packet.begin() + static_cast<std::ptrdiff_t>(place), srh.begin(), srh.end());
  const std::size_t payload = packet.size() - 40;
  packet[4] = static_cast<std::uint8_t>(payload >> 8);
  packet[5] = static_cast<std::uint8_t>(payload);
  return one_hop_on(packet);
}

}  // namespace

TEST_CASE("H.Insert vector: hop limit and flow label are the packet's own") {
  InsertFixture head;
  head.insert(kThree);
  const Bytes inner = from_hex(
      "60000000000c11401234000000000000000000000000000100a7000000000000000000000000123404d204d2000c"
      "e948"
      "74657374");
  CHECK(hex(sent_by(1, head.receive(inner).only(1))) ==
        "6000000000542b3f1234000000000000000000000000000100a400000000000000000000000000001108040303"
        "00000000"
        "a7000000000000000000000000123400a600000000000000000000000000c700a5000000000000000000000000"
        "000000a4"
        "000000000000000000000000000004d204d2000ce94874657374");
}

TEST_CASE("H.Insert: segments x headroom x chains") {
  const std::size_t n = GENERATE(range<std::size_t>(1, 17));
  InsertFixture head;
  const SegmentListId list = head.insert(segments(n));
  const Bytes packet = inner_v6(200, {.traffic_class = 0xb9, .flow_label = 0x54321});
  const Bytes expected = inserted(packet, segments(n), 40, 6);
  const std::size_t rewrite = 8 + 16 * (n + 1);
  REQUIRE(expected.size() == packet.size() + rewrite);
  for (const std::uint16_t headroom : {0, 1, 64, 128}) {
    for (const std::vector<std::uint16_t>& chain :
         std::vector<std::vector<std::uint16_t>>{{}, {54}, {100, 1, 30}}) {
      CAPTURE(n, headroom, chain.size());
      const RunResult result = head.receive(packet, {.headroom = headroom, .segments = chain});
      if (chain.empty() || headroom >= rewrite) {
        CHECK(hex(sent_by(1, result.only(1))) == hex(expected));
      } else {
        result.require_dropped("headend_no_headroom");
      }
    }
  }
  CHECK(head.list_counter(list).packets >= 4);
}

TEST_CASE("H.Insert goes behind hop-by-hop options and before everything else") {
  InsertFixture head;
  head.insert(kThree);
  const auto start = [] { return PacketBuilder().ipv6("1234::1", "a7::1"); };
  SECTION("hop-by-hop options") {
    for (const std::size_t n : {4u, 20u, 100u}) {
      const Bytes packet = start().hop_by_hop({.options = Bytes(n, 0)}).udp(1, 2).payload(20);
      const std::size_t header = (packet.at(41) + 1u) * 8;
      CHECK(hex(sent_by(1, head.receive(packet).only(1))) ==
            hex(inserted(packet, kThree, 40 + header, 40)));
    }
  }
  SECTION("hop-by-hop options, then an SRH") {
    const Bytes packet = start().hop_by_hop().srh({"a7::1", "a8::1"}, 1).udp(1, 2).payload(20);
    CHECK(hex(sent_by(1, head.receive(packet).only(1))) == hex(inserted(packet, kThree, 48, 40)));
  }
  SECTION("an SRH stays behind the new one") {
    const Bytes packet = start().srh({"a7::1", "a8::1"}, 1).udp(1, 2).payload(20);
    CHECK(hex(sent_by(1, head.receive(packet).only(1))) == hex(inserted(packet, kThree, 40, 6)));
  }
  SECTION("destination options, fragment header") {
    const Bytes options = start().dest_options().udp(1, 2).payload(20);
    CHECK(hex(sent_by(1, head.receive(options).only(1))) == hex(inserted(options, kThree, 40, 6)));
    const Bytes fragment = start().fragment({.offset = 3, .more = true}).payload(24);
    CHECK(hex(sent_by(1, head.receive(fragment).only(1))) ==
          hex(inserted(fragment, kThree, 40, 6)));
  }
}

TEST_CASE("H.Insert: End of the next node and USP-less end see a valid header") {
  InsertFixture head;
  head.insert(segments(1));
  const Bytes sent = sent_by(1, head.receive(inner_v6()).only(1));
  SteeringFixture next;
  next.local_sid("a4:1::c7", Behavior::kEnd, {.flavors = kPsp});
  next.route("a7::/16", next.fabric);
  const Bytes restored = sent_by(1, next.receive(sent).only(1));
  CHECK(hex(restored) == hex(one_hop_on(one_hop_on(inner_v6()))));
}

TEST_CASE("H.Insert: what cannot take an SRH") {
  InsertFixture head;
  head.insert(kThree);
  head.receive(inner_v4()).require_dropped("headend_inner_type");

  const Bytes cut = PacketBuilder()
                        .ipv6("1234::1", "a7::1")
                        .hop_by_hop({.options = Bytes(4, 0), .hdr_ext_len = 200})
                        .udp(1, 2);
  head.receive(cut).require_dropped("parse_extension_malformed");
  const Bytes only_named =
      PacketBuilder().ipv6("1234::1", "a7::1", {.next_header = 0}).raw({1, 2, 3});
  head.receive(only_named).require_dropped("parse_extension_malformed");

  const Bytes long_options =
      PacketBuilder().ipv6("1234::1", "a7::1").hop_by_hop({.options = Bytes(100, 0)}).udp(1, 2);
  const RunResult split = head.receive(long_options, {.segments = {14 + 40 + 8, 20}});
  split.require_dropped("parse_not_contiguous");
  CHECK(hex(split.dropped.front()) == hex(long_options));
}

TEST_CASE("H.Insert: hop limit") {
  InsertFixture head;
  head.insert(kThree);
  for (const std::uint8_t hops : {0, 1}) {
    const Bytes packet = inner_v6(4, {.hop_limit = hops});
    const Bytes error = sent_by(0, head.receive(packet).only(0));
    CHECK(error.at(40) == icmp6::kTimeExceeded);
    CHECK(hex(Bytes(error.begin() + 48, error.end())) == hex(packet));
  }
  CHECK(head.drops(DropReason::headend_hop_limit_exceeded) == 2);
  CHECK(sent_by(1, head.receive(inner_v6(4, {.hop_limit = 2})).only(1)).at(7) == 1);
}

TEST_CASE("H.Insert: MTU and payload length") {
  InsertFixture head;
  head.insert(kThree, 1500);
  const std::size_t fits = 1500 - 72;
  CHECK(head.receive(inner_v6(fits - 48)).only(1).size() == 1500 + 14);
  const Bytes error = sent_by(0, head.receive(inner_v6(fits - 47)).only(0));
  CHECK(error.at(40) == icmp6::kPacketTooBig);
  CHECK((error.at(46) << 8 | error.at(47)) == static_cast<int>(fits));

  InsertFixture tiny;
  tiny.insert(kThree, 1280);
  tiny.receive(inner_v6(1280 - 48)).require_dropped("forward_packet_too_big");
  const Bytes at_least = sent_by(0, tiny.receive(inner_v6(1281 - 48)).only(0));
  CHECK((at_least.at(46) << 8 | at_least.at(47)) == 1280);

  InsertFixture unlimited;
  unlimited.insert(kThree);
  unlimited
      .receive(inner_v6(65535 - 8 - 71),
               {.headroom = 256, .room = 12000, .segments = std::vector<std::uint16_t>(7, 9000)})
      .require_dropped("headend_payload_too_long");
}

TEST_CASE("H.Insert at every position of a mixed burst") {
  InsertFixture head;
  head.insert(kThree);
  const SegmentListId five = head.segment_list(segments(5), {.headend = Headend::kHInsert});
  head.steer("a8::/16", head.policy({five}));
  head.steer("a9::/16", head.policy({head.segment_list(segments(2))}));
  const auto six = [](const char* to) { return PacketBuilder().ipv6("1234::1", to); };
  const std::vector<Frame> others = {received_on(0, six("a8::1").hop_by_hop().udp(1, 2).payload(9)),
                                     received_on(0, six("a7::9").hop_by_hop().udp(1, 2).payload(9)),
                                     received_on(0, six("a9::1").udp(1, 2).payload(10)),
                                     received_on(0, inner_v4()),
                                     received_on(0, six("a8::2").udp(1, 2).payload(11))};
  head.run_at_every_position(0, Frame(received_on(0, inner_v6())), others);
}
