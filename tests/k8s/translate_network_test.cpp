// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Networks: tables and bridges that do not get into each other's way, over SRv6.
#include "k8s/translate_network.hpp"

#include <algorithm>

#include "support/translate_fixture.hpp"

namespace sextant::k8s_test {
namespace {

using namespace sextant::k8s;

CustomNetwork network(const std::string& name, const std::string& subnet, std::uint8_t node_len) {
  CustomNetwork out;
  out.meta.namespace_name = "default";
  out.meta.name = name;
  out.layer2 = subnet.empty();
  if (!out.layer2) out.subnets.push_back({prefix(subnet), node_len});
  return out;
}

struct NetworkBed : ClusterBed {
  explicit NetworkBed(KubernetesSettings settings = locator_settings())
      : ClusterBed(std::move(settings)) {
    stores.networks.subscribe([this](const auto&) { translator.networks_changed(); });
    put_nodes();
  }
  using ClusterBed::put;
  void put(CustomNetwork object) {
    const std::string key = object.meta.key();
    stores.networks.put({key, std::make_shared<const CustomNetwork>(std::move(object)), {}});
    stores.networks.flush();
  }
};

KubernetesSettings contiv_with_cidrs() {
  KubernetesSettings out = contiv_settings(2);
  out.pod_cidrs = {prefix("2001::/48"), prefix("10.1.0.0/16")};
  return out;
}

const DesiredLocalSid* sid_to(const StateChange& objects, Behavior behavior,
                              const std::string& table) {
  for (const DesiredLocalSid& sid : objects.local_sids.upserts) {
    if (sid.behavior == behavior && (sid.lookup_table == table || sid.bridge == table)) return &sid;
  }
  return nullptr;
}

// Steering of a table.
std::vector<std::string> steered_in(const StateChange& objects, const std::string& table) {
  std::vector<std::string> out;
  for (const SteeringRule& rule : objects.steering.upserts) {
    if (rule.table == table) out.push_back(rule.prefix.to_string() + " -> " + rule.policy);
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST_CASE("B7: two networks of equal subnets have tables, SIDs and policies of their own") {
  for (const KubernetesSettings& settings : {locator_settings(), contiv_with_cidrs()}) {
    NetworkBed bed(settings);
    bed.put(network("blue", "fd10::/48", 64));
    bed.put(network("red", "fd10::/48", 64));
    CustomNetwork both = network("v4", "10.50.0.0/16", 24);
    bed.put(both);
    const CompileResult compiled = bed.compiled();
    const StateChange all = bed.translator.all();
    for (const std::string name : {"network default/blue", "network default/red"}) {
      CHECK(steered_in(all, name) ==
            std::vector<std::string>{"fd10:0:0:2::/64 -> node node2 " + name,
                                     "fd10:0:0:3::/64 -> node node3 " + name});
      REQUIRE(sid_to(all, Behavior::kEndDt46, name) != nullptr);
    }
    CHECK(steered_in(all, "network default/v4") ==
          std::vector<std::string>{"10.50.2.0/24 -> node node2 network default/v4",
                                   "10.50.3.0/24 -> node node3 network default/v4"});
    CHECK(sid_to(all, Behavior::kEndDt46, "network default/blue")->sid !=
          sid_to(all, Behavior::kEndDt46, "network default/red")->sid);
    CHECK(lists_of(all, "node node2 network default/blue") !=
          lists_of(all, "node node2 network default/red"));
    CHECK(lists_of(all, "node node2 network default/blue") != lists_of(all, "node node2 pods"));
    // Whom node 1 sends to decapsulates into the network: the same words on node 2.
    const ClusterNode& other = *bed.translator.nodes().find("node2");
    CHECK(lists_of(all, "node node2 network default/blue") ==
          std::vector<std::string>{
              network_sids(settings.sids, *other.planned, "default/blue").pods.to_string()});
    CHECK(compiled.tables.tables.size() == 4);
    // One goes, and takes nothing of the other one along.
    bed.erase(bed.stores.networks, "default/red");
    static_cast<void>(bed.compiled());
    const StateChange rest = bed.translator.all();
    CHECK(steered_in(rest, "network default/red").empty());
    CHECK(steered_in(rest, "network default/blue").size() == 2);
    CHECK(sid_to(rest, Behavior::kEndDt46, "network default/red") == nullptr);
    CHECK(sid_to(rest, Behavior::kEndDt46, "network default/blue") != nullptr);
  }
}

TEST_CASE("nodes and networks in any order make the same objects") {
  NetworkBed bed;
  bed.put(network("blue", "fd10::/48", 64));
  static_cast<void>(bed.compiled());
  bed.erase(bed.stores.nodes, "node3");
  static_cast<void>(bed.compiled());
  CHECK(steered_in(bed.translator.all(), "network default/blue").size() == 1);
  bed.erase(bed.stores.nodes, "node1");
  CHECK(steered_in((static_cast<void>(bed.translator.take()), bed.translator.all()),
                   "network default/blue")
            .empty());
  bed.put_nodes();
  static_cast<void>(bed.compiled());
  CHECK(steered_in(bed.translator.all(), "network default/blue").size() == 2);
}

TEST_CASE("B10: external interfaces keep the bits of their hosts, networks lead to their subnets") {
  NetworkBed bed;
  bed.put(network("blue", "fd10::/48", 64));
  ExternalInterface uplink;
  uplink.meta.namespace_name = "default";
  uplink.meta.name = "uplink";
  uplink.network = "default/blue";
  uplink.nodes.push_back({"node2", "port1", 200, prefix("fd99::7/64")});
  bed.put(uplink);
  static_cast<void>(bed.compiled());
  const auto steered = steered_in(bed.translator.all(), "network default/blue");
  CHECK(std::find(steered.begin(), steered.end(), "fd99::/64 -> node node2 network default/blue") !=
        steered.end());
  CHECK(bed.stores.external_interfaces.find("default/uplink")->nodes[0].address->address ==
        ip("fd99::7"));
}

TEST_CASE("an L2 network is a bridge of what is attached here and the other nodes") {
  NetworkBed bed;
  bed.put(network("frames", "", 0));
  const auto pod = [&](const std::string& name, const std::string& node, const std::string& mac) {
    Pod out;
    out.meta.namespace_name = "default";
    out.meta.name = name;
    out.node = node;
    // pods0 is an interface of the file.
    out.interfaces.push_back({.name = "l2",
                              .network = "default/frames",
                              .interface = node == "node1" ? "pods0" : "elsewhere",
                              .addresses = {},
                              .mac = *MacAddress::parse(mac)});
    bed.put(out);
  };
  bed.base.interfaces[1].addresses.clear();
  bed.translator.set_links(LocalLinks(bed.base, "main"));
  pod("here", "node1", "02:fe:00:00:00:01");
  pod("there", "node2", "02:fe:00:00:00:02");
  Pod gone;
  gone.meta.namespace_name = "default";
  gone.meta.name = "gone";
  gone.node = "node1";
  gone.interfaces.push_back({.name = "l2",
                             .network = "default/frames",
                             .interface = "not-there",
                             .addresses = {},
                             .mac = {}});
  bed.put(gone);
  const CompileResult compiled = bed.compiled();
  const StateChange all = bed.translator.all();
  REQUIRE(all.bridges.upserts.size() == 1);
  const DesiredBridge& bridge = all.bridges.upserts[0];
  CHECK(bridge.members == std::vector<std::string>{"pods0"});
  CHECK(bridge.remotes == std::vector<std::string>{"node node2 network default/frames",
                                                   "node node3 network default/frames"});
  REQUIRE(bridge.macs.size() == 1);
  CHECK(bridge.macs[0].policy == "node node2 network default/frames unicast");
  CHECK(sid_to(all, Behavior::kEndDt2u, bridge.name) != nullptr);
  CHECK(sid_to(all, Behavior::kEndDt2m, bridge.name) != nullptr);
  CHECK(compiled.tables.bridges.size() == 1);
}

TEST_CASE("a subnet that has too few parts is said") {
  const KubernetesSettings settings = locator_settings();
  ClusterBed bed(settings);
  bed.put_nodes();
  static_cast<void>(bed.compiled());
  const ClusterNode& node = *bed.translator.nodes().find("node3");
  const auto parts = parts_of_node(settings, node, network("blue", "fd10::/48", 64));
  REQUIRE(parts);
  CHECK(parts->at(0) == prefix("fd10:0:0:3::/64"));
  const auto few = parts_of_node(settings, node, network("blue", "fd10::/63", 64));
  REQUIRE_FALSE(few);
  CHECK(few.error().text.find("make subnetOneNodePrefixLen larger") != std::string::npos);
}

TEST_CASE("parts of subnets and places of nodes") {
  CHECK(part_of(prefix("10.50.0.0/16"), 24, 255) == prefix("10.50.255.0/24"));
  CHECK_FALSE(part_of(prefix("10.50.0.0/16"), 24, 256));
  CHECK(part_of(prefix("fd10::/48"), 48, 0) == prefix("fd10::/48"));
  CHECK_FALSE(part_of(prefix("fd10::/48"), 48, 1));
  CHECK_FALSE(part_of(prefix("fd10::/48"), 47, 0));
  CHECK_FALSE(part_of(prefix("10.0.0.0/8"), 33, 0));
  CHECK(part_of(prefix("::/0"), 128, 5) == prefix("::5/128"));
  CHECK(node_number({prefix("10.1.0.0/16")}, {prefix("10.1.7.0/24")}) == 7u);
  CHECK(node_number({prefix("2001::/48"), prefix("10.1.0.0/16")}, {prefix("10.1.7.0/24")}) == 7u);
  CHECK_FALSE(node_number({prefix("2001::/48")}, {prefix("10.1.7.0/24")}));
  CHECK_FALSE(node_number({}, {prefix("10.1.7.0/24")}));
}

}  // namespace
}  // namespace sextant::k8s_test
