// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What parse lets in, and under which reason it drops the rest.
#include "dataplane/parse.hpp"

#include <random>

#include <sextant/net/checksum.hpp>

#include "support/catch.hpp"
#include "support/fake_mbuf.hpp"
#include "support/forward_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const MacAddress kRemote{{0x02, 0, 0, 0, 0, 0x99}};

// pg0 receives, pg1 leads to everything.
struct Router : ForwardFixture {
  InterfaceId in = port(0, {"2001:db8:0::1/64", "10.0.0.1/24"});
  InterfaceId out = port(1, {"2001:db8:1::1/64", "10.0.1.1/24"});
  Router() {
    route("2001:db8:2::/48", via(out, "2001:db8:1::2"));
    route("10.2.0.0/16", via(out, "10.0.1.2"));
  }
};

PacketBuilder to_us() {
  return PacketBuilder().ethernet(port_mac(0), kRemote);
}
PacketBuilder good6() {
  return to_us().ipv6("2001:db8:9::9", "2001:db8:2::2").udp(1, 2).payload(20);
}
PacketBuilder good4() {
  return to_us().ipv4("192.0.2.9", "10.2.0.2").udp(1, 2).payload(20);
}
Bytes cut(Bytes bytes, std::size_t n) {
  bytes.resize(n);
  return bytes;
}

}  // namespace

TEST_CASE("good packets pass, at every position of a mixed burst") {
  Router router;
  const std::vector<Frame> others = {good4(), to_us().ipv6("::1", "2001:db8:2::2").udp(1, 2),
                                     cut(good6(), 20), good6()};
  CHECK(router.run_at_every_position(0, good6(), others).only(1).size() == Bytes(good6()).size());
  CHECK(router.run_at_every_position(0, good4(), others).only(1).size() == Bytes(good4()).size());
}

TEST_CASE("a frame cut anywhere is dropped under the header that it cuts") {
  Router router;
  const Bytes six = good6();
  for (std::size_t n = 0; n < six.size(); ++n) {
    const char* reason = n < 14 ? "parse_ethernet_truncated" : "parse_ipv6_truncated";
    router.run(0, Frame(cut(six, n))).require_dropped(reason);
  }
  const Bytes four = good4();
  for (std::size_t n = 14; n < four.size(); ++n) {
    router.run(0, Frame(cut(four, n))).require_dropped("parse_ipv4_truncated");
  }
}

TEST_CASE("link-layer padding is cut off") {
  Router router;
  for (const std::size_t padding : {1, 6, 18, 100}) {
    CHECK(router.run(0, good6().padding(padding)).only(1).size() == Bytes(good6()).size());
    CHECK(router.run(0, good4().padding(padding)).only(1).size() == Bytes(good4()).size());
  }
}

TEST_CASE("frames that are not for us") {
  Router router;
  router.run(0, PacketBuilder().ethernet(kRemote, kRemote).ipv6("a::1", "2001:db8:2::2").udp(1, 2))
      .require_dropped("parse_ethernet_not_for_us");
  router.run(0, PacketBuilder().ethernet(port_mac(1), kRemote).ipv6("a::1", "b::").udp(1, 2))
      .require_dropped("parse_ethernet_not_for_us");
  router.run(5, good6()).require_dropped("parse_interface_down");
  router.run(0, PacketBuilder().ethernet(port_mac(0), kRemote, 7).ipv6("a::1", "b::").udp(1, 2))
      .require_dropped("parse_vlan_unknown");
  router.run(0, PacketBuilder().ethernet(port_mac(0), kRemote, 0, {.type = 0x88cc}).payload(50))
      .require_dropped("parse_ethertype_unknown");
}

TEST_CASE("a VLAN id leads to its sub-interface and nowhere else") {
  Router router;
  const InterfaceId vlan = router.subinterface(0, 100, {"2001:db8:100::1/64"}, 3);
  router.route("2001:db8:2::/48", router.via(router.out, "2001:db8:1::3"), 3);
  const auto tagged = [](std::uint16_t id) {
    return PacketBuilder()
        .ethernet(port_mac(0), kRemote, id)
        .ipv6("2001:db8:9::9", "2001:db8:2::2")
        .udp(1, 2);
  };
  CHECK(router.run(0, tagged(100)).sent() == 1);
  CHECK(router.rx_counter(vlan).packets == 1);
  CHECK(router.run(0, tagged(0)).sent() == 1);
  CHECK(router.rx_counter(router.in).packets == 1);
  router.run(0, tagged(101)).require_dropped("parse_vlan_unknown");
}

TEST_CASE("IPv6 headers that lie") {
  Router router;
  const auto with = [](Ipv6Options options) {
    return to_us().ipv6("2001:db8:9::9", "2001:db8:2::2", options).udp(1, 2).payload(20);
  };
  router.run(0, with({.version = 4})).require_dropped("parse_ipv6_version");
  router.run(0, with({.version = 0})).require_dropped("parse_ipv6_version");
  router.run(0, with({.payload_length = 29})).require_dropped("parse_ipv6_truncated");
  router.run(0, with({.payload_length = 65535})).require_dropped("parse_ipv6_truncated");
}

TEST_CASE("IPv4 headers that lie") {
  Router router;
  const auto with = [](Ipv4Options options) {
    return to_us().ipv4("192.0.2.9", "10.2.0.2", options).udp(1, 2).payload(20);
  };
  router.run(0, with({.version_ihl = 0x65})).require_dropped("parse_ipv4_version");
  router.run(0, with({.version_ihl = 0x44})).require_dropped("parse_ipv4_version");
  router.run(0, with({.version_ihl = 0x40})).require_dropped("parse_ipv4_version");
  router.run(0, with({.total_length = 19})).require_dropped("parse_ipv4_truncated");
  router.run(0, with({.total_length = 49})).require_dropped("parse_ipv4_truncated");
  router.run(0, with({.checksum = 0x1234})).require_dropped("parse_ipv4_checksum");
}

TEST_CASE("addresses that must not be on a link") {
  Router router;
  const auto six = [&](const char* source, const char* destination) {
    return router.run(0, to_us().ipv6(source, destination).udp(1, 2).payload(8));
  };
  for (const char* source : {"::", "::1", "ff02::1", "::ffff:10.0.0.1"}) {
    six(source, "2001:db8:2::2").require_dropped("parse_ipv6_martian");
  }
  for (const char* destination : {"::", "::1", "::ffff:10.2.0.2"}) {
    six("2001:db8:9::9", destination).require_dropped("parse_ipv6_martian");
  }
  six("2001:db8:9::9", "ff0e::1").require_dropped("parse_ipv6_multicast");
  six("2001:db8:9::9", "ff02::5").require_dropped("parse_ipv6_multicast");
  const auto four = [&](const char* source, const char* destination) {
    return router.run(0, to_us().ipv4(source, destination).udp(1, 2).payload(8));
  };
  for (const char* source : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"}) {
    four(source, "10.2.0.2").require_dropped("parse_ipv4_martian");
  }
  for (const char* destination : {"0.0.0.0", "127.0.0.1", "255.255.255.255"}) {
    four("192.0.2.9", destination).require_dropped("parse_ipv4_martian");
  }
  four("192.0.2.9", "224.0.0.5").require_dropped("parse_ipv4_multicast");
}

TEST_CASE("what is ordinary passes the checks, whatever bytes are changed") {
  std::mt19937 random(1);
  unsigned ordinary = 0;
  for (int round = 0; round < 200000; ++round) {
    const bool six = random() % 2 == 0;
    Bytes bytes = six ? good6().build() : good4().build();
    bytes.erase(bytes.begin(), bytes.begin() + sizeof(EthernetHeader));
    const std::size_t header = six ? sizeof(Ipv6Header) : sizeof(Ipv4Header);
    for (unsigned changes = random() % 4; changes > 0; --changes) {
      static constexpr std::uint8_t kOdd[] = {0, 1, 0x45, 0x46, 0x60, 127, 224, 240, 0xfe, 0xff};
      bytes[random() % header] =
          random() % 2 == 0 ? kOdd[random() % sizeof kOdd] : static_cast<std::uint8_t>(random());
    }
    if (!six && random() % 2 == 0) {
      auto& ip = *reinterpret_cast<Ipv4Header*>(bytes.data());
      ip.checksum = Be16(0);
      ChecksumAccumulator sum;
      sum.add({bytes.data(), header});
      ip.checksum = sum.finish();
    }
    FakeMbuf mbuf(bytes);
    PacketMeta meta;
    const Packet packet(mbuf.get(), &meta);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    if (six) {
      if (!is_ordinary(packet.ipv6(), size)) continue;
      REQUIRE_FALSE(check_ipv6(packet));
      REQUIRE_FALSE(may_be_scoped(packet.ipv6()));
    } else {
      if (!is_ordinary(packet.ipv4(), size)) continue;
      REQUIRE_FALSE(check_ipv4(packet));
      REQUIRE_FALSE(packet.ipv4().destination.is_multicast());
    }
    REQUIRE(packet.bytes() == size);
    ++ordinary;
  }
  CHECK(ordinary > 10000);
}

TEST_CASE("link-local packets are never forwarded") {
  Router router;
  router.run(0, to_us().ipv6("fe80::9", "2001:db8:2::2").udp(1, 2))
      .require_dropped("forward_link_local");
  router.route("fe80::/10", router.via(router.out, "2001:db8:1::2"));
  router.run(0, to_us().ipv6("2001:db8:9::9", "fe80::2").udp(1, 2))
      .require_dropped("forward_link_local");
}

TEST_CASE("neighbor discovery and ARP go to the control thread") {
  Router router;
  const RunResult nd =
      router.run(0, PacketBuilder()
                        .ethernet("33:33:ff:00:00:01", kRemote)
                        .ipv6("2001:db8:0::9", "ff02::1:ff00:1", {.hop_limit = 255})
                        .icmp6(135)
                        .payload(20));
  REQUIRE(nd.punted.size() == 1);
  CHECK(nd.punted[0].info.reason == PuntReason::kLocal);
  CHECK(nd.punted[0].info.rx_interface == router.in);
  const RunResult arp =
      router.run(0, PacketBuilder().ethernet("ff:ff:ff:ff:ff:ff", kRemote).arp(ArpPacket{}));
  REQUIRE(arp.punted.size() == 1);
  CHECK(arp.punted[0].info.reason == PuntReason::kArp);
  CHECK(arp.punted[0].info.kind == PacketKind::kArp);
}

TEST_CASE("headers split over segments are dropped, payload split over segments passes") {
  Router router;
  for (std::uint16_t first = 14; first < 14 + 40; ++first) {
    router.run(0, Frame(good6(), {.segments = {first}})).require_dropped("parse_not_contiguous");
  }
  const RunResult whole = router.run(0, Frame(good6(), {.segments = {62}}));
  CHECK(whole.only(1).size() == Bytes(good6()).size());
}
