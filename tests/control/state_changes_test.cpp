// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// state_changes(): nothing too much, nothing left out, no secret.
#include "control/compile/state_changes.hpp"

#include "control_fixtures.hpp"

namespace sextant {

namespace {

using What = ObjectChange::What;

const std::string kPort = "ports: [{name: a, addresses: [\"2001:db8:1::1/64\"]}, {name: b}]\n";

DesiredState state(const std::string& text) {
  LoadedConfig loaded = load_config(text, "t.yaml");
  CHECK(control_test::errors_of(loaded.diagnostics) == std::vector<std::string>{});
  return loaded.state;
}

std::vector<ObjectChange> changes(const std::string& before, const std::string& after) {
  return state_changes(state(kPort + before), state(kPort + after));
}

}  // namespace

TEST_CASE("the published configurations differ in nothing from themselves") {
  const LoadedConfig all =
      load_config_file(std::string(SEXTANT_SOURCE_DIR) + "/config/sextant.yaml");
  REQUIRE(all.ok());
  CHECK(state_changes(all.state, all.state).empty());
  // Against nothing, everything is new but the objects that always exist.
  for (const ObjectChange& change : state_changes({}, all.state)) {
    CHECK((change.what == What::kAdded || change.name.empty()));
    CHECK((!change.fields.empty() || change.kind == "tables"));
  }
}

TEST_CASE("order and places in the file do not count") {
  CHECK(
      changes("routes:\n  - {prefix: \"a::/16\", interface: a}\n"
              "  - {prefix: \"b::/16\", interface: b}\n",
              "routes: [{prefix: \"b::/16\", interface: b}, {prefix: \"a::/16\", interface: a}]\n")
          .empty());
}

TEST_CASE("added, removed and changed objects by name and field") {
  const auto found = changes(
      "routes: [{prefix: \"a::/16\", interface: a}, {prefix: \"b::/16\", interface: a}]\n",
      "routes: [{prefix: \"a::/16\", interface: b}, {prefix: \"c::/16\", type: blackhole}]\n");
  REQUIRE(found.size() == 3);
  CHECK(found[0] ==
        ObjectChange{"routes", "a::/16 in main", What::kChanged, {{"next_hop", "on a", "on b"}}});
  CHECK(found[1].what == What::kRemoved);
  CHECK(found[1].name == "b::/16 in main");
  CHECK(found[1].fields ==
        std::vector<FieldChange>{{"type", "forward", ""}, {"next_hop", "on a", ""}});
  CHECK(found[2] ==
        ObjectChange{"routes", "c::/16 in main", What::kAdded, {{"type", "", "blackhole"}}});
}

TEST_CASE("a weight deep in a policy is one field") {
  const auto policy = [](int weight) {
    return "policies: [{name: p, segment_lists: [{segments: [\"2001:db8:1::2\"]},"
           " {weight: " +
           std::to_string(weight) + ", segments: [\"2001:db8:1::3\"]}]}]\n";
  };
  const auto found = changes(policy(1), policy(3));
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == "policies");
  CHECK(found[0].name == "p");
  CHECK(found[0].fields ==
        std::vector<FieldChange>{{"candidate_paths[0].segment_lists[1].weight", "1", "3"}});
}

TEST_CASE("a field that goes away and one that comes") {
  const auto found = changes("local_sids: [{sid: \"fc00::1\", behavior: End, hmac: required}]\n",
                             "local_sids: [{sid: \"fc00::1\", behavior: End, flavors: [PSP]}]\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].fields ==
        std::vector<FieldChange>{{"flavors", "", "PSP"}, {"hmac", "required", ""}});
}

TEST_CASE("a changed secret is a change, and is not shown") {
  const auto found = changes("domain: {hmac_keys: [{id: 1, secret: rosebud}]}\n",
                             "domain: {hmac_keys: [{id: 1, secret: daffodil}]}\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].fields ==
        std::vector<FieldChange>{{"hmac_keys[0].secret", "(hidden)", "(hidden)"}});
}

TEST_CASE("every section is compared") {
  const std::vector<std::pair<std::string, std::string>> sections = {
      {"node: {name: x}\n", "node"},
      {"tables: [{name: red}]\n", "tables"},
      {"neighbors: [{interface: a, address: \"fe80::2\", mac: \"02:00:00:00:0b:01\"}]\n",
       "neighbors"},
      {"encapsulation: {hop_limit: 9}\n", "encapsulation"},
      {"vlan_tables: [{name: v, entries: [{vlan: 1, interface: b}]}]\n", "vlan_tables"},
      {"bridges: [{name: l, members: [b]}]\n", "bridges"},
      {"service_translations: [{interface: a, address: 'ff::1', protocol: tcp, port: 80, target: "
       "'ff::2'}]\n",
       "service_translations"},
      {"domain: {sid_space: [\"fcbb::/16\"]}\n", "domain"},
      {"icmp: {errors_per_second: 1}\n", "icmp"},
  };
  for (const auto& [text, kind] : sections) {
    const auto found = changes("", text);
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == kind);
    CHECK(changes(text, text).empty());
  }
  const auto ports =
      state_changes(state("ports: [{name: a}]\n"), state("ports: [{name: a, trusted: false}]\n"));
  REQUIRE(ports.size() == 1);
  CHECK(ports[0].fields == std::vector<FieldChange>{{"trusted", "true", "false"}});
}

}  // namespace sextant
