// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ARP messages: what is discarded, and the bytes of what is sent.
#include "dataplane/slow_path/arp.hpp"

#include <random>

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

namespace sextant {
namespace {

using test::hex;
using test::Mac;
using test::V4;

ArpPacket request() {
  return {Be16(1), Be16(0x0800),  6, 4, Be16(1), Mac("02:00:00:00:00:01"), V4("10.0.0.1"),
          {},      V4("10.0.0.2")};
}

Bytes bytes_of(const ArpPacket& arp) {
  Bytes out;
  append_header(out, arp);
  return out;
}

TEST_CASE("arp: a valid request, padding behind it") {
  Bytes bytes = bytes_of(request());
  bytes.resize(46);
  const auto arp = parse_arp(bytes);
  REQUIRE(arp);
  CHECK(arp->request);
  CHECK(arp->sender_ip == V4("10.0.0.1"));
  CHECK(arp->target_ip == V4("10.0.0.2"));
  CHECK_FALSE(arp->gratuitous());
}

TEST_CASE("arp: a probe from 0.0.0.0 and an announcement are valid") {
  ArpPacket arp = request();
  arp.sender_ip = V4("0.0.0.0");
  CHECK(parse_arp(bytes_of(arp)));
  arp.sender_ip = arp.target_ip;
  REQUIRE(parse_arp(bytes_of(arp)));
  CHECK(parse_arp(bytes_of(arp))->gratuitous());
}

TEST_CASE("arp: messages that must be discarded") {
  ArpPacket arp = request();
  SECTION("hardware type") {
    arp.hardware_type = Be16(6);
  }
  SECTION("protocol type") {
    arp.protocol_type = Be16(0x86dd);
  }
  SECTION("hardware length") {
    arp.hardware_len = 8;
  }
  SECTION("protocol length") {
    arp.protocol_len = 16;
  }
  SECTION("operation 0") {
    arp.operation = Be16(0);
  }
  SECTION("operation 3") {
    arp.operation = Be16(3);
  }
  SECTION("multicast sender") {
    arp.sender_mac = Mac("03:00:00:00:00:01");
  }
  SECTION("broadcast sender") {
    arp.sender_mac = Mac("ff:ff:ff:ff:ff:ff");
  }
  SECTION("zero sender") {
    arp.sender_mac = {};
  }
  SECTION("multicast sender address") {
    arp.sender_ip = V4("224.0.0.1");
  }
  SECTION("broadcast sender address") {
    arp.sender_ip = V4("255.255.255.255");
  }
  SECTION("loopback sender address") {
    arp.sender_ip = V4("127.0.0.1");
  }
  SECTION("multicast target address") {
    arp.target_ip = V4("239.0.0.1");
  }
  SECTION("request for 0.0.0.0") {
    arp.target_ip = V4("0.0.0.0");
  }
  SECTION("reply from 0.0.0.0") {
    arp.operation = Be16(2);
    arp.sender_ip = V4("0.0.0.0");
  }
  CHECK_FALSE(parse_arp(bytes_of(arp)));
}

TEST_CASE("arp: truncations and random bytes never read outside") {
  const Bytes good = bytes_of(request());
  for (std::size_t n = 0; n < good.size(); ++n) {
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n));
    REQUIRE_FALSE(parse_arp(cut));
  }
  std::mt19937 random(2);
  unsigned accepted = 0;
  for (int i = 0; i < 50000; ++i) {
    Bytes bytes(good.begin(), good.begin() + random() % (good.size() + 1));
    if (random() % 2 == 0) bytes = good;
    for (unsigned n = random() % 4; n > 0 && !bytes.empty(); --n) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    bytes.shrink_to_fit();
    accepted += parse_arp(bytes).has_value();
  }
  CHECK(accepted > 100);
}

TEST_CASE("arp: bytes of request and reply") {
  CHECK(hex(build_arp_request(Mac("02:00:00:00:00:01"), V4("10.0.0.1"), V4("10.0.0.2"))) ==
        "0001080006040001020000000001"
        "0a0000010000000000000a000002");
  CHECK(hex(build_arp_reply(Mac("02:00:00:00:00:01"), V4("10.0.0.1"), Mac("02:00:00:00:00:02"),
                            V4("10.0.0.2"))) ==
        "0001080006040002020000000001"
        "0a0000010200000000020a000002");
}

}  // namespace
}  // namespace sextant
