// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// BehaviorFixture: a node with a fabric port, ways out for every kind of behavior, and packets for
// it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/forward_fixture.hpp"

namespace sextant::test {

// What is behind the outer headers of a packet. Each appends itself to a packet.
namespace inner {
using Inner = PacketBuilder& (*)(PacketBuilder& packet);

inline PacketBuilder& ipv6_hops(PacketBuilder& p, std::uint8_t hop_limit) {
  return p.ipv6("4321::1", "c4::1", {.hop_limit = hop_limit}).udp(1234, 1234).payload(4);
}
inline PacketBuilder& ipv4_hops(PacketBuilder& p, std::uint8_t ttl) {
  return p.ipv4("123.1.1.1", "4.1.1.123", {.ttl = ttl}).udp(1234, 1234).payload(4);
}
inline PacketBuilder& ipv6(PacketBuilder& p) {
  return ipv6_hops(p, 64);
}
inline PacketBuilder& ipv4(PacketBuilder& p) {
  return ipv4_hops(p, 64);
}
inline PacketBuilder& frame(PacketBuilder& p) {
  return p.ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", 0, {.type = 0x8137}).payload(46);
}
inline PacketBuilder& tagged_frame(PacketBuilder& p) {
  return p.ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", 123, {.type = 0x8137}).payload(46);
}
inline PacketBuilder& echo_request(PacketBuilder& p) {
  return p.icmp6(icmp6::kEchoRequest).payload(8);
}
inline PacketBuilder& udp(PacketBuilder& p) {
  return p.udp(1234, 33434).payload(4);
}
inline PacketBuilder& none(PacketBuilder& p) {
  return p;
}

// Only the inner packet.
inline Bytes alone(Inner of) {
  PacketBuilder packet;
  return of(packet).build();
}
}  // namespace inner

class BehaviorFixture : public ForwardFixture {
 public:
  // Ports: packets come in by the first, and errors leave by it.
  static constexpr PortIndex kIn = 0;
  static constexpr PortIndex kOut = 1;    // where table 0 leads
  static constexpr PortIndex kCross = 2;  // where the adjacency of a SID leads
  static constexpr PortIndex kVrf = 3;    // where table 1 leads
  static constexpr PortIndex kL2 = 4;     // a port for frames

  static constexpr const char* kSource = "1234::1";  // of the packets
  static constexpr const char* kNode = "a0::1";      // of the errors

  InterfaceId in, out, cross, vrf, l2;
  LookupResult cross6, cross4;

  BehaviorFixture() {
    table(0);
    table(1);
    in = port(kIn, {"a0::1/64"});
    out = port(kOut, {"b1::1/64", "10.0.1.1/24"});
    cross = port(kCross, {"b2::1/64", "10.0.2.1/24"});
    vrf = port(kVrf, {"b3::1/64", "10.0.3.1/24"}, 1);
    l2 = port(kL2);
    interface(l2).role = InterfaceRole::kL2Only;
    route("1234::/64", via(in, "a0::2"));
    route("1234::/64", via(vrf, "b3::2"), 1);
    for (const char* prefix : {"a4::/64", "a5::/64", "a6::/64", "c4::/64", "1111:2222::/32"}) {
      route(prefix, via(out, "b1::2"));
      route(prefix, via(vrf, "b3::2"), 1);
    }
    route("4.1.1.0/24", via(out, "10.0.1.2"));
    route("4.1.1.0/24", via(vrf, "10.0.3.2"), 1);
    route("4321::/64", via(out, "b1::2"));
    route("4321::/64", via(vrf, "b3::2"), 1);
    cross6 = via(cross, "b2::2");
    cross4 = via(cross, "10.0.2.2");
  }

  // An IP packet as a frame received on kIn.
  static Bytes received(const Bytes& packet) { return link(port_mac(kIn), peer_mac(kIn), packet); }
  // An IP packet as a frame sent on a port.
  static Bytes sent_on(PortIndex port, const Bytes& packet) {
    return link(peer_mac(port), port_mac(port), packet);
  }

  // One packet through the node.
  RunResult pass(const Bytes& packet, const MbufOptions& mbuf = {}) {
    return run(kIn, Frame(received(packet), mbuf));
  }

  // REQUIREs that the packet leaves by the port as wanted and counts as good for its SID.
  void require_sent(const Bytes& packet, PortIndex port, const Bytes& wanted, LocalSidId sid = 0) {
    const SidCounter before = sid_counter(sid);
    const RunResult result = pass(packet);
    INFO("in     " << hex(packet));
    REQUIRE(hex(result.only(port)) == hex(sent_on(port, wanted)));
    REQUIRE(result.drops.empty());
    require_counted(before, sid_counter(sid), packet.size(), true);
  }
  // The same for a frame out of the packet.
  void require_frame(const Bytes& packet, PortIndex port, const Bytes& wanted, LocalSidId sid = 0) {
    const SidCounter before = sid_counter(sid);
    REQUIRE(hex(pass(packet).only(port)) == hex(wanted));
    require_counted(before, sid_counter(sid), packet.size(), true);
  }
  // REQUIREs a drop without an answer, with the bytes as they were.
  void require_dropped(const Bytes& packet, const std::string& reason, LocalSidId sid = 0) {
    const SidCounter before = sid_counter(sid);
    const RunResult result = pass(packet);
    INFO("in " << hex(packet));
    result.require_dropped(reason);
    REQUIRE(hex(result.dropped.front()) == hex(packet));
    require_counted(before, sid_counter(sid), packet.size(), false);
  }
  // REQUIREs a drop that is answered with this ICMPv6 error, quoting the packet as received.
  void require_error(const Bytes& packet, const std::string& reason, std::uint8_t type,
                     std::uint8_t code, std::uint32_t parameter, LocalSidId sid = 0) {
    const SidCounter before = sid_counter(sid);
    const RunResult result = pass(packet);
    INFO("in " << hex(packet));
    REQUIRE(hex(result.only(kIn)) == hex(sent_on(kIn, error(packet, type, code, parameter))));
    REQUIRE(result.drops == std::map<std::string, std::uint64_t>{{reason, 1}});
    require_counted(before, sid_counter(sid), packet.size(), false);
  }
  // REQUIREs that the control thread gets the packet as wanted, as one for this node.
  void require_punted(const Bytes& packet, const Bytes& wanted, LocalSidId sid = 0) {
    const SidCounter before = sid_counter(sid);
    const RunResult result = pass(packet);
    REQUIRE(result.sent() == 0);
    REQUIRE(result.drops.empty());
    REQUIRE(result.punted.size() == 1);
    REQUIRE(result.punted.front().info.reason == PuntReason::kLocal);
    REQUIRE(result.punted.front().info.kind == PacketKind::kIpv6);
    REQUIRE(result.punted.front().info.rx_interface == in);
    REQUIRE(hex(result.punted.front().bytes) == hex(wanted));
    require_counted(before, sid_counter(sid), packet.size(), true);
  }

  // The error that this node sends about a packet.
  static Bytes error(const Bytes& packet, std::uint8_t type, std::uint8_t code,
                     std::uint32_t parameter) {
    constexpr std::size_t kMaxQuote = 1280 - 40 - 8;
    const Bytes quote(packet.begin(),
                      packet.begin() + static_cast<std::ptrdiff_t>(
                                           std::min<std::size_t>(packet.size(), kMaxQuote)));
    return PacketBuilder()
        .ipv6(kNode, kSource)
        .icmp6(type, code, {.parameter = parameter})
        .raw(quote)
        .build();
  }

 private:
  static Bytes link(const MacAddress& destination, const MacAddress& source, const Bytes& packet) {
    const bool is_ipv4 = !packet.empty() && packet[0] >> 4 == 4;
    Bytes frame = PacketBuilder()
                      .ethernet(destination, source, 0,
                                {.type = is_ipv4 ? ether_type::kIpv4 : ether_type::kIpv6})
                      .build();
    frame.insert(frame.end(), packet.begin(), packet.end());
    return frame;
  }
  static void require_counted(const SidCounter& before, const SidCounter& after, std::size_t bytes,
                              bool good) {
    REQUIRE(after.good.packets - before.good.packets == (good ? 1 : 0));
    REQUIRE(after.good.bytes - before.good.bytes == (good ? bytes : 0));
    REQUIRE(after.bad.packets - before.bad.packets == (good ? 0 : 1));
    REQUIRE(after.bad.bytes - before.bad.bytes == (good ? 0 : bytes));
  }
};

// An outer header with an SRH; segments in travel order.
inline PacketBuilder outer(const V6& destination, const std::vector<V6>& segments,
                           std::uint8_t segments_left, std::uint8_t hop_limit = 64) {
  return PacketBuilder()
      .ipv6(BehaviorFixture::kSource, destination, {.hop_limit = hop_limit})
      .srh(segments, segments_left);
}
// The same without an SRH.
inline PacketBuilder outer(const V6& destination, std::uint8_t hop_limit = 64) {
  return PacketBuilder().ipv6(BehaviorFixture::kSource, destination, {.hop_limit = hop_limit});
}

inline constexpr std::uint8_t kErroneousHeaderCode = 0;
inline constexpr std::uint8_t kUpperLayerCode = 4;

}  // namespace sextant::test
