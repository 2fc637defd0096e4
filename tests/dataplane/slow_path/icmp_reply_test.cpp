// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ICMP errors: bytes, what is quoted, and about what none is sent.
#include "dataplane/slow_path/icmp_reply.hpp"

#include <random>

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

namespace sextant {
namespace {

using test::hex;
using test::PacketBuilder;
using test::V4;
using test::V6;

const IcmpErrorKind kUnreachable6{icmp6::kDestinationUnreachable, 3, 0};
const IcmpErrorKind kUnreachable4{icmp4::kDestinationUnreachable, 1, 0};
const IcmpErrorKind kTooBig{icmp6::kPacketTooBig, 0, 1400};

TEST_CASE("icmp error: ICMPv6 quotes the packet as it is") {
  const test::Bytes packet = PacketBuilder().ipv6("a::1", "b::1").udp(1, 2).payload(20);
  const auto error = make_icmp6_error(packet, V6("c::1"), kUnreachable6);
  REQUIRE(error);
  const test::Bytes expected = PacketBuilder().ipv6("c::1", "a::1").icmp6(1, 3).raw(packet);
  CHECK(hex(*error) == hex(expected));
}

TEST_CASE("icmp error: ICMPv6 is cut to 1280 bytes") {
  const test::Bytes packet = PacketBuilder().ipv6("a::1", "b::1").udp(1, 2).payload(1400);
  const auto error = make_icmp6_error(packet, V6("c::1"), kTooBig);
  REQUIRE(error);
  CHECK(error->size() == 1280);
  CHECK(icmp6_checksum_ok(*error, 40));
}

TEST_CASE("icmp error: about what no ICMPv6 error is sent") {
  test::Bytes packet;
  SECTION("echo-less: an error") {
    packet = PacketBuilder().ipv6("a::1", "b::1").icmp6(1).payload(8);
  }
  SECTION("unknown error type") {
    packet = PacketBuilder().ipv6("a::1", "b::1").icmp6(100);
  }
  SECTION("redirect") {
    packet = PacketBuilder().ipv6("a::1", "b::1").icmp6(137);
  }
  SECTION("error behind extension headers") {
    packet = PacketBuilder().ipv6("a::1", "b::1").hop_by_hop().dest_options().icmp6(3);
  }
  SECTION("error behind an SRH") {
    packet = PacketBuilder().ipv6("a::1", "b::1").srh({"b::1", "b::2"}, 1).icmp6(2);
  }
  SECTION("error in a first fragment") {
    packet = PacketBuilder().ipv6("a::1", "b::1").fragment({.more = true}).icmp6(4);
  }
  SECTION("later fragment") {
    packet = PacketBuilder().ipv6("a::1", "b::1").fragment({.offset = 10}).payload(8);
  }
  SECTION("source ::") {
    packet = PacketBuilder().ipv6("::", "b::1").udp(1, 2);
  }
  SECTION("multicast source") {
    packet = PacketBuilder().ipv6("ff02::1", "b::1").udp(1, 2);
  }
  SECTION("multicast destination") {
    packet = PacketBuilder().ipv6("a::1", "ff05::1").udp(1, 2);
  }
  SECTION("no packet") {}
  SECTION("half a header") {
    packet.assign(39, 0x60);
  }
  SECTION("version 4") {
    packet = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(40);
  }
  CHECK_FALSE(make_icmp6_error(packet, V6("c::1"), kUnreachable6));
}

TEST_CASE("icmp error: what ICMPv6 errors are sent about nevertheless") {
  const V6 own = "c::1";
  const test::Bytes echo = PacketBuilder().ipv6("a::1", "b::1").icmp6(128).payload(8);
  CHECK(make_icmp6_error(echo, own, kUnreachable6));
  const test::Bytes group = PacketBuilder().ipv6("a::1", "ff05::1").udp(1, 2);
  CHECK(make_icmp6_error(group, own, kTooBig));
  const test::Bytes first =
      PacketBuilder().ipv6("a::1", "b::1").fragment({.more = true}).udp(1, 2).payload(8);
  CHECK(make_icmp6_error(first, own, kUnreachable6));
}

TEST_CASE("icmp error: ICMPv4 quotes up to 576 bytes in all") {
  const test::Bytes small = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(4);
  const auto error = make_icmp4_error(small, V4("10.9.9.9"), kUnreachable4);
  REQUIRE(error);
  const test::Bytes expected =
      PacketBuilder().ipv4("10.9.9.9", "10.0.0.1", {.tos = 0xc0}).icmp4(3, 1).raw(small);
  CHECK(hex(*error) == hex(expected));
  const test::Bytes large = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(900);
  REQUIRE(make_icmp4_error(large, V4("10.9.9.9"), kUnreachable4));
  CHECK(make_icmp4_error(large, V4("10.9.9.9"), kUnreachable4)->size() == 576);
}

TEST_CASE("icmp error: about what no ICMPv4 error is sent") {
  test::Bytes packet;
  const char* from = "10.0.0.1";
  const char* to = "10.0.0.2";
  SECTION("error") {
    packet = PacketBuilder().ipv4(from, to).icmp4(3).payload(8);
  }
  SECTION("time exceeded") {
    packet = PacketBuilder().ipv4(from, to).icmp4(11);
  }
  SECTION("redirect") {
    packet = PacketBuilder().ipv4(from, to).icmp4(5);
  }
  SECTION("error behind IP options") {
    packet = PacketBuilder().ipv4(from, to, {.options = {1, 1, 1, 0}}).icmp4(3);
  }
  SECTION("ICMP without a type") {
    packet = PacketBuilder().ipv4(from, to).icmp4(8);
    packet.resize(20);
  }
  SECTION("later fragment") {
    packet = PacketBuilder().ipv4(from, to, {.fragment = 5}).payload(8);
  }
  SECTION("source 0.0.0.0") {
    packet = PacketBuilder().ipv4("0.0.0.0", to).udp(1, 2);
  }
  SECTION("multicast source") {
    packet = PacketBuilder().ipv4("224.0.0.1", to).udp(1, 2);
  }
  SECTION("loopback source") {
    packet = PacketBuilder().ipv4("127.0.0.1", to).udp(1, 2);
  }
  SECTION("multicast") {
    packet = PacketBuilder().ipv4(from, "239.0.0.1").udp(1, 2);
  }
  SECTION("broadcast") {
    packet = PacketBuilder().ipv4(from, "255.255.255.255").udp(1, 2);
  }
  SECTION("version 6") {
    packet = PacketBuilder().ipv6("a::1", "b::1").udp(1, 2);
  }
  SECTION("header length 4") {
    packet = PacketBuilder().ipv4(from, to, {.version_ihl = 0x44});
  }
  CHECK_FALSE(make_icmp4_error(packet, V4("10.9.9.9"), kUnreachable4));
}

TEST_CASE("icmp error: random packets never read outside") {
  std::mt19937 random(4);
  const test::Bytes six = PacketBuilder()
                              .ipv6("a::1", "b::1")
                              .hop_by_hop()
                              .srh({"b::1", "b::2"}, 1)
                              .fragment()
                              .icmp6(1);
  const test::Bytes four = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").icmp4(3).payload(9);
  for (int i = 0; i < 20000; ++i) {
    const test::Bytes& from = i % 2 == 0 ? six : four;
    Bytes bytes(from.begin(), from.begin() + random() % (from.size() + 1));
    for (unsigned n = random() % 4; n > 0 && !bytes.empty(); --n) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    bytes.shrink_to_fit();
    (void)make_icmp6_error(bytes, V6("c::1"), kUnreachable6);
    (void)make_icmp4_error(bytes, V4("10.9.9.9"), kUnreachable4);
  }
}

}  // namespace
}  // namespace sextant
