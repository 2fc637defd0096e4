// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Error relay: RFC 2473 section 8 for every kind of encapsulation that this node makes.
#include "dataplane/slow_path/error_relay.hpp"

#include <random>

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

namespace sextant {
namespace {

using test::hex;
using test::PacketBuilder;
using test::V4;
using test::V6;

const V6 kNode = "fc00::1";

bool is_node(const Ipv6Address& address) {
  return address == kNode;
}

IcmpErrorKind too_big(std::uint32_t mtu) {
  return {icmp6::kPacketTooBig, 0, mtu};
}

PacketBuilder outer() {
  return PacketBuilder().ipv6(kNode, "fc00:2::1");
}

// The answer points into quoted: use only its values when that was a temporary.
std::optional<RelayedError> relay(const test::Bytes& quoted, const IcmpErrorKind& kind) {
  return relay_error(quoted, kind, is_node);
}

TEST_CASE("relay: too big becomes too big, less what was pushed") {
  const test::Bytes inner = PacketBuilder().ipv6("a::1", "b::1").udp(1, 2).payload(1400);
  struct Row {
    test::Bytes quoted;
    std::uint32_t mtu;
  };
  const Row row = GENERATE_COPY(
      Row{outer().raw(inner, ip_protocol::kIpv6), 1500 - 40},
      Row{outer().srh({"fc00:2::1", "fc00:3::1"}, 1).raw(inner, ip_protocol::kIpv6),
          1500 - 40 - 40},
      Row{outer().dest_options().srh({"fc00:2::1"}, 0).raw(inner, ip_protocol::kIpv6),
          1500 - 40 - 8 - 24},
      Row{outer().ipv6(kNode, "fc00:4::1").raw(inner, ip_protocol::kIpv6), 1500 - 80},
      Row{outer().fragment({.more = true}).raw(inner, ip_protocol::kIpv6), 1500 - 48});
  const auto error = relay(row.quoted, too_big(1500));
  REQUIRE(error);
  CHECK(error->inner_source == IpAddress(V6("a::1")));
  const auto bytes = make_relayed_error(*error, V6("c::1"));
  REQUIRE(bytes);
  CHECK(bytes->size() == 1280);
  test::Bytes quote = inner;
  quote.resize(1280 - 48);
  const test::Bytes expected =
      PacketBuilder().ipv6("c::1", "a::1").icmp6(2, 0, {.parameter = row.mtu}).raw(quote);
  CHECK(hex(*bytes) == hex(expected));
}

TEST_CASE("relay: the MTU for IPv6 is never below 1280") {
  const test::Bytes quoted = outer().ipv6("a::1", "b::1").udp(1, 2).payload(1400);
  const std::uint32_t mtu = GENERATE(0u, 39u, 1280u, 1319u, 1320u);
  const auto error = relay(quoted, too_big(mtu));
  REQUIRE(error);
  CHECK(error->kind.parameter == 1280);
}

TEST_CASE("relay: an IPv6 packet of at most 1280 bytes cannot be made smaller") {
  CHECK_FALSE(relay(outer().ipv6("a::1", "b::1").udp(1, 2).payload(1232), too_big(1300)));
  CHECK(relay(outer().ipv6("a::1", "b::1").udp(1, 2).payload(1233), too_big(1300)));
}

TEST_CASE("relay: a quote cut by the router still counts with its real length") {
  test::Bytes quoted = outer().ipv6("a::1", "b::1").udp(1, 2).payload(1400);
  quoted.resize(40 + 40 + 8);
  const auto error = relay(quoted, too_big(1400));
  REQUIRE(error);
  CHECK(error->kind.parameter == 1360);
  CHECK(error->inner.size() == 48);
}

TEST_CASE("relay: IPv4 inside becomes fragmentation needed") {
  const test::Bytes inner =
      PacketBuilder()
          .ipv4("10.0.0.1", "10.0.0.2", {.fragment = Ipv4Header::kDontFragment})
          .udp(1, 2)
          .payload(1400);
  const test::Bytes quoted =
      outer().srh({"fc00:2::1", "fc00:3::1"}, 1).raw(inner, ip_protocol::kIpv4);
  const auto error = relay(quoted, too_big(1480));
  REQUIRE(error);
  const auto bytes = make_relayed_error(*error, V4("10.9.9.9"));
  REQUIRE(bytes);
  test::Bytes quote = inner;
  quote.resize(576 - 28);
  const test::Bytes expected = PacketBuilder()
                                   .ipv4("10.9.9.9", "10.0.0.1", {.tos = 0xc0})
                                   .icmp4(3, 4, {.parameter = 1400})
                                   .raw(quote);
  CHECK(hex(*bytes) == hex(expected));
  CHECK(relay(outer().raw(inner, ip_protocol::kIpv4), too_big(10))->kind.parameter == 68);
  CHECK_FALSE(make_relayed_error(*error, V6("c::1")));
}

TEST_CASE("relay: IPv4 that may be fragmented is not told") {
  CHECK_FALSE(relay(outer().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(1400), too_big(1480)));
}

TEST_CASE("relay: everything else becomes an unreachable host") {
  const std::uint8_t type =
      GENERATE(icmp6::kDestinationUnreachable, icmp6::kTimeExceeded, icmp6::kParameterProblem);
  const auto six = relay(outer().ipv6("a::1", "b::1").udp(1, 2), {type, 1, 77});
  REQUIRE(six);
  CHECK(six->kind.type == icmp6::kDestinationUnreachable);
  CHECK(six->kind.code == 3);
  CHECK(six->kind.parameter == 0);
  const auto four = relay(outer().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2), {type, 1, 77});
  REQUIRE(four);
  CHECK(four->kind.type == icmp4::kDestinationUnreachable);
  CHECK(four->kind.code == 1);
}

TEST_CASE("relay: what is no encapsulation of this node") {
  test::Bytes quoted;
  SECTION("nothing") {}
  SECTION("own packet without an inner one") {
    quoted = outer().udp(1, 2);
  }
  SECTION("own ICMP") {
    quoted = outer().icmp6(129);
  }
  SECTION("somebody else's") {
    quoted = PacketBuilder().ipv6("fc00::9", "fc00:2::1").ipv6("a::1", "b::1").udp(1, 2);
  }
  SECTION("a frame inside") {
    quoted = outer().ethernet("02:00:00:00:00:01", "02:00:00:00:00:02").ipv6("a::1", "b::1");
  }
  SECTION("a later fragment") {
    quoted = outer().fragment({.offset = 8}).ipv6("a::1", "b::1").udp(1, 2);
  }
  SECTION("cut inside the outer header") {
    quoted = outer().ipv6("a::1", "b::1");
    quoted.resize(39);
  }
  SECTION("cut inside the SRH") {
    quoted = outer().srh({"b::1", "b::2"}, 1).ipv6("a::1", "b::1");
    quoted.resize(40 + 20);
  }
  SECTION("cut inside the inner header") {
    quoted = outer().ipv6("a::1", "b::1").udp(1, 2);
    quoted.resize(40 + 39);
  }
  SECTION("IPv4 outside") {
    quoted = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2);
  }
  CHECK_FALSE(relay(quoted, {icmp6::kTimeExceeded, 0, 0}));
}

TEST_CASE("relay: no error about an inner error or an inner group") {
  const IcmpErrorKind kind{icmp6::kTimeExceeded, 0, 0};
  const test::Bytes about_error = outer().ipv6("a::1", "b::1").icmp6(3).payload(8);
  const auto first = relay(about_error, kind);
  REQUIRE(first);
  CHECK_FALSE(make_relayed_error(*first, V6("c::1")));
  const test::Bytes group = outer().ipv4("10.0.0.1", "239.0.0.1").udp(1, 2);
  const auto second = relay(group, kind);
  REQUIRE(second);
  CHECK_FALSE(make_relayed_error(*second, V4("10.9.9.9")));
}

TEST_CASE("relay: endless encapsulation and random bytes end") {
  PacketBuilder deep = outer();
  for (int i = 0; i < 20; ++i)
    deep.ipv6(kNode, "fc00:4::1");
  const test::Bytes good = deep.build();
  (void)relay(good, too_big(1400));
  std::mt19937 random(5);
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes(good.begin(), good.begin() + random() % 300);
    for (unsigned n = random() % 4; n > 0 && !bytes.empty(); --n) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    bytes.shrink_to_fit();
    const auto error = relay(bytes, too_big(1400));
    if (error) (void)make_relayed_error(*error, error->inner_source);
  }
}

}  // namespace
}  // namespace sextant
