// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// End: next segment, flavors, NEXT-CSID, and everything that an SRH can be wrong in.
#include "behavior_fixture.hpp"

namespace sextant::test {

namespace {

const std::vector<V6> kSegments = {"a3::", "a4::", "a5::"};

struct EndFixture : BehaviorFixture {
  explicit EndFixture(Flavors flavors = 0) {
    local_sid("a3::", Behavior::kEnd, {.flavors = flavors});
  }
};

struct UnFixture : BehaviorFixture {
  explicit UnFixture(Flavors flavors = 0, CsidStructure csid = {32, 16},
                     const V6& sid = "1111:2222:aaaa::", std::uint8_t prefix_len = 48) {
    local_sid(sid, Behavior::kEnd,
              {.flavors = static_cast<Flavors>(flavors | kNextCsid),
               .csid = csid,
               .prefix_len = prefix_len});
  }
};

Bytes with(PacketBuilder packet, inner::Inner what = inner::ipv6) {
  return what(packet).build();
}

}  // namespace

TEST_CASE("End advances to the next segment") {
  EndFixture fixture;
  fixture.require_sent(with(outer("a3::", kSegments, 2)), fixture.kOut,
                       with(outer("a4::", kSegments, 1, 63)));
  // SL 1 -> 0 keeps the SRH without PSP.
  fixture.require_sent(with(outer("a3::", {"a2::", "a3::", "a4::"}, 1)), fixture.kOut,
                       with(outer("a4::", {"a2::", "a3::", "a4::"}, 0, 63)));
}

TEST_CASE("End accepts a reduced SRH") {
  EndFixture fixture;
  const auto reduced = [](const V6& to, std::uint8_t left, std::uint8_t hops) {
    PacketBuilder packet;
    packet.ipv6(BehaviorFixture::kSource, to, {.hop_limit = hops})
        .srh(kSegments, left, {.reduced = true});
    return with(packet);
  };
  fixture.require_sent(reduced("a3::", 2, 64), fixture.kOut, reduced("a4::", 1, 63));
}

TEST_CASE("End keeps flags, tag, TLVs and other extension headers") {
  EndFixture fixture;
  const auto packet = [](const V6& to, std::uint8_t left, std::uint8_t hops) {
    PacketBuilder p;
    p.ipv6(BehaviorFixture::kSource, to,
           {.hop_limit = hops, .traffic_class = 0xb9, .flow_label = 0x12345})
        .hop_by_hop()
        .dest_options({.options = {0x1e, 4, 1, 2, 3, 4}})
        .srh(kSegments, left, {.tlvs = {0x7f, 3, 9, 9, 9}, .flags = 0x5a, .tag = 0xbeef})
        .dest_options();
    return with(p);
  };
  fixture.require_sent(packet("a3::", 2, 64), fixture.kOut, packet("a4::", 1, 63));
}

TEST_CASE("End without a segment left: upper layer") {
  EndFixture fixture;
  const auto last = [](inner::Inner what) {
    return with(outer("a3::", {"a1::", "a2::", "a3::"}, 0), what);
  };
  for (const inner::Inner what :
       {inner::ipv6, inner::ipv4, inner::frame, inner::udp, inner::none}) {
    fixture.require_error(with(outer("a3::"), what), "end_upper_layer_unexpected",
                          icmp6::kParameterProblem, kUpperLayerCode, 40);
    fixture.require_error(last(what), "end_upper_layer_unexpected", icmp6::kParameterProblem,
                          kUpperLayerCode, 40 + 56);
  }
  fixture.require_punted(with(outer("a3::"), inner::echo_request),
                         with(outer("a3::"), inner::echo_request));
  fixture.require_punted(last(inner::echo_request), last(inner::echo_request));
  PacketBuilder fragment = outer("a3::");
  fragment.fragment({.offset = 1}).payload(16);
  fixture.require_dropped(fragment, "end_fragment");
}

TEST_CASE("End checks the hop limit before anything else of the SRH") {
  EndFixture fixture(kPsp);
  for (const std::uint8_t hops : {0, 1}) {
    fixture.require_error(with(outer("a3::", kSegments, 2, hops)), "end_hop_limit_exceeded",
                          icmp6::kTimeExceeded, 0, 0);
    fixture.require_error(with(outer("a3::", kSegments, 9, hops)), "end_hop_limit_exceeded",
                          icmp6::kTimeExceeded, 0, 0);
    // With nothing left the packet has arrived: no hop limit is needed.
    fixture.require_punted(with(outer("a3::", {"a2::", "a3::"}, 0, hops), inner::echo_request),
                           with(outer("a3::", {"a2::", "a3::"}, 0, hops), inner::echo_request));
  }
  fixture.require_sent(with(outer("a3::", kSegments, 2, 2)), fixture.kOut,
                       with(outer("a4::", kSegments, 1, 1)));
}

TEST_CASE("End refuses Segments Left and Last Entry that do not agree") {
  EndFixture fixture;
  for (unsigned left = 4; left <= 255; ++left) {
    fixture.require_error(with(outer("a3::", kSegments, static_cast<std::uint8_t>(left))),
                          "end_srh_malformed", icmp6::kParameterProblem, kErroneousHeaderCode, 43);
  }
  for (unsigned entry = 3; entry <= 255; ++entry) {
    PacketBuilder packet = outer("a3::");
    packet.srh(kSegments, 2, {.last_entry = static_cast<std::uint8_t>(entry)});
    fixture.require_error(with(packet), "end_srh_malformed", icmp6::kParameterProblem,
                          kErroneousHeaderCode, 43);
  }
  // The pointer follows the header.
  PacketBuilder packet = outer("a3::");
  packet.hop_by_hop().srh(kSegments, 7);
  fixture.require_error(with(packet), "end_srh_malformed", icmp6::kParameterProblem,
                        kErroneousHeaderCode, 51);
}

TEST_CASE("End refuses a TLV that leaves the SRH") {
  EndFixture fixture;
  PacketBuilder packet = outer("a3::");
  packet.srh(kSegments, 2, {.tlvs = {0, 0, 5, 38, 0, 0, 0, 0}});
  fixture.require_error(with(packet), "end_srh_malformed", icmp6::kParameterProblem,
                        kErroneousHeaderCode, 40 + 56 + 2);
  // The type alone, without its length.
  packet = outer("a3::");
  packet.srh(kSegments, 2, {.tlvs = {4, 5, 0, 0, 0, 0, 0, 77}});
  fixture.require_error(with(packet), "end_srh_malformed", icmp6::kParameterProblem,
                        kErroneousHeaderCode, 40 + 56 + 7);
}

TEST_CASE("End treats other routing headers as RFC 8200 says") {
  EndFixture fixture;
  for (const std::uint8_t type : {0, 2, 3, 253}) {
    PacketBuilder packet = outer("a3::");
    packet.srh(kSegments, 1, {.routing_type = type});
    fixture.require_error(with(packet), "end_routing_type_unknown", icmp6::kParameterProblem,
                          kErroneousHeaderCode, 42);
    packet = outer("a3::");
    packet.srh(kSegments, 0, {.routing_type = type});
    fixture.require_punted(with(packet, inner::echo_request), with(packet, inner::echo_request));
    // An SRH behind an ignored one still counts.
    const auto both = [&](const V6& to, std::uint8_t left, std::uint8_t hops) {
      PacketBuilder p = outer(to, hops);
      p.srh({"a9::"}, 0, {.routing_type = type}).srh(kSegments, left);
      return with(p);
    };
    fixture.require_sent(both("a3::", 2, 64), fixture.kOut, both("a4::", 1, 63));
  }
}

TEST_CASE("End refuses a next segment that cannot be a destination") {
  EndFixture fixture(kPsp);
  for (const char* next : {"::", "::1", "ff02::1"}) {
    fixture.require_dropped(with(outer("a3::", {"a3::", next}, 1)), "end_next_segment_martian");
  }
  const RunResult result = fixture.pass(with(outer("a3::", {"a3::", "fe80::1"}, 1)));
  REQUIRE(result.drops.count("forward_link_local") == 1);
}

TEST_CASE("End goes on behind an inserted SRH that is used up") {
  const auto two = [](const V6& to, std::uint8_t left, std::uint8_t hops) {
    PacketBuilder p = outer(to, hops);
    p.srh({"b8::", "a3::"}, 0).dest_options().srh(kSegments, left);
    return with(p);
  };
  SECTION("both stay") {
    EndFixture fixture;
    fixture.require_sent(two("a3::", 2, 64), fixture.kOut, two("a4::", 1, 63));
    // The pointer is that of the second.
    fixture.require_error(two("a3::", 8, 64), "end_srh_malformed", icmp6::kParameterProblem,
                          kErroneousHeaderCode, 40 + 40 + 8 + 3);
  }
  SECTION("PSP pops the second, USP the first") {
    const auto first_only = [] {
      PacketBuilder p = outer("a5::", 63);
      p.srh({"b8::", "a3::"}, 0).dest_options();
      return with(p);
    }();
    const auto second_only = [] {
      PacketBuilder p = outer("a5::", 63);
      p.dest_options().srh(kSegments, 0);
      return with(p);
    }();
    const auto neither = [] {
      PacketBuilder p = outer("a5::", 63);
      p.dest_options();
      return with(p);
    }();
    EndFixture psp(kPsp);
    psp.require_sent(two("a3::", 1, 64), psp.kOut, first_only);
    EndFixture usp(kUsp);
    usp.require_sent(two("a3::", 1, 64), usp.kOut, second_only);
    EndFixture all(kPsp | kUsp);
    all.require_sent(two("a3::", 1, 64), all.kOut, neither);
  }
}

TEST_CASE("End with PSP pops the SRH when Segments Left becomes 0, and only then") {
  EndFixture fixture(kPsp);
  fixture.require_sent(with(outer("a3::", kSegments, 2)), fixture.kOut,
                       with(outer("a4::", kSegments, 1, 63)));
  fixture.require_sent(with(outer("a3::", kSegments, 1)), fixture.kOut, with(outer("a5::", 63)));
  // Other extension headers stay, and the name of what follows moves to the right place.
  PacketBuilder before = outer("a3::");
  before.hop_by_hop().dest_options().srh(kSegments, 1, {.tlvs = {0x7f, 1, 1}}).dest_options();
  PacketBuilder after = outer("a5::", 63);
  after.hop_by_hop().dest_options().dest_options();
  fixture.require_sent(with(before), fixture.kOut, with(after));
  // SL 0 on arrival: PSP has nothing to do.
  fixture.require_error(with(outer("a3::", kSegments, 0)), "end_upper_layer_unexpected",
                        icmp6::kParameterProblem, kUpperLayerCode, 96);
}

TEST_CASE("End with USP pops the SRH of a packet for the node") {
  EndFixture fixture(kUsp);
  const auto last = outer("a3::", {"a2::", "a3::"}, 0);
  fixture.require_punted(with(last, inner::echo_request), with(outer("a3::"), inner::echo_request));
  // What is refused is quoted with the SRH.
  fixture.require_error(with(last), "end_upper_layer_unexpected", icmp6::kParameterProblem,
                        kUpperLayerCode, 40 + 40);
  fixture.require_sent(with(outer("a3::", kSegments, 1)), fixture.kOut,
                       with(outer("a5::", kSegments, 0, 63)));
}

TEST_CASE("End with USD forwards the exposed packet") {
  EndFixture fixture(kUsd);
  PacketBuilder v6;
  PacketBuilder v4;
  const Bytes six = inner::ipv6_hops(v6, 63).build();
  const Bytes four = inner::ipv4_hops(v4, 63).build();
  for (const PacketBuilder& last : {outer("a3::", {"a2::", "a3::"}, 0), outer("a3::")}) {
    fixture.require_sent(with(last), fixture.kOut, six);
    fixture.require_sent(with(last, inner::ipv4), fixture.kOut, four);
    fixture.require_punted(with(last, inner::echo_request), with(last, inner::echo_request));
  }
  fixture.require_error(with(outer("a3::"), inner::frame), "end_upper_layer_unexpected",
                        icmp6::kParameterProblem, kUpperLayerCode, 40);
  // SL above 0 is not the last segment.
  fixture.require_sent(with(outer("a3::", kSegments, 2)), fixture.kOut,
                       with(outer("a4::", kSegments, 1, 63)));
}

TEST_CASE("uN shifts the container") {
  UnFixture fixture;
  fixture.require_sent(with(outer("1111:2222:aaaa:bbbb:cccc:dddd:eeee:ffff")), fixture.kOut,
                       with(outer("1111:2222:bbbb:cccc:dddd:eeee:ffff:0", 63)));
  const std::vector<V6> list = {"1111:2222:aaaa:bbbb:cccc:dddd:eeee:ffff", "a4::", "a5::"};
  fixture.require_sent(with(outer(list[0], list, 2)), fixture.kOut,
                       with(outer("1111:2222:bbbb:cccc:dddd:eeee:ffff:0", list, 2, 63)));
  // Whatever the SRH says, it is not its turn.
  fixture.require_sent(with(outer(list[0], list, 99)), fixture.kOut,
                       with(outer("1111:2222:bbbb:cccc:dddd:eeee:ffff:0", list, 99, 63)));
  // C-SIDs of zero before the last one are shifted like any other value.
  fixture.require_sent(with(outer("1111:2222:aaaa::1")), fixture.kOut,
                       with(outer("1111:2222::1:0", 63)));
  for (const std::uint8_t hops : {0, 1}) {
    fixture.require_error(with(outer("1111:2222:aaaa:bbbb::", hops)), "end_hop_limit_exceeded",
                          icmp6::kTimeExceeded, 0, 0);
  }
}

TEST_CASE("uN at the end of the container is End") {
  const std::vector<V6> list = {"1111:2222:aaaa::", "a4::"};
  UnFixture fixture;
  fixture.require_sent(with(outer(list[0], list, 1)), fixture.kOut,
                       with(outer("a4::", list, 0, 63)));
  fixture.require_error(with(outer(list[0])), "end_upper_layer_unexpected",
                        icmp6::kParameterProblem, kUpperLayerCode, 40);
  UnFixture psp(kPsp);
  psp.require_sent(with(outer(list[0], list, 1)), psp.kOut, with(outer("a4::", 63)));
  // PSP does not look at a packet that only shifts.
  psp.require_sent(with(outer("1111:2222:aaaa:bbbb::", list, 1)), psp.kOut,
                   with(outer("1111:2222:bbbb::", list, 1, 63)));
  UnFixture usd(kUsd);
  PacketBuilder exposed;
  usd.require_sent(with(outer(list[0])), usd.kOut, inner::ipv6_hops(exposed, 63).build());
  UnFixture usp(kUsp);
  usp.require_punted(with(outer(list[0], list, 0), inner::echo_request),
                     with(outer(list[0]), inner::echo_request));
}

TEST_CASE("uN of any bit lengths") {
  struct Shape {
    CsidStructure csid;
    const char* sid;
    std::uint8_t prefix_len;
    const char* before;
    const char* after;
  };
  const Shape shapes[] = {
      {{16, 8}, "1111:aa00::", 24, "1111:aabb:ccdd::ff", "1111:bbcc:dd00::ff00"},
      {{48, 32},
       "1111:2222:3333:aaaa:bbbb::",
       80,
       "1111:2222:3333:aaaa:bbbb:cccc:dddd:eeee",
       "1111:2222:3333:cccc:dddd:eeee::"},
      {{20, 12},
       "1111:2222::",
       32,
       "1111:2222:3456:789a:bcde:f012:3456:789a",
       "1111:2345:6789:abcd:ef01:2345:6789:a000"},
      {{33, 7}, "1111:2222:8000::", 40, "1111:2222:80ff::1", "1111:2222:ff80::80"},
      {{64, 63}, "1111:2222::", 127, "1111:2222::1", "1111:2222:0:0:8000::"},
  };
  for (const Shape& shape : shapes) {
    UnFixture fixture(0, shape.csid, shape.sid, shape.prefix_len);
    fixture.route("1111::/16", fixture.via(fixture.out, "b1::2"));
    INFO(shape.sid);
    fixture.require_sent(with(outer(shape.before)), fixture.kOut, with(outer(shape.after, 63)));
  }
  // Nothing behind the C-SID: there is never an argument.
  UnFixture whole(0, {64, 64}, "1111:2222::1", 128);
  whole.require_error(with(outer("1111:2222::1")), "end_upper_layer_unexpected",
                      icmp6::kParameterProblem, kUpperLayerCode, 40);
}

TEST_CASE("End to a segment of the same node acts again, and a loop ends") {
  EndFixture fixture;
  fixture.local_sid("a3::6", Behavior::kEndDx6, {.args = {.forward = fixture.cross6}});
  PacketBuilder exposed;
  const Bytes in = with(outer("a3::", {"a3::", "a3::6"}, 1));
  fixture.require_sent(in, fixture.kCross, inner::ipv6_hops(exposed, 63).build());
  REQUIRE(fixture.sid_counter(1).good.packets == 1);

  const std::vector<V6> loop(14, V6("a3::"));
  const RunResult result = fixture.pass(with(outer("a3::", loop, 13)));
  REQUIRE(result.sent() == 0);
  REQUIRE(result.drops == std::map<std::string, std::uint64_t>{{"lookup_loop", 1}});
}

TEST_CASE("End requires the HMAC that its SID requires") {
  BehaviorFixture fixture;
  fixture.settings().hmac_keys = {{.id = 7, .secret = {1, 2, 3}}};
  fixture.local_sid("a3::", Behavior::kEnd, {.hmac_required = true});
  const RunResult result = fixture.pass(with(outer("a3::", kSegments, 2)));
  REQUIRE(result.drops == std::map<std::string, std::uint64_t>{{"end_hmac_missing", 1}});
  const RunResult none = fixture.pass(with(outer("a3::"), inner::echo_request));
  REQUIRE(none.drops == std::map<std::string, std::uint64_t>{{"end_hmac_missing", 1}});
}

TEST_CASE("End on a chained packet") {
  EndFixture fixture(kPsp);
  const Bytes packet = with(outer("a3::", kSegments, 1));
  const Bytes wanted = fixture.sent_on(fixture.kOut, with(outer("a5::", 63)));
  for (std::uint16_t split = 14; split < packet.size() + 14; ++split) {
    const RunResult result = fixture.pass(packet, {.segments = {split}});
    INFO("split at " << split);
    if (split < 14 + 40 + 56) {
      result.require_dropped("parse_not_contiguous");
      REQUIRE(hex(result.dropped.front()) == hex(packet));
    } else {
      REQUIRE(hex(result.only(fixture.kOut)) == hex(wanted));
    }
  }
}

}  // namespace sextant::test
