// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.AD: outer headers kept per flow while a packet is at the service function.
#include "support/catch.hpp"
#include "support/proxy_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const Bytes kFrame = from_hex(
    "0055443322110011223344558137000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
    "212223"
    "2425262728292a2b2c2d");

// Segments in travel order, the SID second; reduced: without the first one.
struct Outer {
  const char* source = "a0::";
  std::vector<V6> segments = {"a1::", "a2::a6", "a3::"};
  std::uint8_t segments_left = 1;
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
  std::uint32_t flow_label = 0;
};
Bytes wrapped(const Bytes& inner, std::uint8_t protocol, const Outer& o = {}) {
  const std::size_t at = o.segments.size() - 1 - o.segments_left;
  return PacketBuilder()
      .ipv6(
          o.source, o.segments.at(at),
          {.hop_limit = o.hop_limit, .traffic_class = o.traffic_class, .flow_label = o.flow_label})
      .srh(o.segments, o.segments_left)
      .raw(inner, protocol);
}
Bytes six(std::uint16_t from = 1234, std::size_t payload = 30, Ipv6Options options = {}) {
  return PacketBuilder().ipv6("1234::1", "4321::1", options).udp(from, 5).payload(payload);
}
Bytes four(std::uint16_t from = 1234, std::size_t payload = 30, Ipv4Options options = {}) {
  return PacketBuilder().ipv4("123.1.1.1", "124.1.1.1", options).udp(from, 5).payload(payload);
}

}  // namespace

TEST_CASE("End.AD vectors, IPv6") {
  ProxyFixture node(GENERATE(false, true));
  const LocalSidId sid = node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  const Bytes in = from_hex(
      "60000000006c2b4000a0000000000000000000000000000000a200000000000000000000000000a6290604010200"
      "000000a3"
      "000000000000000000000000000000a200000000000000000000000000a600a10000000000000000000000000000"
      "60000000"
      "000c1140123400000000000000000000000000014321000000000000000000000000000104d204d2000cb9017465"
      "7374");
  const Bytes at_function = node.to_function(in);
  CHECK(hex(at_function) ==
        "60000000000c113f123400000000000000000000000000014321000000000000000000000000000104d204d200"
        "0cb901"
        "74657374");
  CHECK(hex(node.returned(at_function)) ==
        "60000000006c2b3f00a0000000000000000000000000000000a300000000000000000000000000002906040002"
        "00000000a3"
        "000000000000000000000000000000a200000000000000000000000000a600a100000000000000000000000000"
        "0060000000"
        "000c113e123400000000000000000000000000014321000000000000000000000000000104d204d2000cb90174"
        "657374");
  // Both directions count, each with the bytes as received.
  CHECK(node.sid_counter(sid).good.packets == 2);
  CHECK(node.sid_counter(sid).good.bytes == in.size() + at_function.size());
  CHECK(node.sid_counter(sid).bad.packets == 0);
}

TEST_CASE("End.AD vectors, IPv4") {
  ProxyFixture node;
  node.proxy("a2::a4", Behavior::kEndAd, InnerType::kIpv4);
  const Bytes in = from_hex(
      "6000000000582b4000a0000000000000000000000000000000a200000000000000000000000000a4040604010200"
      "000000a3"
      "000000000000000000000000000000a200000000000000000000000000a400a10000000000000000000000000000"
      "45000020"
      "00010000401181c87b0101017c01010104d204d2000c155474657374");
  const Bytes at_function = node.to_function(in);
  CHECK(hex(at_function) == "45000020000100003f1182c87b0101017c01010104d204d2000c155474657374");
  const Bytes back = node.returned(at_function);
  CHECK(hex(Bytes(back.begin() + 96, back.end())) == hex(one_hop_on(at_function)));
  CHECK(hex(Bytes(back.begin(), back.begin() + 40)) ==
        "6000000000582b3f00a0000000000000000000000000000000a30000000000000000000000000000");
}

TEST_CASE("End.AD vectors, L2") {
  ProxyFixture node(GENERATE(false, true));
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kEthernet);
  const Bytes in = wrapped(kFrame, 143);
  CHECK(hex(node.receive(in).only(2)) == hex(kFrame));
  const RunResult back = node.run(node.back_port, Frame(kFrame));
  CHECK(hex(sent_by(1, back.only(1))) ==
        "6000000000742b3f00a0000000000000000000000000000000a300000000000000000000000000008f06040002"
        "00000000a3"
        "000000000000000000000000000000a200000000000000000000000000a600a100000000000000000000000000"
        "0000554433"
        "22110011223344558137000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122"
        "2324252627"
        "28292a2b2c2d");
}

TEST_CASE("End.AD: every flow gets its own headers back") {
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  node.proxy("a2::a4", Behavior::kEndAd, InnerType::kIpv4);
  std::vector<Frame> out;
  std::vector<Frame> back;
  std::vector<Bytes> expected;
  for (std::uint16_t flow = 1; flow <= 60; ++flow) {
    const bool v4 = flow % 3 == 0;
    Outer outer;
    const std::string path = "a3:" + std::to_string(flow) + "::";
    outer.segments = {"a1::", v4 ? "a2::a4" : "a2::a6", path.c_str()};
    if (flow % 2 == 0) outer.segments.insert(outer.segments.begin(), "a1::9");
    outer.flow_label = 0x1000u + flow;
    const Bytes inner = v4 ? four(flow, 20u + flow) : six(flow, 20u + flow);
    const Bytes at_function = one_hop_on(inner);
    out.emplace_back(received_on(0, wrapped(inner, v4 ? 4 : 41, outer)));
    back.emplace_back(received_on(3, at_function));
    Outer after = outer;
    after.segments_left = 0;
    after.hop_limit = 63;
    expected.push_back(wrapped(one_hop_on(at_function), v4 ? 4 : 41, after));
  }
  CHECK(node.run(0, out).tx.at(2).size() == 60);
  std::reverse(back.begin(), back.end());
  const RunResult result = node.run(3, back);
  REQUIRE(result.tx.at(1).size() == 60);
  for (std::size_t i = 0; i < 60; ++i) {
    CHECK(hex(sent_by(1, result.tx.at(1)[i])) == hex(expected[59 - i]));
  }
}

TEST_CASE("End.AD: a flow that changes its path is followed") {
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  for (const char* path : {"a3::1", "a3::2", "a3::1"}) {
    const Bytes at_function = node.to_function(wrapped(six(), 41, {.segments = {"a2::a6", path}}));
    const Ipv6Address wanted = V6(path);
    const Bytes back = node.returned(at_function);
    CHECK(std::equal(back.begin() + 24, back.begin() + 40, wanted.bytes.begin()));
  }
}

TEST_CASE("End.AD: segments x headroom x chains on the way back") {
  const std::size_t n = GENERATE(2u, 3u, 8u, 16u);
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  Outer outer;
  outer.segments = {"a2::a6"};
  for (std::size_t i = 1; i < n; ++i)
    outer.segments.emplace_back("a3::");
  outer.segments_left = static_cast<std::uint8_t>(n - 1);
  const Bytes inner = six(7, 200);
  const Bytes at_function = node.to_function(wrapped(inner, 41, outer));
  Outer after = outer;
  --after.segments_left;
  after.hop_limit = 63;
  const Bytes expected = wrapped(one_hop_on(at_function), 41, after);
  for (const std::uint16_t headroom : {0, 64, 128}) {
    for (const std::vector<std::uint16_t>& chain :
         std::vector<std::vector<std::uint16_t>>{{}, {62, 30}}) {
      const std::size_t header = 48 + 16 * n;
      CAPTURE(n, headroom, chain.size());
      const RunResult result =
          node.from_function(at_function, {.headroom = headroom, .segments = chain});
      if (chain.empty() || headroom >= header) {
        CHECK(hex(sent_by(1, result.only(1))) == hex(expected));
      } else {
        result.require_dropped("headend_no_headroom");
      }
    }
  }
}

TEST_CASE("End.AD keeps all extension headers up to its limit") {
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  const auto outer = [](std::size_t options, std::uint8_t left, std::uint8_t hops, const char* to) {
    return PacketBuilder()
        .ipv6("a0::", to, {.hop_limit = hops, .flow_label = 0xabcde})
        .hop_by_hop()
        .srh({"a2::a6", "a3::"}, left, {.tlvs = {124, 6, 1, 2, 3, 4, 5, 6}, .tag = 77})
        .dest_options({.options = Bytes(options, 0)});
  };
  // 40 + 8 + 48 and the options: 368 in all, then one word more.
  const Bytes fits = outer(270, 1, 64, "a2::a6").raw(six(), 41);
  REQUIRE(fits.size() == 368 + six().size());
  const Bytes at_function = node.to_function(fits);
  CHECK(hex(node.returned(at_function, {.headroom = 512})) ==
        hex(outer(270, 0, 63, "a3::").raw(one_hop_on(at_function), 41).build()));
  node.receive(outer(271, 1, 64, "a2::a6").raw(six(), 41)).require_dropped("proxy_header_too_long");
}

TEST_CASE("End.AD: ECN goes through the function, DSCP and label wait in the cache") {
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  // Congestion on the way to the function reaches the inner packet (RFC 6040)...
  const Bytes marked = wrapped(six(1, 9, {.traffic_class = 0x02}), 41,
                               {.traffic_class = 0xbb, .flow_label = 0x77777});
  const Bytes at_function = node.to_function(marked);
  CHECK((at_function.at(1) >> 4) == 0x3);
  const Bytes back = node.returned(at_function);
  CHECK(reinterpret_cast<const Ipv6Header*>(back.data())->traffic_class() == 0xbb);
  CHECK(flow_label_of(back) == 0x77777);
  // ... and does not stick to the next packet of the flow.
  const Bytes unmarked = wrapped(six(1, 9, {.traffic_class = 0x02}), 41,
                                 {.traffic_class = 0xba, .flow_label = 0x77777});
  const Bytes next = node.returned(node.to_function(unmarked));
  CHECK(reinterpret_cast<const Ipv6Header*>(next.data())->traffic_class() == 0xba);
}

TEST_CASE("End.AD: what is refused on the way to the function") {
  ProxyFixture node;
  const LocalSidId sid = node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  const Bytes no_srh = PacketBuilder().ipv6("a0::", "a2::a6").raw(six(), 41);
  CHECK(icmp6_error(node.receive(no_srh)) == std::vector<int>{4, 4, 40});
  CHECK(node.drops(DropReason::end_srh_missing) == 1);

  const Bytes last = wrapped(six(), 41, {.segments = {"a1::", "a2::a6"}, .segments_left = 0});
  CHECK(icmp6_error(node.receive(last)) == std::vector<int>{4, 4, 80});
  CHECK(node.drops(DropReason::proxy_last_segment) == 1);

  for (const std::uint8_t hops : {0, 1}) {
    CHECK(icmp6_error(node.receive(wrapped(six(), 41, {.hop_limit = hops}))).at(0) == 3);
  }
  CHECK(node.drops(DropReason::end_hop_limit_exceeded) == 2);

  Bytes inconsistent = wrapped(six(), 41);
  inconsistent[43] = 4;  // Segments Left beyond Last Entry + 1
  CHECK(icmp6_error(node.receive(inconsistent)) == std::vector<int>{4, 0, 43});
  CHECK(node.drops(DropReason::end_srh_malformed) == 1);

  CHECK(icmp6_error(node.receive(wrapped(four(), 4))) == std::vector<int>{4, 4, 96});
  CHECK(icmp6_error(node.receive(wrapped(kFrame, 143))) == std::vector<int>{4, 4, 96});
  const Bytes ping = wrapped({128, 0, 0, 0, 0, 0, 0, 0}, ip_protocol::kIcmp6);
  CHECK(icmp6_error(node.receive(ping)) == std::vector<int>{4, 4, 96});  // not for this node
  CHECK(node.drops(DropReason::end_upper_layer_unexpected) == 3);

  Bytes broken = six();
  broken[4] = 9;  // longer than the packet
  node.receive(wrapped(broken, 41)).require_dropped("end_inner_malformed");
  const Bytes fragment = PacketBuilder()
                             .ipv6("a0::", "a2::a6")
                             .srh({"a2::a6", "a3::"}, 1)
                             .fragment({.more = true, .next_header = 41})
                             .payload(64);
  node.receive(fragment).require_dropped("end_fragment");
  CHECK(node.sid_counter(sid).bad.packets == 10);
  CHECK(node.sid_counter(sid).good.packets == 0);
}

TEST_CASE("End.AD: what is refused on the way back") {
  ProxyFixture node;
  const LocalSidId sid = node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  node.from_function(six()).require_dropped("proxy_flow_unknown");
  node.to_function(wrapped(six(), 41));
  node.from_function(six(1235)).require_dropped("proxy_flow_unknown");

  const RunResult expired = node.run(3, Frame(received_on(3, six(1234, 9, {.hop_limit = 1}))));
  CHECK(node.drops(DropReason::headend_hop_limit_exceeded) == 1);
  CHECK(sent_by(0, expired.only(0)).at(40) == icmp6::kTimeExceeded);

  const Bytes huge = six(1234, 65535 - 8);
  node.from_function(
          huge, {.headroom = 200, .room = 12000, .segments = std::vector<std::uint16_t>(7, 9000)})
      .require_dropped("headend_payload_too_long");
  CHECK(node.sid_counter(sid).bad.packets == 4);

  node.lcore().proxy_cache = nullptr;
  node.from_function(six()).require_dropped("proxy_flow_unknown");
  node.receive(wrapped(six(), 41)).require_dropped("proxy_cache_full");
}

TEST_CASE("End.AD: a full cache refuses new flows and keeps the old ones") {
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  ProxyCache small(4, 10, 1'000'000'000);
  node.lcore().proxy_cache = &small;
  for (std::uint16_t flow = 1; flow <= 4; ++flow)
    node.to_function(wrapped(six(flow), 41));
  node.receive(wrapped(six(5), 41)).require_dropped("proxy_cache_full");
  for (std::uint16_t flow = 1; flow <= 4; ++flow) {
    CHECK(node.returned(one_hop_on(six(flow))).size() > 0);
  }
  node.advance_ms(20'000);
  CHECK(node.to_function(wrapped(six(5), 41)).size() > 0);
}

TEST_CASE("End.AD: two SIDs share one function; each counts its own flows") {
  ProxyFixture node;
  const LocalSidId first = node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  const LocalSidId second = node.proxy("a2::b6", Behavior::kEndAd, InnerType::kIpv6);
  node.to_function(wrapped(six(1), 41, {.segments = {"a2::a6", "a3::1"}}));
  node.to_function(wrapped(six(2), 41, {.segments = {"a2::b6", "a3::2"}}));
  CHECK(node.returned(one_hop_on(six(1))).at(39) == 1);
  CHECK(node.returned(one_hop_on(six(2))).at(39) == 2);
  CHECK(node.sid_counter(first).good.packets == 2);
  CHECK(node.sid_counter(second).good.packets == 2);
}

TEST_CASE("End.AD: headers of a SID that is gone are not used") {
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  const LocalSidId other = node.proxy("a2::b6", Behavior::kEndAd, InnerType::kIpv6);
  node.to_function(wrapped(six(), 41));
  auto& tables = node.tables();
  std::erase_if(tables.local_sids, [&](const LocalSid& sid) { return sid.id != other; });
  std::erase_if(tables.fib, [](const FibEntry& e) { return e.prefix == Prefix("a2::a6/128"); });
  node.from_function(one_hop_on(six())).require_dropped("proxy_flow_unknown");
}

TEST_CASE("End.AD: headers of a SID are not used by one that has its id now") {
  ProxyFixture node;
  const LocalSidId first = node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  node.to_function(wrapped(six(), 41));
  auto& tables = node.tables();
  // The same function, another chain: not the way that this packet was on.
  for (LocalSid& sid : tables.local_sids) {
    if (sid.id == first) sid.sid = V6("a2::b6");
  }
  for (FibEntry& entry : tables.fib) {
    if (entry.prefix == Prefix("a2::a6/128")) entry.prefix = Prefix("a2::b6/128");
  }
  node.from_function(one_hop_on(six())).require_dropped("proxy_flow_unknown");
}

TEST_CASE("End.AD: packets come back into the table of the SID") {
  ProxyFixture node;
  node.table(7);
  node.interface(node.back).table = 7;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  // Table 7 does not know a3::, table 0 does.
  node.route("4321::/16", node.via(node.function, "fd02::2"), 7);
  CHECK(node.returned(node.to_function(wrapped(six(), 41))).size() > 0);
}

TEST_CASE("End.AD: traffic of the function itself is left alone") {
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  const Bytes solicitation = PacketBuilder()
                                 .ipv6("fe80::9", "ff02::1:ff00:1", {.hop_limit = 255})
                                 .icmp6(icmp6::kNeighborSolicitation)
                                 .raw(Bytes(16, 0));
  Bytes frame = received_on(3, solicitation);
  frame[0] = frame[1] = 0x33;
  CHECK(node.run(3, Frame(frame)).punted.size() == 1);
  const Bytes ping = PacketBuilder().ipv6("fd03::9", "fd03::1").icmp6(icmp6::kEchoRequest);
  CHECK(node.from_function(ping).punted.size() == 1);
}

TEST_CASE("End.AD, Ethernet: tags, and frames of unknown flows") {
  ProxyFixture node;
  const LocalSidId sid = node.proxy("a2::a6", Behavior::kEndAd, InnerType::kEthernet);
  const auto frame = [](std::uint16_t vlan, const char* to = "00:55:44:33:22:11") {
    return PacketBuilder().ethernet(to, "00:11:22:33:44:55", vlan).payload(50).build();
  };
  for (const std::uint16_t vlan : {0, 5, 6}) {
    Outer outer;
    outer.segments.back() = ("a3::" + std::to_string(vlan)).c_str();
    CHECK(hex(node.receive(wrapped(frame(vlan), 143, outer)).only(2)) == hex(frame(vlan)));
  }
  for (const std::uint16_t vlan : {6, 0, 5}) {
    const Bytes back = sent_by(1, node.run(3, Frame(frame(vlan))).only(1));
    CHECK(back.at(39) == vlan);
    CHECK(hex(Bytes(back.begin() + 96, back.end())) == hex(frame(vlan)));
  }
  node.run(3, Frame(frame(7))).require_dropped("proxy_flow_unknown");
  node.run(3, Frame(frame(0, "00:55:44:33:22:12"))).require_dropped("proxy_flow_unknown");
  CHECK(node.sid_counter(sid).bad.packets == 2);
  node.receive(wrapped(Bytes(13, 1), 143)).require_dropped("end_inner_malformed");
}

TEST_CASE("End.AD in mixed bursts, at every position") {
  ProxyFixture node;
  node.proxy("a2::a6", Behavior::kEndAd, InnerType::kIpv6);
  node.proxy("a2::a4", Behavior::kEndAd, InnerType::kIpv4);
  node.local_sid("a2::e", Behavior::kEnd);
  const std::vector<Frame> others = {
      received_on(0, wrapped(six(1), 41)),
      received_on(0, wrapped(four(1), 4, {.segments = {"a2::a4", "a3::1"}})),
      received_on(0, wrapped(four(2), 4)),  // wrong type for the SID
      received_on(0, wrapped(six(2), 41, {.hop_limit = 1})),
      received_on(0, wrapped(six(3), 41, {.segments = {"a2::e", "a3::9"}})),
      received_on(0, six(4, 9, {.hop_limit = 0}))};
  node.run_at_every_position(0, Frame(received_on(0, wrapped(six(9), 41))), others);
}
