// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SlowPath and ICMP: echo, relayed errors, unreachable next hops, the exception path.
#include "slow_path_fixture.hpp"

namespace sextant {
namespace {

using test::hex;
using test::kPeerMac;
using test::kSecond;
using test::names;
using test::PacketBuilder;
using test::SlowPathFixture;
using Names = std::vector<std::string>;

constexpr const char* kEncapSource = "fc00:ee::1";

TEST_CASE("slow path: echo is answered in the table of the receiving interface") {
  SlowPathFixture f;
  const auto sent =
      f.local(PacketBuilder().ipv6("fc00:5::5", "fc00:2::1").icmp6(128, 0, {.parameter = 7}), 2);
  REQUIRE(names(sent) == Names{"inject 2"});
  const test::Bytes expected =
      PacketBuilder().ipv6("fc00:2::1", "fc00:5::5").icmp6(129, 0, {.parameter = 7});
  CHECK(hex(sent[0].bytes) == hex(expected));
  const auto four = f.local(PacketBuilder().ipv4("10.9.0.9", "10.2.0.1").icmp4(8).payload(5), 2,
                            PacketKind::kIpv4);
  REQUIRE(names(four) == Names{"inject 2"});
  CHECK(hex(four[0].bytes) ==
        hex(PacketBuilder().ipv4("10.2.0.1", "10.9.0.9").icmp4(0).payload(5).build()));
  CHECK(f.slow_path->stats().echo_replies == 2);
}

TEST_CASE("slow path: echo to a SID behind an SRH is answered from the SID") {
  SlowPathFixture f;
  const auto sent = f.local(PacketBuilder()
                                .ipv6("fc00:5::5", "fc00:51d::1")
                                .srh({"fc00:9::1", "fc00:51d::1"}, 0)
                                .icmp6(128)
                                .payload(3));
  REQUIRE(names(sent) == Names{"inject 0"});
  CHECK(hex(sent[0].bytes) ==
        hex(PacketBuilder().ipv6("fc00:51d::1", "fc00:5::5").icmp6(129).payload(3).build()));
}

TEST_CASE("slow path: a large echo takes several segments") {
  SlowPathFixture f;
  rte_mbuf* head =
      f.mbuf(test::Bytes(PacketBuilder().ipv6("fc00:5::5", "fc00:1::1").icmp6(128).payload(1800)),
             {PuntReason::kLocal, PacketKind::kIpv6, 1, kNoObject});
  rte_mbuf* tail = f.mbuf(test::Bytes(1500), {});
  REQUIRE(rte_pktmbuf_chain(head, tail) == 0);
  // Rebuilt as one packet with the right length and checksum, laid over both segments.
  const test::Bytes whole = PacketBuilder().ipv6("fc00:5::5", "fc00:1::1").icmp6(128).payload(3300);
  REQUIRE(whole.size() == rte_pktmbuf_pkt_len(head));
  std::memcpy(rte_pktmbuf_mtod(head, char*), whole.data(), head->data_len);
  std::memcpy(rte_pktmbuf_mtod(tail, char*), whole.data() + head->data_len, tail->data_len);
  f.slow_path->handle(head, f.now);
  const auto sent = f.output.take();
  REQUIRE(names(sent) == Names{"inject 0"});
  CHECK(hex(sent[0].bytes) ==
        hex(PacketBuilder().ipv6("fc00:1::1", "fc00:5::5").icmp6(129).payload(3300).build()));
}

TEST_CASE("slow path: echo from a link-local address goes back on the link") {
  SlowPathFixture f;
  const char* to = GENERATE("fe80::ff:fe00:1", "ff02::1");
  const auto asked = f.local(PacketBuilder().ipv6("fe80::9", to).icmp6(128).payload(3));
  REQUIRE(names(asked) == Names{"frame 1"});
  const auto sent = f.advertise("fe80::9", kPeerMac);
  REQUIRE(names(sent) == Names{"frame 1"});
  CHECK(hex(sent[0].bytes) == hex(PacketBuilder()
                                      .ethernet(kPeerMac, test::kOwnMac)
                                      .ipv6("fe80::ff:fe00:1", "fe80::9")
                                      .icmp6(129)
                                      .payload(3)
                                      .build()));
  CHECK(f.publisher.changes.empty());
}

TEST_CASE("slow path: a group is answered from the interface's address") {
  SlowPathFixture f;
  const auto sent = f.local(PacketBuilder().ipv6("fc00:1::9", "ff02::1").icmp6(128));
  REQUIRE(names(sent) == Names{"inject 0"});
  CHECK(hex(sent[0].bytes) ==
        hex(PacketBuilder().ipv6("fc00:1::1", "fc00:1::9").icmp6(129).build()));
}

TEST_CASE("slow path: echo is rate-limited and recovers") {
  SlowPathFixture f({.echo_replies_per_second = 10, .echo_reply_burst = 2});
  const test::Bytes request = PacketBuilder().ipv6("fc00:5::5", "fc00:1::1").icmp6(128);
  CHECK(names(f.local(request)) == Names{"inject 0"});
  CHECK(names(f.local(request)) == Names{"inject 0"});
  CHECK(names(f.local(request)) == Names{"drop local_echo_rate_limited"});
  f.now += kSecond / 10;
  CHECK(names(f.local(request)) == Names{"inject 0"});
}

TEST_CASE("slow path: the limits let the first packet pass when the clock starts at 0") {
  SlowPathFixture f;
  f.now = 0;
  CHECK(names(f.local(PacketBuilder().ipv6("fc00:5::5", "fc00:1::1").icmp6(128))) ==
        Names{"inject 0"});
}

TEST_CASE("slow path: malformed packets for own addresses") {
  SlowPathFixture f;
  test::Bytes packet;
  PacketKind kind = PacketKind::kIpv6;
  const char* reason = "drop local_icmp_malformed";
  SECTION("checksum") {
    packet = PacketBuilder().ipv6("fc00:5::5", "fc00:1::1").icmp6(128, 0, {.checksum = 1});
  }
  SECTION("checksum of an error") {
    packet = PacketBuilder()
                 .ipv6("fc00:5::5", kEncapSource)
                 .icmp6(3, 0, {.checksum = 1})
                 .ipv6(kEncapSource, "b::1")
                 .ipv6("a::1", "b::1");
  }
  SECTION("ICMP header cut") {
    packet = PacketBuilder().ipv6("fc00:5::5", "fc00:1::1").raw({128, 0, 0}, 58);
  }
  SECTION("payload length too long") {
    packet = PacketBuilder().ipv6("fc00:5::5", "fc00:1::1", {.payload_length = 9}).icmp6(128);
    reason = "drop parse_ipv6_truncated";
  }
  SECTION("empty") {
    reason = "drop parse_ipv6_truncated";
  }
  SECTION("extension header leaves the packet") {
    packet = PacketBuilder().ipv6("fc00:5::5", "fc00:1::1").dest_options({.hdr_ext_len = 9});
    reason = "drop parse_extension_malformed";
  }
  SECTION("IPv4 checksum") {
    packet = PacketBuilder().ipv4("10.9.0.9", "10.1.0.1").icmp4(8, 0, {.checksum = 1});
    kind = PacketKind::kIpv4;
  }
  SECTION("IPv4 header length") {
    packet = PacketBuilder().ipv4("10.9.0.9", "10.1.0.1", {.version_ihl = 0x44}).icmp4(8);
    kind = PacketKind::kIpv4;
    reason = "drop parse_ipv4_truncated";
  }
  SECTION("IPv4 total length") {
    packet = PacketBuilder().ipv4("10.9.0.9", "10.1.0.1", {.total_length = 99}).icmp4(8);
    kind = PacketKind::kIpv4;
    reason = "drop parse_ipv4_truncated";
  }
  SECTION("no IP packet at all") {
    packet = test::Bytes(40);
    kind = PacketKind::kFrame;
    reason = "drop local_protocol_unserved";
  }
  CHECK(names(f.local(packet, 1, kind)) == Names{reason});
}

TEST_CASE("slow path: what the forwarder does not serve goes to the exception interface") {
  SlowPathFixture f;
  test::Bytes packet;
  PacketKind kind = PacketKind::kIpv6;
  const char* own = "fc00:2::1";
  SECTION("echo reply") {
    packet = PacketBuilder().ipv6("fc00:5::5", own).icmp6(129);
  }
  SECTION("UDP") {
    packet = PacketBuilder().ipv6("fc00:5::5", own).udp(1, 2);
  }
  SECTION("fragment") {
    packet = PacketBuilder().ipv6("fc00:5::5", own).fragment({.more = true}).icmp6(128);
  }
  SECTION("segments left") {
    packet = PacketBuilder().ipv6("fc00:5::5", own).srh({own, "fc00:9::1"}, 1).icmp6(128);
  }
  SECTION("error about an own packet") {
    packet = PacketBuilder().ipv6("fc00:5::5", own).icmp6(1).ipv6(own, "fc00:5::5").udp(1, 2);
  }
  SECTION("error about another's packet") {
    packet = PacketBuilder()
                 .ipv6("fc00:5::5", own)
                 .icmp6(3)
                 .ipv6("fc00:77::1", "fc00:5::5")
                 .ipv6("a::1", "b::1");
  }
  SECTION("IPv4 echo reply") {
    packet = PacketBuilder().ipv4("10.9.0.9", "10.2.0.1").icmp4(0);
    kind = PacketKind::kIpv4;
  }
  SECTION("IPv4 error") {
    packet = PacketBuilder().ipv4("10.9.0.9", "10.2.0.1").icmp4(3).payload(28);
    kind = PacketKind::kIpv4;
  }
  SECTION("IPv4 fragment") {
    packet = PacketBuilder()
                 .ipv4("10.9.0.9", "10.2.0.1", {.fragment = Ipv4Header::kMoreFragments})
                 .icmp4(8);
    kind = PacketKind::kIpv4;
  }
  const auto sent = f.local(packet, 2, kind);
  REQUIRE(names(sent) == Names{"exception 2"});
  CHECK(hex(sent[0].bytes) == hex(packet));
}

TEST_CASE("slow path: packet too big about an encapsulation reaches the inner source") {
  SlowPathFixture f;
  const test::Bytes inner = PacketBuilder().ipv6("fc00:2::9", "b::1").udp(1, 2).payload(1400);
  test::Bytes quoted =
      PacketBuilder().ipv6(kEncapSource, "fc00:99::1").srh({"fc00:99::1"}, 0).raw(inner, 41);
  quoted.resize(1232);
  const test::Bytes error =
      PacketBuilder().ipv6("fc00:66::1", kEncapSource).icmp6(2, 0, {.parameter = 1400}).raw(quoted);
  const auto sent = f.local(error);
  // fc00:2::/64 is connected in table 2; in table 0 only the default route has it.
  REQUIRE(names(sent) == Names{"inject 2"});
  test::Bytes rest(quoted.begin() + 64, quoted.end());
  const test::Bytes expected = PacketBuilder()
                                   .ipv6("fc00:2::1", "fc00:2::9")
                                   .icmp6(2, 0, {.parameter = 1400 - 64})
                                   .raw(rest);
  CHECK(hex(sent[0].bytes) == hex(expected));
  CHECK(f.slow_path->stats().errors_relayed == 1);
}

TEST_CASE("slow path: time exceeded about IPv4 in IPv6 becomes an unreachable host") {
  SlowPathFixture f;
  const test::Bytes inner = PacketBuilder().ipv4("10.2.0.9", "10.3.0.1").udp(1, 2).payload(8);
  const auto sent = f.local(PacketBuilder()
                                .ipv6("fc00:66::1", kEncapSource)
                                .icmp6(3)
                                .ipv6(kEncapSource, "fc00:99::1")
                                .raw(inner, 4));
  REQUIRE(names(sent) == Names{"inject 2"});
  CHECK(hex(sent[0].bytes) == hex(PacketBuilder()
                                      .ipv4("10.2.0.1", "10.2.0.9", {.tos = 0xc0})
                                      .icmp4(3, 1)
                                      .raw(inner)
                                      .build()));
}

TEST_CASE("slow path: relayed errors are rate-limited") {
  SlowPathFixture f;
  f.tables.settings.icmp_errors_per_second = 1;
  f.tables.settings.icmp_error_burst = 1;
  f.change_tables();
  const test::Bytes error = PacketBuilder()
                                .ipv6("fc00:66::1", kEncapSource)
                                .icmp6(3)
                                .ipv6(kEncapSource, "fc00:99::1")
                                .ipv6("fc00:2::9", "b::1")
                                .udp(1, 2);
  CHECK(f.local(error).size() == 1);
  CHECK(f.local(error).empty());
  CHECK(f.slow_path->stats().errors_suppressed == 1);
  CHECK(f.slow_path->stats().errors_relayed == 1);
}

// The packet is held, asked for three times, and given up.
std::vector<test::Sent> give_up(SlowPathFixture& f, const test::Bytes& packet,
                                AdjacencyId adjacency, InterfaceId rx) {
  REQUIRE(f.resolve(packet, adjacency, rx).size() == 1);
  CHECK(f.tick(f.now + kSecond).size() == 1);
  CHECK(f.tick(f.now + kSecond).size() == 1);
  return f.tick(f.now + kSecond);
}

TEST_CASE("slow path: an unreachable next hop is reported to the source") {
  SlowPathFixture f;
  const test::Bytes packet = PacketBuilder().ipv6("fc00:1::9", "fc00:55::1").udp(1, 2).payload(9);
  const auto sent = give_up(f, packet, 7, 1);
  REQUIRE(names(sent) == Names{"inject 0", "drop neighbor_unresolved"});
  CHECK(hex(sent[0].bytes) ==
        hex(PacketBuilder().ipv6("fc00:1::1", "fc00:1::9").icmp6(1, 3).raw(packet).build()));
  CHECK(hex(sent[1].bytes) == hex(packet));
  CHECK(f.slow_path->stats().errors_sent == 1);
}

TEST_CASE("slow path: an unreachable IPv4 host is reported to the source") {
  SlowPathFixture f;
  const test::Bytes packet = PacketBuilder().ipv4("10.1.0.9", "10.2.0.50").udp(1, 2).payload(9);
  REQUIRE(f.glean(packet, 2, 1).size() == 1);
  f.now += kSecond;
  for (int i = 0; i < 2; ++i, f.now += kSecond)
    CHECK(f.tick(f.now).size() == 1);
  const auto sent = f.tick(f.now);
  REQUIRE(names(sent) == Names{"inject 2", "drop neighbor_unresolved"});
  CHECK(hex(sent[0].bytes) == hex(PacketBuilder()
                                      .ipv4("10.1.0.1", "10.1.0.9", {.tos = 0xc0})
                                      .icmp4(3, 1)
                                      .raw(packet)
                                      .build()));
}

TEST_CASE("slow path: behind an unreachable encapsulation the inner source is told") {
  SlowPathFixture f;
  const test::Bytes inner = PacketBuilder().ipv6("fc00:2::9", "b::1").udp(1, 2).payload(9);
  const test::Bytes packet = PacketBuilder().ipv6(kEncapSource, "fc00:99::1").raw(inner, 41);
  const auto sent = give_up(f, packet, 7, 2);
  REQUIRE(names(sent) == Names{"inject 2", "drop neighbor_unresolved"});
  CHECK(hex(sent[0].bytes) ==
        hex(PacketBuilder().ipv6("fc00:2::1", "fc00:2::9").icmp6(1, 3).raw(inner).build()));
}

TEST_CASE("slow path: nobody is told about these") {
  SlowPathFixture f;
  test::Bytes packet;
  SECTION("an own packet") {
    packet = PacketBuilder().ipv6("fc00:1::1", "fc00:55::1").icmp6(129);
  }
  SECTION("an own IPv4 packet") {
    packet = PacketBuilder().ipv4("10.1.0.1", "10.55.0.1").icmp4(0);
  }
  SECTION("an ICMP error") {
    packet = PacketBuilder().ipv6("fc00:1::9", "fc00:55::1").icmp6(3);
  }
  SECTION("a later fragment") {
    packet = PacketBuilder().ipv6("fc00:1::9", "fc00:55::1").fragment({.offset = 1}).payload(8);
  }
  SECTION("no IP packet") {
    packet = test::Bytes(10);
  }
  SECTION("an encapsulated frame") {
    packet = PacketBuilder()
                 .ipv6(kEncapSource, "fc00:99::1")
                 .ethernet("02:00:00:00:00:08", "02:00:00:00:00:09")
                 .payload(46);
  }
  CHECK(names(give_up(f, packet, 7, 1)) == Names{"drop neighbor_unresolved"});
  CHECK(f.slow_path->stats().errors_sent == 0);
}

TEST_CASE("slow path: own packets that cannot be sent are counted, without an error about them") {
  SlowPathFixture f;
  REQUIRE(f.local(PacketBuilder().ipv6("fe80::9", "fe80::ff:fe00:1").icmp6(128)).size() == 1);
  f.now += kSecond;
  for (int i = 0; i < 2; ++i, f.now += kSecond)
    CHECK(f.tick(f.now).size() == 1);
  CHECK(names(f.tick(f.now)) == Names{"drop neighbor_unresolved"});
}

}  // namespace
}  // namespace sextant
