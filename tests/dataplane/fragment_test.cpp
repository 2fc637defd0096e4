// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IPv4 fragmentation before encapsulation and on the way out: pieces that reassemble, or one drop.
#include "dataplane/fragment.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "support/catch.hpp"
#include "support/steering_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const Ipv4Header& header_of(const Bytes& packet) {
  return *reinterpret_cast<const Ipv4Header*>(packet.data());
}

// Puts pieces together again after checking each of them (RFC 791); offset and flags of the
// original.
Bytes reassemble(const std::vector<Bytes>& pieces, const Bytes& original, std::size_t max_bytes) {
  const Ipv4Header& whole = header_of(original);
  std::map<std::size_t, Bytes> payloads;
  std::size_t end = 0;
  for (const Bytes& piece : pieces) {
    const Ipv4Header& ip = header_of(piece);
    REQUIRE(piece.size() <= max_bytes);
    REQUIRE(ip.total_length.host() == piece.size());
    REQUIRE(ipv4_header_checksum_ok(ip));
    REQUIRE(ip.id.raw() == whole.id.raw());
    REQUIRE(ip.protocol == whole.protocol);
    REQUIRE(ip.source == whole.source);
    REQUIRE(ip.destination == whole.destination);
    const std::size_t offset =
        8u * ((ip.fragment.host() & 0x1fffu) - (whole.fragment.host() & 0x1fffu));
    const Bytes payload(piece.begin() + ip.header_bytes(), piece.end());
    const bool is_last = offset + payload.size() == original.size() - whole.header_bytes();
    const bool original_more = (whole.fragment.host() & 0x2000) != 0;
    REQUIRE(((ip.fragment.host() & 0x2000) != 0) == (!is_last || original_more));
    if (!is_last) REQUIRE(payload.size() % 8 == 0);
    payloads[offset] = payload;
  }
  Bytes out;
  for (const auto& [offset, payload] : payloads) {
    REQUIRE(offset == end);
    out.insert(out.end(), payload.begin(), payload.end());
    end += payload.size();
  }
  return out;
}

Bytes payload_of(const Bytes& packet) {
  return Bytes(packet.begin() + header_of(packet).header_bytes(), packet.end());
}

struct Encapsulator : SteeringFixture {
  static constexpr std::uint16_t kPathMtu = 1500;
  SegmentListId list = 0;
  explicit Encapsulator(std::size_t n = 3, std::uint16_t path_mtu = kPathMtu,
                        unsigned mbufs = 255) {
    use_mempool(mbufs);
    list = steer_to(segments(n), {.path_mtu = path_mtu});
  }
  // Inner packets of what left by pg1, in order.
  std::vector<Bytes> inner_of(const RunResult& result, std::size_t rewrite, std::size_t path_mtu) {
    std::vector<Bytes> inner;
    std::set<std::uint32_t> labels;
    for (const Bytes& frame : result.tx.at(1)) {
      const Bytes packet = sent_by(1, frame);
      REQUIRE(packet.size() <= path_mtu);
      labels.insert(flow_label_of(packet));
      inner.emplace_back(packet.begin() + static_cast<std::ptrdiff_t>(rewrite), packet.end());
    }
    CHECK(labels.size() == 1);
    return inner;
  }
};

}  // namespace

TEST_CASE("IPv4 without DF is fragmented inside the encapsulation, in order") {
  const std::size_t payload = GENERATE(1381u, 1400u, 2000u, 2761u, 8000u);
  const bool chained = GENERATE(false, true);
  Encapsulator head;
  const Bytes inner = inner_v4(payload, {.id = 77});
  MbufOptions mbuf{.headroom = 128, .room = 9500};
  if (chained) mbuf.segments = {700, 3, 200};
  const RunResult result = head.receive(inner, mbuf);
  const std::vector<Bytes> pieces = head.inner_of(result, 96, 1500);
  CHECK(pieces.size() == (payload + 8 + 1383) / 1384);
  CHECK(hex(reassemble(pieces, inner, 1500 - 96)) == hex(payload_of(inner)));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    CHECK(pieces[i].at(8) == 63);  // TTL, once
    CHECK((header_of(pieces[i]).fragment.host() & 0x1fff) == i * 1384 / 8);
  }
  CHECK(result.drops.empty());
  CHECK(head.list_counter(head.list).packets == 1);
  CHECK(head.list_counter(head.list).bytes == inner.size());
}

TEST_CASE("a fragment is fragmented again; its last piece is as final as it was") {
  const std::uint16_t field = GENERATE(0x2000, 0x2010, 0x0010);
  Encapsulator head;
  const Bytes inner = inner_v4(3000 - 4, {.fragment = field});
  const RunResult result = head.receive(inner, {.room = 9500});
  CHECK(hex(reassemble(head.inner_of(result, 96, 1500), inner, 1500 - 96)) ==
        hex(payload_of(inner)));
}

TEST_CASE("options: all in the first piece, the copied ones in the others") {
  Encapsulator head;
  // NOP, router alert (copied), record route (not copied), a copied one of 5 bytes, end.
  const Bytes options = {1, 0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0x88, 5, 1, 2, 3, 0, 0, 0};
  const Bytes inner = inner_v4(3000, {.options = options});
  const std::vector<Bytes> pieces = head.inner_of(head.receive(inner, {.room = 9500}), 96, 1500);
  CHECK(hex(reassemble(pieces, inner, 1500 - 96)) == hex(payload_of(inner)));
  CHECK(hex(Bytes(pieces.at(0).begin() + 20, pieces.at(0).begin() + 40)) == hex(options));
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    REQUIRE(header_of(pieces[i]).header_bytes() == 32);
    CHECK(hex(Bytes(pieces[i].begin() + 20, pieces[i].begin() + 32)) == "940400008805010203000000");
  }
}

TEST_CASE("malformed options do not lead out of the header") {
  Encapsulator head;
  for (const Bytes& options :
       {Bytes{0x94, 0, 0, 0}, Bytes{0x94, 1, 0, 0}, Bytes{0x94, 200, 0, 0}, Bytes{1, 1, 1, 0x94}}) {
    const Bytes inner = inner_v4(3000, {.options = options});
    const std::vector<Bytes> pieces = head.inner_of(head.receive(inner, {.room = 9500}), 96, 1500);
    CHECK(hex(reassemble(pieces, inner, 1500 - 96)) == hex(payload_of(inner)));
    CHECK(header_of(pieces.at(1)).header_bytes() == 20);
  }
}

TEST_CASE("65,535 bytes through the smallest path and the longest rewrite") {
  Encapsulator head(16, 1280);
  const Bytes inner = inner_v4(65535 - 28);
  const RunResult result = head.receive(
      inner, {.headroom = 400, .room = 12000, .segments = std::vector<std::uint16_t>(7, 9000)});
  const std::vector<Bytes> pieces = head.inner_of(result, 304, 1280);
  CHECK(pieces.size() <= kMaxFragments + 1);
  CHECK(hex(reassemble(pieces, inner, 1280 - 304)) == hex(payload_of(inner)));
}

TEST_CASE("pieces are no larger than an mbuf of the pool") {
  Encapsulator head(1, 9000);
  const Bytes inner = inner_v4(30000);
  const RunResult result = head.receive(
      inner, {.headroom = 128, .room = 12000, .segments = std::vector<std::uint16_t>(3, 9000)});
  const std::vector<Bytes> pieces = head.inner_of(result, 40, 9000);
  CHECK(pieces.at(0).size() > 8900);
  for (std::size_t i = 1; i < pieces.size(); ++i)
    CHECK(pieces[i].size() <= RTE_MBUF_DEFAULT_BUF_SIZE);
  CHECK(hex(reassemble(pieces, inner, 9000 - 40)) == hex(payload_of(inner)));
}

TEST_CASE("no fragments: one named drop, nothing sent, nothing leaked") {
  const Bytes inner = inner_v4(5000);
  SECTION("no pool") {
    SteeringFixture head;
    head.steer_to(segments(3), {.path_mtu = 1500});
    const RunResult result = head.receive(inner, {.room = 9500});
    result.require_dropped("headend_fragmentation_needed");
    CHECK(hex(result.dropped.front()) == hex(inner));
  }
  SECTION("too few mbufs") {
    Encapsulator head(3, 1500, 2);
    head.receive(inner, {.room = 9500}).require_dropped("headend_fragmentation_needed");
  }
  SECTION("beyond 64 KiB when reassembled") {
    Encapsulator head;
    const Bytes bomb = inner_v4(5000, {.fragment = 0x1ff0});
    head.receive(bomb, {.room = 9500}).require_dropped("headend_fragmentation_needed");
  }
  SECTION("no room for payload") {
    Encapsulator head(16, 304 + 27);
    head.receive(inner, {.room = 9500}).require_dropped("headend_fragmentation_needed");
  }
  SECTION("no headroom in a chain") {
    Encapsulator head;
    head.receive(inner, {.headroom = 10, .room = 9500, .segments = {100}})
        .require_dropped("headend_no_headroom");
  }
  SECTION("expired first") {
    Encapsulator head;
    const RunResult result = head.receive(inner_v4(5000, {.ttl = 1}), {.room = 9500});
    CHECK(sent_by(0, result.only(0)).at(20) == icmp4::kTimeExceeded);
  }
}

TEST_CASE("a burst full of packets to fragment keeps its bounds") {
  Encapsulator head(3, 1500, 1023);
  std::vector<Frame> frames;
  for (std::uint16_t i = 0; i < kMaxRxBurst; ++i) {
    frames.emplace_back(received_on(0, inner_v4(2500, {.id = i})));
    frames.back().mbuf.room = 4096;
  }
  const RunResult result = head.run(0, frames);
  // Each needs one more lane; there are as many again.
  CHECK(result.tx.at(1).size() == 2 * kMaxRxBurst);
  std::vector<Frame> thrice;
  for (std::uint16_t i = 0; i < kMaxRxBurst; ++i) {
    thrice.emplace_back(received_on(0, inner_v4(4000, {.id = i})));
    thrice.back().mbuf.room = 6000;
  }
  const RunResult full = head.run(0, thrice);
  CHECK(full.tx.at(1).size() == 3 * 128);
  CHECK(full.drops.at("headend_fragmentation_needed") == 128);
}

TEST_CASE("on the way out: fragments that fit the MTU of the interface") {
  SteeringFixture node;
  node.use_mempool();
  node.route("8.0.0.0/8", node.via(node.out, "10.0.1.2"));
  node.interface(node.out).mtu = 600;
  const Bytes packet = PacketBuilder().ipv4("123.1.1.1", "8.1.1.1").udp(1, 2).payload(1500);
  const RunResult result = node.receive(packet);
  std::vector<Bytes> pieces;
  for (const Bytes& frame : result.tx.at(1))
    pieces.push_back(sent_by(1, frame));
  CHECK(pieces.size() == 3);
  CHECK(hex(reassemble(pieces, packet, 600)) == hex(payload_of(packet)));
  for (const Bytes& piece : pieces)
    CHECK(piece.at(8) == 63);
}

TEST_CASE("on the way out without a pool") {
  SteeringFixture node;
  node.route("8.0.0.0/8", node.via(node.out, "10.0.1.2"));
  node.interface(node.out).mtu = 600;
  const Bytes packet = PacketBuilder().ipv4("123.1.1.1", "8.1.1.1").udp(1, 2).payload(1500);
  node.receive(packet).require_dropped("replicate_no_mbuf");
}
