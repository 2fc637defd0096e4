// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.AS: the encapsulation ends here, and a configured one begins behind the function.
#include "support/catch.hpp"
#include "support/proxy_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const Bytes kInner = from_hex(
    "60000000000c1140123400000000000000000000000000014321000000000000000000000000000104d204d2000cb9"
    "01"
    "74657374");
const Bytes kFrame =
    PacketBuilder().ethernet("00:55:44:33:22:11", "00:11:22:33:44:55", 9).payload(50);

Bytes four(std::uint8_t ttl = 64) {
  return PacketBuilder().ipv4("123.1.1.1", "124.1.1.1", {.ttl = ttl}).udp(1, 2).payload(20);
}

struct StaticProxy : ProxyFixture {
  SegmentListId list;
  LocalSidId sid;
  explicit StaticProxy(InnerType inner = InnerType::kIpv6,
                       const std::vector<V6>& path = {"a1::", "a2::a6", "a3::"},
                       std::uint8_t done = 2, ListOptions options = {}, bool one_interface = false)
      : ProxyFixture(one_interface) {
    options.source = "a2::";
    options.segments_done = done;
    list = segment_list(path, options);
    sid = proxy("a2::a6", Behavior::kEndAs, inner, list);
  }
};

}  // namespace

TEST_CASE("End.AS vectors") {
  StaticProxy node(InnerType::kIpv6, {"a1::", "a2::a6", "a3::"}, 2, {}, GENERATE(false, true));
  const Bytes in = from_hex(
      "600000000034294000a0000000000000000000000000000000a200000000000000000000000000a660000000000c"
      "11401234"
      "00000000000000000000000000014321000000000000000000000000000104d204d2000cb90174657374");
  const Bytes at_function = node.to_function(in);
  CHECK(hex(at_function) == hex(one_hop_on(kInner)));
  CHECK(hex(without_flow_label(node.returned(at_function))) ==
        "600000000034294000a2000000000000000000000000000000a300000000000000000000000000006000000000"
        "0c113e1234"
        "00000000000000000000000000014321000000000000000000000000000104d204d2000cb90174657374");
  CHECK(node.sid_counter(node.sid).good.packets == 2);
  CHECK(node.list_counter(node.list).packets == 1);
}

TEST_CASE("End.AS: the rest of the list, with an SRH when more than one segment is left") {
  StaticProxy node(InnerType::kIpv6, {"a2::a6", "a3::1", "a3::2", "a3::3"}, 1,
                   {.headend = GENERATE(Headend::kHEncaps, Headend::kHEncapsRed)});
  const bool reduced = node.tables().segment_lists.at(node.list).headend == Headend::kHEncapsRed;
  CHECK(hex(without_flow_label(node.returned(kInner))) ==
        hex(encapsulated(one_hop_on(kInner), 41, {"a3::1", "a3::2", "a3::3"},
                         {.source = "a2::", .reduced = reduced})));
}

TEST_CASE("End.AS: IPv4 and frames") {
  StaticProxy ip(InnerType::kIpv4);
  const Bytes to4 = PacketBuilder().ipv6("a0::", "a2::a6").raw(four(), 4);
  CHECK(hex(ip.to_function(to4)) == hex(one_hop_on(four())));
  CHECK(hex(without_flow_label(ip.returned(four(63)))) ==
        hex(encapsulated(one_hop_on(four(63)), 4, {"a3::"}, {.source = "a2::"})));

  StaticProxy l2(InnerType::kEthernet, {"a2::a6", "a3::"}, 1, {}, GENERATE(false, true));
  const Bytes to2 =
      PacketBuilder().ipv6("a0::", "a2::a6").srh({"a2::a6", "a3::"}, 1).raw(kFrame, 143);
  CHECK(hex(l2.receive(to2).only(2)) == hex(kFrame));
  CHECK(hex(without_flow_label(sent_by(1, l2.run(l2.back_port, Frame(kFrame)).only(1)))) ==
        hex(encapsulated(kFrame, 143, {"a3::"}, {.source = "a2::"})));
}

TEST_CASE("End.AS: an SRH is optional, with any number of segments left") {
  StaticProxy node;
  for (const std::uint8_t left : {0, 1, 2}) {
    std::vector<V6> path = {"a1::", "a1::2", "a1::3"};
    path[2u - left] = "a2::a6";
    const Bytes in = PacketBuilder().ipv6("a0::", "a2::a6").srh(path, left).raw(kInner, 41);
    CHECK(hex(node.to_function(in)) == hex(one_hop_on(kInner)));
  }
}

TEST_CASE("End.AS: what is refused on the way to the function") {
  StaticProxy node;
  const auto wrapped = [](const Bytes& inner, std::uint8_t protocol, std::uint8_t left,
                          std::uint8_t hops = 64) {
    return PacketBuilder()
        .ipv6("a0::", "a2::a6", {.hop_limit = hops})
        .srh({"a2::a6", "a3::"}, left)
        .raw(inner, protocol)
        .build();
  };
  CHECK(icmp6_error(node.receive(wrapped(kInner, 41, 1, 1))).at(0) == 3);
  CHECK(node.drops(DropReason::end_hop_limit_exceeded) == 1);
  CHECK(icmp6_error(node.receive(wrapped(kInner, 41, 3))) == std::vector<int>{4, 0, 43});
  CHECK(node.drops(DropReason::end_srh_malformed) == 1);
  CHECK(icmp6_error(node.receive(wrapped(four(), 4, 1))) == std::vector<int>{4, 4, 80});
  CHECK(icmp6_error(node.receive(wrapped(four(), 4, 0))) == std::vector<int>{4, 4, 80});
  const Bytes udp = PacketBuilder().ipv6("a0::", "a2::a6").udp(1, 2).payload(4);
  CHECK(icmp6_error(node.receive(udp)) == std::vector<int>{4, 4, 40});
  CHECK(node.drops(DropReason::end_upper_layer_unexpected) == 3);
  Bytes broken = kInner;
  broken[0] = 0x40;
  node.receive(wrapped(broken, 41, 0)).require_dropped("end_inner_malformed");
  CHECK(node.sid_counter(node.sid).bad.packets == 6);
  // Ping to the SID is served (RFC 9259).
  const Bytes ping = PacketBuilder().ipv6("a0::", "a2::a6").icmp6(icmp6::kEchoRequest);
  CHECK(node.receive(ping).punted.size() == 1);
}

TEST_CASE("End.AS: what is refused on the way back") {
  StaticProxy node(InnerType::kIpv6, {"a2::a6", "a3::"}, 1, {.path_mtu = 1500});
  Bytes expired = kInner;
  expired[7] = 1;
  CHECK(icmp6_error(node.from_function(expired)).at(0) == 3);
  CHECK(node.drops(DropReason::headend_hop_limit_exceeded) == 1);
  const Bytes big = PacketBuilder().ipv6("1234::1", "4321::1").udp(1, 2).payload(1460 - 47);
  CHECK(icmp6_error(node.from_function(big)) == std::vector<int>{2, 0, 1460 & 0xff});
  CHECK(node.drops(DropReason::forward_packet_too_big) == 1);
  node.from_function(kInner, {.headroom = 0, .segments = {60}})
      .require_dropped("headend_no_headroom");
  CHECK(node.sid_counter(node.sid).bad.packets == 3);
}

TEST_CASE("proxy_return: types and SIDs that do not fit") {
  StaticProxy node;
  node.apply();
  // The configuration leads only fitting packets here; a stale one may lead others.
  node.interface(node.back).proxy_ipv4 = node.sid;
  const LocalSidId end = node.local_sid("a2::e", Behavior::kEnd);
  node.route("124.0.0.0/8", node.via(node.function, "10.0.2.2"));
  node.from_function(four()).require_dropped("proxy_inner_type");
  CHECK(node.sid_counter(node.sid).bad.packets == 1);
  node.table_set().interfaces.at(node.back).proxy_ipv6 = end;
  node.from_function(kInner).require_dropped("lookup_stale_result");
  node.table_set().interfaces.at(node.back).proxy_ipv6 = 999;
  node.from_function(kInner).require_dropped("lookup_stale_result");
}
