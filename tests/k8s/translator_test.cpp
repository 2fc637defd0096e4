// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Translator: whatever happened before, the objects are those of the cluster as it is; and what
// Contiv-VPP got wrong there.
#include <random>

#include "support/translate_fixture.hpp"

namespace sextant {

using namespace k8s_test;
using k8s::Protocol;
using Strings = std::vector<std::string>;

namespace {

// Everything that tells objects apart, in words.
Strings text_of(const StateChange& objects) {
  Strings out = steering_of(objects);
  for (const std::string& sid : sids_of(objects))
    out.push_back(sid);
  for (const std::string& translation : translations_of(objects))
    out.push_back(translation);
  for (const DesiredRoute& route : objects.routes.upserts) {
    std::string text = "route " + route.prefix.to_string();
    for (const DesiredNextHop& hop : route.next_hops)
      text += " via " + hop.address->to_string();
    out.push_back(text);
  }
  for (const SrPolicy& policy : objects.policies.upserts) {
    out.push_back("policy " + policy.name + " " +
                  (policy.binding_sid ? policy.binding_sid->to_string() : "none"));
    for (const std::string& list : lists_of(objects, policy.name))
      out.push_back(policy.name + ": " + list);
  }
  std::sort(out.begin(), out.end());
  return out;
}

class RandomCluster {
 public:
  explicit RandomCluster(unsigned seed) : random_(seed) {}

  void step(ClusterBed& bed) {
    switch (draw(8)) {
      case 0: return step_node(bed);
      case 1:
      case 2: return step_service(bed);
      case 3: return step_pod(bed);
      case 4: return step_links(bed);
      default: return step_slice(bed);
    }
  }

 private:
  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }
  bool chance(unsigned of) { return draw(of) == 0; }
  std::string number(unsigned below) { return std::to_string(1 + draw(below)); }

  void step_node(ClusterBed& bed) {
    const std::string n = number(4);
    if (chance(4)) return bed.erase(bed.stores.nodes, "node" + n);
    k8s::Node one = node("node" + n, {"192.168.16." + n}, {"10.1." + n + ".0/24"});
    if (!chance(4)) one.internal_addresses.push_back(ip("fe10:f00d::" + n));
    if (chance(3)) one.external_addresses = ips({"203.0.113." + number(3)});
    if (chance(2)) one.zone = chance(2) ? "a" : "b";
    bed.put(one);
  }

  void step_service(ClusterBed& bed) {
    const std::string n = number(4);
    if (chance(5)) return bed.erase(bed.stores.services, "default/s" + n);
    k8s::Service one = service("s" + n, {"10.96.0." + n}, {port(80, "http")});
    if (chance(2)) one.ports.push_back(port(53, "dns", Protocol::kUdp));
    if (chance(3)) one.external_ips = ips({"203.0.113." + number(3)});
    if (chance(3)) one.ports[0].node_port = static_cast<std::uint16_t>(30000 + draw(3));
    if (chance(4)) one.external_policy = k8s::TrafficPolicy::kLocal;
    if (chance(4)) one.internal_policy = k8s::TrafficPolicy::kLocal;
    if (chance(8)) one.proxy_name = "other";
    if (chance(8)) one.publish_not_ready = true;
    bed.put(one);
  }

  void step_slice(ClusterBed& bed) {
    const std::string of = "s" + number(4);
    const std::string suffix = chance(2) ? "-a" : "-b";
    if (chance(6)) return bed.erase(bed.stores.endpoint_slices, "default/" + of + suffix);
    std::vector<k8s::ServiceEndpoint> endpoints;
    for (unsigned i = draw(4); i > 0; --i) {
      const std::string n = number(4);
      k8s::ServiceEndpoint one =
          endpoint(chance(5) ? "192.168.16." + n : "10.1." + n + "." + number(6), "node" + n);
      if (chance(4)) one.node.clear();
      if (chance(4)) one.ready = false;
      one.terminating = chance(3);
      if (chance(2)) one.hint_zones = {chance(2) ? "a" : "b"};
      endpoints.push_back(one);
    }
    std::vector<k8s::EndpointPort> ports = {{"http", Protocol::kTcp, 8080}};
    if (chance(2)) ports.push_back({"dns", Protocol::kUdp, 53});
    // A slice can change its service by its label.
    k8s::EndpointSlice one = slice(of, std::move(endpoints), std::move(ports), suffix);
    if (chance(8)) one.service = "s" + number(4);
    bed.put(one);
  }

  void step_pod(ClusterBed& bed) {
    const std::string n = number(4);
    if (chance(3)) return bed.erase(bed.stores.pods, "default/p" + n);
    k8s::Pod pod;
    pod.meta.namespace_name = "default";
    pod.meta.name = "p" + n;
    pod.node = chance(5) ? "node2" : "node1";
    pod.ips = ips({"10.1.1." + number(6)});
    pod.host_network = chance(6);
    bed.put(pod);
  }

  void step_links(ClusterBed& bed) {
    std::string file =
        "tables: [{name: main, exception: kernel0}]\nports:\n"
        "  - {name: fabric0, addresses: [\"fe10:f00d::1/90\", 192.168.16.1/24]}\n"
        "  - {name: kernel0}\n"
        "  - {name: pods0, addresses: [\"2001:0:0:1::1/64\"]}\n";
    std::string routes;
    for (unsigned i = 1; i <= 6; ++i) {
      if (chance(3)) continue;
      routes += "  - {prefix: 10.1.1." + std::to_string(i) + "/32, interface: pods0}\n";
    }
    if (!routes.empty()) file += "routes:\n" + routes;
    if (chance(6)) file.replace(file.find("exception: kernel0"), 18, "exception: pods0  ");
    bed.set_file(file);
  }

  std::mt19937 random_;
};

// The same stores, seen for the first time.
Strings from_scratch(const ClusterBed& bed, const KubernetesSettings& settings) {
  k8s::Translator fresh(settings, "node1", bed.stores);
  fresh.set_links(k8s::LocalLinks(bed.base, settings.table));
  const auto keys = [](const auto& store) {
    std::set<std::string> out;
    for (const auto& [key, object] : store.objects())
      out.insert(key);
    return out;
  };
  fresh.endpoint_slices_changed(keys(bed.stores.endpoint_slices));
  fresh.services_changed(keys(bed.stores.services));
  fresh.nodes_changed(keys(bed.stores.nodes));
  fresh.pods_changed(keys(bed.stores.pods));
  const Strings all = text_of(fresh.take());
  CHECK(all == text_of(fresh.all()));
  return all;
}

}  // namespace

TEST_CASE("changes one by one lead to what translating everything gives", "[translate]") {
  const unsigned seed = GENERATE(range(1u, 31u));
  CAPTURE(seed);
  const KubernetesSettings settings = seed % 2 == 0 ? contiv_settings() : locator_settings();
  ClusterBed bed(settings);
  RandomCluster cluster(seed);
  DesiredState running;
  StateIndex index(running);
  std::vector<StateChange> applied;
  for (int step = 0; step < 120; ++step) {
    CAPTURE(step);
    cluster.step(bed);
    if (step % 3 == 2) continue;  // several at once
    const StateChange change = bed.translator.take();
    // The changes alone carry everything: what they lead to is what there is.
    REQUIRE_FALSE(index.check(change).has_errors());
    index.apply(running, change);
    StateChange now;
    now.policies.upserts = running.policies;
    now.routes.upserts = running.routes;
    now.local_sids.upserts = running.local_sids;
    now.steering.upserts = running.steering;
    now.translations.upserts = running.translations;
    REQUIRE(text_of(now) == text_of(bed.translator.all()));
    REQUIRE(text_of(now) == from_scratch(bed, settings));
    CHECK(bed.translator.take().empty());
  }
  static_cast<void>(bed.compiled());
}

TEST_CASE("one endpoint more changes one policy", "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  for (int i = 1; i <= 50; ++i) {
    const std::string name = "s" + std::to_string(i);
    bed.put(service(name, {"10.96.0." + std::to_string(i)}));
    bed.put(slice(name, {endpoint("10.1.2.5", "node2")}));
  }
  static_cast<void>(bed.translator.take());
  bed.put(slice("s7", {endpoint("10.1.2.5", "node2"), endpoint("10.1.3.5", "node3")}));
  const StateChange change = bed.translator.take();
  CHECK(change.size() == 1);
  CHECK(change.policies.upserts.at(0).name == "default/s7");
}

TEST_CASE("a headless service makes no object that another one could lose (contiv B2)",
          "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  bed.put(service("kubernetes", {"2096::1"}));
  bed.put(slice("kubernetes", {endpoint("2001:0:0:2::5", "node2")}));
  static_cast<void>(bed.compiled());
  const Strings before = text_of(bed.translator.all());
  k8s::Service headless = service("db", {});
  headless.headless = true;
  bed.put(headless);
  bed.put(slice("db", {endpoint("2001:0:0:2::6", "node2")}));
  CHECK(bed.translator.take().empty());
  bed.erase(bed.stores.services, "default/db");
  CHECK(bed.translator.take().empty());
  CHECK(text_of(bed.translator.all()) == before);
  CHECK(contains(before, "policy default/kubernetes 5555::1"));
}

TEST_CASE("a pod behind two services stays reachable when one of them goes (contiv B3)",
          "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  for (const char* name : {"a", "b"}) {
    bed.put(service(name, {name == std::string("a") ? "2096::a" : "2096::b"}));
    bed.put(slice(name, {endpoint("2001:0:0:1::5", "node1")}));
  }
  static_cast<void>(bed.compiled());
  const std::string sid = "End.DX6 6666:0:0:1::5 via 2001:0:0:1::5 pods0";
  bed.erase(bed.stores.services, "default/a");
  bed.erase(bed.stores.endpoint_slices, "default/a-a");
  const StateChange change = bed.translator.take();
  CHECK(change.local_sids.empty());
  CHECK(contains(sids_of(bed.translator.all()), sid));
  bed.erase(bed.stores.endpoint_slices, "default/b-a");
  CHECK(bed.translator.take().local_sids.removals.size() == 1);
}

TEST_CASE("IPv4 backends are reached as IPv4 (contiv B4)", "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  bed.put(service("web", {"10.96.0.10"}));
  bed.put(slice("web", {endpoint("10.1.1.5", "node1")}, {{"", Protocol::kTcp, 8080}}));
  const CompileResult compiled = bed.compiled();
  const auto sid =
      std::find_if(compiled.tables.local_sids.begin(), compiled.tables.local_sids.end(),
                   [](const LocalSid& one) { return one.sid.to_string() == "6666::ffff:a01:105"; });
  REQUIRE(sid != compiled.tables.local_sids.end());
  CHECK(sid->behavior == Behavior::kEndDx4);
}

TEST_CASE("a node's own SIDs are those that others compute (contiv B5)", "[translate]") {
  // The address of node 1 has nothing to do with its number or its interface.
  for (const KubernetesSettings& settings : {contiv_settings(), locator_settings()}) {
    ClusterBed own(settings, kNodeFile, "node1");
    ClusterBed other(settings, kNodeFile, "node2");
    for (ClusterBed* bed : {&own, &other}) {
      bed->put(node("node1", {"fe10:f00d::ab:cd"}, {"2001:0:0:1::/64"}));
      bed->put(node("node2", {"fe10:f00d::77"}, {"2001:0:0:2::/64"}));
      bed->put(service("web", {"2096::d765"}));
      bed->put(slice("web", {endpoint("2001:0:0:1::5", "node1")}));
      static_cast<void>(bed->compiled());
    }
    Strings used = lists_of(other.translator.all(), "node node1 pods");
    for (const std::string& list : lists_of(other.translator.all(), "node node1 host"))
      used.push_back(list);
    const std::string service_list = lists_of(other.translator.all(), "default/web").at(0);
    const std::size_t comma = service_list.find(", ");
    used.push_back(service_list.substr(0, comma));
    used.push_back(service_list.substr(comma + 2));
    CHECK(used.size() == 4);
    for (const std::string& sid : used) {
      INFO(sid);
      const Strings there = sids_of(own.translator.all());
      CHECK(std::any_of(there.begin(), there.end(), [&](const std::string& text) {
        return (text + " ").find(" " + sid + " ") != std::string::npos;
      }));
    }
  }
}

TEST_CASE("nodes have an End SID and routes to it without services, too (contiv B6)",
          "[translate]") {
  KubernetesSettings settings = contiv_settings();
  settings.services = false;
  ClusterBed bed(settings);
  bed.put_nodes();
  bed.put(service("web", {"2096::d765"}));
  bed.put(slice("web", {endpoint("2001:0:0:2::5", "node2")}));
  static_cast<void>(bed.compiled());
  const Strings all = text_of(bed.translator.all());
  CHECK(contains(all, "End 7766:f00d::1"));
  CHECK(contains(all, "route 7766:f00d::2/128 via fe10:f00d::2"));
  CHECK(policy_of(bed.translator.all(), "default/web") == nullptr);
  CHECK(bed.translator.service("default/web")->why == "kubernetes.services is false");
}

TEST_CASE("what becomes known later is taken up then (contiv B13)", "[translate]") {
  ClusterBed bed(contiv_settings(),
                 "ports: [{name: fabric0, addresses: [\"fe10:f00d::1/90\"]}, {name: pods0}]\n");
  bed.put(slice("web", {endpoint("2001:0:0:1::5", "node1"), endpoint("2001:0:0:2::5", "node2")}));
  bed.put(service("web", {"2096::d765"}));
  static_cast<void>(bed.compiled());
  CHECK(text_of(bed.translator.all()).empty());
  bed.put(node("node1", {"fe10:f00d::1"}, {"2001:0:0:1::/64"}));
  static_cast<void>(bed.compiled());
  CHECK(policy_of(bed.translator.all(), "default/web") == nullptr);
  CHECK(bed.translator.service("default/web")->backends.all.at(0).why ==
        "the pod is not attached to this node");
  SECTION("a node") {
    bed.put(node("node2", {"fe10:f00d::2"}, {"2001:0:0:2::/64"}));
    static_cast<void>(bed.compiled());
    CHECK(lists_of(bed.translator.all(), "default/web") == Strings{"7766:f00d::2, 6666:0:0:2::5"});
  }
  SECTION("a pod's interface") {
    bed.set_file(
        "ports: [{name: fabric0, addresses: [\"fe10:f00d::1/90\"]}, {name: pods0}]\n"
        "routes: [{prefix: \"2001:0:0:1::5/128\", interface: pods0}]\n");
    static_cast<void>(bed.compiled());
    CHECK(lists_of(bed.translator.all(), "default/web") == Strings{"6666:0:0:1::5"});
    CHECK(contains(sids_of(bed.translator.all()), "End.DX6 6666:0:0:1::5 via 2001:0:0:1::5 pods0"));
  }
}

TEST_CASE("addresses and SIDs have the names of their objects", "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  bed.put(service("web", {"2096::d765"}));
  bed.put(slice("web", {endpoint("2001:0:0:1::5", "node1")}));
  k8s::Pod pod;
  pod.meta.namespace_name = "default";
  pod.meta.name = "web-1";
  pod.node = "node1";
  pod.ips = ips({"2001:0:0:1::5"});
  bed.put(pod);
  static_cast<void>(bed.compiled());
  const k8s::Translator& translator = bed.translator;
  CHECK(translator.name_of(ip("2001:0:0:1::5")) == "Pod default/web-1");
  CHECK(translator.name_of(ip("fe10:f00d::2")) == "Node node2");
  CHECK(translator.name_of(ip("2096::d765")) == "Service default/web");
  CHECK(translator.name_of(ip("7766:f00d::1")) == "Node node1");
  CHECK(translator.name_of(ip("2001:0:0:1::6")).empty());
  CHECK(translator.name_of(ip("10.0.0.1")).empty());
}

TEST_CASE("outer headers carry an address of this node (contiv B15)", "[translate]") {
  ClusterBed bed;
  bed.put_nodes();
  const CompileResult compiled = bed.compiled();
  CHECK(compiled.tables.segment_lists.size() == 4);
  for (const SegmentList& list : compiled.tables.segment_lists)
    CHECK(list.outer.source.to_string() == "fe10:f00d::1");
}

TEST_CASE("every object is in the table of the configuration (contiv B19)", "[translate]") {
  KubernetesSettings settings = contiv_settings();
  settings.table = "cluster";
  ClusterBed bed(settings,
                 "tables: [{name: cluster, exception: kernel0}]\n"
                 "ports:\n"
                 "  - {name: fabric0, table: cluster, addresses: [\"fe10:f00d::1/90\"]}\n"
                 "  - {name: pods0, table: cluster, addresses: [\"2001:0:0:1::1/64\"]}\n"
                 "  - {name: kernel0, table: cluster}\n");
  bed.put_nodes();
  bed.put(service("web", {"2096::d765"}, {port(80, "", Protocol::kTcp, 30080)}));
  bed.put(slice("web", {endpoint("2001:0:0:1::5", "node1"), endpoint("fe10:f00d::2", "node2")}));
  const CompileResult compiled = bed.compiled();
  const StateChange objects = bed.translator.all();
  const auto all_in = [](const auto& all) {
    CHECK_FALSE(all.empty());
    return std::all_of(all.begin(), all.end(),
                       [](const auto& one) { return one.table == "cluster"; });
  };
  CHECK(all_in(objects.policies.upserts));
  CHECK(all_in(objects.routes.upserts));
  CHECK(all_in(objects.local_sids.upserts));
  CHECK(all_in(objects.steering.upserts));
  for (const DesiredLocalSid& sid : objects.local_sids.upserts)
    CHECK((sid.lookup_table.empty() || sid.lookup_table == "cluster"));
  for (const PolicyStatus& policy : compiled.policies)
    CHECK(policy.valid);
}

}  // namespace sextant
