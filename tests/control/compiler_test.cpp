// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Compiler: a change leads to the tables that a full compile makes, whatever it is.
#include "control/compile/compiler.hpp"

#include <map>
#include <random>
#include <set>
#include <utility>

#include "change_generator.hpp"
#include "control/compile/table_edit.hpp"

namespace sextant {

using control_test::by_name;
using control_test::ChangeGenerator;
using control_test::edited;
using control_test::errors_of;
using control_test::fib;
using control_test::kNode;
using control_test::local_sid;
using control_test::prefix;
using Kind = LookupResult::Kind;
using Strings = std::vector<std::string>;

namespace {

// A slow and obvious apply(): what a receiver of the difference ends up with.
template <typename T>
void apply_objects(std::vector<T>& objects, const ObjectChanges<T>& changes) {
  std::map<std::uint32_t, T> by_id;
  for (const T& object : objects)
    by_id.emplace(object.id, object);
  for (const std::uint32_t id : changes.removals)
    REQUIRE(by_id.erase(id) == 1);
  for (const T& object : changes.upserts)
    by_id.insert_or_assign(object.id, object);
  objects.clear();
  for (const auto& [id, object] : by_id)
    objects.push_back(object);
}

ForwardingTables applied(ForwardingTables tables, const TableDiff& change) {
  if (change.settings) tables.settings = *change.settings;
  apply_objects(tables.tables, change.tables);
  apply_objects(tables.interfaces, change.interfaces);
  apply_objects(tables.adjacencies, change.adjacencies);
  apply_objects(tables.ecmp_groups, change.ecmp_groups);
  apply_objects(tables.local_sids, change.local_sids);
  apply_objects(tables.segment_lists, change.segment_lists);
  apply_objects(tables.policies, change.policies);
  apply_objects(tables.steerings, change.steerings);
  apply_objects(tables.port_steerings, change.port_steerings);
  apply_objects(tables.vlan_tables, change.vlan_tables);
  apply_objects(tables.bridges, change.bridges);
  apply_objects(tables.translations, change.translations);
  std::map<std::pair<TableId, IpPrefix>, FibEntry> entries;
  for (const FibEntry& entry : tables.fib)
    entries.emplace(std::pair(entry.table, entry.prefix), entry);
  for (const FibKey& key : change.fib_removals)
    REQUIRE(entries.erase({key.table, key.prefix}) == 1);
  for (const FibEntry& entry : change.fib_upserts)
    entries.insert_or_assign({entry.table, entry.prefix}, entry);
  tables.fib.clear();
  for (const auto& [key, entry] : entries)
    tables.fib.push_back(entry);
  return tables;
}

DesiredState loaded(std::string_view text) {
  const LoadedConfig config = load_config(text, "t.yaml");
  REQUIRE(errors_of(config.diagnostics) == Strings{});
  return config.state;
}

// Objects keep their ids, and an id that was in use is not another object's at once.
void check_ids(const IdMap& before, const IdMap& after) {
  for (std::size_t kind = 0; kind < kIdKinds; ++kind) {
    std::set<std::uint32_t> old_ids;
    for (const auto& [key, id] : before.ids[kind])
      old_ids.insert(id);
    for (const auto& [key, id] : after.ids[kind]) {
      const auto old = before.ids[kind].find(key);
      CHECK((old == before.ids[kind].end() ? !old_ids.contains(id) : old->second == id));
    }
  }
}

// Where two tables differ, for the person who reads the failure.
std::string difference(const ForwardingTables& a, const ForwardingTables& b) {
  const TableDiff d = diff(a, b);
  std::string out;
  const auto count = [&](const char* what, const auto& changes) {
    if (changes.empty()) return;
    out += std::string(what) + ":";
    for (const auto& object : changes.upserts)
      out += " +" + std::to_string(object.id);
    for (const auto id : changes.removals)
      out += " -" + std::to_string(id);
    out += "\n";
  };
  count("interfaces", d.interfaces);
  count("adjacencies", d.adjacencies);
  count("groups", d.ecmp_groups);
  count("sids", d.local_sids);
  count("lists", d.segment_lists);
  count("policies", d.policies);
  count("steerings", d.steerings);
  count("ports", d.port_steerings);
  count("bridges", d.bridges);
  count("translations", d.translations);
  for (const FibEntry& e : d.fib_upserts)
    out += "fib " + std::to_string(e.table) + " " + e.prefix.to_string() + "\n";
  for (const FibKey& e : d.fib_removals)
    out += "fib - " + std::to_string(e.table) + " " + e.prefix.to_string() + "\n";
  return out;
}

// A compiler and, beside it, the desired state kept in the simplest way.
struct Run {
  Compiler compiler;
  DesiredState state;
  unsigned accepted = 0;
  unsigned refused = 0;
  unsigned fast = 0;
  unsigned rolled_back = 0;

  void check_same(const char* when) {
    CAPTURE(when);
    const CompileResult expected = compile(state, {}, compiler.ids());
    REQUIRE(errors_of(expected.diagnostics) == Strings{});
    CAPTURE(difference(compiler.tables(), expected.tables));
    REQUIRE(compiler.tables() == expected.tables);
    REQUIRE(compiler.ids() == expected.ids);
    REQUIRE(compiler.policies() == expected.policies);
    REQUIRE(compile(compiler.state(), {}, compiler.ids()).tables == expected.tables);
  }

  void step(const StateChange& change, bool commit, bool well_formed) {
    const ForwardingTables tables = compiler.tables();
    const std::vector<PolicyStatus> policies = compiler.policies();
    const IdMap ids = compiler.ids();
    const std::uint64_t full = compiler.full_compiles();
    const DesiredState next = edited(state, change);
    const CompileResult wanted = compile(next, {}, ids);
    const CompileUpdate update = compiler.change(change);
    if (well_formed) {
      CHECK(errors_of(update.diagnostics) == errors_of(wanted.diagnostics));
      REQUIRE(update.ok() == wanted.ok());
    }
    REQUIRE(compiler.tables() == tables);  // a proposal is not yet
    REQUIRE(compiler.policies() == policies);
    if (update.ok() && commit) {
      ++accepted;
      fast += compiler.full_compiles() == full ? 1 : 0;
      compiler.commit();
      state = next;
      CAPTURE(difference(compiler.tables(), applied(tables, update.diff)));
      REQUIRE(compiler.tables() == applied(tables, update.diff));
      check_ids(ids, compiler.ids());
      check_same("commit");
      return;
    }
    ++(update.ok() ? rolled_back : refused);
    if (!update.ok()) CHECK(update.diff.empty());
    compiler.rollback();
    REQUIRE(compiler.tables() == tables);
    REQUIRE(compiler.ids() == ids);
    check_same("rollback");
  }
};

bool is_well_formed(const DesiredState& state, const StateChange& change) {
  return !StateIndex(state).check(change).has_errors();
}

// A state in which each thing is by itself: what concerns nobody else.
constexpr std::string_view kPlain =
    "ports:\n"
    "  - {name: f, addresses: ['2001:db8::1/64', 10.0.0.1/24]}\n"
    "  - {name: g, addresses: ['2001:db8:1::1/64']}\n"
    "  - {name: d}\n"
    "tables: [{name: red}]\n"
    "routes:\n"
    "  - {prefix: 'a1::/16', next_hop: '2001:db8::4'}\n"
    "  - {prefix: 'a2::/16', next_hop: '2001:db8::5'}\n"
    "local_sids: [{sid: 'c0::1', behavior: End}, {sid: 'c0::d', behavior: End.DX2, interface: d}]\n"
    "policies:\n"
    "  - {name: p, binding_sid: 'c5::1', segment_lists: [{segments: ['a1::1']}, {segments: "
    "['a2::1']}]}\n"
    "  - {name: q, segment_lists: [{segments: ['a2::9']}]}\n"
    "  - {name: chained, segment_lists: [{segments: ['c5::1']}]}\n"
    "steering:\n"
    "  - {prefix: 'b0::/16', policy: p}\n"
    "  - {destination: 'b9::1', protocol: tcp, port: 80, policy: q}\n"
    "neighbors: [{interface: g, address: '2001:db8:1::9', mac: '02:00:00:00:00:09'}]\n";

struct Started : Run {
  explicit Started(std::string_view text = kPlain) {
    state = loaded(text);
    REQUIRE(compiler.replace(state).ok());
    compiler.commit();
    check_same("start");
  }

  const SrPolicy& policy(std::string_view name) const { return *by_name(state.policies, name); }

  // Does it and says whether everything had to be compiled for it.
  bool was_full(const StateChange& change) {
    const std::uint64_t before = compiler.full_compiles();
    step(change, true, true);
    return compiler.full_compiles() != before;
  }
  // The findings of a change that must be refused and leave everything as it is.
  Strings refusal(const StateChange& change) {
    const unsigned before = refused;
    const Strings errors = errors_of(compiler.change(change).diagnostics);
    step(change, true, false);
    CHECK(refused == before + 1);
    return errors;
  }
};

bool mentions(const Strings& errors, std::string_view text) {
  CAPTURE(errors);
  return std::any_of(errors.begin(), errors.end(), [&](const std::string& error) {
    return error.find(text) != std::string::npos;
  });
}

SrPolicy simple_policy(const std::string& name, std::string_view segment) {
  SrPolicy out;
  out.name = name;
  CandidatePath path;
  path.segment_lists.push_back({.origin = {}, .segments = {*Ipv6Address::parse(segment)}});
  out.candidate_paths.push_back(std::move(path));
  return out;
}

SteeringRule simple_rule(std::string_view text, const std::string& policy) {
  SteeringRule out;
  out.prefix = prefix(text);
  out.policy = policy;
  return out;
}

DesiredRoute simple_route(std::string_view text, std::string_view next_hop) {
  DesiredRoute out;
  out.prefix = prefix(text);
  DesiredNextHop hop;
  hop.address = IpAddress::parse(next_hop);
  out.next_hops.push_back(hop);
  return out;
}

template <typename T>
StateChange upsert(T object) {
  StateChange out;
  if constexpr (std::is_same_v<T, SrPolicy>) out.policies.upserts.push_back(std::move(object));
  if constexpr (std::is_same_v<T, DesiredRoute>) out.routes.upserts.push_back(std::move(object));
  if constexpr (std::is_same_v<T, DesiredLocalSid>) {
    out.local_sids.upserts.push_back(std::move(object));
  }
  if constexpr (std::is_same_v<T, SteeringRule>) out.steering.upserts.push_back(std::move(object));
  if constexpr (std::is_same_v<T, DesiredNeighbor>) {
    out.neighbors.upserts.push_back(std::move(object));
  }
  return out;
}

}  // namespace

TEST_CASE("a change that is wrong changes nothing", "[compiler]") {
  Started node;
  StateChange change;
  change.policies.removals = {"nix"};
  CHECK(mentions(node.refusal(change), "there is no policy nix to remove"));
  change = {};
  change.routes.removals = {{"main", prefix("ee::/16")}};
  CHECK(mentions(node.refusal(change), "there is no route ee::/16 to remove"));
  change.routes.removals = {{"red", prefix("a1::/16")}};
  CHECK(mentions(node.refusal(change), "there is no route a1::/16 in table red to remove"));
  change = {};
  change.local_sids.removals = {{"main", prefix("c5::1/128")}};  // the policy's, not its own
  CHECK(mentions(node.refusal(change), "there is no local SID c5::1/128 to remove"));
  change = {};
  change.neighbors.removals = {{"f", *IpAddress::parse("2001:db8:1::9")}};
  CHECK(mentions(node.refusal(change), "there is no neighbor 2001:db8:1::9 on f to remove"));
  change = {};
  change.steering.removals = {key_of(simple_rule("b1::/16", "p"))};
  CHECK(mentions(node.refusal(change), "there is no steering of b1::/16 to remove"));

  change = upsert(simple_policy("q", "a1::1"));
  change.policies.removals = {"q"};
  CHECK(mentions(node.refusal(change), "policy q stands twice in one change"));
  change = upsert(simple_route("a9::/16", "2001:db8::4"));
  change.routes.upserts.push_back(simple_route("a9::/16", "2001:db8::5"));
  CHECK(mentions(node.refusal(change), "route a9::/16 stands twice in one change"));
  change = upsert(simple_policy("new", "a1::1"));
  change.policies.upserts[0].origin.broken = true;
  CHECK(mentions(node.refusal(change), "policy new was not understood"));
}

TEST_CASE("mistakes in a change are those that compile() finds", "[compiler]") {
  Started node;
  CHECK(mentions(node.refusal(upsert(simple_policy("q", "ff02::1"))), "cannot be a segment"));
  CHECK(mentions(node.refusal(upsert(simple_rule("b1::/16", "nix"))), "no policy has the name"));
  CHECK(mentions(node.refusal(upsert(simple_rule("fe80::/64", "p"))), "cannot be steered"));
  CHECK(mentions(node.refusal(upsert(simple_route("2001:db8::1/128", "2001:db8::4"))),
                 "is an own address of this node"));
  CHECK(mentions(node.refusal(upsert(simple_route("a9::/16", "ee::1"))), "no connected subnet"));
  StateChange change;
  change.policies.removals = {"p"};  // still steered into
  CHECK(mentions(node.refusal(change), "no policy has the name \"p\""));
  SrPolicy bound = simple_policy("q", "a1::1");
  bound.binding_sid = *Ipv6Address::parse("c0::1");
  CHECK(mentions(node.refusal(upsert(bound)), "c0::1 is a SID"));
  SrPolicy insert = node.policy("p");
  insert.headend = Headend::kHInsert;
  insert.binding_sid_behavior = Behavior::kEndB6Encaps;
  CHECK(mentions(node.refusal(upsert(insert)), "needs a policy with headend H.Encaps"));
  DesiredLocalSid sid;
  sid.sid = prefix("ff02::1/128");
  CHECK(mentions(node.refusal(upsert(sid)), "cannot be a SID"));
  DesiredNeighbor neighbor;
  neighbor.interface = "f";
  neighbor.address = *IpAddress::parse("2001:db8::1");
  CHECK(mentions(node.refusal(upsert(neighbor)), "is an address of f itself"));
  REQUIRE_FALSE(node.was_full(upsert(simple_rule("10.1.0.0/16", "q"))));
  SrPolicy inserting = node.policy("q");
  inserting.headend = Headend::kHInsert;
  CHECK(mentions(node.refusal(upsert(inserting)), "H.Insert, which cannot carry IPv4"));
  // One mistake spoils all of it.
  change = upsert(simple_route("a8::/16", "2001:db8::4"));
  change.routes.upserts.push_back(simple_route("a9::/16", "ee::1"));
  node.refusal(change);
  CHECK(fib(node.compiler.tables(), "a8::/16") == LookupResult());
}

TEST_CASE("a change before there is anything", "[compiler]") {
  Compiler compiler;
  CHECK(compiler.tables() == ForwardingTables{});
  CHECK_FALSE(compiler.change(upsert(simple_route("a1::/16", "2001:db8::4"))).ok());
  compiler.commit();  // nothing was proposed
  CHECK(compiler.tables() == ForwardingTables{});
  // A policy can be without a valid path, but not without a name for others to use.
  CHECK_FALSE(compiler.change(upsert(simple_rule("b0::/16", "p"))).ok());
  REQUIRE(compiler.change(upsert(simple_policy("p", "a1::1"))).ok());
  compiler.commit();
  CHECK(compiler.policies().size() == 1);
}

TEST_CASE("what is local is not compiled in full", "[compiler]") {
  Started node;
  SrPolicy changed = node.policy("p");
  changed.candidate_paths[0].segment_lists[0].segments = {*Ipv6Address::parse("a1::2")};
  CHECK_FALSE(node.was_full(upsert(changed)));
  changed.candidate_paths[0].segment_lists[0].weight = 7;
  CHECK_FALSE(node.was_full(upsert(changed)));
  StateChange change = upsert(simple_policy("new", "a1::7"));
  change.policies.upserts[0].binding_sid = *Ipv6Address::parse("c5::7");
  change.steering.upserts = {simple_rule("b7::1/128", "new"), simple_rule("10.7.0.0/16", "new")};
  CHECK_FALSE(node.was_full(change));
  CHECK(fib(node.compiler.tables(), "10.7.0.0/16").kind() == Kind::kPolicy);
  // Its last backend goes: its traffic takes the routes, and comes back later.
  CHECK_FALSE(node.was_full(upsert([] {
    SrPolicy empty = simple_policy("new", "ee::1");
    empty.binding_sid = *Ipv6Address::parse("c5::7");
    return empty;
  }())));
  CHECK(fib(node.compiler.tables(), "b7::1/128") == LookupResult());
  CHECK(local_sid(node.compiler.tables(), "c5::7") == nullptr);
  CHECK_FALSE(node.was_full(change));
  CHECK(local_sid(node.compiler.tables(), "c5::7") != nullptr);
  StateChange back;
  back.policies.removals = {"new"};
  back.steering.removals = {key_of(simple_rule("b7::1/128", "new")),
                            key_of(simple_rule("10.7.0.0/16", "new"))};
  CHECK_FALSE(node.was_full(back));
  // Routes, also below first segments, whose next hop follows.
  CHECK_FALSE(node.was_full(upsert(simple_route("a2::9/128", "2001:db8::6"))));
  const Policy* q = by_name(node.compiler.tables().policies, "q");
  CHECK(control_test::by_id(node.compiler.tables().segment_lists, q->lists[0]).first_hop ==
        fib(node.compiler.tables(), "a2::9/128"));
  CHECK_FALSE(node.was_full(upsert(simple_route("b9::/16", "2001:db8::6"))));
  DesiredNeighbor neighbor = node.state.neighbors[0];
  neighbor.mac.bytes[5] = 10;
  CHECK_FALSE(node.was_full(upsert(neighbor)));
}

TEST_CASE("what concerns others is compiled in full", "[compiler]") {
  Started node;
  // chained leads into p by its binding SID.
  SrPolicy lost = node.policy("p");
  lost.candidate_paths[0].segment_lists.resize(1);
  lost.candidate_paths[0].segment_lists[0].segments = {*Ipv6Address::parse("ee::1")};
  const SrPolicy good = node.policy("p");
  CHECK(node.was_full(upsert(lost)));
  CHECK_FALSE(by_name(node.compiler.policies(), "chained")->valid);
  CHECK(node.was_full(upsert(good)));
  CHECK(by_name(node.compiler.policies(), "chained")->valid);
  // A steered prefix around somebody's first segment.
  CHECK(node.was_full(upsert(simple_rule("a2::/16", "chained"))));
  // A route over the far side of a pseudowire makes it a routed interface.
  DesiredRoute over = simple_route("a7::/16", "fe80::7");
  over.next_hops[0].interface = "d";
  CHECK(node.was_full(upsert(over)));
  CHECK(by_name(node.compiler.tables().interfaces, "d")->role == InterfaceRole::kRouted);
  StateChange change;
  change.routes.removals = {key_of(over)};
  CHECK(node.was_full(change));
  CHECK(by_name(node.compiler.tables().interfaces, "d")->role == InterfaceRole::kL2Only);
}

TEST_CASE("a policy that only leads into itself is no way for others", "[compiler]") {
  Started node;
  SrPolicy loop = simple_policy("loop", "a1::1");
  loop.binding_sid = *Ipv6Address::parse("c5::9");
  CHECK_FALSE(node.was_full(upsert(loop)));
  loop.candidate_paths[0].segment_lists[0].segments = {*loop.binding_sid};
  node.was_full(upsert(loop));
  CHECK_FALSE(by_name(node.compiler.policies(), "loop")->valid);
  node.was_full(upsert(simple_policy("other", "c5::9")));
  CHECK_FALSE(by_name(node.compiler.policies(), "other")->valid);
}

TEST_CASE("End.AS follows the routes", "[compiler]") {
  Started node;
  DesiredLocalSid proxy;
  proxy.sid = prefix("c0::a/128");
  proxy.behavior = Behavior::kEndAs;
  proxy.interface = "g";
  proxy.next_hops.push_back({.origin = {}, .address = IpAddress::parse("2001:db8:1::9")});
  proxy.segments = {*Ipv6Address::parse("c0::a"), *Ipv6Address::parse("a3::1")};
  CHECK(node.was_full(upsert(proxy)));
  const auto pushed = [&] {
    const ForwardingTables& tables = node.compiler.tables();
    const LocalSid* sid = local_sid(tables, "c0::a");
    return control_test::by_id(tables.segment_lists, sid->args.static_list).first_hop;
  };
  CHECK(pushed() == LookupResult());
  node.was_full(upsert(simple_route("a3::/16", "2001:db8::6")));
  CHECK(pushed() == fib(node.compiler.tables(), "a3::/16"));
  CHECK(pushed().kind() == Kind::kAdjacency);
}

TEST_CASE("rollback leaves nothing behind", "[compiler]") {
  Started node;
  const ForwardingTables tables = node.compiler.tables();
  const IdMap ids = node.compiler.ids();
  StateChange change = upsert(simple_policy("new", "a1::7"));
  change.steering.upserts = {simple_rule("b7::1/128", "new")};
  change.routes.upserts = {simple_route("a1::/16", "2001:db8::99")};
  change.policies.removals = {"chained"};
  const CompileUpdate first = node.compiler.change(change);
  REQUIRE(first.ok());
  CHECK(node.compiler.full_compiles() == 1);
  node.compiler.rollback();
  node.compiler.rollback();  // and again: nothing is open
  CHECK(node.compiler.tables() == tables);
  CHECK(node.compiler.ids() == ids);
  node.check_same("rollback");
  // The same change is the same change.
  const CompileUpdate again = node.compiler.change(change);
  CHECK(applied(tables, again.diff) == applied(tables, first.diff));
  // Another proposal takes back the one that is open; so does one that is refused.
  StateChange other;
  other.policies.removals = {"chained"};
  REQUIRE(node.compiler.change(other).ok());
  CHECK_FALSE(node.compiler.change(upsert(simple_rule("b1::/16", "nix"))).ok());
  node.compiler.commit();
  CHECK(node.compiler.tables() == tables);
  node.check_same("nothing");
}

TEST_CASE("an id is free one generation after its object", "[compiler]") {
  Started node;
  const PolicyId old = by_name(node.compiler.tables().policies, "q")->id;
  StateChange change;
  change.policies.removals = {"q"};
  for (const SteeringRule& rule : node.state.steering) {
    if (rule.policy == "q") change.steering.removals.push_back(key_of(rule));
  }
  change.policies.upserts = {simple_policy("r", "a1::1")};
  CHECK_FALSE(node.was_full(change));
  CHECK(by_name(node.compiler.tables().policies, "r")->id != old);
  CHECK_FALSE(node.was_full(upsert(simple_policy("s", "a1::1"))));
  CHECK(by_name(node.compiler.tables().policies, "s")->id == old);
}

TEST_CASE("a change without a difference is an empty difference", "[compiler]") {
  Started node;
  StateChange change = upsert(node.policy("p"));
  change.routes.upserts = node.state.routes;
  change.neighbors.upserts = node.state.neighbors;
  change.steering.upserts = node.state.steering;
  change.local_sids.upserts = {node.state.local_sids[0]};
  CHECK(node.compiler.change(change).diff.empty());
  CHECK_FALSE(node.was_full(change));
  CHECK(node.compiler.change({}).diff.empty());
}

TEST_CASE("warnings of a change are those that it brings", "[compiler]") {
  Started node(
      "ports: [{name: f, addresses: ['2001:db8::1/64']}, {name: g, addresses: "
      "['2001:db8::2/64']}]\n"
      "routes: [{prefix: 'a1::/16', next_hop: '2001:db8::4'}]\n"
      "policies: [{name: p, segment_lists: [{segments: ['a1::1']}]}]\n"
      "local_sids: [{sid: 'c0::1', behavior: End}]\n");
  const CompileUpdate update = node.compiler.change(upsert(simple_rule("c0::1/128", "p")));
  REQUIRE(update.diagnostics.list().size() == 1);
  CHECK(update.diagnostics.list()[0].text == "c0::1/128 is a local SID, which comes first");
  StateChange both = upsert(simple_rule("c0::2/128", "p"));
  DesiredLocalSid sid;
  sid.sid = prefix("c0::2/128");
  both.local_sids.upserts.push_back(sid);
  CHECK(node.compiler.change(both).diagnostics.list().size() == 1);
}

TEST_CASE("many edits at once and few are the same", "[compiler]") {
  const auto key = [](const std::pair<int, int>& e) { return e.first; };
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    std::map<int, int> wanted;
    for (int i = 0; i < 300; ++i)
      wanted[static_cast<int>(random() % 400)] = 0;
    std::vector<std::pair<int, int>> objects(wanted.begin(), wanted.end());
    std::set<int> gone;
    std::map<int, int> fresh;
    for (int i = round % 150; i > 0; --i) {
      const int at = static_cast<int>(random() % 400);
      if (random() % 2 == 0 && wanted.contains(at)) {
        gone.insert(at);
      } else if (!gone.contains(at)) {
        fresh[at] = round + 1;
      }
    }
    for (const int at : gone)
      fresh.erase(at);
    for (const int at : gone)
      wanted.erase(at);
    for (const auto& [at, value] : fresh)
      wanted[at] = value;
    edit_sorted(objects, std::vector<int>(gone.begin(), gone.end()),
                std::vector<std::pair<int, int>>(fresh.begin(), fresh.end()), key);
    REQUIRE(objects == std::vector<std::pair<int, int>>(wanted.begin(), wanted.end()));
  }
}

TEST_CASE("any change leads where a full compile leads", "[compiler]") {
  unsigned fast = 0;
  unsigned accepted = 0;
  unsigned refused = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    Run run;
    run.state = loaded(kNode);
    REQUIRE(run.compiler.replace(run.state).ok());
    run.compiler.commit();
    run.check_same("start");
    ChangeGenerator generator(seed);
    for (int step = 0; step < 250; ++step) {
      CAPTURE(seed, step);
      const StateChange change = generator.next(run.state);
      run.step(change, generator.chance(80), is_well_formed(run.state, change));
    }
    fast += run.fast;
    accepted += run.accepted;
    refused += run.refused;
  }
  // The test is about both ways and about mistakes.
  CAPTURE(fast, accepted, refused);
  CHECK(fast > 500);
  CHECK(accepted - fast > 100);
  CHECK(refused > 100);
}

}  // namespace sextant
