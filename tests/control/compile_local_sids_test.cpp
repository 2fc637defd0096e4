// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Local SIDs: every row of behaviors.def with right and wrong arguments and flavors.
#include <set>

#include "control_fixtures.hpp"

namespace sextant {

using control_test::compiled;
using control_test::errors_of;
using control_test::fib;
using control_test::load_errors;
using control_test::local_sid;
using Strings = std::vector<std::string>;

namespace {

// Everything that an argument can refer to.
constexpr std::string_view kWorld =
    "tables: [{name: red}]\n"
    "ports:\n"
    "  - {name: p0, addresses: [2001:db8::1/64, 10.0.0.1/24]}\n"
    "  - {name: p1, addresses: [2001:db8:1::1/64]}\n"
    "  - {name: l2}\n"
    "vlan_tables: [{name: vt, entries: [{vlan: 5, interface: l2}]}]\n"
    "bridges: [{name: br}]\n"
    "policies:\n"
    "  - {name: encaps, segment_lists: [{segments: [2001:db8::9]}]}\n"
    "  - {name: red-encaps, headend: H.Encaps.Red, segment_lists: [{segments: [2001:db8::9]}]}\n"
    "  - {name: insert, headend: H.Insert, segment_lists: [{segments: [2001:db8::9]}]}\n";

std::string with_sid(const std::string& rest) {
  return std::string(kWorld) + "local_sids:\n  - {sid: a3::1, " + rest + "}\n";
}

// The one error of a SID; empty when it is right. Its line is always the same.
std::string error_of(const std::string& rest) {
  const Strings errors = load_errors(with_sid(rest));
  if (errors.empty()) return "";
  CAPTURE(rest, errors);
  CHECK(errors.size() == 1);
  CHECK(errors[0].starts_with("t.yaml:13:"));
  return errors[0].substr(std::string("t.yaml:13:").size());
}

std::string good_argument(const BehaviorSpec& spec) {
  switch (spec.argument) {
    case ArgumentKind::kNone: return "";
    case ArgumentKind::kAdjacency:
      return spec.behavior == Behavior::kEndDx4 ? ", next_hop: 10.0.0.2"
                                                : ", next_hop: 2001:db8::2";
    case ArgumentKind::kTable: return ", lookup_table: red";
    case ArgumentKind::kInterface: return ", interface: l2";
    case ArgumentKind::kVlanTable: return ", vlan_table: vt";
    case ArgumentKind::kBridge: return ", bridge: br";
    case ArgumentKind::kPolicy:
      return spec.behavior == Behavior::kEndB6Insert      ? ", policy: insert"
             : spec.behavior == Behavior::kEndB6EncapsRed ? ", policy: red-encaps"
                                                          : ", policy: encaps";
    case ArgumentKind::kProxy:
      return spec.behavior == Behavior::kEndAs ? ", interface: p1, segments: [a3::1, 2001:db8::9]"
                                               : ", interface: p1";
  }
  return "";
}

}  // namespace

TEST_CASE("every behavior takes its argument", "[compile][sids]") {
  for (const BehaviorSpec& spec : kBehaviors) {
    INFO(spec.name);
    const CompileResult result =
        compiled(with_sid("behavior: " + std::string(spec.name) + good_argument(spec)));
    const LocalSid* sid = local_sid(result.tables, "a3::1");
    REQUIRE(sid != nullptr);
    CHECK(sid->behavior == spec.behavior);
    CHECK(fib(result.tables, "a3::1/128") == LookupResult(LookupResult::Kind::kLocalSid, sid->id));
    const SidArgs& args = sid->args;
    switch (spec.argument) {
      case ArgumentKind::kNone: CHECK(args == SidArgs{}); break;
      case ArgumentKind::kAdjacency:
        CHECK(args.forward.kind() == LookupResult::Kind::kAdjacency);
        break;
      case ArgumentKind::kTable: CHECK(args.table == 1); break;
      case ArgumentKind::kInterface: CHECK(args.interface != kNoInterface); break;
      case ArgumentKind::kVlanTable: CHECK(args.vlan_table == 0); break;
      case ArgumentKind::kBridge: CHECK(args.bridge == 0); break;
      case ArgumentKind::kPolicy: CHECK(args.policy != kNoObject); break;
      case ArgumentKind::kProxy:
        CHECK(args.interface != kNoInterface);
        CHECK(args.return_interface == args.interface);
        CHECK(args.forward.kind() == LookupResult::Kind::kGlean);
        CHECK((args.static_list != kNoObject) == (spec.behavior == Behavior::kEndAs));
        break;
    }
  }
}

TEST_CASE("every behavior refuses the arguments of the others", "[compile][sids]") {
  struct Argument {
    std::string key;
    std::string text;
    std::set<ArgumentKind> takers;
  };
  using Kind = ArgumentKind;
  const std::vector<Argument> arguments = {
      {"interface", "interface: p1", {Kind::kAdjacency, Kind::kInterface, Kind::kProxy}},
      {"next_hop", "next_hop: 2001:db8::2", {Kind::kAdjacency, Kind::kProxy}},
      {"lookup_table", "lookup_table: red", {Kind::kTable}},
      {"vlan_table", "vlan_table: vt", {Kind::kVlanTable}},
      {"bridge", "bridge: br", {Kind::kBridge}},
      {"policy", "policy: encaps", {Kind::kPolicy}},
      {"inner", "inner: ipv4", {Kind::kProxy}},
      {"return_interface", "return_interface: p0", {Kind::kProxy}},
  };
  for (const BehaviorSpec& spec : kBehaviors) {
    for (const Argument& argument : arguments) {
      if (argument.takers.contains(spec.argument)) continue;
      const std::string error = error_of("behavior: " + std::string(spec.name) +
                                         good_argument(spec) + ", " + argument.text);
      CAPTURE(spec.name, argument.key, error);
      CHECK(error.find(" local_sids[0]." + argument.key + ": " + std::string(spec.name) +
                       " does not take " + argument.key) != std::string::npos);
    }
    if (spec.behavior == Behavior::kEndAs) continue;
    const std::string error = error_of("behavior: " + std::string(spec.name) + good_argument(spec) +
                                       ", segments: [a9::1]");
    CHECK(error.find("does not take segments") != std::string::npos);
  }
}

TEST_CASE("every behavior but End and the table lookups misses its argument", "[compile][sids]") {
  for (const BehaviorSpec& spec : kBehaviors) {
    const bool optional =
        spec.argument == ArgumentKind::kNone || spec.argument == ArgumentKind::kTable;
    INFO(spec.name);
    const Strings errors = load_errors(with_sid("behavior: " + std::string(spec.name)));
    CHECK(errors.empty() == optional);
  }
}

TEST_CASE("every flavor is taken where behaviors.def allows it and nowhere else",
          "[compile][sids]") {
  const std::vector<std::pair<std::string, Flavors>> flavors = {
      {"PSP", kPsp}, {"USP", kUsp}, {"USD", kUsd}, {"NEXT-CSID", kNextCsid}};
  for (const BehaviorSpec& spec : kBehaviors) {
    for (const auto& [name, bit] : flavors) {
      // In pieces: GCC 12 sees an overflow in one long sum that is not there.
      std::string text(kWorld);
      text += "local_sids:\n  - {sid: ";
      text += bit == kNextCsid ? "\"fcbb:0:1::/48\"" : "a3::1";
      text += ", behavior: " + std::string(spec.name);
      text += good_argument(spec);
      text += ", flavors: [" + name + "]}\n";
      const Strings errors = load_errors(text);
      CAPTURE(spec.name, name, errors);
      if ((spec.flavors & bit) != 0) {
        CHECK(errors.empty());
      } else {
        REQUIRE_FALSE(errors.empty());
        CHECK(errors[0].find("local_sids[0].flavors: " + std::string(spec.name) +
                             " does not allow " + name) != std::string::npos);
      }
    }
  }
}

TEST_CASE("wrong references and values of SIDs", "[compile][sids]") {
  struct Case {
    const char* rest;
    const char* error;
  };
  const Case cases[] = {
      {"behavior: End.T, lookup_table: rde", "did you mean \"red\"?"},
      {"behavior: End.DX2, interface: l3", "no interface has the name \"l3\""},
      {"behavior: End.DX2V, vlan_table: x", "no VLAN table has the name \"x\""},
      {"behavior: End.DT2U, bridge: bx", "did you mean \"br\"?"},
      {"behavior: End.B6.Encaps, policy: nix", "no policy has the name \"nix\""},
      {"behavior: End.B6.Encaps, policy: insert",
       "needs a policy with headend H.Encaps; insert has H.Insert"},
      {"behavior: End.B6.Insert, policy: encaps", "needs a policy with headend H.Insert"},
      {"behavior: End.X, next_hop: fe80::2", "a link-local next hop needs an interface"},
      {"behavior: End.X, next_hop: 2001:db9::2", "is in no connected subnet of table main"},
      {"behavior: End.X, next_hop: 2001:db8::1", "is an address of p0 itself"},
      {"behavior: End.X, next_hop: ff02::1, interface: p0", "cannot be a next hop"},
      {"behavior: End.AM, inner: ipv4, interface: p1", "only ipv6 is possible"},
      {"behavior: End.AD, inner: ethernet, interface: l2, next_hop: 2001:db8::2",
       "frames have no next hop"},
      {"behavior: End.AS, interface: p1", "End.AS needs segments"},
      {"behavior: End.AS, interface: p1, segments: [a3::1]", "nowhere to go on return"},
      {"behavior: End.AS, interface: p1, segments: [a4::1], segments_done: 1", "must be less than"},
      {"behavior: End, csid: {block: 32}", "only with the flavor NEXT-CSID"},
      {"behavior: End, table: green", "no table has the name \"green\""},
  };
  for (const Case& c : cases) {
    const std::string error = error_of(c.rest);
    CAPTURE(c.rest, error);
    CHECK(error.find(c.error) != std::string::npos);
  }
}

TEST_CASE("addresses that cannot be SIDs", "[compile][sids]") {
  for (const char* sid : {"\"::\"", "\"::1\"", "ff02::1", "fe80::1", "\"::/0\"", "10.0.0.1",
                          "a3::1/64", "a3::1/129", "a3:::1"}) {
    const Strings errors = load_errors(
        "ports: [{name: p}]\nlocal_sids:\n  - {sid: " + std::string(sid) + ", behavior: End}\n");
    CAPTURE(sid, errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].starts_with("t.yaml:3:11: local_sids[0].sid: "));
  }
}

TEST_CASE("a SID stands once in a table", "[compile][sids]") {
  const std::string text =
      "tables: [{name: red}]\nports: [{name: p}]\nlocal_sids:\n"
      "  - {sid: a3::1, behavior: End}\n"
      "  - {sid: a3::1, behavior: End, table: red}\n";
  CHECK(load_errors(text).empty());
  const Strings errors = load_errors(text + "  - {sid: a3:0::1, behavior: End.T}\n");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] ==
        "t.yaml:6:11: local_sids[2].sid: a3::1 is a SID in line 4 already; a SID has one behavior "
        "per "
        "table");
}

TEST_CASE("a binding SID collides like any other", "[compile][sids]") {
  const std::string text =
      "ports: [{name: p, addresses: [2001:db8::1/64]}]\n"
      "local_sids: [{sid: a3::9, behavior: End}]\n"
      "policies: [{name: x, segment_lists: [{segments: [2001:db8::2]}], binding_sid: ";
  CHECK(load_errors(text + "a3::9}]\n")[0].starts_with(
      "t.yaml:3:79: policies[0].binding_sid: a3::9 is a SID"));
  CHECK(load_errors(text + "2001:db8::1}]\n")[0].starts_with(
      "t.yaml:3:79: policies[0].binding_sid: 2001:db8::1 is an own address"));
  CHECK(load_errors(text + "a3::a}]\n").empty());
}

TEST_CASE("an own address may be a SID when it is written so", "[compile][sids]") {
  const CompileResult result = compiled(
      "ports: [{name: p, addresses: [2001:db8::1/64]}]\n"
      "local_sids: [{sid: 2001:db8::1, behavior: End}]\n");
  CHECK(fib(result.tables, "2001:db8::1").kind() == LookupResult::Kind::kLocalSid);
}

TEST_CASE("NEXT-CSID structure follows from the prefix", "[compile][sids]") {
  const auto csid = [](const std::string& text) {
    const CompileResult result =
        compiled("ports: [{name: p}]\nlocal_sids:\n  - {" + text + ", behavior: uN}\n");
    REQUIRE(result.tables.local_sids.size() == 1);
    const LocalSid& sid = result.tables.local_sids[0];
    CHECK(sid.flavors == kNextCsid);
    return std::to_string(sid.prefix_len) + " " + std::to_string(sid.csid.block_bits) + " " +
           std::to_string(sid.csid.csid_bits);
  };
  CHECK(csid("sid: 1111:2222:aaaa::/48") == "48 32 16");
  CHECK(csid("sid: '1111:2222:aaaa::'") == "48 32 16");
  CHECK(csid("sid: 1111:2222:aaaa:1::/64") == "64 32 32");
  CHECK(csid("sid: 1111:2222:aaaa::/64, csid: {block: 48}") == "64 48 16");
  CHECK(csid("sid: 1111:2222:aaaa::/64, csid: {block: 32, node: 16, function: 16}") == "64 32 32");
  CHECK(csid("sid: '1111:2222:aaaa:5::', csid: {node: 16, function: 16}") == "64 32 32");
  CHECK(csid("sid: 1111:22aa::/32, csid: {block: 16, node: 16}") == "32 16 16");

  for (const char* wrong :
       {"sid: 1111:2222:aaaa::/48, csid: {block: 32, node: 32}", "sid: 1111:2222::/32",
        "sid: 1111:2222:aaaa:bbbb::", "sid: 1111:2222:aaaa::/48, csid: {block: 48}",
        "sid: 1111:2222:aaaa:bb00::/60", "sid: 1111:2222:a:b:c:d:e:f/128",
        "sid: 1::/48, csid: {block: 7}", "sid: 1::/48, csid: {block: 120, node: 16}"}) {
    INFO(wrong);
    CHECK_FALSE(load_errors("ports: [{name: p}]\nlocal_sids:\n  - {" + std::string(wrong) +
                            ", behavior: uN}\n")
                    .empty());
  }
}

TEST_CASE("weighted next hops of a SID are a group", "[compile][sids]") {
  const CompileResult result =
      compiled(with_sid("behavior: End.X, next_hops: [{next_hop: 2001:db8::2, weight: 3}, "
                        "{next_hop: 2001:db8:1::2}]"));
  const LookupResult forward = local_sid(result.tables, "a3::1")->args.forward;
  REQUIRE(forward.kind() == LookupResult::Kind::kEcmpGroup);
  CHECK(control_test::by_id(result.tables.ecmp_groups, forward.index()).slots.size() == 512);
}

TEST_CASE("proxies own their return interfaces", "[compile][proxies]") {
  const std::string two =
      "ports:\n  - {name: f, addresses: [2001:db8::1/64]}\n  - {name: nf, addresses: "
      "[2001:db8:1::1/64]}\n"
      "  - {name: out}\nlocal_sids:\n"
      "  - {sid: a3::6, behavior: End.AD, interface: nf, next_hop: 2001:db8:1::2, "
      "return_interface: out}\n"
      "  - {sid: a3::4, behavior: End.AD, inner: ipv4, interface: nf, return_interface: out}\n";
  const CompileResult result = compiled(two);
  const Interface* out = control_test::by_name(result.tables.interfaces, "out");
  REQUIRE(out != nullptr);
  CHECK(out->role == InterfaceRole::kRouted);
  CHECK(out->proxy_ipv6 == local_sid(result.tables, "a3::6")->id);
  CHECK(out->proxy_ipv4 == local_sid(result.tables, "a3::4")->id);
  CHECK(load_errors(two + "  - {sid: a3::7, behavior: End.AM, interface: out}\n")[0].find(
            "belong to another service function already") != std::string::npos);
  CHECK(load_errors(two + "  - {sid: a3::7, behavior: End.AD, inner: ethernet, interface: nf,"
                          " return_interface: out}\n")
            .size() == 2);  // neither of the two can return there any more
}

TEST_CASE("End.AS knows which of its segments are left", "[compile][proxies]") {
  const auto list = [](const std::string& rest) {
    const CompileResult result = compiled(
        "ports: [{name: f, addresses: [2001:db8::1/64]}, {name: nf}]\n"
        "routes: [{prefix: a1::/16, interface: f}]\n"
        "local_sids: [{sid: a2::a6, behavior: End.AS, interface: nf, " +
        rest + "}]\n");
    REQUIRE(result.tables.segment_lists.size() == 1);
    return result.tables.segment_lists[0];
  };
  const SegmentList by_place = list("segments: [a1::1, a2::a6, a1::3], source: a2::1");
  CHECK(by_place.segments_done == 2);
  CHECK(by_place.outer.source.to_string() == "a2::1");
  CHECK(by_place.first_hop.kind() == LookupResult::Kind::kAdjacency);
  CHECK(list("segments: [a1::1, a1::3]").segments_done == 0);
  CHECK(list("segments: [a1::1, a1::3]").outer.source.to_string() == "2001:db8::1");
  CHECK(list("segments: [a1::1, a2::a6, a1::3], segments_done: 0").segments_done == 0);
}

}  // namespace sextant
