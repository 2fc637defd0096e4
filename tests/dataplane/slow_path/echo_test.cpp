// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Echo: replies byte for byte, and what is not answered.
#include "dataplane/slow_path/echo.hpp"

#include <random>

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

namespace sextant {
namespace {

using test::hex;
using test::PacketBuilder;
using test::V6;

const V6 kOwn = "fc00::ff";

EchoResult echo6(const test::Bytes& bytes, std::size_t offset = 40) {
  return answer_echo6(bytes, offset, kOwn);
}

TEST_CASE("echo: ICMPv6 reply swaps addresses and keeps data and DSCP, not the congestion mark") {
  const auto result = echo6(PacketBuilder()
                                .ipv6("fc00::1", "fc00::2", {.hop_limit = 3, .traffic_class = 0xbb})
                                .icmp6(128, 0, {.parameter = 0x12340007})
                                .payload(33));
  REQUIRE(result.verdict == EchoVerdict::kReply);
  const test::Bytes expected = PacketBuilder()
                                   .ipv6("fc00::2", "fc00::1", {.traffic_class = 0xb8})
                                   .icmp6(129, 0, {.parameter = 0x12340007})
                                   .payload(33);
  CHECK(hex(result.reply) == hex(expected));
}

TEST_CASE("echo: a request to a SID behind an SRH is answered from the SID without one") {
  const test::Bytes bytes = PacketBuilder()
                                .ipv6("fc00::1", "fc00:a::1")
                                .srh({"fc00:b::1", "fc00:a::1"}, 0)
                                .icmp6(128)
                                .payload(8);
  const auto result = echo6(bytes, 40 + 8 + 32);
  REQUIRE(result.verdict == EchoVerdict::kReply);
  const test::Bytes expected = PacketBuilder().ipv6("fc00:a::1", "fc00::1").icmp6(129).payload(8);
  CHECK(hex(result.reply) == hex(expected));
}

TEST_CASE("echo: a group is answered from the address of the interface") {
  const auto result = echo6(PacketBuilder().ipv6("fe80::1", "ff02::1").icmp6(128).payload(1));
  REQUIRE(result.verdict == EchoVerdict::kReply);
  CHECK(read_header<Ipv6Header>(result.reply)->source == kOwn);
}

TEST_CASE("echo: ICMPv6 that is not answered") {
  test::Bytes bytes;
  EchoVerdict expected = EchoVerdict::kMalformed;
  std::size_t offset = 40;
  SECTION("wrong checksum") {
    bytes = PacketBuilder().ipv6("fc00::1", "fc00::2").icmp6(128, 0, {.checksum = 1}).payload(4);
  }
  SECTION("code") {
    bytes = PacketBuilder().ipv6("fc00::1", "fc00::2").icmp6(128, 1);
  }
  SECTION("source ::") {
    bytes = PacketBuilder().ipv6("::", "fc00::2").icmp6(128);
  }
  SECTION("multicast source") {
    bytes = PacketBuilder().ipv6("ff02::1", "fc00::2").icmp6(128);
  }
  SECTION("half a header") {
    bytes = PacketBuilder().ipv6("fc00::1", "fc00::2").icmp6(128);
    bytes.resize(44);
  }
  SECTION("offset outside") {
    bytes = PacketBuilder().ipv6("fc00::1", "fc00::2").icmp6(128);
    offset = 49;
  }
  SECTION("reply") {
    bytes = PacketBuilder().ipv6("fc00::1", "fc00::2").icmp6(129);
    expected = EchoVerdict::kNotEcho;
  }
  SECTION("multicast listener query") {
    bytes = PacketBuilder().ipv6("fe80::1", "ff02::1").icmp6(130);
    expected = EchoVerdict::kNotEcho;
  }
  const auto result = echo6(bytes, offset);
  CHECK(result.verdict == expected);
  CHECK(result.reply.empty());
}

TEST_CASE("echo: ICMPv4 reply, also behind IP options") {
  const auto options = GENERATE(test::Bytes{}, test::Bytes{1, 1, 1, 0});
  const test::Bytes bytes = PacketBuilder()
                                .ipv4("10.0.0.1", "10.0.0.2", {.tos = 0x29, .options = options})
                                .icmp4(8, 0, {.parameter = 0xabcd0001})
                                .payload(7);
  const auto result = answer_echo4(bytes, 20 + options.size());
  REQUIRE(result.verdict == EchoVerdict::kReply);
  const test::Bytes expected = PacketBuilder()
                                   .ipv4("10.0.0.2", "10.0.0.1", {.tos = 0x28})
                                   .icmp4(0, 0, {.parameter = 0xabcd0001})
                                   .payload(7);
  CHECK(hex(result.reply) == hex(expected));
}

TEST_CASE("echo: ICMPv4 that is not answered") {
  test::Bytes bytes;
  EchoVerdict expected = EchoVerdict::kMalformed;
  SECTION("wrong checksum") {
    bytes = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").icmp4(8, 0, {.checksum = 1}).payload(4);
  }
  SECTION("code") {
    bytes = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").icmp4(8, 1);
  }
  SECTION("source 0.0.0.0") {
    bytes = PacketBuilder().ipv4("0.0.0.0", "10.0.0.2").icmp4(8);
  }
  SECTION("broadcast") {
    bytes = PacketBuilder().ipv4("10.0.0.1", "255.255.255.255").icmp4(8);
  }
  SECTION("group") {
    bytes = PacketBuilder().ipv4("10.0.0.1", "224.0.0.1").icmp4(8);
  }
  SECTION("half a header") {
    bytes = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").icmp4(8);
    bytes.resize(24);
  }
  SECTION("reply") {
    bytes = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").icmp4(0);
    expected = EchoVerdict::kNotEcho;
  }
  CHECK(answer_echo4(bytes, 20).verdict == expected);
}

TEST_CASE("echo: random bytes never read outside") {
  std::mt19937 random(3);
  const test::Bytes good = PacketBuilder().ipv6("fc00::1", "fc00::2").icmp6(128).payload(16);
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes(good.begin(), good.begin() + random() % (good.size() + 1));
    if (!bytes.empty()) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    bytes.shrink_to_fit();
    (void)answer_echo6(bytes, random() % 80, kOwn);
    (void)answer_echo4(bytes, random() % 80);
  }
}

}  // namespace
}  // namespace sextant
