// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath and next hops: resolved by ND and ARP, published, kept over recompilations.
#include <span>

#include "slow_path_fixture.hpp"

namespace sextant {
namespace {

using test::arp;
using test::arp_bytes;
using test::hex;
using test::kPeerMac;
using test::kSecond;
using test::Mac;
using test::names;
using test::packet_to;
using test::PacketBuilder;
using test::SlowPathFixture;
using test::target;
using Names = std::vector<std::string>;

TEST_CASE("slow path: an unresolved adjacency is solicited, published and its packets resent") {
  SlowPathFixture f;
  const auto asked = f.resolve(packet_to("fc00:55::1"), 7);
  REQUIRE(names(asked) == Names{"frame 1"});
  const test::Bytes expected = PacketBuilder()
                                   .ethernet("33:33:ff:00:00:07", Mac(test::kOwnMac))
                                   .ipv6("fe80::ff:fe00:1", "ff02::1:ff00:7", {.hop_limit = 255})
                                   .icmp6(135)
                                   .raw(target("fc00:1::7", test::kOwnMac));
  CHECK(hex(asked[0].bytes) == hex(expected));
  CHECK(f.publisher.changes.empty());

  const auto sent = f.advertise("fc00:1::7", kPeerMac);
  REQUIRE(names(sent) == Names{"resend 7"});
  CHECK(hex(sent[0].bytes) == hex(packet_to("fc00:55::1")));
  REQUIRE(f.publisher.changes.size() == 1);
  CHECK(f.publisher.adjacencies.at(7).mac == kPeerMac);
  CHECK(f.publisher.adjacencies.at(7).resolved);
  CHECK(f.slow_path->stats().solicitations_sent == 1);
}

TEST_CASE("slow path: a gleaned IPv4 neighbor by a sub-interface") {
  SlowPathFixture f;
  const test::Bytes packet = PacketBuilder().ipv4("10.1.0.9", "10.2.0.50").udp(1, 2).payload(4);
  const auto asked = f.glean(packet, 2, 1);
  REQUIRE(names(asked) == Names{"frame 2"});
  const test::Bytes request = PacketBuilder()
                                  .ethernet("ff:ff:ff:ff:ff:ff", Mac(test::kOwnVlanMac), 20)
                                  .arp(arp(1, test::kOwnVlanMac, "10.2.0.1", "10.2.0.50"));
  CHECK(hex(asked[0].bytes) == hex(request));

  ArpPacket reply = arp(2, kPeerMac, "10.2.0.50", "10.2.0.1");
  const auto sent = f.arp(arp_bytes(reply), 2);
  REQUIRE(names(sent) == Names{"resend 65536"});
  CHECK(hex(sent[0].bytes) == hex(packet));
  REQUIRE(f.publisher.find(2, "10.2.0.50"));
  CHECK(f.publisher.adjacencies.at(65536).mac == kPeerMac);

  // Not answering any more: unresolved, route and adjacency gone.
  f.now += 30 * kSecond;
  for (int i = 0; i < 3; ++i, f.now += kSecond) {
    const auto probe = f.tick(f.now);
    REQUIRE(names(probe) == Names{"frame 2"});
    CHECK(hex(std::span(probe[0].bytes).first(6)) == hex(kPeerMac.bytes));
  }
  CHECK(f.tick(f.now).empty());
  CHECK_FALSE(f.publisher.find(2, "10.2.0.50"));
  CHECK_FALSE(f.publisher.adjacencies.contains(65536));
}

TEST_CASE("slow path: one publication for a whole batch") {
  SlowPathFixture f;
  for (const char* to : {"fc00:1::50", "fc00:1::51", "fc00:1::52"})
    (void)f.glean(packet_to(to), 1);
  for (const char* to : {"fc00:1::50", "fc00:1::51", "fc00:1::52"}) {
    test::Bytes body = target(to);
    body.insert(body.end(), {2, 1, 2, 0, 0, 0, 9, 9});
    f.slow_path->handle(f.mbuf(PacketBuilder()
                                   .ipv6(to, "fe80::ff:fe00:1", {.hop_limit = 255})
                                   .icmp6(136, 0, {.parameter = 0x60000000})
                                   .raw(body),
                               {PuntReason::kLocal, PacketKind::kIpv6, 1, kNoObject}),
                        f.now);
  }
  CHECK(f.publisher.changes.empty());
  CHECK(f.slow_path->next_deadline() == 0);
  f.slow_path->tick(f.now);
  CHECK(f.publisher.changes.size() == 1);
  CHECK(names(f.output.take()) == Names{"resend 65536", "resend 65537", "resend 65538"});
  CHECK(f.slow_path->next_deadline() == f.now + 30 * kSecond);
}

TEST_CASE("slow path: a refused publication drops what waited and is tried again") {
  SlowPathFixture f;
  (void)f.resolve(packet_to("fc00:55::1"), 7);
  f.publisher.fail = true;
  CHECK(names(f.advertise("fc00:1::7", kPeerMac)) == Names{"drop neighbor_unresolved"});
  CHECK(f.slow_path->stats().publish_failures == 1);
  CHECK(f.slow_path->next_deadline() == f.now + kSecond);
  CHECK(names(f.resolve(packet_to("fc00:55::1"), 7)) == Names{"drop neighbor_unresolved"});
  CHECK(f.slow_path->stats().publish_failures == 1);
  f.publisher.fail = false;
  CHECK(f.tick(f.now + kSecond).empty());
  CHECK(f.publisher.adjacencies.at(7).resolved);
  CHECK(names(f.resolve(packet_to("fc00:55::1"), 7)) == Names{"resend 7"});
}

TEST_CASE("slow path: references to nothing are dropped") {
  SlowPathFixture f;
  CHECK(names(f.resolve(packet_to("fc00:55::1"), 4711)) == Names{"drop lookup_stale_result"});
  CHECK(names(f.resolve(packet_to("fc00:55::1"), kNoObject)) == Names{"drop lookup_stale_result"});
  CHECK(names(f.glean(packet_to("fc00:1::50"), 99)) == Names{"drop lookup_stale_result"});
  CHECK(names(f.glean(packet_to("fc00:1::50"), 0x10001)) == Names{"drop lookup_stale_result"});
  CHECK(names(f.glean(packet_to("ff02::5"), 1)) == Names{"drop neighbor_unresolved"});
  CHECK(names(f.glean({}, 1)) == Names{"drop neighbor_unresolved"});
  CHECK(names(f.glean(test::Bytes(39, 0x60), 1)) == Names{"drop neighbor_unresolved"});
  CHECK(names(f.glean(test::Bytes(40, 0x00), 1)) == Names{"drop neighbor_unresolved"});
  const auto sent = f.punt({}, {static_cast<PuntReason>(77), PacketKind::kIpv6, 1, 0});
  CHECK(names(sent) == Names{"drop lookup_stale_result"});
  CHECK(f.slow_path->neighbors().size() == 1);  // the static one
}

TEST_CASE("slow path: the hold queue drops and counts its oldest packet") {
  SlowPathFixture f({.neighbors = {.hold_packets = 1}});
  (void)f.resolve(packet_to("fc00:55::1"), 7);
  const auto sent = f.resolve(packet_to("fc00:55::2"), 7);
  REQUIRE(names(sent) == Names{"drop neighbor_hold_queue_full"});
  CHECK(hex(sent[0].bytes) == hex(packet_to("fc00:55::1")));
}

TEST_CASE("slow path: a static neighbor is used and never overwritten") {
  SlowPathFixture f;
  CHECK(names(f.resolve(packet_to("fc00:55::1"), 8)) == Names{"resend 8"});
  CHECK(names(f.glean(packet_to("fc00:1::8"), 1)) == Names{"resend 8"});
  REQUIRE(f.publisher.find(0, "fc00:1::8"));
  CHECK(f.publisher.adjacencies.empty());
  CHECK(f.advertise("fc00:1::8", kPeerMac).empty());
  CHECK(names(f.resolve(packet_to("fc00:55::1"), 8)) == Names{"resend 8"});
  CHECK(f.publisher.adjacencies.empty());
}

TEST_CASE("slow path: recompilation keeps what was learned, forgets what lost its interface") {
  SlowPathFixture f;
  (void)f.glean(packet_to("fc00:1::50"), 1);
  (void)f.advertise("fc00:1::50", kPeerMac);
  const auto overlay = f.slow_path->overlay();
  CHECK(overlay.adjacencies.upserts.size() == 1);
  CHECK(overlay.fib_upserts.size() == 1);
  SECTION("a change elsewhere goes through as it is") {
    f.tables.fib.push_back({0, test::Prefix("fc00:77::/64"), f.tables.fib[0].result});
    f.change_tables();
    CHECK(f.publisher.changes.back().fib_upserts.size() == 1);
    CHECK(f.publisher.changes.back().adjacencies.empty());
  }
  SECTION("the next hop gets an adjacency of the configuration: resolved in the same change") {
    f.tables.adjacencies.push_back({.id = 9, .interface = 1, .next_hop = test::V6("fc00:1::50")});
    const std::size_t before = f.publisher.changes.size();
    f.change_tables();
    CHECK(f.publisher.changes.size() == before + 1);
    CHECK(f.publisher.adjacencies.at(9).mac == kPeerMac);
    CHECK_FALSE(f.publisher.adjacencies.contains(65536));
    SECTION("and loses it again: the host route never leads nowhere") {
      f.tables.adjacencies.pop_back();
      f.change_tables();
      CHECK(f.publisher.changes.size() == before + 2);
      CHECK_FALSE(f.publisher.adjacencies.contains(9));
      CHECK(*f.publisher.find(0, "fc00:1::50") ==
            LookupResult(LookupResult::Kind::kAdjacency, 65536));
      CHECK(f.publisher.adjacencies.at(65536).mac == kPeerMac);
    }
  }
  SECTION("a refused change changes nothing") {
    f.publisher.refuse = true;
    f.tables.fib.clear();
    const TableDiff change = f.take_change();
    const std::size_t before = f.publisher.changes.size();
    CHECK_FALSE(f.slow_path->publish(change).ok());
    CHECK(f.slow_path->overlay().fib_upserts == overlay.fib_upserts);
    f.publisher.refuse = false;
    (void)f.tick(f.now);
    CHECK(f.publisher.changes.size() == before);
  }
  SECTION("interface gone while a packet is held") {
    (void)f.glean(packet_to("fc00:1::51"), 1);
    f.tables.interfaces.erase(f.tables.interfaces.begin());
    f.change_tables();
    const auto sent = f.output.take();
    CHECK(names(sent) == Names{"inject 0", "drop neighbor_unresolved"});
    CHECK_FALSE(f.publisher.find(0, "fc00:1::50"));
    CHECK_FALSE(f.publisher.adjacencies.contains(65536));
    CHECK(f.slow_path->neighbors().empty());
  }
}

TEST_CASE("slow path: the neighbors behind a port are forgotten, static ones and others stay") {
  SlowPathFixture f;
  (void)f.resolve(packet_to("fc00:55::1"), 7);
  (void)f.advertise("fc00:1::7", kPeerMac);
  (void)f.glean(packet_to("fc00:1::50"), 1);
  (void)f.advertise("fc00:1::50", kPeerMac);
  (void)f.glean(packet_to("fc00:1::51"), 1);  // held
  const auto known = [&] {
    std::size_t out = 0;
    for (const NeighborInfo& neighbor : f.slow_path->neighbors())
      out += neighbor.state != NeighborState::kPermanent;
    return out;
  };
  f.slow_path->forget_neighbors(1);
  CHECK(f.output.take().empty());
  CHECK(known() >= 3);
  f.slow_path->forget_neighbors(0);
  CHECK(known() == 0);
  CHECK_FALSE(f.publisher.adjacencies.at(7).resolved);
  CHECK_FALSE(f.publisher.adjacencies.contains(65536));
  const auto sent = f.output.take();
  REQUIRE_FALSE(sent.empty());
  CHECK(sent.back().what == "drop neighbor_unresolved");
  CHECK(f.slow_path->neighbors().size() == 1);
  // And found again.
  (void)f.resolve(packet_to("fc00:55::1"), 7);
  (void)f.advertise("fc00:1::7", test::kOtherMac);
  CHECK(f.publisher.adjacencies.at(7).mac == test::kOtherMac);
}

TEST_CASE("slow path: held packets are freed at the end") {
  SlowPathFixture f;
  (void)f.resolve(packet_to("fc00:55::1"), 7);
  (void)f.glean(packet_to("fc00:1::51"), 1);
  f.slow_path->handle(f.mbuf(packet_to("fc00:1::8"), {PuntReason::kGlean, PacketKind::kIpv6, 1, 1}),
                      f.now);
}

}  // namespace
}  // namespace sextant
