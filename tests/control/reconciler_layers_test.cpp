// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reconciler::change(): what other sources want beside the file, and what is wrong with it.
#include "reconciler_fixture.hpp"

namespace sextant {

namespace {

using control_test::kBase;
using control_test::kOther;
using control_test::mentions;
using control_test::prefix;
using Fixture = control_test::ReconcilerFixture;
constexpr StateLayer kPods = StateLayer::kPods;
constexpr StateLayer kCluster = StateLayer::kKubernetes;

Origin owned_by(const std::string& owner) {
  Origin origin;
  origin.where.file = owner;
  return origin;
}

DesiredRoute route(const std::string& owner, const char* to, const char* next_hop) {
  DesiredRoute out;
  out.origin = owned_by(owner);
  out.prefix = prefix(to);
  DesiredNextHop hop;
  hop.origin = out.origin;
  hop.address = IpAddress::parse(next_hop);
  out.next_hops.push_back(std::move(hop));
  return out;
}

DesiredLocalSid sid(const std::string& owner, const char* address) {
  DesiredLocalSid out;
  out.origin = owned_by(owner);
  out.sid = prefix(address);
  return out;
}

template <typename... Objects>
StateChange routes(Objects... objects) {
  StateChange change;
  (change.routes.upserts.push_back(std::move(objects)), ...);
  return change;
}

StateChange sids(DesiredLocalSid object) {
  StateChange change;
  change.local_sids.upserts.push_back(std::move(object));
  return change;
}

bool has(const Fixture& f, const char* entry) {
  return control_test::fib_entry(f.reconciler.compiler().tables(), entry) != nullptr;
}

}  // namespace

TEST_CASE("a change of a layer is a generation on the spot, at the cost of the change",
          "[layers]") {
  Fixture f;
  f.start();
  unsigned told = 0;
  f.reconciler.on_change([&](StateLayer layer, const Diagnostics& found) {
    ++told;
    CHECK(layer == kCluster);
    CHECK(found.list().empty());
  });
  const auto full = f.reconciler.compiler().full_compiles();
  f.reconciler.change(kCluster, routes(route("node b", "fc00:b::/32", "2001:db8:1::b")));
  CHECK(has(f, "fc00:b::/32"));
  CHECK(f.publisher.generation == 2);
  CHECK(f.reconciler.status().number == 2);
  CHECK(f.reconciler.status().changes == 1);
  CHECK(f.reconciler.compiler().full_compiles() == full);
  CHECK(f.publisher.last.fib_upserts.size() == 1);
  StateChange removal;
  removal.routes.removals.emplace_back("main", prefix("fc00:b::/32"));
  f.reconciler.change(kCluster, removal);
  CHECK_FALSE(has(f, "fc00:b::/32"));
  CHECK(told == 2);
  // What is not there cannot be removed, and that is no reason for anything.
  f.reconciler.change(kCluster, removal);
  CHECK(f.reconciler.status().change_error.empty());
  CHECK(f.publisher.generation == 3);
}

TEST_CASE("a layer brings a table and the interface in it, and takes them away", "[layers]") {
  Fixture f;
  f.start();
  StateChange change;
  DesiredTable table;
  table.origin.where.file = "network blue";
  table.name = "blue";
  change.tables.upserts.push_back(table);
  DesiredBridge bridge;
  bridge.origin.where.file = "network green";
  bridge.name = "green";
  change.bridges.upserts.push_back(bridge);
  DesiredRoute inside = route("network blue", "fc00:b::/32", "2001:db8:1::b");
  inside.table = "blue";
  inside.type = RouteType::kUnreachable;
  inside.next_hops.clear();
  change.routes.upserts.push_back(inside);
  f.reconciler.change(kCluster, change);
  CHECK(f.reconciler.status().change_error.empty());
  CHECK(f.reconciler.status().left_out.empty());
  const auto named = [&](const std::string& name, const auto& objects) {
    return std::any_of(objects.begin(), objects.end(),
                       [&](const auto& object) { return object.name == name; });
  };
  CHECK(named("blue", f.reconciler.compiler().tables().tables));
  CHECK(named("green", f.reconciler.compiler().tables().bridges));
  // The table of another layer stands behind it.
  f.reconciler.change(StateLayer::kPods, change);
  StateChange gone;
  gone.tables.removals.push_back({"blue"});
  gone.bridges.removals.push_back({"green"});
  gone.routes.removals.push_back(key_of(inside));
  f.reconciler.change(StateLayer::kPods, gone);
  CHECK(named("blue", f.reconciler.compiler().tables().tables));
  f.reconciler.change(kCluster, gone);
  CHECK_FALSE(named("blue", f.reconciler.compiler().tables().tables));
  CHECK_FALSE(named("green", f.reconciler.compiler().tables().bridges));
}

TEST_CASE("a change before the first generation waits for it", "[layers]") {
  Fixture f;
  f.reconciler.change(kCluster, routes(route("node b", "fc00:b::/32", "2001:db8:1::b")));
  CHECK(f.publisher.calls == 0);
  CHECK(f.reconcile("start").result == AttemptResult::kPublished);
  CHECK(has(f, "fc00:b::/32"));
}

TEST_CASE("another file keeps what the layers brought, and a refused one, too", "[layers]") {
  Fixture f;
  f.start();
  f.reconciler.change(kCluster, routes(route("node b", "fc00:b::/32", "2001:db8:1::b")));
  f.file.write(kOther);
  REQUIRE(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
  CHECK(has(f, "fc00:b::/32"));
  CHECK(has(f, "fc00::2/128"));
  CHECK_FALSE(has(f, "fc00::1/128"));
  f.file.write("ports: [\n");
  CHECK(f.reconcile("SIGHUP").result == AttemptResult::kInvalid);
  CHECK(has(f, "fc00:b::/32"));
  // A question keeps nothing and counts everything.
  const CompileUpdate update = f.reconciler.preview(f.reconciler.below(kPods));
  CHECK(update.ok());
  CHECK(update.diff.empty());
}

TEST_CASE("what the file has, too, stays as it is there, and both are named", "[layers]") {
  Fixture f(std::string(kBase) +
            "routes: [{prefix: \"fc00:b::/32\", next_hop: \"2001:db8:1::f\"}]\n");
  f.start();
  std::vector<std::string> warnings;
  f.reconciler.on_change([&](StateLayer, const Diagnostics& found) {
    for (const Diagnostic& one : found.list())
      warnings.push_back(one.to_string());
  });
  f.reconciler.change(kCluster, routes(route("node b", "fc00:b::/32", "2001:db8:1::b")));
  CHECK(f.reconciler.compiler().tables() == f.tables);
  REQUIRE(warnings.size() == 1);
  CHECK(mentions(warnings[0], "node b: warning: the route to fc00:b::/32 stands in "));
  CHECK(mentions(warnings[0], "sextant.yaml:3, too, and stays as it is there"));
  // It comes up when the file lets go of it.
  f.file.write(kBase);
  REQUIRE(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
  CHECK(has(f, "fc00:b::/32"));
  CHECK(f.publisher.last.fib_upserts.size() == 1);
}

TEST_CASE("of two layers the first counts, and the other one comes up behind it", "[layers]") {
  Fixture f;
  f.start();
  const auto next_hop = [&] {
    const auto* entry = control_test::fib_entry(f.reconciler.compiler().tables(), "fc00:b::/32");
    REQUIRE(entry != nullptr);
    for (const Adjacency& adjacency : f.reconciler.compiler().tables().adjacencies) {
      if (adjacency.id == entry->result.index()) return adjacency.next_hop.to_string();
    }
    return std::string("none");
  };
  f.reconciler.change(kCluster, routes(route("node b", "fc00:b::/32", "2001:db8:1::b")));
  f.reconciler.change(kPods, routes(route("pod x", "fc00:b::/32", "2001:db8:1::c")));
  CHECK(next_hop() == "2001:db8:1::c");
  f.reconciler.change(kCluster, routes(route("node b", "fc00:b::/32", "2001:db8:1::d")));
  CHECK(next_hop() == "2001:db8:1::c");
  CHECK(f.reconciler.below(kPods).routes.empty());
  CHECK(f.reconciler.below(kCluster).routes.size() == 1);
  StateChange removal;
  removal.routes.removals.emplace_back("main", prefix("fc00:b::/32"));
  f.reconciler.change(kPods, removal);
  CHECK(next_hop() == "2001:db8:1::d");
}

TEST_CASE("an owner whose objects are wrong is left out, the others are not", "[layers]") {
  Fixture f;
  f.start();
  StateChange change = routes(route("node b", "fc00:b::/32", "2001:db8:1::b"),
                              route("node c", "fc00:c::/32", "2001:db8:9::c"));
  change.local_sids.upserts.push_back(sid("node c", "fc00::c"));
  f.reconciler.change(kCluster, std::move(change));
  CHECK(has(f, "fc00:b::/32"));
  CHECK_FALSE(has(f, "fc00:c::/32"));
  CHECK_FALSE(has(f, "fc00::c/128"));
  const GenerationStatus& status = f.reconciler.status();
  REQUIRE(status.left_out.size() == 1);
  CHECK(mentions(status.left_out.at("node c"), "2001:db8:9::c is in no connected subnet"));
  REQUIRE(status.change_notices().size() == 1);
  CHECK(status.change_notices()[0].starts_with("node c is left out: "));
  SECTION("until it changes") {
    f.reconciler.change(kCluster, routes(route("node c", "fc00:c::/32", "2001:db8:1::c")));
    CHECK(has(f, "fc00:c::/32"));
    f.reconciler.change(kCluster, sids(sid("node c", "fc00::c")));
    CHECK(has(f, "fc00::c/128"));
    CHECK(status.left_out.empty());
  }
  SECTION("until it goes") {
    StateChange removal;
    removal.routes.removals.emplace_back("main", prefix("fc00:c::/32"));
    removal.local_sids.removals.emplace_back("main", prefix("fc00::c"));
    f.reconciler.change(kCluster, removal);
    CHECK(status.left_out.empty());
  }
  SECTION("until the file makes it right") {
    f.file.write(
        "ports: [{name: a, addresses: [\"2001:db8:1::1/64\", \"2001:db8:9::1/64\"]}]\n"
        "local_sids: [{sid: \"fc00::1\", behavior: End}]\n");
    REQUIRE(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
    CHECK(has(f, "fc00:c::/32"));
    CHECK(has(f, "fc00::c/128"));
    CHECK(status.left_out.empty());
  }
  SECTION("and a file that makes others wrong leaves them out, too") {
    f.file.write("ports: [{name: a, addresses: [\"2001:db8:9::1/64\"]}]\n");
    REQUIRE(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
    CHECK_FALSE(has(f, "fc00:b::/32"));
    CHECK(has(f, "fc00:c::/32"));
    CHECK(status.left_out.contains("node b"));
  }
}

TEST_CASE("a mistake that names the file leaves out who made the change", "[layers]") {
  Fixture f(
      "ports: [{name: a, addresses: [\"2001:db8:1::1/64\"]}]\n"
      "policies: [{name: x, binding_sid: \"fc00::b\", segment_lists: []}]\n");
  f.start();
  f.reconciler.change(kCluster, sids(sid("node c", "fc00::b")));
  CHECK(f.reconciler.compiler().tables() == f.tables);
  CHECK(mentions(f.reconciler.status().left_out.at("node c"), "fc00::b is a SID"));
}

TEST_CASE("a change that the data plane refuses is made up for by the next one", "[layers]") {
  Fixture f;
  f.start();
  f.publisher.refusal = "the table is full";
  f.reconciler.change(kCluster, routes(route("node b", "fc00:b::/32", "2001:db8:1::b")));
  CHECK(f.reconciler.compiler().tables() == f.tables);
  CHECK(f.reconciler.status().number == 1);
  REQUIRE(f.reconciler.status().change_notices().size() == 1);
  CHECK(mentions(f.reconciler.status().change_notices()[0], "the table is full"));
  f.publisher.refusal.clear();
  f.reconciler.change(kCluster, routes(route("node c", "fc00:c::/32", "2001:db8:1::c")));
  CHECK(has(f, "fc00:b::/32"));
  CHECK(has(f, "fc00:c::/32"));
  CHECK(f.reconciler.status().change_notices().empty());
}

TEST_CASE("a change while another one is being published waits its turn", "[layers]") {
  Fixture f;
  f.start();
  const auto meanwhile = [&] {
    f.reconciler.change(kCluster, routes(route("node c", "fc00:c::/32", "2001:db8:1::c")));
    CHECK_FALSE(has(f, "fc00:c::/32"));
  };
  SECTION("of a layer") {
    f.publisher.meanwhile = meanwhile;
    f.reconciler.change(kCluster, routes(route("node b", "fc00:b::/32", "2001:db8:1::b")));
    CHECK(has(f, "fc00:b::/32"));
  }
  SECTION("of the file") {
    f.publisher.meanwhile = meanwhile;
    f.file.write(kOther);
    REQUIRE(f.reconcile("SIGHUP").result == AttemptResult::kPublished);
  }
  CHECK(has(f, "fc00:c::/32"));
  CHECK(f.publisher.generation == 3);
}

}  // namespace sextant
