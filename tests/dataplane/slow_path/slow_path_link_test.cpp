// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath on the link: own addresses answered for, routers advertised, bridges learned.
#include <random>
#include <span>

#include "slow_path_fixture.hpp"

namespace sextant {
namespace {

using test::arp;
using test::arp_bytes;
using test::hex;
using test::kOtherMac;
using test::kPeerMac;
using test::kSecond;
using test::Mac;
using test::names;
using test::packet_to;
using test::PacketBuilder;
using test::SlowPathFixture;
using test::target;
using test::V4;
using Names = std::vector<std::string>;

TEST_CASE("slow path: solicitations for own addresses are answered to the sender") {
  SlowPathFixture f;
  const char* own = GENERATE("fc00:1::1", "fe80::ff:fe00:1");
  const auto sent = f.local(PacketBuilder()
                                .ipv6("fc00:1::9", "ff02::1:ff00:1", {.hop_limit = 255})
                                .icmp6(135)
                                .raw(target(own, kPeerMac)));
  REQUIRE(names(sent) == Names{"frame 1"});
  test::Bytes body = target(own);
  body.insert(body.end(), {2, 1});
  body.insert(body.end(), test::kOwnMac.bytes.begin(), test::kOwnMac.bytes.end());
  const test::Bytes expected = PacketBuilder()
                                   .ethernet(Mac(kPeerMac), Mac(test::kOwnMac))
                                   .ipv6(own, "fc00:1::9", {.hop_limit = 255})
                                   .icmp6(136, 0, {.parameter = 0xe0000000})
                                   .raw(body);
  CHECK(hex(sent[0].bytes) == hex(expected));
  const auto known = f.slow_path->neighbors();
  REQUIRE(known.size() == 2);  // and the static one
  CHECK(known[1].state == NeighborState::kStale);
  CHECK(known[1].mac == kPeerMac);
  // Traffic for it needs no solicitation, and is probed.
  CHECK(names(f.glean(packet_to("fc00:1::9"), 1)) == Names{"resend 65536"});
  CHECK(names(f.tick(f.now + 5 * kSecond)) == Names{"frame 1"});
}

TEST_CASE("slow path: duplicate address detection is answered to all nodes") {
  SlowPathFixture f;
  const auto sent = f.local(PacketBuilder()
                                .ipv6("::", "ff02::1:ff00:1", {.hop_limit = 255})
                                .icmp6(135)
                                .raw(target("fc00:2::1")),
                            2);
  REQUIRE(names(sent) == Names{"frame 2"});
  test::Bytes body = target("fc00:2::1");
  body.insert(body.end(), {2, 1});
  body.insert(body.end(), test::kOwnVlanMac.bytes.begin(), test::kOwnVlanMac.bytes.end());
  const test::Bytes expected = PacketBuilder()
                                   .ethernet("33:33:00:00:00:01", Mac(test::kOwnVlanMac), 20)
                                   .ipv6("fc00:2::1", "ff02::1", {.hop_limit = 255})
                                   .icmp6(136, 0, {.parameter = 0xa0000000})
                                   .raw(body);
  CHECK(hex(sent[0].bytes) == hex(expected));
}

TEST_CASE("slow path: solicitations that are not answered") {
  SlowPathFixture f;
  test::Bytes packet;
  Names expected;
  const auto ns = [](const char* from, const char* to, std::uint8_t hops, const char* what,
                     std::optional<MacAddress> mac) {
    return PacketBuilder().ipv6(from, to, {.hop_limit = hops}).icmp6(135).raw(target(what, mac));
  };
  SECTION("another's address") {
    packet = ns("fc00:1::9", "ff02::1:ff00:1", 255, "fc00:7::1", kPeerMac);
  }
  SECTION("address of another interface") {
    packet = ns("fc00:1::9", "ff02::1:ff00:1", 255, "fc00:2::1", kPeerMac);
  }
  SECTION("routed on the way") {
    packet = ns("fc00:1::9", "ff02::1:ff00:1", 254, "fc00:1::1", kPeerMac);
    expected = {"drop neighbor_message_invalid"};
  }
  SECTION("from our own address") {
    packet = ns("fc00:1::1", "ff02::1:ff00:1", 255, "fc00:1::1", kPeerMac);
    expected = {"drop neighbor_message_invalid"};
  }
  SECTION("DAD with an address option") {
    packet = ns("::", "ff02::1:ff00:1", 255, "fc00:1::1", kPeerMac);
    expected = {"drop neighbor_message_invalid"};
  }
  CHECK(names(f.local(packet)) == expected);
  CHECK(f.slow_path->neighbors().size() == 1);
}

TEST_CASE("slow path: an off-link sender is answered but takes no entry") {
  SlowPathFixture f;
  CHECK(names(f.local(PacketBuilder()
                          .ipv6("fd00::9", "ff02::1:ff00:1", {.hop_limit = 255})
                          .icmp6(135)
                          .raw(target("fc00:1::1", kPeerMac)))) == Names{"frame 1"});
  CHECK(f.slow_path->neighbors().size() == 1);
}

TEST_CASE("slow path: a sender without an address option is resolved first") {
  SlowPathFixture f;
  const auto asked = f.local(PacketBuilder()
                                 .ipv6("fc00:1::9", "fc00:1::1", {.hop_limit = 255})
                                 .icmp6(135)
                                 .raw(target("fc00:1::1")));
  REQUIRE(names(asked) == Names{"frame 1"});
  CHECK(asked[0].bytes[14 + 40] == icmp6::kNeighborSolicitation);
  const auto sent = f.advertise("fc00:1::9", kPeerMac);
  REQUIRE(names(sent) == Names{"frame 1"});
  CHECK(sent[0].bytes[14 + 40] == icmp6::kNeighborAdvertisement);
  CHECK(f.publisher.changes.empty());  // nothing that forwarding needs
}

TEST_CASE("slow path: redirects and foreign router advertisements change nothing") {
  SlowPathFixture f;
  test::Bytes body = target("fc00:1::9");
  body.resize(32);
  CHECK(
      names(f.local(
          PacketBuilder().ipv6("fe80::9", "fc00:1::1", {.hop_limit = 255}).icmp6(137).raw(body))) ==
      Names{"drop neighbor_redirect_ignored"});
  CHECK(f.slow_path->stats().redirects_ignored == 1);
  CHECK(f.local(PacketBuilder()
                    .ipv6("fe80::9", "ff02::1", {.hop_limit = 255})
                    .icmp6(134)
                    .raw(test::Bytes(8)))
            .empty());
  CHECK(f.slow_path->neighbors().size() == 1);
}

TEST_CASE("slow path: router solicitations") {
  SlowPathFixture f;
  const test::Bytes unicast = PacketBuilder()
                                  .ipv6("fe80::9", "ff02::2", {.hop_limit = 255})
                                  .icmp6(133)
                                  .raw(test::from_hex("0101 02aa00000001"));
  const test::Bytes anonymous =
      PacketBuilder().ipv6("::", "ff02::2", {.hop_limit = 255}).icmp6(133);
  SECTION("not configured: silence") {
    CHECK(f.local(unicast).empty());
    CHECK(f.local(anonymous).empty());
  }
  f.tables.interfaces[0].router_advertisement = Interface::RouterAdvertisement{};
  f.change_tables();
  REQUIRE(names(f.tick(f.now)) == Names{"frame 1"});  // the first periodic one
  SECTION("with an address: answered to the sender") {
    const auto sent = f.local(unicast);
    REQUIRE(names(sent) == Names{"frame 1"});
    CHECK(hex(std::span(sent[0].bytes).first(6)) == hex(kPeerMac.bytes));
    CHECK(sent[0].bytes[54] == icmp6::kRouterAdvertisement);
  }
  SECTION("without: to all nodes, three seconds after the last") {
    CHECK(f.local(anonymous).empty());
    const auto sent = f.tick(f.now + 3 * kSecond);
    REQUIRE(names(sent) == Names{"frame 1"});
    CHECK(hex(std::span(sent[0].bytes).first(6)) == "333300000001");
  }
  SECTION("from an interface without") {
    CHECK(f.local(unicast, 2).empty());
  }
}

TEST_CASE("slow path: ARP for an own address") {
  SlowPathFixture f;
  const auto sent = f.arp(arp_bytes(arp(1, kPeerMac, "10.1.0.9", "10.1.0.1")));
  REQUIRE(names(sent) == Names{"frame 1"});
  ArpPacket reply = arp(2, test::kOwnMac, "10.1.0.1", "10.1.0.9");
  reply.target_mac = kPeerMac;
  const test::Bytes expected =
      PacketBuilder().ethernet(Mac(kPeerMac), Mac(test::kOwnMac)).arp(reply);
  CHECK(hex(sent[0].bytes) == hex(expected));
  CHECK(f.slow_path->neighbors().size() == 2);
}

TEST_CASE("slow path: ARP that teaches nothing") {
  SlowPathFixture f;
  ArpPacket packet = arp(1, kPeerMac, "10.1.0.9", "10.1.0.1");
  InterfaceId rx = 1;
  Names expected;
  SECTION("for another") {
    packet.target_ip = V4("10.1.0.5");
  }
  SECTION("for the address of another interface") {
    packet.target_ip = V4("10.2.0.1");
  }
  SECTION("gratuitous, unknown") {
    packet.target_ip = packet.sender_ip;
  }
  SECTION("reply nobody asked for") {
    packet.operation = Be16(2);
  }
  SECTION("probe: answered only") {
    packet.sender_ip = V4("0.0.0.0");
    expected = {"frame 1"};
  }
  SECTION("off-link sender: answered only") {
    packet.sender_ip = V4("192.168.0.1");
    expected = {"frame 1"};
  }
  SECTION("our own address") {
    packet.sender_ip = V4("10.1.0.1");
    expected = {"drop neighbor_message_invalid"};
  }
  SECTION("malformed") {
    packet.hardware_len = 7;
    expected = {"drop neighbor_message_invalid"};
  }
  SECTION("unknown interface") {
    rx = 99;
    expected = {"drop lookup_stale_result"};
  }
  CHECK(names(f.arp(arp_bytes(packet), rx)) == expected);
  CHECK(f.slow_path->neighbors().size() == 1);
}

TEST_CASE("slow path: gratuitous ARP updates a known neighbor") {
  SlowPathFixture f;
  (void)f.arp(arp_bytes(arp(1, kPeerMac, "10.1.0.9", "10.1.0.1")));
  CHECK(f.arp(arp_bytes(arp(1, kOtherMac, "10.1.0.9", "10.1.0.9"))).empty());
  CHECK(f.slow_path->neighbors()[1].mac == kOtherMac);
}

TEST_CASE("slow path: without mbufs nothing is sent, and it is counted") {
  SlowPathFixture f({}, 1);
  CHECK(f.resolve(packet_to("fc00:55::1"), 7).empty());
  CHECK(f.slow_path->stats().no_mbuf == 1);
  CHECK(f.tick(f.now + kSecond).empty());
  CHECK(f.slow_path->stats().no_mbuf == 2);
}

TEST_CASE("slow path: bridges learn and forget") {
  SlowPathFixture f;
  const test::Bytes frame =
      PacketBuilder().ethernet("ff:ff:ff:ff:ff:ff", Mac(kPeerMac)).payload(50);
  CHECK(f.punt(frame, {PuntReason::kLearn, PacketKind::kFrame, 4, 3}).empty());
  REQUIRE(f.publisher.bridges[3].macs.size() == 1);
  CHECK(f.publisher.bridges[3].macs[0] == Bridge::Mac{kPeerMac, false, 4, false});
  CHECK(f.slow_path->stats().macs_learned == 1);
  CHECK(f.punt(frame, {PuntReason::kLearn, PacketKind::kFrame, 5, 3}).empty());
  CHECK(f.slow_path->stats().mac_moves == 1);
  CHECK(f.punt(frame, {PuntReason::kLearn, PacketKind::kFrame, 5, 77}).empty());
  CHECK(names(f.punt(test::Bytes(13), {PuntReason::kLearn, PacketKind::kFrame, 4, 3})) ==
        Names{"drop parse_ethernet_truncated"});
  CHECK(f.slow_path->next_deadline() == f.now + 300 * kSecond);
  (void)f.tick(f.now + 300 * kSecond);
  CHECK(f.publisher.bridges[3].macs.empty());
}

// Whatever is punted, every mbuf comes out once (the fixture counts them), and the same input gives
// the same output.
TEST_CASE("slow path: random punts are deterministic and leak nothing") {
  const auto run = [](unsigned seed) {
    SlowPathFixture f({.neighbors = {.hold_packets = 2, .max_unresolved = 8}}, 1023);
    f.tables.interfaces[0].router_advertisement = Interface::RouterAdvertisement{};
    std::mt19937 random(seed);
    std::string log;
    const test::Bytes seeds[] = {
        packet_to("fc00:1::50"),
        PacketBuilder()
            .ipv6("fe80::9", "ff02::1:ff00:1", {.hop_limit = 255})
            .icmp6(135)
            .raw(target("fc00:1::1", kPeerMac)),
        PacketBuilder().ipv6("fc00:1::9", "fc00:1::1").icmp6(128).payload(20),
        PacketBuilder().ipv4("10.1.0.9", "10.1.0.1").icmp4(8).payload(20),
        PacketBuilder()
            .ipv6("fc00:9::1", "fc00:1::1")
            .icmp6(3)
            .ipv6("fc00:1::1", "fc00:8::1")
            .ipv6("a::1", "b::1"),
        arp_bytes(arp(1, kPeerMac, "10.1.0.9", "10.1.0.1"))};
    for (int i = 0; i < 3000; ++i) {
      test::Bytes bytes = seeds[random() % std::size(seeds)];
      if (random() % 2 == 0) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
      if (random() % 8 == 0) bytes.resize(random() % bytes.size());
      const PuntInfo info{
          static_cast<PuntReason>(random() % 6), static_cast<PacketKind>(random() % 4),
          static_cast<InterfaceId>(random() % 6), static_cast<std::uint32_t>(random() % 10)};
      for (const auto& sent : f.punt(bytes, info))
        log += sent.what + " " + hex(sent.bytes) + "\n";
      if (random() % 4 == 0) {
        for (const auto& sent : f.tick(f.now + random() % (2 * kSecond)))
          log += sent.what + "\n";
      }
      if (random() % 300 == 0) f.change_tables();
      for (const auto& sent : f.output.take())
        log += sent.what + "\n";
    }
    return log;
  };
  const std::string first = run(11);
  CHECK(first == run(11));
  CHECK(first != run(12));
}

}  // namespace
}  // namespace sextant
