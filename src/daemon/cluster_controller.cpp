// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// From batches of changed objects to one change of the layer.
#include "cluster_controller.hpp"

#include <boost/asio/post.hpp>
#include <cstdlib>
#include <utility>

#include "log.hpp"

namespace sextant {

namespace {

std::string node_name_of(const KubernetesSettings& settings) {
  return settings.node_name.empty() ? k8s::process_environment("NODE_NAME").value_or("")
                                    : settings.node_name;
}

}  // namespace

ClusterController::ClusterController(boost::asio::io_context& loop,
                                     const KubernetesSettings& settings, std::string node_name,
                                     Reconciler& reconciler)
    : loop_(loop),
      settings_(settings),
      reconciler_(reconciler),
      translator_(settings, std::move(node_name), stores_) {}

Result<std::unique_ptr<ClusterController>> ClusterController::create(
    boost::asio::io_context& loop, const KubernetesSettings& settings, Reconciler& reconciler) {
  KubernetesSettings named = settings;
  named.node_name = node_name_of(settings);
  if (named.node_name.empty()) {
    return Error{
        "kubernetes.node_name: neither that nor variable NODE_NAME says which node this is"};
  }
  std::unique_ptr<ClusterController> out(
      new ClusterController(loop, named, named.node_name, reconciler));
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
    update_soon();
  });
  stores_.chains.subscribe([this](const std::set<std::string>& keys) {
    translator_.chains_changed(keys);
    update_soon();
  });
  stores_.external_interfaces.subscribe([this](const std::set<std::string>& keys) {
    translator_.external_interfaces_changed(keys);
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
  if (!change.empty()) reconciler_.change(StateLayer::kKubernetes, std::move(change));
}

}  // namespace sextant
