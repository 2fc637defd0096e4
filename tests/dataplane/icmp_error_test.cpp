// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Who gets an ICMP error, what it quotes, and who must not get one.
#include <sextant/net/checksum.hpp>

#include "support/catch.hpp"
#include "support/forward_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const MacAddress kRemote{{0x02, 0, 0, 0, 0, 0x99}};

// Everything is unreachable but the way back.
struct Node : ForwardFixture {
  InterfaceId in = port(0, {"2001:db8:0::1/64", "10.0.0.1/24"});
  Node() {
    route("2001:db8:9::/48", via(in, "2001:db8:0::9"));
    route("192.0.2.0/24", via(in, "10.0.0.9"));
  }
};

PacketBuilder to_us() {
  return PacketBuilder().ethernet(port_mac(0), kRemote);
}
PacketBuilder six() {
  return to_us().ipv6("2001:db8:9::9", "2001:db8:dead::1");
}
PacketBuilder four(Ipv4Options options = {}) {
  return to_us().ipv4("192.0.2.9", "10.99.0.1", options);
}
Bytes without_link(const Bytes& frame) {
  return {frame.begin() + 14, frame.end()};
}

bool icmp6_checksum_ok(const Bytes& packet) {
  const auto& ip = *reinterpret_cast<const Ipv6Header*>(packet.data());
  ChecksumAccumulator sum;
  add_pseudo_header(sum, ip.source, ip.destination, static_cast<std::uint32_t>(packet.size() - 40),
                    ip_protocol::kIcmp6);
  sum.add(std::span(packet).subspan(40));
  return sum.finish().raw() == 0;
}

}  // namespace

TEST_CASE("an error quotes the packet as received, up to the minimum MTU") {
  for (const std::size_t payload : {0u, 1u, 7u, 500u, 1183u, 1184u, 1185u, 1400u}) {
    Node node;
    const Bytes frame = six().udp(1, 2).payload(payload);
    const Bytes error = without_link(node.run(0, frame).only(0));
    const Bytes received = without_link(frame);
    const std::size_t quote = std::min<std::size_t>(received.size(), 1232);
    REQUIRE(error.size() == 48 + quote);
    CHECK(std::equal(received.begin(), received.begin() + static_cast<long>(quote),
                     error.begin() + 48));
    CHECK(icmp6_checksum_ok(error));
    const auto& ip = *reinterpret_cast<const Ipv6Header*>(error.data());
    CHECK(ip.source.to_string() == "2001:db8::1");
    CHECK(ip.destination.to_string() == "2001:db8:9::9");
    CHECK(ip.hop_limit == 64);
  }
}

TEST_CASE("an IPv4 error is at most 576 bytes") {
  Node node;
  const Bytes frame = four().udp(1, 2).payload(1000);
  const Bytes error = without_link(node.run(0, frame).only(0));
  REQUIRE(error.size() == 576);
  const auto& ip = *reinterpret_cast<const Ipv4Header*>(error.data());
  CHECK(ipv4_header_checksum_ok(ip));
  CHECK(ip.source.to_string() == "10.0.0.1");
  ChecksumAccumulator sum;
  sum.add(std::span(error).subspan(20));
  CHECK(sum.finish().raw() == 0);
  CHECK(std::equal(frame.begin() + 14, frame.begin() + 14 + 548, error.begin() + 28));
}

TEST_CASE("a node without an IPv4 address answers from the dummy address") {
  ForwardFixture node;
  const InterfaceId in = node.port(0, {"2001:db8:0::1/64"});
  node.route("192.0.2.0/24", node.via(in, "2001:db8:0::9"));
  const Bytes error = without_link(node.run(0, four().udp(1, 2)).only(0));
  CHECK(reinterpret_cast<const Ipv4Header*>(error.data())->source.to_string() == "192.0.0.8");
}

TEST_CASE("a node without an IPv6 address stays silent") {
  ForwardFixture node;
  const InterfaceId in = node.port(0);
  node.route("2001:db8:9::/48", node.via(in, "2001:db8:0::9"));
  node.run(0, six().udp(1, 2)).require_dropped("lookup_no_route");
}

TEST_CASE("no error about an error") {
  Node node;
  for (const std::uint8_t type : {1, 2, 3, 4, 100, 127, 137}) {
    node.run(0, six().icmp6(type).payload(48)).require_dropped("lookup_no_route");
    node.run(0, six().dest_options().icmp6(type).payload(48)).require_dropped("lookup_no_route");
  }
  for (const std::uint8_t type : {3, 4, 5, 11, 12}) {
    node.run(0, four().icmp4(type).payload(28)).require_dropped("lookup_no_route");
  }
  CHECK(node.run(0, six().icmp6(128).payload(8)).sent() == 1);
  CHECK(node.run(0, four().icmp4(8).payload(8)).sent() == 1);
}

TEST_CASE("no error about a fragment but the first") {
  Node node;
  node.run(0, six().fragment({.offset = 10}).udp(1, 2)).require_dropped("lookup_no_route");
  node.run(0, four({.fragment = 10}).udp(1, 2)).require_dropped("lookup_no_route");
  CHECK(node.run(0, six().fragment({.offset = 0, .more = true}).udp(1, 2)).sent() == 1);
  CHECK(node.run(0, four({.fragment = Ipv4Header::kMoreFragments}).udp(1, 2)).sent() == 1);
}

TEST_CASE("errors are limited, and the limit recovers") {
  Node node;
  node.settings().icmp_errors_per_second = 10;
  node.settings().icmp_error_burst = 3;
  std::size_t sent = 0;
  for (int i = 0; i < 20; ++i)
    sent += node.run(0, six().udp(1, 2)).sent();
  CHECK(sent == 3);
  CHECK(node.lcore().counters.icmp_errors_suppressed.packets == 17);
  node.advance_ms(150);
  CHECK(node.run(0, six().udp(1, 2)).sent() == 1);
  CHECK(node.run(0, six().udp(1, 2)).sent() == 0);
  CHECK(node.drops(DropReason::lookup_no_route) == 22);
}

TEST_CASE("a limit of zero means none") {
  Node node;
  node.settings().icmp_errors_per_second = 0;
  node.run(0, six().udp(1, 2)).require_dropped("lookup_no_route");
}

TEST_CASE("an error to a link-local source leaves by the link it came from") {
  Node node;
  node.settings();
  const RunResult result =
      node.run(0, to_us().ipv6("fe80::9", "2001:db8:0::1").srh({"a::", "b::"}, 1).udp(1, 2));
  REQUIRE(result.punted.size() == 1);
  CHECK(result.punted[0].info.reason == PuntReason::kGlean);
  CHECK(result.punted[0].info.object == node.in);
  CHECK(result.punted[0].bytes[40] == icmp6::kParameterProblem);
}

TEST_CASE("an error without a way back is one drop more, not a loop") {
  ForwardFixture node;
  node.port(0, {"2001:db8:0::1/64"});
  const RunResult result = node.run(0, six().udp(1, 2));
  CHECK(result.sent() == 0);
  CHECK(result.drops.at("lookup_no_route") == 2);
  CHECK(result.dropped.size() == 1);
}
