// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Interfaces, addresses, neighbors, routes, bridges; ids and the order of the input.
#include <random>

#include "control_fixtures.hpp"

namespace sextant {

using control_test::by_id;
using control_test::by_name;
using control_test::compiled;
using control_test::fib;
using control_test::load_errors;
using Kind = LookupResult::Kind;
using Strings = std::vector<std::string>;

namespace {

// One error whose text holds this.
void check_error(const std::string& text, std::string_view expected) {
  const Strings errors = load_errors(text);
  CAPTURE(text, errors);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find(expected) != std::string::npos);
}

const std::string kPorts =
    "tables: [{name: red}]\n"
    "ports:\n"
    "  - {name: a, addresses: ['2001:db8::1/64', 10.0.0.1/24]}\n"
    "  - {name: b, table: red, addresses: ['2001:db8::1/64']}\n"
    "  - {name: c}\n";

}  // namespace

TEST_CASE("connected subnets and own addresses", "[compile][routes]") {
  const CompileResult result = compiled(kPorts);
  const ForwardingTables& tables = result.tables;
  const InterfaceId a = by_name(tables.interfaces, "a")->id;
  const InterfaceId b = by_name(tables.interfaces, "b")->id;
  CHECK(fib(tables, "2001:db8::/64") == LookupResult(Kind::kGlean, a));
  CHECK(fib(tables, "2001:db8::1") == LookupResult(Kind::kLocalAddress, a));
  CHECK(fib(tables, "10.0.0.0/24") == LookupResult(Kind::kGlean, a));
  CHECK(fib(tables, "10.0.0.1") == LookupResult(Kind::kLocalAddress, a));
  CHECK(fib(tables, "2001:db8::/64", 1) == LookupResult(Kind::kGlean, b));
  CHECK(fib(tables, "fe80::/10") == LookupResult(DropReason::forward_link_local));
  CHECK(fib(tables, "fe80::ff:fe00:1") == LookupResult(Kind::kLocalAddress, a));
  CHECK(by_name(tables.interfaces, "c")->addresses.size() == 1);
  CHECK(by_name(tables.interfaces, "a")->mac.to_string() == "02:00:00:00:00:01");
}

TEST_CASE("MAC addresses come from the device, the configuration, the port", "[compile][routes]") {
  const LoadedConfig loaded =
      load_config("ports: [{name: a}, {name: b, mac: '02:aa:00:00:00:01'}, {name: c}]\n", "t.yaml");
  NodeFacts facts;
  facts.port_macs = {*MacAddress::parse("02:bb:00:00:00:01"), MacAddress{}};
  facts.kernel_macs = {*MacAddress::parse("02:bb:00:00:00:02"), MacAddress{}};
  const CompileResult result = compile(loaded.state, facts);
  CHECK(by_name(result.tables.interfaces, "a")->mac.to_string() == "02:bb:00:00:00:01");
  CHECK(by_name(result.tables.interfaces, "b")->mac.to_string() == "02:aa:00:00:00:01");
  CHECK(by_name(result.tables.interfaces, "c")->mac.to_string() == "02:00:00:00:00:03");
  CHECK(by_name(result.tables.interfaces, "a")->addresses[0].to_string() ==
        "fe80::bb:ff:fe00:1/64");
  CHECK(by_name(result.tables.interfaces, "a")->kernel_mac.to_string() == "02:bb:00:00:00:02");
  CHECK(by_name(result.tables.interfaces, "b")->kernel_mac.is_zero());
  CHECK(by_name(result.tables.interfaces, "c")->kernel_mac.is_zero());
}

TEST_CASE("routes of every type", "[compile][routes]") {
  const CompileResult result = compiled(
      kPorts +
      "neighbors:\n"
      "  - {interface: a, address: '2001:db8::2', mac: '02:00:00:00:00:02'}\n"
      "  - {interface: a, address: 'fe80::2', mac: '02:00:00:00:00:02'}\n"
      "  - {interface: a, address: '2001:db9::2', mac: '02:00:00:00:00:02'}\n"
      "routes:\n"
      "  - {prefix: 'a::/16', next_hop: '2001:db8::2'}\n"
      "  - {prefix: 'b::/16', next_hop: 'fe80::2', interface: a}\n"
      "  - {prefix: 'c::/16', interface: c}\n"
      "  - {prefix: 'd::/16', type: blackhole}\n"
      "  - {prefix: 'e::/16', type: unreachable}\n"
      "  - {prefix: 'f::/16', table: red, type: punt}\n"
      "  - {prefix: '::/0', next_hops: [{next_hop: '2001:db8::2', weight: 2}, {interface: c}]}\n"
      "  - {prefix: 0.0.0.0/0, next_hop: '2001:db8::2'}\n");
  const ForwardingTables& tables = result.tables;
  const LookupResult direct = fib(tables, "a::/16");
  REQUIRE(direct.kind() == Kind::kAdjacency);
  CHECK(by_id(tables.adjacencies, direct.index()).permanent);
  CHECK(fib(tables, "0.0.0.0/0") == direct);
  CHECK(fib(tables, "2001:db8::2") == direct);
  CHECK(by_id(tables.adjacencies, fib(tables, "b::/16").index()).resolved);
  CHECK(fib(tables, "fe80::2") == LookupResult());
  CHECK(fib(tables, "2001:db9::2") == LookupResult());
  CHECK(fib(tables, "c::/16") == LookupResult(Kind::kGlean, by_name(tables.interfaces, "c")->id));
  CHECK(fib(tables, "d::/16") == LookupResult(DropReason::lookup_blackhole));
  CHECK(fib(tables, "e::/16") == LookupResult(DropReason::lookup_unreachable));
  CHECK(fib(tables, "f::/16", 1) == LookupResult(Kind::kPunt, 1));
  CHECK(fib(tables, "::/0").kind() == Kind::kEcmpGroup);
}

TEST_CASE("mistakes in routes", "[compile][routes]") {
  const auto route = [](const std::string& text) { return kPorts + "routes: [{" + text + "}]\n"; };
  check_error(route("prefix: 'a::/16'"), "t.yaml:6:10: routes[0]: needs next_hop, interface");
  check_error(route("interface: a"), "routes[0].prefix: missing");
  check_error(route("prefix: 'a::1/16', interface: a"), "t.yaml:6:19: routes[0].prefix:");
  check_error(route("prefix: 'a::/16', type: blackhole, interface: a"), "has no next hop");
  check_error(route("prefix: 'a::/16', type: blakhole"), "did you mean \"blackhole\"?");
  check_error(route("prefix: 'a::/16', interface: z"), "no interface has the name \"z\"");
  check_error(route("prefix: 'a::/16', table: z, interface: a"), "no table has the name \"z\"");
  check_error(route("prefix: 'a::/16', next_hop: 'b::1'"),
              "is in no connected subnet of table main");
  check_error(route("prefix: 'a::/16', next_hop: 'fe80::1'"), "needs an interface");
  check_error(route("prefix: 'a::/16', next_hop: '2001:db8::1'"), "is an address of a itself");
  check_error(route("prefix: 'a::/16', next_hop: x"), "is not an IPv6 or IPv4 address");
  check_error(route("prefix: 'a::/16', next_hops: [{weight: 1}]"),
              "needs next_hop, interface, or both");
  check_error(route("prefix: 'a::/16', next_hops: [{interface: a, weight: 0}]"),
              "number from 1 to 65535");
  check_error(route("prefix: 'a::/16', next_hops: [{interface: a}, {interface: a}]"),
              "same next hop twice");
  check_error(route("prefix: 'a::/16', interface: a, next_hops: [{interface: a}]"),
              "cannot stand beside");
  check_error(route("prefix: '2001:db8::1/128', interface: c"), "is an own address of this node");
  check_error(route("prefix: 'fe80::/64', interface: c"), "are not routed");
  check_error(route("prefix: 'ff00::/8', interface: c"), "are not routed");
  check_error(route("prefix: 'a::/16', interface: a}, {prefix: 'a::/16', interface: c"),
              "t.yaml:6:53: routes[1].prefix: a::/16 has a route in line 6 already");
}

TEST_CASE("mistakes in neighbors", "[compile][routes]") {
  const auto neighbor = [](const std::string& text) {
    return kPorts + "neighbors: [{" + text + "}]\n";
  };
  const std::string mac = ", mac: '02:00:00:00:00:09'";
  check_error(neighbor("interface: z, address: 'a::1'" + mac),
              "neighbors[0].interface: no interface");
  check_error(neighbor("interface: a, address: 'ff02::1'" + mac), "cannot be a neighbor");
  check_error(neighbor("interface: a, address: '2001:db8::1'" + mac), "is an address of a itself");
  check_error(neighbor("interface: a, address: 'a::1'"), "neighbors[0].mac: missing");
  check_error(
      neighbor("interface: a, address: 'a::1'" + mac + "}, {interface: a, address: 'a::1'" + mac),
      "neighbors[1].address: this neighbor stands in line 6 already");
}

TEST_CASE("what an interface is used for", "[compile][interfaces]") {
  const std::string base =
      "ports:\n"
      "  - {name: f, addresses: ['2001:db8::1/64']}\n"
      "  - {name: wire}\n"
      "  - {name: far}\n"
      "  - {name: used}\n"
      "  - {name: m1}\n"
      "  - {name: m2}\n"
      "  - {name: nf}\n"
      "  - {name: v, vlans: [{id: 3}]}\n"
      "routes: [{prefix: 'a::/16', interface: used}]\n"
      "policies: [{name: p, segment_lists: [{segments: ['2001:db8::2']}]}]\n"
      "vlan_tables: [{name: t, entries: [{vlan: 3, interface: v.3}]}]\n"
      "local_sids:\n"
      "  - {sid: 'a3::1', behavior: End.DX2, interface: wire}\n"
      "  - {sid: 'a3::2', behavior: End.DX2, interface: far}\n"
      "  - {sid: 'a3::3', behavior: End.DX2, interface: used}\n"
      "  - {sid: 'a3::4', behavior: End.AD, inner: ethernet, interface: nf}\n"
      "  - {sid: 'a3::5', behavior: End.DT2M, bridge: br}\n"
      "bridges: [{name: br, members: [m2, m1], remotes: [p], macs: [{mac: '02:00:00:00:00:05', "
      "policy: p}]}]\n"
      "steering: [{interface: wire, policy: p}]\n";
  const CompileResult result = compiled(base);
  const auto role = [&](std::string_view name) {
    return by_name(result.tables.interfaces, name)->role;
  };
  CHECK(role("f") == InterfaceRole::kRouted);
  CHECK(role("wire") == InterfaceRole::kL2Steered);
  CHECK(role("far") == InterfaceRole::kL2Only);
  CHECK(role("used") == InterfaceRole::kRouted);
  CHECK(role("m1") == InterfaceRole::kBridged);
  CHECK(role("nf") == InterfaceRole::kL2Proxy);
  CHECK(role("v") == InterfaceRole::kRouted);
  CHECK(role("v.3") == InterfaceRole::kL2Only);
  REQUIRE(result.tables.bridges.size() == 1);
  const Bridge& bridge = result.tables.bridges[0];
  CHECK(bridge.members.size() == 2);
  REQUIRE(bridge.remotes.size() == 1);
  CHECK(bridge.macs[0].remote);
  CHECK(bridge.macs[0].target == bridge.remotes[0]);

  check_error(base + "tables: [{name: x}, {name: x}]\n",
              "a table with the name \"x\" stands in line 21 already");
  const auto with = [&](std::string from, const std::string& to) {
    std::string text = base;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  check_error(with("interface: wire, policy: p}", "interface: m1, policy: p}"),
              "members[1]: the frames of m1 go to L2 steering already");
  check_error(with("members: [m2, m1]", "members: [m2, m2]"), "members[1]: the frames of m2");
  check_error(with("members: [m2, m1]", "members: [m2, x1]"), "no interface has the name \"x1\"");
  check_error(with("remotes: [p]", "remotes: [p, p]"), "remotes[1]: the same policy twice");
  check_error(with("remotes: [p]", "remotes: [q]"), "remotes[0]: no policy has the name \"q\"");
  check_error(with("'02:00:00:00:00:05', policy: p", "'02:00:00:00:00:05', interface: f"),
              "f is not a member of bridge br");
  check_error(with("'02:00:00:00:00:05', policy: p", "'02:00:00:00:00:05'"),
              "needs interface (a member)");
  check_error(
      with("{vlan: 3, interface: v.3}", "{vlan: 3, interface: v.3}, {vlan: 3, interface: far}"),
      "VLAN 3 stands in line 12 already");
  check_error(with("{vlan: 3, interface: v.3}", "{vlan: 3, interface: v.4}"),
              "did you mean \"v.3\"?");
  check_error(with("{vlan: 3, interface: v.3}", "{vlan: 4095, interface: v.3}"),
              "number from 0 to 4094");
}

TEST_CASE("addresses of an interface whose frames go elsewhere are a warning",
          "[compile][interfaces]") {
  const CompileResult result = compiled(
      "ports: [{name: f, addresses: ['2001:db8::1/64']}, {name: w, addresses: "
      "['2001:db9::1/64']}]\n"
      "policies: [{name: p, segment_lists: [{segments: ['2001:db8::2']}]}]\n"
      "steering: [{interface: w, policy: p}]\n");
  CHECK(control_test::warnings_of(result).size() == 1);
  CHECK(fib(result.tables, "2001:db9::/64") == LookupResult());
}

TEST_CASE("ids survive, and are not given away at once", "[compile][ids]") {
  const std::string ports = "ports: [{name: f, addresses: ['2001:db8::1/64']}]\nlocal_sids:\n";
  const std::string one = "  - {sid: 'a3::1', behavior: End}\n";
  const std::string two = "  - {sid: 'a3::2', behavior: End}\n";
  const std::string zero = "  - {sid: 'a3::0:0', behavior: End}\n";
  const auto id = [](const CompileResult& r, std::string_view sid) {
    return control_test::local_sid(r.tables, sid)->id;
  };
  const CompileResult first = compiled(ports + one + two);
  // A new one that sorts first does not move the others.
  const CompileResult second = compiled(ports + zero + one + two, first.ids);
  CHECK(id(second, "a3::1") == id(first, "a3::1"));
  CHECK(id(second, "a3::2") == id(first, "a3::2"));
  CHECK(id(second, "a3::") == 2);
  // The id of a SID that goes is free one compile() later.
  const CompileResult third = compiled(ports + two, second.ids);
  const CompileResult same_time =
      compiled(ports + two + "  - {sid: 'a3::5', behavior: End}\n", second.ids);
  CHECK(id(same_time, "a3::5") == 3);
  const CompileResult later =
      compiled(ports + two + "  - {sid: 'a3::5', behavior: End}\n", third.ids);
  CHECK(id(later, "a3::5") == 0);
}

TEST_CASE("the order of objects in the file does not matter", "[compile][ids]") {
  const LoadedConfig loaded = load_config_file(SEXTANT_SOURCE_DIR "/config/sextant.yaml");
  const CompileResult expected = compile(loaded.state);
  std::mt19937 random(7);
  for (int i = 0; i < 20; ++i) {
    DesiredState state = loaded.state;
    const auto shuffle = [&](auto& objects) {
      std::shuffle(objects.begin(), objects.end(), random);
    };
    shuffle(state.tables);
    shuffle(state.routes);
    for (DesiredRoute& route : state.routes)
      shuffle(route.next_hops);
    shuffle(state.neighbors);
    shuffle(state.local_sids);
    shuffle(state.vlan_tables);
    shuffle(state.bridges);
    for (DesiredBridge& bridge : state.bridges)
      shuffle(bridge.macs);
    shuffle(state.policies);
    for (SrPolicy& policy : state.policies) {
      shuffle(policy.candidate_paths);
      for (CandidatePath& path : policy.candidate_paths)
        shuffle(path.segment_lists);
    }
    shuffle(state.steering);
    shuffle(state.domain.sid_space);
    const CompileResult result = compile(state);
    CHECK(result.tables == expected.tables);
    CHECK(result.ids == expected.ids);
  }
}

}  // namespace sextant
