// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The edge of the SR domain (RFC 8754 section 5.1).
#include "support/catch.hpp"
#include "support/forward_fixture.hpp"

using namespace sextant;
using namespace sextant::test;

namespace {

const MacAddress kRemote{{0x02, 0, 0, 0, 0, 0x99}};

struct Edge : ForwardFixture {
  InterfaceId pod = port(0, {"2001:db8:0::1/64"});
  InterfaceId fabric = port(1, {"2001:db8:1::1/64"});
  LocalSidId sid = 0;
  Edge() {
    interface(pod).trusted = false;
    settings().sid_space = {Prefix("fcbb::/16")};
    route("2001:db8:2::/48", via(fabric, "2001:db8:1::2"));
    route("fcbb::/16", via(fabric, "2001:db8:1::2"));
    sid = local_sid("fcbb:1::1", Behavior::kEnd);
  }
};

PacketBuilder from(PortIndex port, const char* destination) {
  return PacketBuilder().ethernet(port_mac(port), kRemote).ipv6("2001:db8:0::9", destination);
}
PacketBuilder with_srh(PortIndex port, const char* destination) {
  return from(port, destination).srh({destination, "2001:db8:2::3"}, 1).udp(1, 2);
}

}  // namespace

TEST_CASE("an untrusted interface does not reach the SID space") {
  Edge edge;
  edge.run(0, from(0, "fcbb:1::1").udp(1, 2)).require_dropped("edge_sid_from_untrusted");
  edge.run(0, from(0, "fcbb:ffff::").udp(1, 2)).require_dropped("edge_sid_from_untrusted");
  edge.run(0, with_srh(0, "fcbb:1::1")).require_dropped("edge_sid_from_untrusted");
  CHECK(edge.run(0, from(0, "2001:db8:2::2").udp(1, 2)).sent() == 1);
  CHECK(edge.sid_counter(edge.sid).good.packets == 0);
}

TEST_CASE("a local SID outside of the declared space is as unreachable") {
  Edge edge;
  const LocalSidId other = edge.local_sid("2001:db8:5::1", Behavior::kEnd);
  edge.run(0, from(0, "2001:db8:5::1").udp(1, 2)).require_dropped("edge_sid_from_untrusted");
  CHECK(edge.sid_counter(other).bad.packets == 1);
}

TEST_CASE("an untrusted interface does not send a segment routing header anywhere") {
  Edge edge;
  edge.run(0, with_srh(0, "2001:db8:2::2")).require_dropped("edge_srh_from_untrusted");
  edge.run(0, from(0, "2001:db8:2::2").hop_by_hop().dest_options().srh({"a::", "b::"}, 1).udp(1, 2))
      .require_dropped("edge_srh_from_untrusted");
  // Another routing type is not ours to judge.
  CHECK(
      edge.run(0, from(0, "2001:db8:2::2").srh({"a::"}, 0, {.routing_type = 3}).udp(1, 2)).sent() ==
      1);
}

TEST_CASE("a malformed header chain does not get past the edge") {
  Edge edge;
  edge.run(0, from(0, "2001:db8:2::2").srh({"a::", "b::"}, 1, {.hdr_ext_len = 200}).udp(1, 2))
      .require_dropped("parse_extension_malformed");
}

TEST_CASE("configuration opens a part of the SID space") {
  Edge edge;
  edge.interface(edge.pod).allowed_sids = {Prefix("fcbb:1::/32")};
  edge.run(0, with_srh(0, "fcbb:1::1"));
  CHECK(edge.sid_counter(edge.sid).good.packets == 1);
  edge.run(0, with_srh(0, "fcbb:2::1")).require_dropped("edge_sid_from_untrusted");
}

TEST_CASE("a trusted interface is not held back") {
  Edge edge;
  CHECK(edge.run(1, with_srh(1, "fcbb:1::1")).sent() == 1);
  CHECK(edge.sid_counter(edge.sid).good.packets == 1);
}

TEST_CASE("sources outside of the domain do not use local SIDs") {
  Edge edge;
  edge.settings().sources = {Prefix("fd00::/8")};
  edge.run(1, with_srh(1, "fcbb:1::1")).require_dropped("edge_source_not_in_domain");
  CHECK(edge.sid_counter(edge.sid).bad.packets == 1);
  const PacketBuilder inside = PacketBuilder()
                                   .ethernet(port_mac(1), kRemote)
                                   .ipv6("fd00::9", "fcbb:1::1")
                                   .srh({"fcbb:1::1", "2001:db8:2::3"}, 1)
                                   .udp(1, 2);
  CHECK(edge.run(1, inside).sent() == 1);
}
