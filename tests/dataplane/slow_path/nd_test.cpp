// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ND messages: what RFC 4861 says must be discarded, and the bytes of what is sent.
#include "dataplane/slow_path/nd.hpp"

#include <random>

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

namespace sextant {
namespace {

using test::from_hex;
using test::hex;
using test::Mac;
using test::PacketBuilder;
using test::V6;

constexpr std::size_t kIcmpAt = 40;

struct NdPacket {
  V6 source = "fe80::1";
  V6 destination = "fe80::2";
  std::uint8_t hop_limit = 255;
  std::uint8_t type = icmp6::kNeighborSolicitation;
  std::uint8_t code = 0;
  std::uint32_t flags = 0;
  test::Bytes body;  // behind the first 8 bytes

  [[nodiscard]] test::Bytes build(std::optional<std::uint16_t> checksum = {}) const {
    return PacketBuilder()
        .ipv6(source, destination, {.hop_limit = hop_limit})
        .icmp6(type, code, {.parameter = flags, .checksum = checksum})
        .raw(body);
  }
};

test::Bytes target(V6 address, std::string_view options = "") {
  test::Bytes out(address.bytes.begin(), address.bytes.end());
  const test::Bytes more = from_hex(options);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

constexpr MacAddress kMacOne{{2, 0, 0, 0, 0, 1}};
constexpr const char* kSourceOption = "0101 020000000001";
constexpr const char* kTargetOption = "0201 020000000001";

TEST_CASE("nd: a valid solicitation") {
  NdPacket p{.body = target("fc00::2", kSourceOption)};
  const auto message = parse_nd(p.build(), kIcmpAt);
  REQUIRE(message);
  CHECK(message->type == icmp6::kNeighborSolicitation);
  CHECK(message->source == V6("fe80::1"));
  CHECK(message->target == V6("fc00::2"));
  CHECK(message->link_layer == Mac("02:00:00:00:00:01"));
}

TEST_CASE("nd: a valid advertisement and its flags") {
  NdPacket p{.type = icmp6::kNeighborAdvertisement,
             .flags = 0x60000000,
             .body = target("fc00::2", kTargetOption)};
  const auto message = parse_nd(p.build(), kIcmpAt);
  REQUIRE(message);
  CHECK_FALSE(message->router);
  CHECK(message->solicited);
  CHECK(message->override_flag);
  CHECK(message->link_layer == Mac("02:00:00:00:00:01"));
}

TEST_CASE("nd: options of other types are skipped, the first address counts") {
  NdPacket p{.body = target("fc00::2", "0e01 aabbccddeeff 0101 020000000001 0101 020000000002")};
  const auto message = parse_nd(p.build(), kIcmpAt);
  REQUIRE(message);
  CHECK(message->link_layer == Mac("02:00:00:00:00:01"));
}

TEST_CASE("nd: a target address option is nothing in a solicitation") {
  NdPacket p{.body = target("fc00::2", kTargetOption)};
  const auto message = parse_nd(p.build(), kIcmpAt);
  REQUIRE(message);
  CHECK_FALSE(message->link_layer);
}

TEST_CASE("nd: messages that must be discarded") {
  const NdPacket good{.body = target("fc00::2", kSourceOption)};
  REQUIRE(parse_nd(good.build(), kIcmpAt));
  NdPacket p = good;
  SECTION("hop limit 254") {
    p.hop_limit = 254;
  }
  SECTION("hop limit 0") {
    p.hop_limit = 0;
  }
  SECTION("code 1") {
    p.code = 1;
  }
  SECTION("no target") {
    p.body.clear();
  }
  SECTION("short target") {
    p.body.resize(15);
  }
  SECTION("multicast target") {
    p.body = target("ff02::1");
  }
  SECTION("unspecified target") {
    p.body = target("::");
  }
  SECTION("option of length 0") {
    p.body = target("fc00::2", "0100 020000000001");
  }
  SECTION("later option of length 0") {
    p.body = target("fc00::2", "0101 020000000001 0500 000000000000");
  }
  SECTION("option longer than the packet") {
    p.body = target("fc00::2", "0102 020000000001");
  }
  SECTION("half an option") {
    p.body = target("fc00::2", "0101 0200");
  }
  SECTION("one byte of an option") {
    p.body = target("fc00::2", "01");
  }
  SECTION("long link-layer option") {
    p.body = target("fc00::2", "0102 0200000000010000000000000000");
  }
  SECTION("multicast link-layer address") {
    p.body = target("fc00::2", "0101 333300000001");
  }
  SECTION("zero link-layer address") {
    p.body = target("fc00::2", "0101 000000000000");
  }
  SECTION("multicast source") {
    p.source = "ff02::1";
  }
  SECTION("DAD with a source address option") {
    p.source = "::";
    p.destination = "ff02::1:ff00:2";
  }
  SECTION("DAD to a unicast address") {
    p.source = "::";
    p.body = target("fc00::2");
  }
  SECTION("DAD to all nodes") {
    p.source = "::";
    p.destination = "ff02::1";
    p.body = target("fc00::2");
  }
  SECTION("advertisement: solicited to a group") {
    p.type = icmp6::kNeighborAdvertisement;
    p.flags = 0x40000000;
    p.destination = "ff02::1";
  }
  SECTION("advertisement: multicast target") {
    p.type = icmp6::kNeighborAdvertisement;
    p.body = target("ff02::1", kTargetOption);
  }
  SECTION("advertisement: unspecified source") {
    p.type = icmp6::kNeighborAdvertisement;
    p.source = "::";
  }
  SECTION("router solicitation: unspecified source with an address") {
    p.type = icmp6::kRouterSolicitation;
    p.source = "::";
    p.body = from_hex(kSourceOption);
  }
  SECTION("router advertisement: global source") {
    p.type = icmp6::kRouterAdvertisement;
    p.source = "fc00::1";
    p.body = from_hex("0000000000000000");
  }
  SECTION("router advertisement: too short") {
    p.type = icmp6::kRouterAdvertisement;
    p.body = from_hex("00000000");
  }
  SECTION("redirect: too short") {
    p.type = icmp6::kRedirect;
  }
  SECTION("another ICMP type") {
    p.type = icmp6::kEchoRequest;
  }
  CHECK_FALSE(parse_nd(p.build(), kIcmpAt));
}

TEST_CASE("nd: a wrong checksum is discarded") {
  const NdPacket p{.body = target("fc00::2", kSourceOption)};
  CHECK_FALSE(parse_nd(p.build(0x1234), kIcmpAt));
}

TEST_CASE("nd: an offset outside of the packet is no message") {
  const auto bytes = NdPacket{.body = target("fc00::2")}.build();
  CHECK_FALSE(parse_nd(bytes, bytes.size()));
  CHECK_FALSE(parse_nd(bytes, bytes.size() + 1));
  CHECK_FALSE(parse_nd(bytes, 0));
  CHECK_FALSE(parse_nd({}, 0));
  CHECK_FALSE(parse_nd(bytes, SIZE_MAX - 3));
}

TEST_CASE("nd: every truncation of a valid message is discarded") {
  const auto bytes = NdPacket{.body = target("fc00::2", kSourceOption)}.build();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CAPTURE(n);
    REQUIRE_FALSE(parse_nd(ByteView(bytes).first(n), kIcmpAt));
  }
}

// Parsers read exact-size heap copies, so that AddressSanitizer sees a read behind the end.
TEST_CASE("nd: random bytes and flipped bits never read outside") {
  std::mt19937 random(1);
  const auto good =
      NdPacket{.body = target("fc00::2", "0e01 aabbccddeeff 0101 020000000001")}.build();
  unsigned accepted = 0;
  for (int i = 0; i < 50000; ++i) {
    Bytes bytes(good.begin(), good.begin() + random() % (good.size() + 1));
    for (unsigned n = random() % 6; n > 0 && !bytes.empty(); --n) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    if (bytes.size() > kIcmpAt + 8) {
      // A right checksum lets the fuzz reach what comes behind it.
      bytes[kIcmpAt + 2] = bytes[kIcmpAt + 3] = 0;
      const auto ip = *read_header<Ipv6Header>(bytes);
      Bytes whole = make_icmp6_packet(ip.source, ip.destination, 255,
                                      Bytes(bytes.begin() + kIcmpAt, bytes.end()));
      whole.shrink_to_fit();
      accepted += parse_nd(whole, kIcmpAt).has_value();
    }
    bytes.shrink_to_fit();
    (void)parse_nd(bytes, random() % 64);
    (void)walk_ipv6(bytes);
  }
  CHECK(accepted > 100);
}

TEST_CASE("nd: bytes of a solicitation") {
  const Bytes bytes =
      build_neighbor_solicitation(V6("fe80::ff:fe00:1"), solicited_node_group(V6("fc00::1:2")),
                                  V6("fc00::1:2"), Mac("02:00:00:00:00:01"));
  const test::Bytes expected = PacketBuilder()
                                   .ipv6("fe80::ff:fe00:1", "ff02::1:ff01:2", {.hop_limit = 255})
                                   .icmp6(135)
                                   .raw(target("fc00::1:2", kSourceOption));
  CHECK(hex(bytes) == hex(expected));
  CHECK(parse_nd(bytes, kIcmpAt));
}

TEST_CASE("nd: bytes of an advertisement") {
  const Bytes bytes =
      build_neighbor_advertisement(V6("fc00::1"), V6("fc00::2"), true, Mac("02:00:00:00:00:01"));
  const test::Bytes expected = PacketBuilder()
                                   .ipv6("fc00::1", "fc00::2", {.hop_limit = 255})
                                   .icmp6(136, 0, {.parameter = 0xe0000000})
                                   .raw(target("fc00::1", kTargetOption));
  CHECK(hex(bytes) == hex(expected));
}

TEST_CASE("nd: an advertisement to all nodes is not solicited") {
  const Bytes bytes =
      build_neighbor_advertisement(V6("fc00::1"), kAllNodes, false, Mac("02:00:00:00:00:01"));
  const auto message = parse_nd(bytes, kIcmpAt);
  REQUIRE(message);
  CHECK_FALSE(message->solicited);
  CHECK(message->override_flag);
  CHECK(message->router);
}

TEST_CASE("nd: a solicitation from :: carries no address") {
  const Bytes ns = build_neighbor_solicitation({}, V6("ff02::1:ff00:1"), V6("fc00::1"), kMacOne);
  CHECK(ns.size() == 40 + 24);
  CHECK(parse_nd(ns, kIcmpAt));
  const Bytes rs = build_router_solicitation({}, kMacOne);
  CHECK(rs.size() == 40 + 8);
  CHECK(parse_nd(rs, kIcmpAt));
}

TEST_CASE("nd: bytes of a router advertisement") {
  Interface::RouterAdvertisement what;
  what.managed = true;
  what.prefixes = {test::Prefix("fc00:1::1/64"), test::Prefix("10.0.0.0/8")};
  const Bytes bytes =
      build_router_advertisement(V6("fe80::1"), kAllNodes, what, 1400, Mac("02:00:00:00:00:01"));
  const test::Bytes expected =
      PacketBuilder()
          .ipv6("fe80::1", "ff02::1", {.hop_limit = 255})
          .icmp6(134, 0, {.parameter = 0x40800708})
          .raw(from_hex("00000000 00000000 0101 020000000001 0501 0000 00000578"
                        "0304 40c0 00278d00 00093a80 00000000 fc000001000000000000000000000000"));
  CHECK(hex(bytes) == hex(expected));
  CHECK(parse_nd(bytes, kIcmpAt));
}

TEST_CASE("nd: group addresses") {
  CHECK(solicited_node_group(V6("4037::1:800:200e:8c6c")) == V6("ff02::1:ff0e:8c6c"));
  CHECK(multicast_mac(V6("ff02::1:ff0e:8c6c")) == Mac("33:33:ff:0e:8c:6c"));
}

}  // namespace
}  // namespace sextant
