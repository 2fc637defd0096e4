// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Flow hash and ECN.
#include "dataplane/flow_hash.hpp"

#include <set>

#include "dataplane/ecn.hpp"
#include "support/catch.hpp"
#include "support/fake_mbuf.hpp"
#include "support/packet_builder.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

std::uint32_t hash_of(const Bytes& bytes, PacketKind kind) {
  FakeMbuf mbuf(bytes);
  PacketMeta meta;
  meta.kind = kind;
  const Packet packet(mbuf.get(), &meta);
  const std::uint32_t hash = flow_hash(packet);
  CHECK(flow_hash(packet) == hash);
  return hash;
}
std::uint32_t six(const PacketBuilder& packet) {
  return hash_of(packet, PacketKind::kIpv6);
}
std::uint32_t four(const PacketBuilder& packet) {
  return hash_of(packet, PacketKind::kIpv4);
}

PacketBuilder flow6(Ipv6Options options = {}) {
  return PacketBuilder().ipv6("2001:db8::1", "2001:db8::2", options);
}

}  // namespace

TEST_CASE("one flow has one hash, whatever else its packets differ in") {
  const std::uint32_t tcp = six(flow6().tcp(1000, 80));
  CHECK(six(flow6({.hop_limit = 3, .traffic_class = 9}).tcp(1000, 80).payload(700)) == tcp);
  CHECK(six(flow6({.flow_label = 77}).tcp(1000, 80)) == tcp);
  CHECK(six(flow6().hop_by_hop().tcp(1000, 80)) == tcp);
  CHECK(six(flow6().tcp(1000, 81)) != tcp);
  CHECK(six(flow6().tcp(80, 1000)) != tcp);
  CHECK(six(flow6().udp(1000, 80)) != tcp);
}

TEST_CASE("encapsulated traffic spreads by its flow label") {
  std::set<std::uint32_t> hashes;
  for (std::uint32_t label = 1; label <= 1000; ++label) {
    hashes.insert(six(flow6({.flow_label = label}).ipv4("10.0.0.1", "10.0.0.2").udp(1, 2)));
  }
  CHECK(hashes.size() == 1000);
}

TEST_CASE("all fragments of a packet have one hash") {
  const auto fragment = [](std::uint16_t field, std::uint16_t port) {
    return four(PacketBuilder().ipv4("10.0.0.1", "10.0.0.2", {.fragment = field}).udp(port, 2));
  };
  CHECK(fragment(Ipv4Header::kMoreFragments, 7) == fragment(100, 9));
  CHECK(six(flow6().fragment({.more = true}).udp(7, 2)) ==
        six(flow6().fragment({.offset = 100}).udp(9, 2)));
}

TEST_CASE("hashes fill all slots evenly") {
  std::array<int, 16> slots{};
  for (std::uint16_t flow = 0; flow < 16000; ++flow) {
    ++slots[four(PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(flow, 80)) & 15];
  }
  for (const int count : slots) {
    CHECK(count > 850);
    CHECK(count < 1150);
  }
}

TEST_CASE("a frame of any length has a hash") {
  const Bytes frame = PacketBuilder()
                          .ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 7)
                          .ipv6("a::", "b::")
                          .tcp(1, 2);
  for (std::size_t n = 14; n <= frame.size(); ++n) {
    hash_of(Bytes(frame.begin(), frame.begin() + static_cast<long>(n)), PacketKind::kFrame);
  }
}

TEST_CASE("a flow label is 20 bits and never zero") {
  for (const std::uint32_t hash : {0u, 1u, 0xffffffffu, 0x12345678u, 0x1001u}) {
    CHECK(flow_label_of(hash) >= 1);
    CHECK(flow_label_of(hash) <= 0xfffff);
  }
}

TEST_CASE("decapsulation of ECN follows figure 4 of RFC 6040") {
  using namespace ecn;
  // Rows: inner Not-ECT, ECT(0), ECT(1), CE; columns: outer in the same order.
  const std::uint8_t field[4] = {kNotEct, kEct0, kEct1, kCe};
  const int expected[4][4] = {{kNotEct, kNotEct, kNotEct, -1},
                              {kEct0, kEct0, kEct1, kCe},
                              {kEct1, kEct1, kEct1, kCe},
                              {kCe, kCe, kCe, kCe}};
  for (int inner = 0; inner < 4; ++inner) {
    for (int outer = 0; outer < 4; ++outer) {
      const Decapsulated result = decapsulate(field[outer], field[inner]);
      CHECK(result.drop == (expected[inner][outer] < 0));
      if (!result.drop) CHECK(result.inner == expected[inner][outer]);
    }
  }
}
