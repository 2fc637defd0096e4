// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// SR Policies: validity, selection of the active candidate path, first hops, steering.
#include "control_fixtures.hpp"

namespace sextant {

using control_test::by_id;
using control_test::by_name;
using control_test::compiled;
using control_test::fib;
using control_test::load_errors;
using control_test::local_sid;
using Kind = LookupResult::Kind;
using Strings = std::vector<std::string>;

namespace {

constexpr std::string_view kWorld =
    "ports: [{name: f, addresses: ['2001:db8::1/64', 10.0.0.1/24]}, {name: g}, {name: h}]\n"
    "routes:\n"
    "  - {prefix: 'a4::/16', next_hop: '2001:db8::4'}\n"
    "  - {prefix: 'a5::/16', next_hop: '2001:db8::5'}\n"
    "  - {prefix: 'b0::/16', next_hop: '2001:db8::6'}\n"
    "  - {prefix: 'ad::/16', type: blackhole}\n";

std::string world(const std::string& rest) {
  return std::string(kWorld) + rest;
}

// The name of the active path of a policy "p" with these candidate paths.
std::string active_path(const std::vector<std::string>& paths) {
  std::string text = "policies:\n  - name: p\n    candidate_paths:\n";
  for (const std::string& path : paths)
    text += "      - {" + path + "}\n";
  const CompileResult result = compiled(world(text));
  REQUIRE(result.policies.size() == 1);
  std::string active;
  for (const PolicyStatus::Path& path : result.policies[0].paths) {
    if (path.active) active += path.name;
    CHECK(path.active == path.reason.empty());
  }
  return active;
}

const std::string kGood = ", segment_lists: [{segments: ['a4::1']}]";
const std::string kLost = ", segment_lists: [{segments: ['ee::1']}]";

const PolicyStatus& status(const CompileResult& result, std::string_view name) {
  const PolicyStatus* found = by_name(result.policies, name);
  REQUIRE(found != nullptr);
  return *found;
}

const SegmentList& list_of(const CompileResult& result, std::string_view policy) {
  const Policy* found = by_name(result.tables.policies, policy);
  REQUIRE(found != nullptr);
  REQUIRE(found->lists.size() == 1);
  return by_id(result.tables.segment_lists, found->lists[0]);
}

}  // namespace

TEST_CASE("the active path is the best valid one", "[compile][policies]") {
  // Preference, default 100.
  CHECK(active_path({"name: a, preference: 99" + kGood, "name: b" + kGood}) == "b");
  CHECK(active_path({"name: a, preference: 101" + kGood, "name: b" + kGood}) == "a");
  CHECK(active_path(
            {"name: a, preference: 0" + kGood, "name: b, preference: 4294967295" + kGood}) == "b");
  // Only valid ones count.
  CHECK(active_path({"name: a, preference: 200" + kLost, "name: b" + kGood}) == "b");
  CHECK(active_path({"name: a" + kLost, "name: b" + kLost}).empty());
  // RFC 9256 section 2.9: higher protocol origin, lower originator, higher discriminator.
  CHECK(active_path({"name: a, protocol_origin: bgp" + kGood, "name: b" + kGood}) == "b");
  CHECK(active_path({"name: a, protocol_origin: bgp" + kGood,
                     "name: b, protocol_origin: pcep" + kGood}) == "a");
  CHECK(active_path({"name: a, originator: '2:1.1.1.1'" + kGood,
                     "name: b, originator: '1:9.9.9.9'" + kGood}) == "b");
  CHECK(active_path({"name: a, originator: '1:1.1.1.1'" + kGood,
                     "name: b, originator: '1:1.1.1.2'" + kGood}) == "a");
  CHECK(active_path({"name: a, originator: '1:::9'" + kGood,
                     "name: b, originator: '1:0.0.0.8'" + kGood}) == "b");
  CHECK(active_path({"name: a, discriminator: 1" + kGood, "name: b, discriminator: 2" + kGood}) ==
        "b");
  CHECK(active_path({"name: a, originator: '1:1.1.1.1', discriminator: 1" + kGood,
                     "name: b, originator: '1:1.1.1.2', discriminator: 2" + kGood}) == "a");
  // Equal in all: still the same one, whatever the order.
  CHECK(active_path({"name: a" + kGood, "name: b" + kGood}) == "a");
  CHECK(active_path({"name: b" + kGood, "name: a" + kGood}) == "a");
}

TEST_CASE("why a path is not active is said", "[compile][policies]") {
  const CompileResult result = compiled(
      world("policies:\n"
            "  - name: p\n"
            "    candidate_paths:\n"
            "      - {name: low, preference: 5, segment_lists: [{segments: ['a4::1']}]}\n"
            "      - {name: high, segment_lists: [{segments: ['a4::2']}, {segments: ['ee::1']}]}\n"
            "      - {name: none, segment_lists: []}\n"
            "      - {name: empty, segment_lists: [{segments: []}]}\n"
            "      - {name: zero, segment_lists: [{weight: 0, segments: ['a4::1']}]}\n"
            "      - {name: hole, segment_lists: [{segments: ['ad::1']}]}\n"
            "      - {name: own, segment_lists: [{segments: ['2001:db8::1']}]}\n"));
  const auto& paths = status(result, "p").paths;
  REQUIRE(paths.size() == 7);
  CHECK(paths[0].reason == "preference 5 is lower than the 100 of candidate path high");
  CHECK(paths[1].active);
  REQUIRE(paths[1].lists.size() == 2);
  CHECK(paths[1].lists[0].valid);
  CHECK(paths[1].lists[1].reason == "no route to ee::1 in table main");
  CHECK(paths[2].reason == "it has no segment list");
  CHECK(paths[3].reason == "no valid segment list: the list is empty");
  CHECK(paths[4].reason == "no valid segment list: its weight is 0");
  CHECK(paths[5].reason == "no valid segment list: the route to ad::1 (ad::/16) drops");
  CHECK(paths[6].reason ==
        "no valid segment list: 2001:db8::1 is an own address of this node, and no SID");
  CHECK(by_name(result.tables.policies, "p")->lists.size() == 1);
}

TEST_CASE("a policy without a valid path leaves its traffic to the routes", "[compile][policies]") {
  const std::string text =
      "policies: [{name: p, binding_sid: 'a1::9', segment_lists: [{segments: ['ee::1']}], "
      "drop_upon_invalid: ";
  const std::string steering =
      "}]\nsteering:\n  - {prefix: 'b0::/16', policy: p}\n  - {prefix: 'b1::/16', policy: p}\n"
      "  - {destination: 'b0::1', protocol: tcp, port: 80, policy: p}\n";
  const CompileResult plain = compiled(world(text + "false" + steering));
  CHECK(fib(plain.tables, "b0::/16").kind() == Kind::kAdjacency);
  CHECK(fib(plain.tables, "b1::/16") == LookupResult());
  CHECK(fib(plain.tables, "b0::1") == LookupResult());
  CHECK(local_sid(plain.tables, "a1::9") == nullptr);
  CHECK(plain.tables.policies.empty());
  CHECK(plain.tables.steerings.empty());
  CHECK(status(plain, "p").id == kNoObject);
  CHECK(status(plain, "p").reason ==
        "no valid candidate path: no valid segment list: no route to ee::1 in table main");

  const CompileResult drop = compiled(world(text + "true" + steering));
  CHECK(fib(drop.tables, "b0::/16").kind() == Kind::kPolicy);
  CHECK(fib(drop.tables, "b0::1").kind() == Kind::kPortSteering);
  REQUIRE(local_sid(drop.tables, "a1::9") != nullptr);
  REQUIRE(drop.tables.policies.size() == 1);
  CHECK_FALSE(drop.tables.policies[0].valid);
  CHECK(drop.tables.policies[0].lists.empty());
}

TEST_CASE("an invalid policy that frames enter drops them", "[compile][policies]") {
  const CompileResult result =
      compiled(world("policies: [{name: p, segment_lists: [{segments: ['ee::1']}]}]\n"
                     "steering: [{interface: g, policy: p}]\n"));
  REQUIRE(result.tables.policies.size() == 1);
  CHECK_FALSE(result.tables.policies[0].valid);
  CHECK(by_name(result.tables.interfaces, "g")->role == InterfaceRole::kL2Steered);
}

TEST_CASE("first hops", "[compile][policies]") {
  const CompileResult result = compiled(
      world("local_sids: [{sid: 'a1::e', behavior: End}, {sid: 'a1:1::/48', behavior: uN}]\n"
            "neighbors: [{interface: f, address: '2001:db8::7', mac: '02:00:00:00:00:07'}]\n"
            "policies:\n"
            "  - {name: route, segment_lists: [{segments: ['a4::1']}]}\n"
            "  - {name: on-link, segment_lists: [{segments: ['2001:db8::99']}]}\n"
            "  - {name: neighbor, segment_lists: [{segments: ['2001:db8::7']}]}\n"
            "  - {name: own-sid, segment_lists: [{segments: ['a1::e', 'a4::1']}]}\n"
            "  - {name: own-usid, segment_lists: [{segments: ['a1:1:0:a4::']}]}\n"
            "  - {name: bound, binding_sid: 'a1::b', segment_lists: [{segments: ['a4::1']}]}\n"
            "  - {name: nested, segment_lists: [{segments: ['a1::b', 'a5::1']}]}\n"));
  CHECK(list_of(result, "route").first_hop == fib(result.tables, "a4::/16"));
  const LookupResult glean = list_of(result, "on-link").first_hop;
  REQUIRE(glean.kind() == Kind::kAdjacency);
  const Adjacency& unresolved = by_id(result.tables.adjacencies, glean.index());
  CHECK(unresolved.next_hop.to_string() == "2001:db8::99");
  CHECK_FALSE(unresolved.resolved);
  const Adjacency& known =
      by_id(result.tables.adjacencies, list_of(result, "neighbor").first_hop.index());
  CHECK(known.resolved);
  CHECK(known.permanent);
  CHECK(known.mac.to_string() == "02:00:00:00:00:07");
  CHECK(list_of(result, "own-sid").first_hop.kind() == Kind::kLocalSid);
  CHECK(list_of(result, "own-usid").first_hop.kind() == Kind::kLocalSid);
  CHECK(list_of(result, "nested").first_hop ==
        LookupResult(Kind::kLocalSid, local_sid(result.tables, "a1::b")->id));
  CHECK(list_of(result, "route").outer.source.to_string() == "2001:db8::1");
}

TEST_CASE("a policy never leads into itself", "[compile][policies]") {
  const std::string policies =
      "policies:\n"
      "  - {name: p, segment_lists: [{segments: ['a4::1']}]}\n"
      "  - {name: q, segment_lists: [{segments: ['a5::1']}]}\n";
  // Its own steering covers its first segment: the route below counts.
  CompileResult result = compiled(world(policies + "steering: [{prefix: 'a4::/16', policy: p}]\n"));
  CHECK(fib(result.tables, "a4::/16").kind() == Kind::kPolicy);
  CHECK(list_of(result, "p").first_hop.kind() == Kind::kAdjacency);
  // Each covers the other's: a circle, so that both take the routes.
  result = compiled(world(
      policies + "steering: [{prefix: 'a4::/16', policy: q}, {prefix: 'a5::/16', policy: p}]\n"));
  CHECK(list_of(result, "p").first_hop.kind() == Kind::kAdjacency);
  CHECK(list_of(result, "q").first_hop.kind() == Kind::kAdjacency);
  // One way only: p goes into q.
  result = compiled(world(policies + "steering: [{prefix: 'a4::/16', policy: q}]\n"));
  CHECK(list_of(result, "p").first_hop == fib(result.tables, "a4::/16"));
  CHECK(list_of(result, "p").first_hop.kind() == Kind::kPolicy);
}

TEST_CASE("policies that only lead into each other are not valid", "[compile][policies]") {
  const CompileResult result = compiled(
      world("policies:\n"
            "  - {name: p, binding_sid: 'a1::1', segment_lists: [{segments: ['a1::2']}]}\n"
            "  - {name: q, binding_sid: 'a1::2', segment_lists: [{segments: ['a1::1']}]}\n"
            "  - {name: r, binding_sid: 'a1::3', segment_lists: [{segments: ['a1::4']}]}\n"
            "  - {name: s, binding_sid: 'a1::4', segment_lists: [{segments: ['a1::5']}]}\n"
            "  - {name: t, binding_sid: 'a1::5', segment_lists: [{segments: ['a4::1']}]}\n"
            "  - {name: u, binding_sid: 'a1::6', segment_lists: [{segments: ['a1::6']}]}\n"));
  for (const char* name : {"p", "q", "u"})
    CHECK_FALSE(status(result, name).valid);
  for (const char* name : {"r", "s", "t"})
    CHECK(status(result, name).valid);
}

TEST_CASE("weights, spray, outer header", "[compile][policies]") {
  const CompileResult result = compiled(world(
      "encapsulation: {source: 'c0::1', hop_limit: 33, traffic_class: 46}\n"
      "domain: {hmac_keys: [{id: 4, secret: s}]}\n"
      "policies:\n"
      "  - name: w\n"
      "    segment_lists: [{weight: 3, segments: ['a4::1']}, {weight: 1, segments: ['a5::1']}]\n"
      "  - name: s\n"
      "    spray: true\n"
      "    source: 'c0::2'\n"
      "    traffic_class: copy\n"
      "    hop_limit: 9\n"
      "    hmac_key: 4\n"
      "    path_mtu: 1400\n"
      "    segment_lists: [{segments: ['a4::1']}, {segments: ['a5::1']}]\n"));
  const Policy* weighted = by_name(result.tables.policies, "w");
  REQUIRE(weighted->slots.size() == 512);
  std::size_t by_a4 = 0;
  for (const std::uint16_t slot : weighted->slots) {
    REQUIRE(slot < weighted->lists.size());
    const SegmentList& list = by_id(result.tables.segment_lists, weighted->lists[slot]);
    by_a4 += list.segments[0].to_string() == "a4::1" ? 1 : 0;
  }
  CHECK(by_a4 > 512 * 70 / 100);
  CHECK(by_a4 < 512 * 80 / 100);
  const SegmentList& first = by_id(result.tables.segment_lists, weighted->lists[0]);
  CHECK(first.outer.source.to_string() == "c0::1");
  CHECK(first.outer.hop_limit == 33);
  CHECK(first.outer.traffic_class == std::uint8_t{46});
  const Policy* spray = by_name(result.tables.policies, "s");
  CHECK(spray->spray);
  CHECK(spray->slots.empty());
  const SegmentList& second = by_id(result.tables.segment_lists, spray->lists[0]);
  CHECK(second.outer.source.to_string() == "c0::2");
  CHECK_FALSE(second.outer.traffic_class.has_value());
  CHECK(second.outer.hop_limit == 9);
  CHECK(second.outer.hmac_key_id == 4);
  CHECK(second.path_mtu == 1400);
}

TEST_CASE("steering comes before routes and after SIDs", "[compile][steering]") {
  const CompileResult result =
      compiled(world("local_sids: [{sid: 'b3::1', behavior: End}]\n"
                     "policies: [{name: p, segment_lists: [{segments: ['a4::1']}]}]\n"
                     "steering:\n"
                     "  - {prefix: 'b0::/16', policy: p}\n"
                     "  - {prefix: '2001:db8::/64', policy: p}\n"
                     "  - {prefix: 'b3::1/128', policy: p}\n"
                     "  - {prefix: 10.0.0.0/8, policy: p}\n"
                     "  - {destination: 'b0::7', protocol: udp, port: 53, policy: p}\n"
                     "  - {destination: 'b0::7', protocol: tcp, port: 80, policy: p}\n"
                     "  - {destination: '2001:db8::1', protocol: 99, port: 1, policy: p}\n"));
  CHECK(fib(result.tables, "b0::/16").kind() == Kind::kPolicy);
  CHECK(fib(result.tables, "2001:db8::/64").kind() == Kind::kPolicy);
  CHECK(fib(result.tables, "b3::1").kind() == Kind::kLocalSid);
  CHECK(fib(result.tables, "10.0.0.0/8").kind() == Kind::kPolicy);
  CHECK(control_test::warnings_of(result).size() == 1);
  const LookupResult host = fib(result.tables, "b0::7");
  REQUIRE(host.kind() == Kind::kPortSteering);
  const PortSteering& port = by_id(result.tables.port_steerings, host.index());
  REQUIRE(port.rules.size() == 2);
  CHECK(port.rules[0].protocol == 6);
  CHECK(port.rules[1].port == 53);
  CHECK(port.otherwise == fib(result.tables, "b0::/16"));
  const PortSteering& own =
      by_id(result.tables.port_steerings, fib(result.tables, "2001:db8::1").index());
  CHECK(own.otherwise.kind() == Kind::kLocalAddress);
  CHECK(by_id(result.tables.steerings, port.rules[0].result.index()).name == "tcp b0::7 80");
  CHECK(by_id(result.tables.steerings, fib(result.tables, "b0::/16").index()).name == "b0::/16");
}

TEST_CASE("mistakes in policies and steering", "[compile][policies]") {
  struct Case {
    const char* policy;
    const char* steering;
    const char* error;
  };
  const std::string seventeen = "segment_lists: [{segments: [" + [] {
    std::string out;
    for (int i = 0; i < 17; ++i)
      out += "'a4::1', ";
    return out;
  }() + "]}]";
  const std::string good = "segment_lists: [{segments: ['a4::1']}]";
  const std::string insert = "headend: H.Insert, " + good;
  const Case cases[] = {
      {"x: 1", "", "policies[0].x: unknown key"},
      {"color: 1", "", "policies[0]: needs segment_lists (one path) or candidate_paths"},
      {"segment_lists: [], candidate_paths: []", "", "cannot stand beside \"segment_lists\""},
      {"segment_lists: [{weight: 1}]", "", "policies[0].segment_lists[0].segments: missing"},
      {"segment_lists: [{segments: [a4]}]", "", "segments[0]: \"a4\" is not an IPv6 address"},
      {"segment_lists: [{segments: ['ff02::1']}]", "", "segments[0]: ff02::1 cannot be a segment"},
      {"segment_lists: [{segments: ['a4::1']}, {segments: ['a4::1']}]", "", "the same list stands"},
      {seventeen.c_str(), "", "more than 16 segments"},
      {"headend: H.Encap, segment_lists: []", "", "did you mean \"H.Encaps\"?"},
      {"table: nix, segment_lists: []", "", "policies[0].table: no table has the name \"nix\""},
      {"binding_sid_behavior: End.B6.Encaps, segment_lists: []", "", "needs binding_sid"},
      {"binding_sid: 'a1::1', binding_sid_behavior: End.B6.Insert, segment_lists: []", "",
       "binding_sid_behavior: End.B6.Insert needs a policy with headend H.Insert"},
      {"hmac_key: 3, segment_lists: [{segments: ['a4::1']}]", "", "no key with id 3"},
      {"candidate_paths: [{originator: x, segment_lists: []}]", "", "is not an originator"},
      {"candidate_paths: [{protocol_origin: ospf, segment_lists: []}]", "", "not one of config"},
      {"candidate_paths: [{preference: 1}]", "", "candidate_paths[0].segment_lists: missing"},
      {insert.c_str(), "{prefix: 10.1.0.0/16, policy: p}", "H.Insert, which cannot carry IPv4"},
      {insert.c_str(), "{interface: g, policy: p}", "H.Insert, which cannot carry frames"},
      {good.c_str(), "{prefix: 'b0::/16', policy: q}",
       "steering[0].policy: no policy has the name \"q\""},
      {good.c_str(), "{prefix: 'b0::/16'}", "steering[0].policy: missing"},
      {good.c_str(), "{policy: p}", "steering[0]: needs prefix, interface, or destination"},
      {good.c_str(), "{prefix: 'b0::1/16', policy: p}",
       "bits set behind its length; write b0::/16"},
      {good.c_str(), "{prefix: 'b0::/16', interface: g, policy: p}",
       "cannot stand beside \"prefix\""},
      {good.c_str(), "{prefix: 'b0::/16', port: 80, policy: p}",
       "steering[0].port: only with destination"},
      {good.c_str(), "{destination: 'b0::1', port: 80, policy: p}",
       "steering[0].protocol: missing"},
      {good.c_str(), "{destination: 'b0::1', protocol: tcp, policy: p}",
       "steering[0].port: missing"},
      {good.c_str(), "{destination: 'b0::1', protocol: tpc, port: 1, policy: p}",
       "is not tcp, udp, sctp"},
      {good.c_str(), "{destination: 'b0::1', protocol: tcp, port: 0, policy: p}",
       "number from 1 to 65535"},
      {good.c_str(), "{interface: z, policy: p}",
       "steering[0].interface: no interface has the name"},
      {good.c_str(), "{interface: g, table: main, policy: p}", "does not count for an interface"},
      {good.c_str(), "{prefix: 'b0::/16', table: t, policy: p}", "no table has the name \"t\""},
      {good.c_str(), "{prefix: 'fe80::/64', policy: p}", "cannot be steered"},
      {good.c_str(), "{prefix: 'b0::/16', policy: p}, {prefix: 'b0::/16', policy: p}",
       "steering[1].prefix: b0::/16 is steered in line 8 already"},
      {good.c_str(), "{interface: g, policy: p}, {interface: g, policy: p}",
       "steering[1].interface"},
  };
  for (const Case& c : cases) {
    const std::string steering =
        *c.steering == 0 ? "" : "steering: [" + std::string(c.steering) + "]\n";
    const Strings errors =
        load_errors(world("policies: [{name: p, " + std::string(c.policy) + "}]\n" + steering));
    CAPTURE(c.policy, c.steering, errors);
    REQUIRE_FALSE(errors.empty());
    CHECK(std::any_of(errors.begin(), errors.end(),
                      [&](const std::string& e) { return e.find(c.error) != std::string::npos; }));
  }
}

TEST_CASE("an encapsulation needs a source", "[compile][policies]") {
  const std::string rest =
      "routes: [{prefix: 'a4::/16', interface: f}]\n"
      "policies: [{name: p, segment_lists: [{segments: ['a4::1']}]";
  CHECK(load_errors("ports: [{name: f}]\n" + rest + "}]\n")[0].find(
            "the outer header needs a source address") != std::string::npos);
  // An address of an untrusted port is not one that the fabric knows.
  CHECK(load_errors("ports: [{name: f, trusted: false, addresses: ['2001:db8::1/64']}]\n" + rest +
                    "}]\n")
            .size() == 1);
  CHECK(load_errors("ports: [{name: f}]\n" + rest + ", headend: H.Insert}]\n").empty());
  CHECK(load_errors("ports: [{name: f}]\n" + rest + ", source: 'a1::1'}]\n").empty());
}

}  // namespace sextant
