// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Nodes, pods and services of a cluster as SIDs, policies and steering of one node.
#include "support/translate_fixture.hpp"

namespace sextant {

using namespace k8s_test;
using Strings = std::vector<std::string>;

TEST_CASE("the example of the SRv6 documents comes out exactly", "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  bed.put(service("web", {"2096::d765"}));
  bed.put(slice("web", {endpoint("2001:0:0:1::5", "node1"), endpoint("2001:0:0:1::6", "node1")}));
  CompileResult compiled = bed.compiled();
  const StateChange objects = bed.translator.all();
  CHECK(lists_of(objects, "default/web") == Strings{"6666:0:0:1::5", "6666:0:0:1::6"});
  CHECK(policy_of(objects, "default/web")->binding_sid->to_string() == "5555::d765");
  CHECK(contains(steering_of(objects), "2096::d765/128 -> default/web"));
  CHECK(contains(sids_of(objects), "End.DX6 6666:0:0:1::5 via 2001:0:0:1::5 pods0"));
  CHECK(contains(sids_of(objects), "End.DX6 6666:0:0:1::6 via 2001:0:0:1::6 pods0"));
  // What forwards is that, too.
  for (const PolicyStatus& policy : compiled.policies) {
    INFO(policy.name << ": " << policy.reason);
    CHECK(policy.valid);
  }
  SECTION("a remote backend's list begins with the End SID of its node") {
    bed.put(slice("web", {endpoint("2001:0:0:1::5", "node1"), endpoint("2001:0:0:2::5", "node2")}));
    compiled = bed.compiled();
    CHECK(lists_of(bed.translator.all(), "default/web") ==
          Strings{"6666:0:0:1::5", "7766:f00d::2, 6666:0:0:2::5"});
  }
  SECTION("backends in a node's own network have the SID of hosts") {
    bed.put(slice("web", {endpoint("fe10:f00d::1", "node1"), endpoint("fe10:f00d::2", "node2")}));
    compiled = bed.compiled();
    CHECK(lists_of(bed.translator.all(), "default/web") ==
          Strings{"6655::1", "7766:f00d::2, 6655::1"});
    CHECK(contains(sids_of(bed.translator.all()), "End.DX6 6655::1 via fe10:f00d::1 kernel0"));
  }
  for (const PolicyStatus& policy : compiled.policies)
    CHECK(policy.valid);
}

TEST_CASE("nodes reach each other's pods and hosts", "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  const CompileResult compiled = bed.compiled();
  const StateChange objects = bed.translator.all();
  CHECK(sids_of(objects) == Strings{"End 7766:f00d::1", "End.DT46 7777:f00d::1",
                                    "End.DT46 7799:f00d::1",
                                    "End.DX4 6655::4 via 192.168.16.1 kernel0",
                                    "End.DX6 6655::1 via fe10:f00d::1 kernel0"});
  CHECK(lists_of(objects, "node node2 pods") == Strings{"7777:f00d::2"});
  CHECK(lists_of(objects, "node node2 host") == Strings{"7799:f00d::2"});
  CHECK(policy_of(objects, "node node2 pods")->binding_sid->to_string() == "8888:f00d::2");
  CHECK(policy_of(objects, "node node2 host")->binding_sid->to_string() == "9999:f00d::2");
  const Strings steering = steering_of(objects);
  CHECK(steering ==
        Strings{"10.1.2.0/24 -> node node2 pods", "10.1.3.0/24 -> node node3 pods",
                "192.168.16.2/32 -> node node2 host", "192.168.16.3/32 -> node node3 host",
                "2001:0:0:2::/64 -> node node2 pods", "2001:0:0:3::/64 -> node node3 pods",
                "fe10:f00d::2/128 -> node node2 host", "fe10:f00d::3/128 -> node node3 host"});
  Strings routes;
  for (const DesiredRoute& route : objects.routes.upserts) {
    REQUIRE(route.next_hops.size() == 1);
    routes.push_back(route.prefix.to_string() + " via " + route.next_hops[0].address->to_string());
  }
  std::sort(routes.begin(), routes.end());
  CHECK(routes == Strings{"7766:f00d::2/128 via fe10:f00d::2", "7766:f00d::3/128 via fe10:f00d::3",
                          "7777:f00d::2/128 via fe10:f00d::2", "7777:f00d::3/128 via fe10:f00d::3",
                          "7799:f00d::2/128 via fe10:f00d::2",
                          "7799:f00d::3/128 via fe10:f00d::3"});
  for (const PolicyStatus& policy : compiled.policies)
    CHECK(policy.valid);
  SECTION("and a node that goes takes everything with it") {
    static_cast<void>(bed.translator.take());
    bed.erase(bed.stores.nodes, "node2");
    const StateChange change = bed.translator.take();
    CHECK(change.policies.removals.size() == 2);
    CHECK(change.routes.removals.size() == 3);
    CHECK(change.steering.removals.size() == 4);
    CHECK(change.size() == 9);
  }
}

TEST_CASE("locators: one route for a node, and the same for all", "[translate]") {
  ClusterBed bed(locator_settings());
  bed.put_nodes();
  bed.put(service("web", {"10.96.0.10"}));
  bed.put(slice("web", {endpoint("10.1.1.5", "node1"), endpoint("10.1.2.5", "node2"),
                        endpoint("192.168.16.3", "node3")}));
  const CompileResult compiled = bed.compiled();
  const StateChange objects = bed.translator.all();
  CHECK(lists_of(objects, "default/web") == Strings{"fcbb:100:0:2:d4:0:a01:105",
                                                    "fcbb:100:0:3:1::, fcbb:100:0:3:d4:0:a01:205",
                                                    "fcbb:100:0:4:1::, fcbb:100:0:4:e4::"});
  CHECK_FALSE(policy_of(objects, "default/web")->binding_sid);
  CHECK(contains(sids_of(objects), "End.DX4 fcbb:100:0:2:d4:0:a01:105 via 10.1.1.5 pods0"));
  std::size_t locators = 0;
  for (const DesiredRoute& route : objects.routes.upserts)
    locators += route.prefix.len == 64 ? 1 : 0;
  CHECK(locators == 2);
  for (const PolicyStatus& policy : compiled.policies)
    CHECK(policy.valid);
}

TEST_CASE("what is wrong with a node concerns that node alone", "[translate]") {
  ClusterBed bed(locator_settings());
  bed.put_nodes();
  k8s::Node odd = node("odd", {"fe10:f00d::9"}, {"10.1.9.0/24"});
  const auto problem = [&] {
    bed.put(odd);
    static_cast<void>(bed.compiled());
    CHECK(policy_of(bed.translator.all(), "node node2 pods") != nullptr);
    CHECK((policy_of(bed.translator.all(), "node odd pods") == nullptr) ==
          !bed.translator.nodes().find("odd")->problem.empty());
    return bed.translator.nodes().find("odd")->problem;
  };
  CHECK(problem().empty());
  odd.pod_cidrs = {prefix("172.16.0.0/24")};
  CHECK(problem().find("are not part of kubernetes.pod_cidrs") != std::string::npos);
  odd.meta.annotations = {{"sextant.io/locator", "fcbb:100:0:77::/64"}};
  CHECK(problem().empty());
  odd.meta.annotations = {{"sextant.io/locator", "fcbb:200:0:77::/64"}};
  CHECK(problem().find("is not a /64 of fcbb:100::/48") != std::string::npos);
  odd.meta.annotations = {{"sextant.io/locator", "fcbb:100:0:77::/64"}};
  odd.internal_addresses = ips({"192.168.16.9"});
  CHECK(problem().find("has no IPv6 address; annotate it") != std::string::npos);
  odd.meta.annotations.emplace_back("sextant.io/underlay-address", "fe10:f00d::9");
  CHECK(problem().empty());
  odd.meta.annotations.back().second = "nowhere";
  CHECK(problem().find("\"nowhere\" is not an IPv6 address") != std::string::npos);
}

TEST_CASE("a node that is no neighbor is reached by the routes of the file", "[translate]") {
  const std::string with_route =
      std::string(kNodeFile) + "routes: [{prefix: \"::/0\", next_hop: \"fe10:f00d::ff\"}]\n";
  ClusterBed bed(contiv_settings(), with_route);
  bed.put(node("node1", {"fe10:f00d::1"}, {"2001:0:0:1::/64"}));
  bed.put(node("far", {"fe10:face::1"}, {"2001:0:0:7::/64"}));
  CHECK(bed.compiled().policies.at(0).valid);
  for (const DesiredRoute& route : bed.translator.all().routes.upserts)
    CHECK(route.next_hops.empty());
  // Without a route the policy says why, and nothing leaves without its header.
  bed.set_file(kNodeFile);
  const CompileResult compiled = bed.compiled();
  CHECK_FALSE(compiled.policies.at(0).valid);
  CHECK(compiled.policies.at(0).drop_upon_invalid);
  CHECK(compiled.policies.at(0).reason.find("no route to 7799:face::1") != std::string::npos);
}

TEST_CASE("pods of this node have SIDs from the moment they are attached", "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  k8s::Pod pod;
  pod.meta.namespace_name = "default";
  pod.meta.name = "web-1";
  pod.node = "node1";
  pod.ips = ips({"2001:0:0:9::5", "10.1.1.5"});
  bed.put(pod);
  static_cast<void>(bed.compiled());
  CHECK(contains(sids_of(bed.translator.all()), "End.DX4 6666::ffff:a01:105 via 10.1.1.5 pods0"));
  CHECK_FALSE(
      contains(sids_of(bed.translator.all()), "End.DX6 6666:0:0:9::5 via 2001:0:0:9::5 pods0"));
  bed.set_file(std::string(kNodeFile) +
               "routes: [{prefix: \"2001:0:0:9::5/128\", interface: pods0}]\n");
  static_cast<void>(bed.compiled());
  CHECK(contains(sids_of(bed.translator.all()), "End.DX6 6666:0:0:9::5 via 2001:0:0:9::5 pods0"));
  SECTION("until they are over") {
    pod.phase = k8s::PodPhase::kSucceeded;
  }
  SECTION("and not when they use the host's network") {
    pod.host_network = true;
  }
  SECTION("and not when they are elsewhere") {
    pod.node = "node2";
  }
  bed.put(pod);
  static_cast<void>(bed.compiled());
  for (const std::string& sid : sids_of(bed.translator.all()))
    CHECK(sid.find("6666") == std::string::npos);
}

}  // namespace sextant
