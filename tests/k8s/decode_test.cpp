// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Decoders: what is used of recorded objects, and a finding for each wrong type.
#include "k8s/decode.hpp"

#include "k8s/encode.hpp"
#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using nlohmann::json;
using Strings = std::vector<std::string>;

namespace {

template <typename T>
std::string joined(const std::vector<T>& list) {
  std::string out;
  for (const T& item : list)
    out += (out.empty() ? "" : " ") + item.to_string();
  return out;
}

template <typename T>
T good(const Decoded<T>& decoded) {
  CHECK(lines_of(decoded.diagnostics) == Strings{});
  REQUIRE(decoded.object.has_value());
  // What is written to the state file comes back.
  const json again = json::parse(encode(*decoded.object).dump());
  if constexpr (std::is_same_v<T, Node>) {
    CHECK(decode_node(again).object == decoded.object);
  } else if constexpr (std::is_same_v<T, Service>) {
    CHECK(decode_service(again).object == decoded.object);
  } else if constexpr (std::is_same_v<T, Pod>) {
    CHECK(decode_pod(again).object == decoded.object);
  } else if (again["kind"] == "Endpoints") {
    CHECK(decode_endpoints(again).object == decoded.object);
  } else {
    CHECK(decode_endpoint_slice(again).object == decoded.object);
  }
  return *decoded.object;
}

// One mistake in an object that is good without it.
struct Mistake {
  const char* pointer;  // JSON pointer of what is replaced
  json value;
  const char* finding;
};

template <typename T>
void check_mistakes(const json& object, Decoded<T> (*decode)(const json&),
                    const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    json wrong = object;
    wrong[json::json_pointer(mistake.pointer)] = mistake.value;
    const Decoded<T> decoded = decode(wrong);
    INFO(mistake.pointer);
    CHECK_FALSE(decoded.object.has_value());
    const Strings lines = lines_of(decoded.diagnostics);
    REQUIRE(lines.size() >= 1);
    CHECK(lines.front() == mistake.finding);
  }
}

}  // namespace

TEST_CASE("objects of Kubernetes 1.20") {
  const Node node = good(decode_node(recorded("1.20/nodes.json")["items"][0]));
  CHECK(node.meta.key() == "node-a");
  CHECK(joined(node.internal_addresses) == "2001:db8::a 192.0.2.10");
  CHECK(node.pod_cidrs.size() == 2);
  CHECK(node.zone == "zone-1");
  CHECK(node.ready);
  CHECK(*node.meta.annotation("sextant.io/locator") == "fcbb:bb00:a::/48");
  CHECK(node.meta.annotations.size() == 1);

  std::map<std::string, Service> services;
  const json list1 = recorded("1.20/services.json");
  for (const json& item : list1["items"]) {
    Service service = good(decode_service(item));
    services[service.meta.key()] = service;
  }
  const Service& web = services.at("default/web");
  CHECK(web.type == ServiceType::kNodePort);
  CHECK(web.cluster_ips.size() == 2);
  CHECK(joined(web.external_ips) == "192.0.2.80");
  CHECK(web.affinity_timeout_s == 10800);
  CHECK(web.external_policy == TrafficPolicy::kLocal);
  REQUIRE(web.ports.size() == 2);
  CHECK(web.ports[0].target_port_name == "http");
  CHECK(web.ports[1].target_port == 5353);
  CHECK(web.ports[1].protocol == Protocol::kUdp);
  CHECK(web.ports[0].node_port >= 30000);
  CHECK(services.at("default/headless").headless);
  CHECK(services.at("default/elsewhere").type == ServiceType::kExternalName);

  int endpoints = 0;
  const json list2 = recorded("1.20/endpointslices.json");
  for (const json& item : list2["items"]) {
    const EndpointSlice slice = good(decode_endpoint_slice(item));
    REQUIRE(slice.subsets.size() == 1);
    for (const ServiceEndpoint& endpoint : slice.subsets[0].endpoints) {
      ++endpoints;
      CHECK(endpoint.node == "node-a");
      CHECK(endpoint.pod == "default/web-0");
      CHECK(endpoint.ready);
    }
  }
  CHECK(endpoints == 3);

  const json list3 = recorded("1.20/endpoints.json");
  for (const json& item : list3["items"]) {
    const EndpointSlice slice = good(decode_endpoints(item));
    CHECK(slice.service == slice.meta.name);
    REQUIRE(slice.subsets.size() == 1);
    CHECK(joined(std::vector{slice.subsets[0].endpoints[0].address}) == "fd00:10:244::5");
    CHECK(slice.subsets[0].endpoints[0].pod == "default/web-0");
  }
  const Pod pod = good(decode_pod(recorded("1.20/pods.json")["items"][0]));
  CHECK(joined(pod.ips) == "fd00:10:244::5 10.244.0.5");
  CHECK(pod.node == "node-a");
  CHECK(pod.phase == PodPhase::kRunning);
  CHECK(pod.labels == StringPairs{{"app", "web"}});
  CHECK(*pod.meta.annotation("contivpp.io/custom-if") == "eth1/tap/net");
}

TEST_CASE("objects of Kubernetes 1.30 and 1.34") {
  const std::string version = GENERATE(std::string("1.30"), std::string("1.34"));
  const Node node = good(decode_node(recorded(version + "/nodes.json")["items"][1]));
  CHECK(joined(node.pod_cidrs) == "10.244.2.0/24 fd00:10:244:2::/64");
  CHECK(joined(node.external_addresses) == "198.51.100.2");
  const Service web = good(decode_service(recorded(version + "/services.json")["items"][0]));
  CHECK(joined(web.cluster_ips) == "10.96.12.7 fd00:10:96::c07");
  CHECK(joined(web.ingress_ips) == "203.0.113.9");
  CHECK(joined(web.source_ranges) == "192.0.2.0/24 2001:db8:5::/48");
  CHECK(web.affinity_timeout_s == 600);
  CHECK(web.internal_policy == TrafficPolicy::kLocal);
  CHECK(web.health_check_port == 31234);
  CHECK(web.ports[1].protocol == Protocol::kSctp);
  const Service db = good(decode_service(recorded(version + "/services.json")["items"][1]));
  CHECK(db.headless);
  CHECK(db.cluster_ips.empty());
  CHECK(db.publish_not_ready);
  const EndpointSlice slice =
      good(decode_endpoint_slice(recorded(version + "/endpointslices.json")["items"][0]));
  CHECK(slice.service == "web");
  const std::vector<ServiceEndpoint>& endpoints = slice.subsets.at(0).endpoints;
  REQUIRE(endpoints.size() == 3);
  CHECK((endpoints[0].ready && endpoints[0].serving && !endpoints[0].terminating));
  CHECK((!endpoints[1].ready && endpoints[1].serving && endpoints[1].terminating));
  CHECK((!endpoints[2].ready && !endpoints[2].serving));
  CHECK(endpoints[0].hint_zones == Strings{"zone-1"});
  CHECK(slice.subsets[0].ports[1].protocol == Protocol::kSctp);
  const Pod pod = good(decode_pod(recorded(version + "/pods.json")["items"][0]));
  CHECK(pod.deleted);
  CHECK_FALSE(pod.host_network);
  CHECK(joined(pod.ips) == "10.244.1.5 fd00:10:244:1::5");
}

TEST_CASE("fields that are missing or null have the meaning of the API") {
  const json slice = json::parse(R"({"metadata":{"name":"s","namespace":"n"},"addressType":"IPv4",
    "ports":null,"endpoints":[{"addresses":["10.0.0.1","10.0.0.2"],"conditions":{"ready":null}},
    {"addresses":["10.0.0.3"],"conditions":{"ready":false},"targetRef":{"kind":"Node","name":"x"}}]})");
  const EndpointSlice decoded = good(decode_endpoint_slice(slice));
  const std::vector<ServiceEndpoint>& endpoints = decoded.subsets.at(0).endpoints;
  REQUIRE(endpoints.size() == 2);
  CHECK((endpoints[0].ready && endpoints[0].serving && !endpoints[0].terminating));
  CHECK(endpoints[0].address.to_string() == "10.0.0.1");
  CHECK_FALSE(endpoints[1].serving);
  CHECK(endpoints[1].pod.empty());
  json names = slice;
  names["addressType"] = "FQDN";
  names["endpoints"] = {{{"addresses", {"example.com"}}}};
  CHECK(good(decode_endpoint_slice(names)).subsets.empty());
  json old = slice;
  old["endpoints"] =
      json::parse(R"([{"addresses":["10.0.0.1"],"topology":{"kubernetes.io/hostname":"node-z"}}])");
  CHECK(good(decode_endpoint_slice(old)).subsets[0].endpoints[0].node == "node-z");
  const Node node = good(decode_node(
      json::parse(R"({"metadata":{"name":"n"},"spec":{"podCIDR":"10.1.0.7/24"},"status":{}})")));
  CHECK(joined(node.pod_cidrs) == "10.1.0.0/24");
  CHECK_FALSE(node.ready);
  const Service service = good(decode_service(json::parse(
      R"({"metadata":{"name":"s","namespace":"n"},"spec":{"clusterIP":"10.96.0.1","ports":[{"port":1}]}})")));
  CHECK(joined(service.cluster_ips) == "10.96.0.1");
  const EndpointSlice two = good(decode_endpoints(json::parse(
      R"({"metadata":{"name":"s","namespace":"n"},"subsets":[
        {"addresses":[{"ip":"10.0.0.1"}],"notReadyAddresses":[{"ip":"10.0.0.2","nodeName":"a"}],
         "ports":[{"port":80}]},{"addresses":[{"ip":"fd00::1"}]}]})")));
  REQUIRE(two.subsets.size() == 2);
  CHECK_FALSE(two.subsets[0].endpoints[1].ready);
}

TEST_CASE("a truncated Endpoints object is a warning") {
  const auto decoded = decode_endpoints(json::parse(R"({"metadata":{"name":"s","namespace":"n",
    "annotations":{"endpoints.kubernetes.io/over-capacity":"truncated"}}})"));
  CHECK(decoded.object.has_value());
  REQUIRE(decoded.diagnostics.list().size() == 1);
  CHECK(decoded.diagnostics.list()[0].severity == Severity::kWarning);
}

TEST_CASE("what is no object is refused") {
  for (const char* text : {"null", "7", "\"x\"", "[]", "[{}]", "true"}) {
    const json value = json::parse(text);
    CHECK(lines_of(decode_service(value).diagnostics) == Strings{"Service ?: not an object"});
    CHECK_FALSE(decode_node(value).object.has_value());
    CHECK_FALSE(decode_pod(value).object.has_value());
    CHECK_FALSE(decode_endpoints(value).object.has_value());
    CHECK_FALSE(decode_endpoint_slice(value).object.has_value());
  }
}

TEST_CASE("each wrong type in a service is a finding with object and field") {
  const json web = recorded("1.30/services.json")["items"][0];
  check_mistakes<Service>(
      web, decode_service,
      {
          {"/metadata", 7, "Service ?: metadata: 7 is not an object"},
          {"/metadata/name", nullptr, "Service shop/?: metadata.name: missing"},
          {"/metadata/name", "", "Service shop/: metadata.name: missing"},
          {"/metadata/name", "a/b", "Service shop/a/b: metadata.name: a name has no slash"},
          {"/metadata/namespace", 3, "Service web: metadata.namespace: 3 is not a string"},
          {"/metadata/annotations", "x",
           "Service shop/web: metadata.annotations: \"x\" is not an object"},
          {"/metadata/annotations/sextant.io~1delivery", 5,
           "Service shop/web: metadata.annotations: \"sextant.io/delivery\" has a value that is "
           "not a string"},
          {"/metadata/labels", "x", "Service shop/web: metadata.labels: \"x\" is not an object"},
          {"/spec", json::array(), "Service shop/web: spec: a list is not an object"},
          {"/spec/type", "Magic",
           "Service shop/web: spec.type: \"Magic\" is not a type of service that Sextant knows"},
          {"/spec/clusterIPs", "10.96.0.1",
           "Service shop/web: spec.clusterIPs: \"10.96.0.1\" is not a list"},
          {"/spec/clusterIPs/1", "10.96.0",
           "Service shop/web: spec.clusterIPs[1]: \"10.96.0\" is not an IP address"},
          {"/spec/clusterIPs/1", 7, "Service shop/web: spec.clusterIPs[1]: 7 is not a string"},
          {"/spec/externalIPs", json::object(),
           "Service shop/web: spec.externalIPs: an object is not a list"},
          {"/spec/loadBalancerSourceRanges/0", "1.2.3.0/33",
           "Service shop/web: spec.loadBalancerSourceRanges[0]: \"1.2.3.0/33\" is not a prefix "
           "such as 10.0.0.0/24"},
          {"/spec/ports/0/port", "80",
           "Service shop/web: spec.ports[0].port: \"80\" is not a number from 1 to 65535"},
          {"/spec/ports/0/port", 0,
           "Service shop/web: spec.ports[0].port: 0 is not from 1 to 65535"},
          {"/spec/ports/0/port", 65536,
           "Service shop/web: spec.ports[0].port: 65536 is not from 1 to 65535"},
          {"/spec/ports/0/port", -1,
           "Service shop/web: spec.ports[0].port: -1 is not a number from 1 to 65535"},
          {"/spec/ports/0/port", 80.5,
           "Service shop/web: spec.ports[0].port: 80.5 is not a number from 1 to 65535"},
          {"/spec/ports/0/port", nullptr, "Service shop/web: spec.ports[0].port: missing"},
          {"/spec/ports/1", "x", "Service shop/web: spec.ports[1]: \"x\" is not an object"},
          {"/spec/ports/1/protocol", "QUIC",
           "Service shop/web: spec.ports[1].protocol: \"QUIC\" is not TCP, UDP or SCTP"},
          {"/spec/ports/1/targetPort", true,
           "Service shop/web: spec.ports[1].targetPort: true is not a number from 0 to 65535"},
          {"/spec/sessionAffinity", "Cookie",
           "Service shop/web: spec.sessionAffinity: \"Cookie\" is neither None nor ClientIP"},
          {"/spec/sessionAffinityConfig/clientIP/timeoutSeconds", 0,
           "Service shop/web: spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is not from 1 "
           "to 86400"},
          {"/spec/externalTrafficPolicy", "Nearby",
           "Service shop/web: spec.externalTrafficPolicy: \"Nearby\" is neither Cluster nor Local"},
          {"/spec/publishNotReadyAddresses", "yes",
           "Service shop/web: spec.publishNotReadyAddresses: \"yes\" is not true or false"},
          {"/status/loadBalancer", "x",
           "Service shop/web: status.loadBalancer: \"x\" is not an object"},
          {"/status/loadBalancer/ingress/0/ip", "x",
           "Service shop/web: status.loadBalancer.ingress[0].ip: \"x\" is not an IP address"},
      });
}

TEST_CASE("each wrong type in the other kinds is a finding") {
  check_mistakes<EndpointSlice>(
      recorded("1.30/endpointslices.json")["items"][0], decode_endpoint_slice,
      {
          {"/addressType", "IPv5",
           "EndpointSlice shop/web-abcde: addressType: \"IPv5\" is not IPv4, IPv6 or FQDN"},
          {"/addressType", "IPv4",
           "EndpointSlice shop/web-abcde: endpoints[0].addresses: fd00:10:244:1::5 is not IPv4, "
           "the slice's address type"},
          {"/endpoints", 1, "EndpointSlice shop/web-abcde: endpoints: 1 is not a list"},
          {"/endpoints/1/addresses", json::array(),
           "EndpointSlice shop/web-abcde: endpoints[1].addresses: an endpoint needs an address"},
          {"/endpoints/1/addresses/0", std::string("fd00::1\0x", 9),
           "EndpointSlice shop/web-abcde: endpoints[1].addresses[0]: \"fd00::1\\u0000x\" is not an "
           "IP address"},
          {"/endpoints/1/conditions/ready", "true",
           "EndpointSlice shop/web-abcde: endpoints[1].conditions.ready: \"true\" is not true or "
           "false"},
          {"/endpoints/1/nodeName", 5,
           "EndpointSlice shop/web-abcde: endpoints[1].nodeName: 5 is not a string"},
          {"/endpoints/0/hints/forZones", "z",
           "EndpointSlice shop/web-abcde: endpoints[0].hints.forZones: \"z\" is not a list"},
          {"/ports/0/port", 70000,
           "EndpointSlice shop/web-abcde: ports[0].port: 70000 is not from 1 to 65535"},
      });
  check_mistakes<EndpointSlice>(
      recorded("1.20/endpoints.json")["items"][0], decode_endpoints,
      {
          {"/subsets/0/addresses/0/ip", nullptr,
           "Endpoints default/headless: subsets[0].addresses[0].ip: missing"},
          {"/subsets/0/addresses", "x",
           "Endpoints default/headless: subsets[0].addresses: \"x\" is not a list"},
      });
  check_mistakes<Node>(
      recorded("1.30/nodes.json")["items"][0], decode_node,
      {
          {"/spec/podCIDRs/0", "ten",
           "Node worker-1: spec.podCIDRs[0]: \"ten\" is not a prefix such as 10.0.0.0/24"},
          {"/status/addresses/0/address", "host",
           "Node worker-1: status.addresses[0].address: \"host\" is not an IP address"},
          {"/status/conditions", "x", "Node worker-1: status.conditions: \"x\" is not a list"},
      });
  check_mistakes<Pod>(
      recorded("1.30/pods.json")["items"][0], decode_pod,
      {
          {"/spec/hostNetwork", "yes",
           "Pod shop/web-7d4b9c6f5d-00005: spec.hostNetwork: \"yes\" is not true or false"},
          {"/status/podIPs/1/ip", "",
           "Pod shop/web-7d4b9c6f5d-00005: status.podIPs[1].ip: \"\" is not an IP address"},
          {"/metadata/labels/app", 1,
           "Pod shop/web-7d4b9c6f5d-00005: metadata.labels: \"app\" has a value that is not a "
           "string"},
      });
}

TEST_CASE("annotations of others are not kept, whatever they look like") {
  json web = recorded("1.30/services.json")["items"][0];
  web["metadata"]["annotations"] = {{"sextant.io", "1"},
                                    {"sextant.io.example.com/a", "1"},
                                    {"mysextant.io/a", "1"},
                                    {"policy.sextant.io/a", "2"},
                                    {"contivpp.io/b", "3"}};
  CHECK(good(decode_service(web)).meta.annotations ==
        StringPairs{{"contivpp.io/b", "3"}, {"policy.sextant.io/a", "2"}});
}

}  // namespace sextant::k8s
