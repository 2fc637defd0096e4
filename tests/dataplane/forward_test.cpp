// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IP forwarding: routes, ECMP, hop limits, MTU, neighbors, own addresses.
#include <set>

#include <sextant/net/checksum.hpp>

#include "support/catch.hpp"
#include "support/forward_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const MacAddress kRemote{{0x02, 0, 0, 0, 0, 0x99}};

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
PacketBuilder six(const char* destination, Ipv6Options options = {}) {
  return to_us().ipv6("2001:db8:9::9", destination, options);
}
PacketBuilder four(const char* destination, Ipv4Options options = {}) {
  return to_us().ipv4("192.0.2.9", destination, options);
}
// The frame as the other side of pg1 must see it.
Bytes sent6(const char* destination, std::uint8_t hop_limit, std::size_t payload) {
  return PacketBuilder()
      .ethernet(peer_mac(1), port_mac(1))
      .ipv6("2001:db8:9::9", destination, {.hop_limit = hop_limit})
      .udp(1, 2)
      .payload(payload);
}

}  // namespace

TEST_CASE("a forwarded packet has a new link-layer header and one hop less, nothing else") {
  Router router;
  CHECK(hex(router.run(0, six("2001:db8:2::2").udp(1, 2).payload(9)).only(1)) ==
        hex(sent6("2001:db8:2::2", 63, 9)));
  const Bytes expected = PacketBuilder()
                             .ethernet(peer_mac(1), port_mac(1))
                             .ipv4("192.0.2.9", "10.2.3.4", {.ttl = 63, .tos = 0x2e})
                             .udp(1, 2)
                             .payload(9);
  CHECK(hex(router.run(0, four("10.2.3.4", {.tos = 0x2e}).udp(1, 2).payload(9)).only(1)) ==
        hex(expected));
  CHECK(router.tx_counter(router.out).packets == 2);
}

TEST_CASE("a tagged adjacency puts the tag on") {
  Router router;
  const InterfaceId vlan = router.subinterface(1, 100, {"2001:db8:100::1/64"});
  router.route("2001:db8:3::/48", router.via(vlan, "2001:db8:100::2"));
  const Bytes expected = PacketBuilder()
                             .ethernet(peer_mac(1), port_mac(1), 100)
                             .ipv6("2001:db8:9::9", "2001:db8:3::3", {.hop_limit = 63})
                             .udp(1, 2);
  CHECK(hex(router.run(0, six("2001:db8:3::3").udp(1, 2)).only(1)) == hex(expected));
}

TEST_CASE("no route, unreachable and blackhole") {
  Router router;
  router.route("2001:db8:b::/48", LookupResult(DropReason::lookup_blackhole));
  router.route("2001:db8:c::/48", LookupResult(DropReason::lookup_unreachable));
  router.route("2001:db8:9::/48", router.via(router.in, "2001:db8:0::9"));
  router.run(0, six("2001:db8:b::1").udp(1, 2)).require_dropped("lookup_blackhole");
  for (const char* destination : {"2001:db8:c::1", "2001:db8:d::1"}) {
    const RunResult result = router.run(0, six(destination).udp(1, 2));
    const Bytes& error = result.only(0);
    CHECK(error[14 + 40] == icmp6::kDestinationUnreachable);
    CHECK(error[14 + 41] == 0);
    CHECK(result.drops.size() == 1);
  }
  CHECK(router.drops(DropReason::lookup_no_route) == 1);
  CHECK(router.drops(DropReason::lookup_unreachable) == 1);
}

TEST_CASE("a hop limit that is used up") {
  Router router;
  router.route("2001:db8:9::/48", router.via(router.in, "2001:db8:0::9"));
  router.route("192.0.2.0/24", router.via(router.in, "10.0.0.9"));
  for (const std::uint8_t hops : {0, 1}) {
    const RunResult v6 = router.run(0, six("2001:db8:2::2", {.hop_limit = hops}).udp(1, 2));
    CHECK(v6.only(0)[14 + 40] == icmp6::kTimeExceeded);
    // The quoted packet is as received.
    CHECK(v6.only(0)[14 + 48 + 7] == hops);
    const RunResult v4 = router.run(0, four("10.2.0.2", {.ttl = hops}).udp(1, 2));
    CHECK(v4.only(0)[14 + 20] == icmp4::kTimeExceeded);
    CHECK(v4.only(0)[14 + 28 + 8] == hops);
  }
  CHECK(router.drops(DropReason::forward_hop_limit_exceeded) == 4);
  CHECK(router.run(0, six("2001:db8:2::2", {.hop_limit = 2}).udp(1, 2)).sent() == 1);
}

TEST_CASE("a packet larger than the way out") {
  Router router;
  router.interface(router.out).mtu = 1300;
  router.route("2001:db8:9::/48", router.via(router.in, "2001:db8:0::9"));
  router.route("192.0.2.0/24", router.via(router.in, "10.0.0.9"));
  CHECK(router.run(0, six("2001:db8:2::2").udp(1, 2).payload(1300 - 48)).only(1).size() == 1314);
  const RunResult v6 = router.run(0, six("2001:db8:2::2").udp(1, 2).payload(1301 - 48));
  const Bytes& too_big = v6.only(0);
  CHECK(too_big.size() == 14 + 1280);
  CHECK(too_big[14 + 40] == icmp6::kPacketTooBig);
  CHECK(hex(std::span(too_big).subspan(14 + 44, 4)) == "00000514");
  const RunResult v4 = router.run(
      0, four("10.2.0.2", {.fragment = Ipv4Header::kDontFragment}).udp(1, 2).payload(1400));
  CHECK(v4.only(0)[14 + 20] == icmp4::kDestinationUnreachable);
  CHECK(v4.only(0)[14 + 21] == icmp4::kCodeFragmentationNeeded);
  CHECK(hex(std::span(v4.only(0)).subspan(14 + 24, 4)) == "00000514");
  CHECK(router.drops(DropReason::forward_packet_too_big) == 2);
}

TEST_CASE("IPv4 that may be fragmented is") {
  Router router;
  router.interface(router.out).mtu = 600;
  router.run(0, four("10.2.0.2").udp(1, 2).payload(1400)).require_dropped("replicate_no_mbuf");
  router.use_mempool();
  const RunResult result = router.run(0, four("10.2.0.2").udp(1, 2).payload(1400));
  REQUIRE(result.tx.at(1).size() == 3);
  std::size_t payload = 0;
  for (const Bytes& frame : result.tx.at(1)) {
    CHECK(frame.size() <= 614);
    const auto& ip = *reinterpret_cast<const Ipv4Header*>(frame.data() + 14);
    CHECK(ipv4_header_checksum_ok(ip));
    CHECK(ip.ttl == 63);
    payload += frame.size() - 34;
  }
  CHECK(payload == 1408);
}

TEST_CASE("ECMP spreads flows over its slots and keeps a flow on one") {
  Router router;
  const InterfaceId other = router.port(2, {"2001:db8:20::1/64"});
  const LookupResult one = router.via(router.out, "2001:db8:1::2");
  const LookupResult two = router.via(other, "2001:db8:20::2");
  router.route("2001:db8:e::/48", router.ecmp({one, two, two, two}));
  int first = 0;
  int second = 0;
  for (std::uint16_t flow = 0; flow < 1000; ++flow) {
    std::set<PortIndex> ports;
    for (int again = 0; again < 2; ++again) {
      const RunResult result = router.run(0, six("2001:db8:e::1").udp(flow, 80));
      REQUIRE(result.sent() == 1);
      ports.insert(result.tx.begin()->first);
    }
    REQUIRE(ports.size() == 1);
    ++(*ports.begin() == 1 ? first : second);
  }
  CHECK(first > 180);
  CHECK(first < 320);
  CHECK(first + second == 1000);
}

TEST_CASE("a next hop without a MAC address waits complete but for its link-layer header") {
  Router router;
  router.route("2001:db8:f::/48", router.unresolved_via(router.out, "2001:db8:1::f"));
  const RunResult resolve = router.run(0, six("2001:db8:f::1").udp(1, 2));
  REQUIRE(resolve.punted.size() == 1);
  CHECK(resolve.punted[0].info.reason == PuntReason::kResolve);
  CHECK(hex(resolve.punted[0].bytes) ==
        hex(PacketBuilder()
                .ipv6("2001:db8:9::9", "2001:db8:f::1", {.hop_limit = 63})
                .udp(1, 2)
                .build()));
  const RunResult glean = router.run(0, six("2001:db8:1::77").udp(1, 2));
  REQUIRE(glean.punted.size() == 1);
  CHECK(glean.punted[0].info.reason == PuntReason::kGlean);
  CHECK(glean.punted[0].info.object == router.out);
  CHECK(glean.punted[0].info.rx_interface == router.in);
}

TEST_CASE("own addresses: ICMP is served, the rest goes to the kernel or is refused") {
  Router router;
  const RunResult echo = router.run(0, six("2001:db8:0::1").icmp6(128).payload(8));
  REQUIRE(echo.punted.size() == 1);
  CHECK(echo.punted[0].bytes[7] == 64);  // not forwarded: the hop limit stays
  router.route("2001:db8:9::/48", router.via(router.in, "2001:db8:0::9"));
  const RunResult closed = router.run(0, six("2001:db8:0::1").udp(1, 179));
  CHECK(closed.only(0)[14 + 40] == icmp6::kDestinationUnreachable);
  CHECK(closed.only(0)[14 + 41] == 4);
  const RunResult unknown = router.run(0, six("2001:db8:0::1").raw({1, 2, 3, 4}, 89));
  CHECK(unknown.only(0)[14 + 40] == icmp6::kParameterProblem);
  CHECK(unknown.only(0)[14 + 41] == 1);
  CHECK(router.drops(DropReason::local_protocol_unserved) == 2);

  const InterfaceId host = router.port(7);
  router.table(0, host);
  const RunResult kernel = router.run(0, six("2001:db8:0::1", {.hop_limit = 1}).tcp(1, 179));
  CHECK(hex(kernel.only(7)) == hex(PacketBuilder()
                                       .ethernet(port_mac(7), port_mac(7))
                                       .ipv6("2001:db8:9::9", "2001:db8:0::1", {.hop_limit = 1})
                                       .tcp(1, 179)
                                       .build()));
}

TEST_CASE("an own address that is not a SID refuses a routing header with segments left") {
  Router router;
  router.route("2001:db8:9::/48", router.via(router.in, "2001:db8:0::9"));
  const RunResult refused =
      router.run(0, six("2001:db8:0::1").srh({"2001:db8:0::1", "b::"}, 1).icmp6(128));
  CHECK(refused.only(0)[14 + 40] == icmp6::kParameterProblem);
  CHECK(hex(std::span(refused.only(0)).subspan(14 + 44, 4)) == "0000002a");
  CHECK(router.drops(DropReason::local_srh_not_sid) == 1);
  const RunResult spent =
      router.run(0, six("2001:db8:0::1").srh({"a::", "2001:db8:0::1"}, 0).icmp6(128));
  CHECK(spent.punted.size() == 1);
}

TEST_CASE("a route of type punt goes to the kernel of its table") {
  Router router;
  router.route("2001:db8:77::/48", {LookupResult::Kind::kPunt, 0});
  router.run(0, six("2001:db8:77::1").udp(1, 2)).require_dropped("local_no_exception");
  router.table(0, router.port(7));
  CHECK(router.run(0, six("2001:db8:77::1").udp(1, 2)).only(7).size() == 14 + 48);
}

TEST_CASE("the exception path leads to the address of the kernel's end of a tap") {
  for (const bool known : {false, true}) {
    Router router;
    router.route("2001:db8:77::/48", {LookupResult::Kind::kPunt, 0});
    const InterfaceId host = router.port(7);
    const MacAddress kernel = *MacAddress::parse("02:00:00:00:00:77");
    if (known) router.interface(host).kernel_mac = kernel;
    const MacAddress own = router.interface(host).mac;
    router.table(0, host);
    const auto frame = router.run(0, six("2001:db8:77::1").udp(1, 2)).only(7);
    const MacAddress& to = known ? kernel : own;
    CHECK(std::equal(to.bytes.begin(), to.bytes.end(), frame.begin()));
    CHECK(std::equal(own.bytes.begin(), own.bytes.end(), frame.begin() + 6));
  }
}

TEST_CASE("results that name nothing are dropped, not followed") {
  Router router;
  using Kind = LookupResult::Kind;
  for (const Kind kind : {Kind::kAdjacency, Kind::kEcmpGroup, Kind::kLocalSid, Kind::kPolicy,
                          Kind::kPortSteering, Kind::kGlean}) {
    Router fresh;
    fresh.route("2001:db8:aa::/48", LookupResult(kind, 900));
    fresh.run(0, six("2001:db8:aa::1").udp(1, 2)).require_dropped("lookup_stale_result");
  }
}

TEST_CASE("steering by destination port decides before the plain route") {
  Router router;
  const InterfaceId other = router.port(2, {"2001:db8:20::1/64"});
  const LookupResult web = router.via(other, "2001:db8:20::2");
  const LookupResult plain = router.via(router.out, "2001:db8:1::2");
  router.route("2001:db8:2::80", router.port_steering({{ip_protocol::kTcp, 80, web}}, plain));
  router.route("10.2.0.80/32", router.port_steering({{ip_protocol::kTcp, 80, web}}, plain));
  CHECK(router.run(0, six("2001:db8:2::80").tcp(999, 80)).tx.count(2) == 1);
  CHECK(router.run(0, six("2001:db8:2::80").hop_by_hop().tcp(999, 80)).tx.count(2) == 1);
  CHECK(router.run(0, six("2001:db8:2::80").tcp(80, 999)).tx.count(1) == 1);
  CHECK(router.run(0, six("2001:db8:2::80").udp(999, 80)).tx.count(1) == 1);
  CHECK(router.run(0, four("10.2.0.80").tcp(999, 80)).tx.count(2) == 1);
  CHECK(router.run(0, four("10.2.0.80", {.fragment = 5}).tcp(999, 80)).tx.count(1) == 1);
}

TEST_CASE("packets of the control thread are routed without losing a hop") {
  Router router;
  const Bytes packet = PacketBuilder().ipv6("2001:db8:0::1", "2001:db8:2::2").icmp6(129);
  const RunResult result = router.run_injected(0, {Frame(packet)});
  CHECK(result.only(1)[14 + 7] == 64);
}
