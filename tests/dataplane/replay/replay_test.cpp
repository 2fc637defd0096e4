// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Replay: frames in memory through forwarding and slow path, in virtual time.
#include "dataplane/replay/replay.hpp"

#include <cstring>

#include "dataplane/forward.hpp"
#include "support/catch.hpp"
#include "support/packet_builder.hpp"
#include "support/tables_builder.hpp"

namespace sextant::test {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

struct Sent {
  PortIndex port;
  std::uint64_t time_ns;
  Bytes bytes;
};

// pg0 and pg1 with a route to a4::/64 out of pg1.
struct Fixture {
  TablesBuilder tables;
  std::vector<Sent> sent;
  std::unique_ptr<Replay> replay;
  ReplayOptions options{.mbufs = 1024};

  Fixture() {
    tables.port(0, {"fd00::1/64"});
    tables.port(1, {"fd00:1::1/64"});
  }
  void route() { tables.route("a4::/64", tables.via(1, "fd00:1::2")); }
  void start() {
    auto made = Replay::create(tables.take(), {"pg0", "pg1"}, options, [&](const ReplayFrame& f) {
      sent.push_back({f.port, f.time_ns, Bytes(f.bytes.begin(), f.bytes.end())});
    });
    REQUIRE(made.ok());
    replay = std::move(made).value();
  }
  std::uint64_t drops(DropReason reason) {
    return replay->counters().drops[static_cast<std::size_t>(reason)].packets;
  }
};

Bytes packet(std::uint8_t hops = 64) {
  return PacketBuilder().ipv6("1234::1", "a4::1", {.hop_limit = hops}).udp(1, 2).build();
}

Bytes framed(const Bytes& inside, MacAddress destination = port_mac(0),
             MacAddress source = peer_mac(0)) {
  EthernetHeader header{destination, source, Be16(ether_type::kIpv6)};
  Bytes out(sizeof header + inside.size());
  std::memcpy(out.data(), &header, sizeof header);
  std::memcpy(out.data() + sizeof header, inside.data(), inside.size());
  return out;
}

}  // namespace

TEST_CASE("replay forwards and keeps the time of each packet") {
  Fixture f;
  f.route();
  f.start();
  const Bytes frame = framed(packet());
  for (const std::uint64_t at : {kSecond, kSecond + 10, kSecond + 1'000'000, 9 * kSecond}) {
    f.replay->receive({0, at, frame});
  }
  f.replay->finish();
  REQUIRE(f.sent.size() == 4);
  CHECK(f.sent[0].time_ns == kSecond);
  CHECK(f.sent[1].time_ns == kSecond + 10);
  CHECK(f.sent[2].time_ns == kSecond + 1'000'000);
  CHECK(f.sent[3].time_ns == 9 * kSecond);
  for (const Sent& s : f.sent) {
    CHECK(s.port == 1);
    CHECK(hex(s.bytes) == hex(framed(packet(63), peer_mac(1), port_mac(1))));
  }
  CHECK(f.replay->ports()[0].in == PacketTotal{4, 4 * frame.size()});
  CHECK(f.replay->ports()[1].out == PacketTotal{4, 4 * frame.size()});
  CHECK(f.replay->ports()[1].in == PacketTotal{});
}

TEST_CASE("replay does not run time backwards") {
  Fixture f;
  f.route();
  f.start();
  const Bytes frame = framed(packet());
  f.replay->receive({0, 5 * kSecond, frame});
  f.replay->receive({0, 2 * kSecond, frame});
  f.replay->receive({1, 1 * kSecond, frame});
  f.replay->finish();
  REQUIRE(f.sent.size() == 3);
  for (const Sent& s : f.sent)
    CHECK(s.time_ns == 5 * kSecond);
}

TEST_CASE("replay takes unicast frames for other stations unless it is strict") {
  for (const bool strict : {false, true}) {
    Fixture f;
    f.options.strict_mac = strict;
    f.route();
    f.start();
    const MacAddress other{{0x02, 9, 9, 9, 9, 9}};
    f.replay->receive({0, kSecond, framed(packet(), other)});
    // Multicast is never changed, and forwarded as any packet.
    f.replay->receive({0, kSecond, framed(packet(), MacAddress{{0x33, 0x33, 0, 0, 0, 1}})});
    f.replay->finish();
    CHECK(f.sent.size() == (strict ? 1u : 2u));
    CHECK(f.drops(DropReason::parse_ethernet_not_for_us) == (strict ? 1u : 0u));
  }
}

TEST_CASE("replay leaves frames of L2 interfaces alone") {
  Fixture f;
  f.tables.bridge({0, 1});
  f.tables.interface(0).addresses.clear();
  f.tables.interface(1).addresses.clear();
  f.start();
  const Bytes frame = framed(packet(), MacAddress{{0x02, 9, 9, 9, 9, 9}});
  f.replay->receive({0, kSecond, frame});
  f.replay->finish();
  REQUIRE(f.sent.size() == 1);
  CHECK(f.sent[0].port == 1);
  CHECK(hex(f.sent[0].bytes) == hex(frame));
}

TEST_CASE("replay gives raw packets a link-layer header") {
  Fixture f;
  f.route();
  f.start();
  f.replay->receive({0, kSecond, packet(), false});
  f.replay->receive({0, kSecond, Bytes{0, 1, 8, 0}, false});  // what ARP would be without its frame
  f.replay->receive({0, kSecond, Bytes{}, false});
  f.replay->finish();
  REQUIRE(f.sent.size() == 1);
  CHECK(hex(f.sent[0].bytes) == hex(framed(packet(63), peer_mac(1), port_mac(1))));
  CHECK(f.drops(DropReason::parse_ethertype_unknown) == 2);
}

TEST_CASE("replay drops what has no link-layer header at all") {
  Fixture f;
  f.route();
  f.start();
  f.replay->receive({0, kSecond, Bytes{}});
  f.replay->receive({0, kSecond, Bytes(13)});
  f.replay->receive({7, kSecond, framed(packet())});  // no such port
  f.replay->finish();
  CHECK(f.sent.empty());
  CHECK(f.drops(DropReason::parse_ethernet_truncated) == 2);
  CHECK(f.replay->ports()[0].in.packets == 2);
}

TEST_CASE("replay counts what waits for a neighbor to the end") {
  Fixture f;
  f.tables.route("a4::/64", f.tables.unresolved_via(1, "fd00:1::2"));
  f.options.neighbor_hold_packets = 2;
  f.start();
  for (int i = 0; i < 3; ++i)
    f.replay->receive({0, kSecond, framed(packet())});
  f.replay->receive({0, kSecond + 500'000'000, framed(packet())});
  f.replay->receive({0, kSecond + 1'500'000'000, framed(packet())});
  f.replay->finish();
  // One solicitation at once and one after a second, at the time when it was due.
  REQUIRE(f.sent.size() == 2);
  CHECK(f.sent[0].time_ns == kSecond);
  CHECK(f.sent[1].time_ns == 2 * kSecond);
  CHECK(f.drops(DropReason::neighbor_unresolved) == 2);
  CHECK(f.drops(DropReason::neighbor_hold_queue_full) == 3);
}

TEST_CASE("replay survives frames that do not fit into its memory") {
  Fixture f;
  f.route();
  f.start();
  f.replay->receive({0, kSecond, Bytes(4u << 20)});
  f.replay->receive({0, kSecond, framed(packet())});
  f.replay->finish();
  CHECK(f.drops(DropReason::rx_no_mbuf) == 1);
  CHECK(f.sent.size() == 1);
}

TEST_CASE("replay forgets nothing when it ends early") {
  Fixture f;
  f.route();
  f.tables.route("a5::/64", f.tables.unresolved_via(1, "fd00:1::9"));
  f.start();
  f.replay->receive({0, kSecond, framed(packet())});
  f.replay.reset();  // leaks are LeakSanitizer's business
  CHECK(f.sent.empty());
}

TEST_CASE("replay refuses bursts and ports out of range") {
  Fixture f;
  f.options.burst = 0;
  const auto sink = [](const ReplayFrame&) {};
  CHECK_FALSE(Replay::create(f.tables.take(), {"pg0"}, f.options, sink).ok());
  f.options.burst = 257;
  CHECK_FALSE(Replay::create(f.tables.take(), {"pg0"}, f.options, sink).ok());
  f.options.burst = 256;
  const std::vector<std::string> many(kMaxPorts + 1, "pg");
  CHECK_FALSE(Replay::create(f.tables.take(), many, f.options, sink).ok());
  CHECK(Replay::create(f.tables.take(), {"pg0", "pg1"}, f.options, sink).ok());
}

}  // namespace sextant::test
