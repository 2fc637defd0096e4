// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Kinds of services and of traffic, and what each comes to.
#include "support/translate_fixture.hpp"

namespace sextant {

using namespace k8s_test;
using k8s::AddressKind;
using k8s::Protocol;
using k8s::TrafficPolicy;
using Strings = std::vector<std::string>;

namespace {

// Steering without that of nodes.
Strings service_steering(const StateChange& objects) {
  Strings out = steering_of(objects);
  std::erase_if(out, [](const std::string& text) { return text.find("-> node ") != text.npos; });
  return out;
}

Strings service_policies(const StateChange& objects) {
  Strings out;
  for (const SrPolicy& policy : objects.policies.upserts) {
    if (!policy.name.starts_with("node ")) out.push_back(policy.name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

struct ServiceBed : ClusterBed {
  ServiceBed() { put_nodes(); }
  // One endpoint on node 1 and 2 each.
  void put_web(k8s::Service object, std::vector<k8s::EndpointPort> ports = {{"", {}, 80}}) {
    put(std::move(object));
    put(slice("web", {endpoint("10.1.1.5", "node1"), endpoint("10.1.2.5", "node2")},
              std::move(ports)));
  }
  StateChange objects() {
    static_cast<void>(compiled());
    return translator.all();
  }
  k8s::ServiceTranslation web() {
    static_cast<void>(translator.take());
    return *translator.service("default/web");
  }
  std::string why() { return web().why; }
};

}  // namespace

TEST_CASE("a service without objects says why", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"});
  SECTION("headless (contiv B2)") {
    web.headless = true;
    web.cluster_ips.clear();
    bed.put_web(web);
    CHECK(bed.why() == "headless: clients talk to its pods");
  }
  SECTION("type ExternalName") {
    web.type = k8s::ServiceType::kExternalName;
    bed.put_web(web);
    CHECK(bed.why() == "type ExternalName is a name, no address");
  }
  SECTION("another proxy") {
    web.proxy_name = "other";
    bed.put_web(web);
    CHECK(bed.why() == "label service.kubernetes.io/service-proxy-name leaves it to other");
  }
  SECTION("no address") {
    web.cluster_ips.clear();
    bed.put_web(web);
    CHECK(bed.why() == "it has no address yet");
  }
  SECTION("an address that is none") {
    web.cluster_ips = ips({"6666::5"});
    bed.put_web(web);
    CHECK(bed.why() == "6666::5: it lies in 6666::/16, which is for SIDs");
  }
  SECTION("no Node object") {
    bed.put_web(web);
    bed.erase(bed.stores.nodes, "node1");
    CHECK(bed.objects().policies.upserts.size() == 4);
    CHECK(bed.why() == "there is no Node object node1 for this node");
    return;
  }
  const StateChange objects = bed.objects();
  CHECK(service_policies(objects).empty());
  CHECK(service_steering(objects).empty());
  for (const DesiredRoute& route : objects.routes.upserts)
    CHECK(route.type == RouteType::kForward);
}

TEST_CASE("an address without backends is unreachable, not somewhere else", "[services]") {
  ServiceBed bed;
  bed.put(service("web", {"10.96.0.10"}));
  const auto route = [&] {
    const CompileResult compiled = bed.compiled();
    for (const FibEntry& entry : compiled.tables.fib) {
      if (entry.prefix == prefix("10.96.0.10/32")) return entry.result;
    }
    FAIL("no entry");
    return LookupResult();
  };
  CHECK(route() == LookupResult(DropReason::lookup_unreachable));
  CHECK(bed.why() == "no backend is ready and can be reached");
  bed.put(slice("web", {endpoint("10.1.2.5", "node2")}));
  CHECK(route().kind() == LookupResult::Kind::kPolicy);
  CHECK(bed.why().empty());
  bed.put(slice("web", {endpoint("10.1.2.5", "nobody")}));
  CHECK(route() == LookupResult(DropReason::lookup_unreachable));
  CHECK(bed.translator.service("default/web")->backends.all.at(0).why ==
        "node nobody is not known");
  bed.put(slice("web", {endpoint("172.16.0.1", "")}));
  static_cast<void>(bed.compiled());
  CHECK(bed.translator.service("default/web")->backends.all.at(0).why ==
        "it is on no node of the cluster");
}

TEST_CASE("every address of a service is steered (contiv B1)", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"});
  web.external_ips = ips({"203.0.113.7"});
  web.ingress_ips = ips({"198.51.100.9", "203.0.113.7"});
  bed.put_web(web);
  CHECK(service_steering(bed.objects()) == Strings{"10.96.0.10/32 -> default/web",
                                                   "198.51.100.9/32 -> default/web",
                                                   "203.0.113.7/32 -> default/web"});
}

TEST_CASE("dual stack: a policy for each family, with backends of that family", "[services]") {
  ServiceBed bed;
  bed.put(service("web", {"10.96.0.10", "2096::10"}));
  bed.put(slice("web", {endpoint("10.1.2.5", "node2")}));
  bed.put(slice("web", {endpoint("2001:0:0:2::5", "node2")}, {{"", {}, 80}}, "-b"));
  const StateChange objects = bed.objects();
  CHECK(lists_of(objects, "default/web/ipv4") == Strings{"7766:f00d::2, 6666::ffff:a01:205"});
  CHECK(lists_of(objects, "default/web/ipv6") == Strings{"7766:f00d::2, 6666:0:0:2::5"});
  CHECK(policy_of(objects, "default/web/ipv4")->binding_sid->to_string() == "5555::ffff:a60:a");
  CHECK(policy_of(objects, "default/web/ipv6")->binding_sid->to_string() == "5555::10");
  CHECK(service_steering(objects) ==
        Strings{"10.96.0.10/32 -> default/web/ipv4", "2096::10/128 -> default/web/ipv6"});
}

TEST_CASE("ports with different backends are steered one by one", "[services]") {
  ServiceBed bed;
  bed.put(service("web", {"10.96.0.10"},
                  {port(80, "http"), port(53, "dns", Protocol::kUdp),
                   port(9999, "sig", Protocol::kSctp), port(81, "alt")}));
  bed.put(slice("web", {endpoint("10.1.1.5", "node1"), endpoint("10.1.2.5", "node2")},
                {{"http", Protocol::kTcp, 8080}, {"alt", Protocol::kTcp, 8081}}));
  bed.put(slice("web", {endpoint("10.1.2.6", "node2")}, {{"dns", Protocol::kUdp, 53}}, "-b"));
  const StateChange objects = bed.objects();
  CHECK(service_policies(objects) == Strings{"default/web", "default/web:dns"});
  CHECK(service_steering(objects) == Strings{"tcp 10.96.0.10 80 -> default/web",
                                             "tcp 10.96.0.10 81 -> default/web",
                                             "udp 10.96.0.10 53 -> default/web:dns"});
  const auto made = bed.translator.service("default/web");
  CHECK(made->ports.at(0).backends.at(0).target_port == 8080);
  CHECK(made->ports.at(2).policy.empty());
}

TEST_CASE("an address of two services: ports tell them apart", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"});
  web.ingress_ips = ips({"203.0.113.7"});
  bed.put_web(web);
  CHECK(contains(service_steering(bed.objects()), "203.0.113.7/32 -> default/web"));
  k8s::Service dns = service("dns", {"10.96.0.11"}, {port(53, "", Protocol::kUdp)});
  dns.ingress_ips = ips({"203.0.113.7"});
  bed.put(dns);
  bed.put(slice("dns", {endpoint("10.1.2.6", "node2")}, {{"", Protocol::kUdp, 53}}));
  CHECK(service_steering(bed.objects()) ==
        Strings{"10.96.0.10/32 -> default/web", "10.96.0.11/32 -> default/dns",
                "tcp 203.0.113.7 80 -> default/web", "udp 203.0.113.7 53 -> default/dns"});
  SECTION("the same port belongs to the first, and the other one says so") {
    dns.ports = {port(80)};
    bed.put(dns);
    bed.put(slice("dns", {endpoint("10.1.2.6", "node2")}));
    CHECK(contains(service_steering(bed.objects()), "tcp 203.0.113.7 80 -> default/dns"));
    const Strings lost = bed.translator.lost("default/web");
    REQUIRE(lost.size() == 1);
    CHECK(lost[0].find("belongs to Service default/dns") != std::string::npos);
  }
  SECTION("one that goes leaves the whole address to the other") {
    bed.erase(bed.stores.services, "default/dns");
    CHECK(service_steering(bed.objects()) ==
          Strings{"10.96.0.10/32 -> default/web", "203.0.113.7/32 -> default/web"});
  }
}

TEST_CASE("two services with one lowest address have one binding SID", "[services]") {
  ServiceBed bed;
  for (const char* name : {"a", "b"}) {
    k8s::Service one = service(name, {name == std::string("a") ? "10.96.0.1" : "10.96.0.2"},
                               {port(name == std::string("a") ? 80 : 81)});
    one.external_ips = ips({"9.9.9.9"});
    bed.put(one);
    bed.put(slice(name, {endpoint("10.1.2.5", "node2")}));
  }
  // compiled() checks that the two do not collide.
  const StateChange objects = bed.objects();
  CHECK(policy_of(objects, "default/a")->binding_sid->to_string() == "5555::ffff:909:909");
  CHECK_FALSE(policy_of(objects, "default/b")->binding_sid);
}

TEST_CASE("a node port is steered at the addresses of this node", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"}, {port(80, "", Protocol::kTcp, 30080)});
  web.type = k8s::ServiceType::kNodePort;
  bed.put_web(web);
  CHECK(service_steering(bed.objects()) ==
        Strings{"10.96.0.10/32 -> default/web", "tcp 192.168.16.1 30080 -> default/web"});
  // Everything else at the address is still the node's.
  const CompileResult compiled = bed.compiled();
  REQUIRE(compiled.tables.port_steerings.size() == 1);
  CHECK(compiled.tables.port_steerings[0].otherwise.kind() == LookupResult::Kind::kLocalAddress);
  SECTION("local traffic only goes to local backends, the rest to all") {
    web.external_policy = TrafficPolicy::kLocal;
    bed.put(web);
    const StateChange objects = bed.objects();
    CHECK(lists_of(objects, "default/web").size() == 2);
    CHECK(lists_of(objects, "default/web:80/tcp/external") == Strings{"6666::ffff:a01:105"});
    CHECK(service_steering(objects) ==
          Strings{"10.96.0.10/32 -> default/web",
                  "tcp 192.168.16.1 30080 -> default/web:80/tcp/external"});
  }
}

TEST_CASE("an external address that is a node's does not take the node away", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"});
  web.external_ips = ips({"192.168.16.1", "192.168.16.2"});
  bed.put_web(web);
  CHECK(service_steering(bed.objects()) == Strings{"10.96.0.10/32 -> default/web",
                                                   "tcp 192.168.16.1 80 -> default/web",
                                                   "tcp 192.168.16.2 80 -> default/web"});
  CHECK(contains(steering_of(bed.objects()), "192.168.16.2/32 -> node node2 host"));
}

TEST_CASE("traffic policies restrict the traffic that they are for", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"});
  web.external_ips = ips({"203.0.113.7"});
  SECTION("internal") {
    web.internal_policy = TrafficPolicy::kLocal;
    bed.put_web(web);
    const StateChange objects = bed.objects();
    CHECK(lists_of(objects, "default/web") == Strings{"6666::ffff:a01:105"});
    CHECK(lists_of(objects, "default/web:80/tcp/external").size() == 2);
  }
  SECTION("external, with no local backend") {
    web.external_policy = TrafficPolicy::kLocal;
    bed.put(web);
    bed.put(slice("web", {endpoint("10.1.2.5", "node2")}));
    CHECK(service_steering(bed.objects()) == Strings{"10.96.0.10/32 -> default/web"});
  }
}

TEST_CASE("which endpoints count", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"});
  k8s::ServiceEndpoint first = endpoint("10.1.2.5", "node2");
  k8s::ServiceEndpoint second = endpoint("10.1.3.5", "node3");
  const Strings both = {"7766:f00d::2, 6666::ffff:a01:205", "7766:f00d::3, 6666::ffff:a01:305"};
  const auto lists = [&] {
    bed.put(web);
    bed.put(slice("web", {first, second}));
    return lists_of(bed.objects(), "default/web");
  };
  CHECK(lists() == both);
  second.ready = false;
  second.serving = false;
  CHECK(lists() == Strings{both[0], both[1] + " draining"});
  SECTION("not ready ones, when they are published") {
    web.publish_not_ready = true;
    CHECK(lists() == both);
  }
  SECTION("terminating ones, when there is no other that serves") {
    second.serving = second.terminating = true;
    CHECK(lists() == Strings{both[0], both[1] + " draining"});
    first.ready = first.serving = false;
    CHECK(lists() == Strings{both[0] + " draining", both[1]});
    second.serving = false;
    CHECK(lists() == Strings{"no policy default/web"});
  }
}

TEST_CASE("the node of a backend translates address and port", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"}, {port(80, "", Protocol::kTcp, 30080)});
  web.external_ips = ips({"203.0.113.7"});
  bed.put_web(web, {{"", Protocol::kTcp, 8080}});
  // A node port comes by the address of any node.
  CHECK(translations_of(bed.objects()) == Strings{"pods0 10.96.0.10 tcp 80 -> 10.1.1.5 8080",
                                                  "pods0 192.168.16.1 tcp 30080 -> 10.1.1.5 8080",
                                                  "pods0 192.168.16.2 tcp 30080 -> 10.1.1.5 8080",
                                                  "pods0 192.168.16.3 tcp 30080 -> 10.1.1.5 8080",
                                                  "pods0 203.0.113.7 tcp 80 -> 10.1.1.5 8080"});
  SECTION("of this node alone when external traffic stays local") {
    web.external_policy = TrafficPolicy::kLocal;
    bed.put(web);
    CHECK(translations_of(bed.objects()).size() == 3);
  }
  SECTION("a new node's address, too") {
    bed.put(node("node4", {"fe10:f00d::4", "192.168.16.4"}, {"10.1.4.0/24"}));
    CHECK(translations_of(bed.objects()).size() == 6);
  }
  SECTION("no new connections for one that ends while another one serves") {
    k8s::ServiceEndpoint ending = endpoint("10.1.1.5", "node1");
    ending.ready = false;
    ending.terminating = true;
    bed.put(slice("web", {ending, endpoint("10.1.2.5", "node2")}, {{"", Protocol::kTcp, 8080}}));
    CHECK(contains(translations_of(bed.objects()),
                   "pods0 10.96.0.10 tcp 80 -> 10.1.1.5 8080 draining"));
    // It is the last one: better than nobody.
    bed.put(slice("web", {ending}, {{"", Protocol::kTcp, 8080}}));
    CHECK(contains(translations_of(bed.objects()), "pods0 10.96.0.10 tcp 80 -> 10.1.1.5 8080"));
  }
  SECTION("hosts, by the interface to the kernel") {
    bed.put(slice("web", {endpoint("192.168.16.1", "node1")}, {{"", Protocol::kTcp, 8080}}));
    CHECK(
        contains(translations_of(bed.objects()), "kernel0 10.96.0.10 tcp 80 -> 192.168.16.1 8080"));
    // A node object that was left behind has the same address.
    bed.put(node("node0", {"192.168.16.1"}, {}));
    CHECK(
        contains(translations_of(bed.objects()), "kernel0 10.96.0.10 tcp 80 -> 192.168.16.1 8080"));
    CHECK(bed.web().backends.all.at(0).host_network);
  }
  SECTION("one backend behind an interface") {
    bed.put(slice("web", {endpoint("10.1.1.5", "node1"), endpoint("10.1.1.6", "node1")},
                  {{"", Protocol::kTcp, 8080}}));
    CHECK(translations_of(bed.objects()).size() == 5);
    CHECK(contains(bed.web().notes,
                   "port 80/tcp: 10.1.1.6 gets it untranslated, 10.1.1.5 is behind pods0, too"));
  }
  SECTION("and nothing where backends have the address themselves") {
    web.meta.annotations = {{"sextant.io/delivery", "dsr"}};
    bed.put(web);
    CHECK(translations_of(bed.objects()).empty());
  }
}

TEST_CASE("flows stay where they are, and clients when that is asked for", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"});
  bed.put_web(web);
  const StateChange before = bed.objects();
  CHECK(policy_of(before, "default/web")->sticky);
  CHECK(policy_of(before, "default/web")->affinity_timeout_s == 0);
  web.affinity_timeout_s = 10800;
  bed.put(web);
  const StateChange after = bed.objects();
  CHECK(policy_of(after, "default/web")->affinity_timeout_s == 10800);
}

TEST_CASE("hints keep traffic in the zone when everybody has one", "[services]") {
  ServiceBed bed;
  k8s::Node self = node("node1", {"fe10:f00d::1", "192.168.16.1"}, {"10.1.1.0/24"});
  self.zone = "a";
  bed.put(self);
  bed.put(service("web", {"10.96.0.10"}));
  k8s::ServiceEndpoint first = endpoint("10.1.2.5", "node2");
  k8s::ServiceEndpoint second = endpoint("10.1.3.5", "node3");
  first.hint_zones = {"a"};
  second.hint_zones = {"b"};
  const auto count = [&] {
    bed.put(slice("web", {first, second}));
    return lists_of(bed.objects(), "default/web").size();
  };
  CHECK(count() == 1);
  second.hint_zones.clear();
  CHECK(count() == 2);
  second.hint_zones = {"b"};
  first.hint_zones = {"c"};
  CHECK(count() == 2);
  first.hint_zones = {"a", "b"};
  CHECK(count() == 1);
  self.zone.clear();
  bed.put(self);
  CHECK(lists_of(bed.objects(), "default/web").size() == 2);
}

TEST_CASE("what is asked for and not done is said", "[services]") {
  ServiceBed bed;
  k8s::Service web = service("web", {"10.96.0.10"});
  web.source_ranges = {prefix("192.0.2.0/24")};
  web.health_check_port = 32000;
  bed.put_web(web);
  const Strings notes = bed.web().notes;
  CHECK(contains(notes, "loadBalancerSourceRanges are not enforced"));
  CHECK(contains(notes, "healthCheckNodePort 32000 is not served"));
}

}  // namespace sextant
