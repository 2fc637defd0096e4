// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// make_cluster_source().
#include "k8s/make_source.hpp"

#include <algorithm>
#include <utility>

#include "k8s/api_source.hpp"
#include "k8s/manifests.hpp"

namespace sextant::k8s {

namespace {

Result<std::unique_ptr<ClusterSource>> make_api_source(boost::asio::io_context& loop,
                                                       const KubernetesSettings& settings,
                                                       const std::string& node_name,
                                                       ClusterStores& stores,
                                                       const Environment& environment) {
  Result<ApiAccess> access = settings.kubeconfig.empty() ? in_cluster_access(environment)
                                                         : kubeconfig_access(settings.kubeconfig);
  if (!access) return Error{"kubernetes: " + access.error().text};
  ApiSourceOptions options;
  options.node_name = node_name;
  options.chains = settings.chains;
  options.informer.watch = settings.watch;
  options.informer.poll_interval =
      std::chrono::seconds(std::max<std::uint32_t>(1, settings.poll_interval_s));
  options.state_file = settings.state_file;
  auto source = ApiSource::create(loop, std::move(access).value(), std::move(options), stores);
  if (!source) return Error{"kubernetes: " + source.error().text};
  return std::unique_ptr<ClusterSource>(std::move(source).value());
}

}  // namespace

Result<std::unique_ptr<ClusterSource>> make_cluster_source(boost::asio::io_context& loop,
                                                           const KubernetesSettings& settings,
                                                           ClusterStores& stores,
                                                           const Environment& environment) {
  std::string node_name = settings.node_name;
  if (node_name.empty()) node_name = environment("NODE_NAME").value_or("");
  switch (settings.source) {
    case KubernetesSettings::Source::kNone: break;
    case KubernetesSettings::Source::kApi:
      return make_api_source(loop, settings, node_name, stores, environment);
    case KubernetesSettings::Source::kManifests: {
      auto source = ManifestSource::create(loop, settings.path, stores);
      if (!source) return source.error();
      return std::unique_ptr<ClusterSource>(std::move(source).value());
    }
  }
  return Error{"kubernetes.source: is not set"};
}

}  // namespace sextant::k8s
