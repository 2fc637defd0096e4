// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End.AM: the function sees the final destination; the active segment is put back behind it.
#include "support/catch.hpp"
#include "support/proxy_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

// Travel order: a0::, a1::a6 (the SID), a2::, a3::.
const std::vector<V6> kPath = {"a0::", "a1::a6", "a2::", "a3::"};

Bytes packet(std::uint8_t left, const V6& destination, std::uint8_t hops = 64,
             const std::vector<V6>& path = kPath) {
  return PacketBuilder()
      .ipv6("1234::1", destination, {.hop_limit = hops, .flow_label = 0x4321})
      .srh(path, left)
      .udp(1234, 1234)
      .payload(30);
}

struct Masquerade : ProxyFixture {
  LocalSidId sid = proxy("a1::a6", Behavior::kEndAm, InnerType::kIpv6);
  Masquerade() { route("a2::/16", via(out, "fd01::2")); }
};

}  // namespace

TEST_CASE("End.AM vector") {
  Masquerade node;
  const Bytes in = from_hex(
      "6000000000542b401234000000000000000000000000000100a100000000000000000000000000a6110804020300"
      "000000a3"
      "000000000000000000000000000000a2000000000000000000000000000000a100000000000000000000000000a6"
      "00a00000"
      "00000000000000000000000004d204d2000cfb8074657374");
  CHECK(hex(node.to_function(in)) ==
        "6000000000542b3f1234000000000000000000000000000100a300000000000000000000000000001108040103"
        "00000000a3"
        "000000000000000000000000000000a2000000000000000000000000000000a100000000000000000000000000"
        "a600a00000"
        "00000000000000000000000004d204d2000cfb8074657374");
}

TEST_CASE("End.AM: there and back") {
  Masquerade node;
  const Bytes at_function = node.to_function(packet(2, "a1::a6"));
  Bytes expected = packet(1, "a3::", 63);
  std::copy(at_function.end() - 38, at_function.end(), expected.end() - 38);  // UDP as it came
  CHECK(hex(at_function) == hex(expected));
  const Bytes back = node.returned(at_function);
  Bytes on = packet(1, "a2::", 62);
  std::copy(at_function.end() - 38, at_function.end(), on.end() - 38);
  CHECK(hex(back) == hex(on));
  CHECK(node.sid_counter(node.sid).good.packets == 2);
  CHECK(node.sid_counter(node.sid).good.bytes == 2 * back.size());
}

TEST_CASE("End.AM: the segment behind the SID is the last one") {
  Masquerade node;
  const Bytes at_function = node.to_function(packet(1, "a1::a6", 64, {"a0::", "a1::a6", "a3::"}));
  CHECK(at_function.at(43) == 0);
  CHECK(hex(node.returned(at_function)) == hex(one_hop_on(at_function)));
}

TEST_CASE("End.AM: a reduced list") {
  Masquerade node;
  const Bytes in = PacketBuilder()
                       .ipv6("1234::1", "a1::a6")
                       .srh({"a1::a6", "a2::", "a3::"}, 2, {.reduced = true})
                       .udp(1, 2);
  const Bytes at_function = node.to_function(in);
  const Ipv6Address next = V6("a2::");
  const Bytes back = node.returned(at_function);
  CHECK(std::equal(back.begin() + 24, back.begin() + 40, next.bytes.begin()));
}

TEST_CASE("End.AM: what is refused on the way to the function") {
  Masquerade node;
  const Bytes no_srh = PacketBuilder().ipv6("1234::1", "a1::a6").udp(1, 2);
  CHECK(icmp6_error(node.receive(no_srh)) == std::vector<int>{4, 4, 40});
  CHECK(node.drops(DropReason::end_srh_missing) == 1);
  CHECK(icmp6_error(node.receive(packet(0, "a1::a6"))).at(1) == 4);
  CHECK(node.drops(DropReason::proxy_last_segment) == 1);
  for (const std::uint8_t hops : {0, 1}) {
    CHECK(icmp6_error(node.receive(packet(2, "a1::a6", hops))).at(0) == 3);
  }
  CHECK(node.drops(DropReason::end_hop_limit_exceeded) == 2);
  CHECK(icmp6_error(node.receive(packet(5, "a1::a6"))) == std::vector<int>{4, 0, 43});
  CHECK(node.drops(DropReason::end_srh_malformed) == 1);
  for (const char* last : {"ff02::1", "::1", "::"}) {
    node.receive(packet(2, "a1::a6", 64, {"a0::", "a1::a6", "a2::", last}))
        .require_dropped("end_next_segment_martian");
  }
  CHECK(node.sid_counter(node.sid).bad.packets == 8);
  CHECK(node.sid_counter(node.sid).good.packets == 0);
}

TEST_CASE("End.AM: what is refused on the way back") {
  Masquerade node;
  const Bytes plain = PacketBuilder().ipv6("1234::1", "a3::").udp(1, 2);
  node.from_function(plain).require_dropped("end_srh_missing");
  const Bytes other_type =
      PacketBuilder().ipv6("1234::1", "a3::").srh(kPath, 1, {.routing_type = 3}).udp(1, 2);
  node.from_function(other_type).require_dropped("end_srh_missing");
  CHECK(icmp6_error(node.from_function(packet(1, "a3::", 1))).at(0) == 3);
  // Not even one more than Last Entry: there is no such segment to put back.
  for (const std::uint8_t left : {4, 5, 255}) {
    CHECK(icmp6_error(node.from_function(packet(left, "a3::"))) == std::vector<int>{4, 0, 43});
  }
  node.from_function(packet(1, "a3::", 64, {"a0::", "a1::a6", "ff02::1", "a3::"}))
      .require_dropped("end_next_segment_martian");
  Bytes cut = packet(1, "a3::");
  cut[41] = 200;  // header length beyond the packet
  node.from_function(cut).require_dropped("parse_extension_malformed");
  CHECK(node.sid_counter(node.sid).bad.packets == 8);
}

TEST_CASE("End.AM in mixed bursts, at every position") {
  Masquerade node;
  node.local_sid("a1::e", Behavior::kEnd);
  node.proxy("a1::d", Behavior::kEndAd, InnerType::kIpv6);
  node.interface(node.back).proxy_ipv6 = node.sid;
  const std::vector<Frame> others = {
      received_on(0, packet(2, "a1::e")), received_on(0, packet(0, "a1::a6")),
      received_on(0, packet(2, "a1::a6", 1)), received_on(0, packet(3, "a1::d")),
      received_on(0, packet(1, "a1::a6", 64, {"a1::a6", "a3::7"}))};
  node.run_at_every_position(0, Frame(received_on(0, packet(2, "a1::a6"))), others);
}
