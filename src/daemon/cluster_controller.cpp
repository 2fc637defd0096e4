// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// From batches of changed objects to one change of the layer.
#include "cluster_controller.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "k8s/encode.hpp"
#include "k8s/translate_network.hpp"
#include "log.hpp"

namespace sextant {

namespace {

// How long the runtime may be ahead of the API server, and of the folder of manifests.
constexpr std::chrono::milliseconds kPodWait{5000};
constexpr std::chrono::milliseconds kManifestWait{500};
constexpr std::chrono::milliseconds kPodInterval{20};

std::string node_name_of(const KubernetesSettings& settings) {
  return settings.node_name.empty() ? k8s::process_environment("NODE_NAME").value_or("")
                                    : settings.node_name;
}

}  // namespace

ClusterController::ClusterController(boost::asio::io_context& loop,
                                     const KubernetesSettings& settings, std::string node_name,
                                     Reconciler& reconciler, Dataplane& dataplane)
    : loop_(loop),
      settings_(settings),
      reconciler_(reconciler),
      translator_(settings, node_name, stores_),
      external_(dataplane, reconciler, stores_, node_name, settings.table) {}

Result<std::unique_ptr<ClusterController>> ClusterController::create(
    boost::asio::io_context& loop, const KubernetesSettings& settings, Reconciler& reconciler,
    Dataplane& dataplane) {
  KubernetesSettings named = settings;
  named.node_name = node_name_of(settings);
  if (named.node_name.empty()) {
    return Error{
        "kubernetes.node_name: neither that nor variable NODE_NAME says which node this is"};
  }
  std::unique_ptr<ClusterController> out(
      new ClusterController(loop, named, named.node_name, reconciler, dataplane));
  auto source = k8s::make_cluster_source(loop, named, out->stores_);
  if (!source) return source.error();
  out->source_ = std::move(source).value();
  if (k8s::ApiWriter* const writer = out->source_->writer()) out->reporter_.emplace(loop, *writer);
  out->subscribe();
  return out;
}

void ClusterController::subscribe() {
  stores_.nodes.subscribe([this](const std::set<std::string>& keys) {
    translator_.nodes_changed(keys);
    update_soon();
  });
  stores_.services.subscribe([this](const std::set<std::string>& keys) {
    translator_.services_changed(keys);
    update_soon();
  });
  stores_.endpoint_slices.subscribe([this](const std::set<std::string>& keys) {
    translator_.endpoint_slices_changed(keys);
    update_soon();
  });
  stores_.pods.subscribe([this](const std::set<std::string>& keys) {
    translator_.pods_changed(keys);
    if (publisher_) publisher_->objects_changed(keys);
    update_soon();
  });
  stores_.networks.subscribe([this](const std::set<std::string>&) {
    translator_.networks_changed();
    update_soon();
  });
  stores_.chains.subscribe([this](const std::set<std::string>& keys) {
    translator_.chains_changed(keys);
    update_soon();
  });
  stores_.external_interfaces.subscribe([this](const std::set<std::string>& keys) {
    translator_.external_interfaces_changed(keys);
    external_.update();
    update_soon();
  });
  source_->on_status([this] { update_soon(); });
  source_->on_report([](bool is_error, const std::string& text) {
    log(is_error ? LogLevel::kWarning : LogLevel::kInfo, "k8s", "{}", text);
  });
}

void ClusterController::start() {
  translator_.set_links(
      k8s::LocalLinks(reconciler_.below(StateLayer::kKubernetes), settings_.table));
  source_->start();
}

void ClusterController::base_changed() {
  translator_.set_links(
      k8s::LocalLinks(reconciler_.below(StateLayer::kKubernetes), settings_.table));
  update_soon();
}

void ClusterController::set_pods(Pods& pods) {
  k8s::ApiWriter* const writer = source_->writer();
  if (writer == nullptr) return;
  publisher_.emplace(*writer, stores_, pods, settings_.node_name);
  pods.on_change([this] { publisher_->attachments_changed(); });
}

Result<PodNetwork> ClusterController::network_of(const std::string& key) const {
  const k8s::CustomNetwork* const network = stores_.networks.find(key);
  if (network == nullptr) {
    return Error{
        fmt::format("there is no CustomNetwork {}; create it, or correct the annotation", key)};
  }
  PodNetwork out;
  out.layer2 = network->layer2;
  if (out.layer2) return out;
  const k8s::ClusterNode* const self = translator_.nodes().find(settings_.node_name);
  if (self == nullptr) {
    return Error{fmt::format("the cluster has no node {}", settings_.node_name)};
  }
  auto parts = k8s::parts_of_node(settings_, *self, *network);
  if (!parts) return parts.error();
  out.table = k8s::network_table(settings_.table, key);
  out.parts = std::move(parts).value();
  for (const k8s::CustomNetwork::Subnet& subnet : network->subnets)
    out.subnets.push_back(subnet.prefix);
  return out;
}

void ClusterController::find_pod(const PodName& pod, PodRoutes::Found found) {
  const bool manifests = settings_.source == KubernetesSettings::Source::kManifests;
  find_pod_until(std::chrono::steady_clock::now() + (manifests ? kManifestWait : kPodWait), pod,
                 found);
}

// The pod of a StatefulSet has the name of the one before it.
void ClusterController::find_pod_until(std::chrono::steady_clock::time_point deadline,
                                       const PodName& pod, const PodRoutes::Found& found) {
  const k8s::Pod* const there = stores_.pods.find(pod.pod_namespace + "/" + pod.name);
  const bool late = std::chrono::steady_clock::now() >= deadline;
  if (there != nullptr && (late || pod.uid.empty() || there->meta.uid == pod.uid)) {
    return found(there->meta.annotations);
  }
  if (late) {
    if (settings_.source == KubernetesSettings::Source::kManifests) {
      return found(PodRoutes::Annotations());
    }
    const std::string problem = status().problem;
    return found(Error{fmt::format(
        "the cluster tells of no pod {}/{}, so that nobody knows which interfaces it wants{}",
        pod.pod_namespace, pod.name, problem.empty() ? "" : " (" + problem + ")")});
  }
  auto timer = std::make_shared<boost::asio::steady_timer>(loop_, kPodInterval);
  timer->async_wait([this, deadline, pod, found, timer](const boost::system::error_code& error) {
    if (!error) find_pod_until(deadline, pod, found);
  });
}

// Once for everything that changes in one turn of the loop.
void ClusterController::update_soon() {
  if (std::exchange(*update_posted_, true)) return;
  boost::asio::post(loop_, [this, alive = std::weak_ptr<bool>(update_posted_)] {
    const auto posted = alive.lock();
    if (posted == nullptr) return;
    *posted = false;
    update();
  });
}

void ClusterController::update() {
  // Half a cluster would be services without backends for a moment.
  const k8s::ClusterStatus now = status();
  if (!now.synced && !now.restored) return;
  StateChange change = translator_.take();
  for (k8s::ObjectProblems& problems : translator_.take_problems()) {
    if (reporter_) reporter_->set(std::move(problems));
  }
  for (const auto& [key, made] : translator_.take_chains())
    write_status(key, made);
  if (!change.empty()) reconciler_.change(StateLayer::kKubernetes, std::move(change));
}

// Only where the API says something else: our own words come back as a change of the chain.
void ClusterController::write_status(const std::string& key, const k8s::ChainTranslation& made) {
  const k8s::ServiceFunctionChain* const chain = stores_.chains.find(key);
  k8s::ApiWriter* const writer = source_->writer();
  if (chain == nullptr || writer == nullptr) return;
  const std::time_t now = std::time(nullptr);
  const k8s::ChainStatus status =
      k8s::status_of(made, chain->status, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now)));
  if (status != chain->status) {
    writer->patch_status(k8s::reference_to(*chain), k8s::encode(status));
  }
}

}  // namespace sextant
