// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// make_cluster_source(): settings lead to the right source, or to a sentence.
#include "k8s/make_source.hpp"

#include "k8s_fixtures.hpp"

namespace sextant::k8s {

using namespace k8s_test;
using Source = KubernetesSettings::Source;

namespace {

std::optional<std::string> no_environment(const char*) {
  return std::nullopt;
}

std::string error_of(const KubernetesSettings& settings) {
  boost::asio::io_context loop;
  ClusterStores stores;
  const auto source = make_cluster_source(loop, settings, stores, no_environment);
  return source ? "" : source.error().text;
}

}  // namespace

TEST_CASE("settings that lead nowhere are told in a sentence") {
  ScratchFolder folder;
  KubernetesSettings settings;
  CHECK(error_of(settings) == "kubernetes.source: is not set");
  settings.source = Source::kManifests;
  settings.path = "/nonexistent";
  CHECK(error_of(settings) == "kubernetes.path: /nonexistent is not a folder");
  settings.source = Source::kApi;
  CHECK(error_of(settings).starts_with("kubernetes: not in a pod: "));
  settings.kubeconfig = "/nonexistent";
  CHECK(error_of(settings).starts_with("kubernetes: /nonexistent: cannot be opened"));
  settings.kubeconfig = folder.write("kc",
                                     "kind: Config\ncurrent-context: c\n"
                                     "contexts: [{name: c, context: {cluster: k}}]\n"
                                     "clusters: [{name: k, cluster: {server: \"https://a\"}}]\n");
  CHECK(error_of(settings) ==
        "kubernetes: the name of this node is not known: set node.name or the variable NODE_NAME");
  settings.node_name = "node-a";
  CHECK(error_of(settings).empty());
}

TEST_CASE("the node's name may come from the environment") {
  ScratchFolder folder;
  boost::asio::io_context loop;
  ClusterStores stores;
  KubernetesSettings settings;
  settings.source = Source::kApi;
  settings.kubeconfig = folder.write("kc",
                                     "kind: Config\ncurrent-context: c\n"
                                     "contexts: [{name: c, context: {cluster: k}}]\n"
                                     "clusters: [{name: k, cluster: {server: \"https://a\"}}]\n");
  const auto source = make_cluster_source(loop, settings, stores,
                                          [](const char* name) -> std::optional<std::string> {
                                            if (std::string(name) == "NODE_NAME") return "node-z";
                                            return std::nullopt;
                                          });
  CHECK(source.ok());
}

}  // namespace sextant::k8s
