// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Byte order, addresses, prefixes and checksums.
#include <sextant/net/byte_order.hpp>
#include <sextant/net/checksum.hpp>
#include <sextant/net/ip_address.hpp>

#include <random>
#include <vector>

#include "support/catch.hpp"

using namespace sextant;

TEST_CASE("big-endian integers lie on the wire with the high byte first") {
  const Be16 port(0x1234);
  const Be32 word(0x12345678);
  const auto bytes16 = std::bit_cast<std::array<std::uint8_t, 2>>(port);
  const auto bytes32 = std::bit_cast<std::array<std::uint8_t, 4>>(word);
  CHECK(bytes16 == std::array<std::uint8_t, 2>{0x12, 0x34});
  CHECK(bytes32 == std::array<std::uint8_t, 4>{0x12, 0x34, 0x56, 0x78});
  CHECK(port.host() == 0x1234);
  CHECK(Be32::from_raw(word.raw()) == word);
}

TEST_CASE("addresses that are not addresses are refused") {
  for (const char* text : {"", ":", ":::", "1::2::3", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                           "::1/64", " ::1", "::1 ", "fe80::1%eth0", "12345::"}) {
    CHECK_FALSE(Ipv6Address::parse(text));
  }
  for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4/8", "01.2.3.4x"}) {
    CHECK_FALSE(Ipv4Address::parse(text));
  }
  for (const char* text : {"", "02:00:00:00:00", "02:00:00:00:00:0", "02-00-00-00-00-01",
                           "02:00:00:00:00:0g", "02:00:00:00:00:01:", "+2:00:00:00:00:01"}) {
    CHECK_FALSE(MacAddress::parse(text));
  }
  for (const char* text : {"::/129", "::/-1", "::/", "10.0.0.0/33", "10.0.0.0/ 8", "10.0.0.0/8 ",
                           "x/8", "/8", "::/1x"}) {
    CHECK_FALSE(IpPrefix::parse(text));
  }
}

TEST_CASE("an address prints as it is read") {
  for (const char* text : {"::", "::1", "2001:db8::1", "ff02::1:ff00:1", "fcbb:bb01:2:3:4:5:6:7"}) {
    REQUIRE(Ipv6Address::parse(text));
    CHECK(Ipv6Address::parse(text)->to_string() == text);
  }
  CHECK(IpAddress::parse("10.1.2.3")->to_string() == "10.1.2.3");
  CHECK(MacAddress::parse("02:FE:00:00:00:0a")->to_string() == "02:fe:00:00:00:0a");
}

TEST_CASE("a prefix keeps its bits and nothing else") {
  CHECK(IpPrefix::parse("2001:db8:ffff::1/33")->masked().to_string() == "2001:db8:8000::/33");
  CHECK(IpPrefix::parse("10.255.255.255/12")->masked().to_string() == "10.240.0.0/12");
  CHECK(IpPrefix::parse("::1/0")->masked().to_string() == "::/0");
  CHECK(IpPrefix::parse("10.0.0.1")->is_host());
  CHECK(IpPrefix::parse("fc00::/7")->contains(*IpAddress::parse("fdff::1")));
  CHECK_FALSE(IpPrefix::parse("fc00::/7")->contains(*IpAddress::parse("fe00::1")));
  CHECK_FALSE(IpPrefix::parse("::/0")->contains(*IpAddress::parse("10.0.0.1")));
}

TEST_CASE("address classes") {
  CHECK(Ipv6Address::parse("fe80::1")->is_link_local());
  CHECK(Ipv6Address::parse("febf::1")->is_link_local());
  CHECK_FALSE(Ipv6Address::parse("fec0::1")->is_link_local());
  CHECK(Ipv6Address::parse("::1")->is_loopback());
  CHECK(Ipv4Address::parse("239.1.1.1")->is_multicast());
  CHECK_FALSE(Ipv4Address::parse("240.0.0.1")->is_multicast());
  CHECK(Ipv4Address::parse("255.255.255.255")->is_broadcast());
}

TEST_CASE("the checksum of RFC 1071's example") {
  const std::vector<std::uint8_t> bytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  ChecksumAccumulator sum;
  sum.add(bytes);
  CHECK(sum.finish().host() == static_cast<std::uint16_t>(~0xddf2));
}

TEST_CASE("an incremental update gives what a new sum gives") {
  std::mt19937 random(1);
  for (int round = 0; round < 10000; ++round) {
    Ipv4Header header{};
    auto* bytes = reinterpret_cast<std::uint8_t*>(&header);
    for (std::size_t i = 0; i < sizeof header; ++i)
      bytes[i] = static_cast<std::uint8_t>(random());
    header.version_ihl = 0x45;
    header.checksum = ipv4_header_checksum(header);
    REQUIRE(ipv4_header_checksum_ok(header));
    const Be16 before(static_cast<std::uint16_t>(header.ttl << 8 | header.protocol));
    header.ttl = static_cast<std::uint8_t>(header.ttl - 1);
    const Be16 after(static_cast<std::uint16_t>(header.ttl << 8 | header.protocol));
    header.checksum = checksum_update(header.checksum, before, after);
    REQUIRE(ipv4_header_checksum_ok(header));
    if (header.ttl == 0) continue;
    Ipv4Header further = header;
    decrement_ttl(further);
    REQUIRE(further.ttl == header.ttl - 1);
    further.checksum = Be16(0);
    const Be16 fresh = ipv4_header_checksum(further);
    decrement_ttl(header);
    REQUIRE(header.checksum == fresh);
  }
}

TEST_CASE("a wrong bit anywhere breaks the header checksum") {
  Ipv4Header header{};
  header.version_ihl = 0x45;
  header.total_length = Be16(20);
  header.ttl = 64;
  header.checksum = ipv4_header_checksum(header);
  for (std::size_t bit = 8; bit < 8 * sizeof header; ++bit) {
    Ipv4Header broken = header;
    reinterpret_cast<std::uint8_t*>(&broken)[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    CHECK_FALSE(ipv4_header_checksum_ok(broken));
  }
}
