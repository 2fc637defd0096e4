// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Manifests: objects from files, mistakes by line, changes as they happen; and the RBAC manifest.
#include "k8s/manifests.hpp"

#include <algorithm>
#include <set>

#include "control/runtime/yaml_tree.hpp"
#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using Strings = std::vector<std::string>;

namespace {

const std::string kGood = R"(# A service and its backends.
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: fd00:10:96::1
  ports:
  - {name: http, port: 80, targetPort: 8080}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
--- # and a list
apiVersion: v1
kind: List
items:
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata:
    name: web-1
    namespace: default
    labels: {kubernetes.io/service-name: web}
  addressType: IPv6
  endpoints:
  - addresses: ["2001:0:0:1::5"]
    nodeName: node-a
- {apiVersion: v1, kind: Node, metadata: {name: node-a}, spec: {podCIDRs: ["2001:0:0:1::/64"]}}
...
---
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"nodeName": "node-a"}}
)";

Strings findings_of(const std::string& text) {
  ManifestObjects objects;
  parse_manifests(text, "m.yaml", objects);
  return lines_of(objects.diagnostics);
}

}  // namespace

TEST_CASE("several documents, lists, JSON, and kinds of others") {
  ManifestObjects objects;
  parse_manifests(kGood, "m.yaml", objects);
  CHECK(lines_of(objects.diagnostics) == Strings{});
  REQUIRE(objects.services.size() == 1);
  REQUIRE(objects.endpoint_slices.size() == 1);
  REQUIRE(objects.nodes.size() == 1);
  REQUIRE(objects.pods.size() == 1);
  CHECK(objects.services[0].key == "default/web");
  CHECK(objects.nodes[0].key == "node-a");
  const auto* service = static_cast<const Service*>(objects.services[0].object.get());
  CHECK(service->ports.at(0).target_port == 8080);
  CHECK(service->cluster_ips.at(0).to_string() == "fd00:10:96::1");
}

TEST_CASE("mistakes are reported by line and column") {
  const std::pair<std::string, const char*> cases[] = {
      {"a: [", "m.yaml:"},
      {"- a\n", "m.yaml:1:1: a list is not an object of Kubernetes"},
      {"a: 1\n", "m.yaml:1:1: kind: missing: an object of Kubernetes has apiVersion and kind"},
      {"kind: List\nitems: 7\n", "m.yaml:2:8: items: a single value is not a list"},
      {"kind: List\nitems:\n- {kind: List}\n", "m.yaml:3:3: kind: a list inside of a list"},
      {"---\n\n---\nkind: Service\napiVersion: v1\nmetadata: {name: w}\nspec:\n  ports:\n  - port: "
       "x\n",
       "m.yaml:9:11: Service default/w: spec.ports[0].port: \"x\" is not a number"},
      {"kind: Service\napiVersion: v1\nmetadata: {name: w}\nspec:\n  ports:\n  - name: a\n",
       "m.yaml:6:5: Service default/w: spec.ports[0].port: missing"},
      {"kind: Service\napiVersion: v1\n", "m.yaml:1:1: Service ?: metadata.name: missing"},
      {"kind: Node\napiVersion: v1\nmetadata: {name: 7}\n",
       "m.yaml:3:18: Node ?: metadata.name: 7 is not a string"},
      {"kind: Node\napiVersion: v1\nmetadata: {name: n, labels: {topology.kubernetes.io/zone: "
       "7}}\n",
       "m.yaml:3:59: Node n: metadata.labels.topology.kubernetes.io/zone: 7 is not a string"},
      {"{kind: Node, apiVersion: v1, metadata: {name: n}}\n---\n{kind: Node, apiVersion: v1, "
       "metadata: {name: n}}\n",
       "m.yaml:3:1: metadata.name: there is a n of this kind already"},
      {"kind: Service\nmetadata: &a {name: w}\n", "m.yaml:2:"},
  };
  for (const auto& [text, finding] : cases) {
    CAPTURE(text);
    const Strings lines = findings_of(text);
    REQUIRE(lines.size() >= 1);
    CAPTURE(lines.front());
    CHECK(lines.front().starts_with(finding));
  }
}

TEST_CASE("texts that hold nothing") {
  for (const char* text : {"", "\n", "---\n", "---\n---\n...\n", "# only\n--- # comments\n"}) {
    CAPTURE(text);
    CHECK(findings_of(text) == Strings{});
  }
}

TEST_CASE("a folder is read and followed") {
  ScratchFolder folder;
  folder.write("1.yaml", kGood);
  folder.write("notes.txt", "kind: nonsense [");
  boost::asio::io_context loop;
  ClusterStores stores;
  Strings errors;
  const auto source = ManifestSource::create(loop, folder.path(), stores).value();
  source->on_report([&](bool error, const std::string& text) {
    if (error) errors.push_back(text);
  });
  source->start();
  REQUIRE(source->status().synced);
  CHECK(stores.services.size() == 1);
  CHECK(stores.pods.size() == 1);
  folder.write("2.yaml",
               "kind: Pod\napiVersion: v1\nmetadata: {name: q}\nspec: {nodeName: other}\n---\n"
               "kind: Service\napiVersion: v1\nmetadata: {name: x}\n");
  REQUIRE(run_until(loop, [&] { return stores.services.size() == 2; }));
  CHECK(stores.pods.size() == 2);
  CHECK(errors.empty());

  // A file that is broken, or half written, changes nothing.
  folder.write("2.yaml", "kind: Service\nmetadata: {name: [");
  REQUIRE(run_until(loop, [&] { return errors.size() == 1; }));
  CHECK(errors[0].find("2.yaml:") != std::string::npos);
  CHECK(stores.services.size() == 2);
  CHECK_FALSE(source->status().problem.empty());

  // An object that becomes wrong keeps its last value.
  folder.write("2.yaml", "kind: Service\napiVersion: v1\nmetadata: {name: x}\nspec: {ports: 7}\n");
  REQUIRE(run_until(loop, [&] { return errors.size() == 2; }));
  CHECK(stores.services.size() == 2);

  std::filesystem::remove(folder.path() / "2.yaml");
  REQUIRE(run_until(loop, [&] { return stores.services.size() == 1; }));
  CHECK(source->status().problem.empty());

  // Moved over, as editors and kubelet do.
  folder.write("new", "kind: Service\napiVersion: v1\nmetadata: {name: y}\n");
  std::filesystem::rename(folder.path() / "new", folder.path() / "1.yaml");
  REQUIRE(run_until(loop, [&] { return stores.services.find("default/y") != nullptr; }));
  CHECK(stores.services.size() == 1);
}

TEST_CASE("what is no folder is refused") {
  boost::asio::io_context loop;
  ClusterStores stores;
  ScratchFolder folder;
  CHECK_FALSE(ManifestSource::create(loop, "/nonexistent", stores).ok());
  CHECK_FALSE(ManifestSource::create(loop, folder.write("f", ""), stores).ok());
}

TEST_CASE("the RBAC manifest grants what the client asks for and nothing else") {
  const std::filesystem::path file =
      std::filesystem::path(SEXTANT_SOURCE_DIR) / "config/manifests/rbac.yaml";
  const std::string all = read_all(file);
  const std::size_t begin = all.find("kind: ClusterRole\n");
  REQUIRE(begin != std::string::npos);
  const std::size_t rules = all.find("rules:", begin);
  const std::string text = all.substr(rules, all.find("---", rules) - rules);
  Diagnostics diagnostics;
  const YamlNode tree = parse_yaml(text, "rbac.yaml", diagnostics);
  REQUIRE(lines_of(diagnostics) == Strings{});
  std::set<std::string> granted;
  const YamlNode& list = tree.children.at(1);
  for (const YamlNode& rule : list.children) {
    std::map<std::string, Strings> fields;
    for (std::size_t i = 0; i + 1 < rule.children.size(); i += 2) {
      for (const YamlNode& value : rule.children[i + 1].children)
        fields[rule.children[i].scalar].push_back(value.scalar);
    }
    REQUIRE(fields.size() == 3);
    for (const std::string& group : fields.at("apiGroups")) {
      for (const std::string& resource : fields.at("resources")) {
        for (const std::string& verb : fields.at("verbs"))
          granted.insert(group + "/" + resource + " " + verb);
      }
    }
  }
  std::set<std::string> used;
  for (const ApiPermission& row : api_permissions()) {
    for (const std::string_view verb : row.verbs)
      used.insert(std::string(row.group) + "/" + std::string(row.plural) + " " + std::string(verb));
  }
  CHECK(granted == used);
  CHECK(std::count(all.begin(), all.end(), '*') == 0);
}

}  // namespace sextant::k8s
