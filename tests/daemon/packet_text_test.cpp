// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// packet_text(): every header in words, and no byte read that is not there.
#include "daemon/packet_text.hpp"

#include "support/catch.hpp"
#include "support/packet_builder.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

std::vector<std::string> headers(const Bytes& bytes, bool link = false) {
  return packet_text(bytes, link, bytes.size()).headers;
}

}  // namespace

TEST_CASE("packet text: headers from the outside in") {
  const Bytes frame = PacketBuilder()
                          .ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 7)
                          .ipv6("a::1", "a::2", {.hop_limit = 9})
                          .srh({"a::2", "a::3"}, 1)
                          .ipv4("10.0.0.1", "10.0.0.2")
                          .udp(5, 6)
                          .payload(3);
  CHECK(headers(frame, true) ==
        std::vector<std::string>{
            "Ethernet 02:00:00:00:00:02 > 02:00:00:00:00:01, VLAN 7, IPv6",
            "IPv6 a::1 > a::2, hop limit 9, next header 43 (routing), payload 71 bytes, traffic "
            "class 0, flow label 0x00000",
            "SRH segments left 1, last entry 1, next header 4 (IPv4), segments [0] a::3, [1] a::2",
            "IPv4 10.0.0.1 > 10.0.0.2, TTL 64, protocol 17 (UDP), total length 31 bytes, TOS 0",
            "UDP 5 > 6", "3 bytes of payload"});
  const PacketText text = packet_text(frame, true, frame.size());
  CHECK(text.fields["vlan"] == 7);
  CHECK(text.fields["source"] == "a::1");
  CHECK_FALSE(text.fields.contains("source_port"));  // of the inner packet
  CHECK(text.fields["srh"]["last_entry"] == 1);
}

TEST_CASE("packet text: other headers") {
  CHECK(headers(PacketBuilder().ipv6("a::1", "a::2").fragment().udp(1, 2)).size() >= 2);
  CHECK(headers(PacketBuilder().ipv6("a::1", "a::2").hop_by_hop().icmp6(128)).size() >= 3);
  CHECK(headers(PacketBuilder().ipv4("1.1.1.1", "2.2.2.2").tcp(1, 2)).at(1).find("TCP 1 > 2") == 0);
  Bytes unknown_routing = PacketBuilder().ipv6("a::1", "a::2").srh({"a::3"}, 0).udp(1, 2);
  unknown_routing[42] = 9;
  CHECK(headers(unknown_routing).at(1) == "routing header of type 9, segments left 0");
}

TEST_CASE("packet text: any cut and any change of a packet is told without harm") {
  const Bytes packet = PacketBuilder()
                           .ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 7)
                           .ipv6("a::1", "a::2")
                           .hop_by_hop()
                           .srh({"a::2", "a::3", "a::4"}, 2)
                           .ipv6("b::1", "b::2")
                           .fragment()
                           .tcp(5, 6);
  for (std::size_t n = 0; n <= packet.size(); ++n) {
    // A buffer of just this size, so that sanitizers see what is read behind it.
    const std::vector<std::uint8_t> cut(packet.begin(), packet.begin() + static_cast<long>(n));
    CHECK_NOTHROW(packet_text(cut, true, packet.size()));
    CHECK_NOTHROW(packet_text(cut, false, packet.size()));
    CHECK_NOTHROW(packet_text(cut, false, n, true));
  }
  for (std::size_t i = 0; i < packet.size(); ++i) {
    for (const unsigned value : {0u, 4u, 41u, 43u, 143u, 255u}) {
      Bytes changed = packet;
      changed[i] = static_cast<std::uint8_t>(value);
      const PacketText text = packet_text(changed, true, changed.size());
      CHECK(text.headers.size() < 64);
      CHECK_NOTHROW(text.fields.dump());
    }
  }
}

TEST_CASE("packet text: headers nested without end are told to a bound") {
  Bytes bytes;
  for (int i = 0; i < 200; ++i) {
    const Bytes header = PacketBuilder().ipv6("a::1", "a::2").raw({}, 41);
    bytes.insert(bytes.end(), header.begin(), header.end());
  }
  CHECK(headers(bytes).size() < 32);
}
