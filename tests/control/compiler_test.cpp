// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Compiler: a change leads to the tables that a full compile makes, whatever it is.
#include "control/compile/compiler.hpp"

#include <map>
#include <set>
#include <utility>

#include "change_generator.hpp"

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

}  // namespace

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
