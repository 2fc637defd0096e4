// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ClusterController: follows the cluster and keeps its layer of the desired state up to date.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <sextant/common/result.hpp>

#include "control/runtime/reconciler.hpp"
#include "external_ports.hpp"
#include "k8s/make_source.hpp"
#include "k8s/translator.hpp"
#include "pod_publisher.hpp"
#include "pod_routes.hpp"

namespace sextant {

// Control thread.
class ClusterController {
 public:
  // For settings that are enabled. Reads credentials, connects to nothing. An Error says what is
  // missing. loop and reconciler outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ClusterController>> create(
      boost::asio::io_context& loop, const KubernetesSettings& settings, Reconciler& reconciler,
      Dataplane& dataplane);
  ClusterController(const ClusterController&) = delete;

  // After the first generation.
  void start();
  // Interfaces, addresses or routes of the file or of attached pods may have changed.
  void base_changed();
  // Ports of the file may have changed.
  void ports_changed() { external_.update(); }
  // From now on the cluster is told of their extra interfaces. Outlives it, or is taken back.
  void set_pods(Pods& pods);
  // A CustomNetwork as this node sees it.
  [[nodiscard]] Result<PodNetwork> network_of(const std::string& key) const;
  // Before the end of the process: what a start without the API server needs. May block for some
  // 100 ms.
  void save() { source_->save(); }

  // The annotations of a pod, as soon as the cluster tells of it; an Error after some seconds. A
  // pod that stands in no manifest has none.
  void find_pod(const PodName& pod, PodRoutes::Found found);

  [[nodiscard]] k8s::ClusterStatus status() const { return source_->status(); }
  [[nodiscard]] const k8s::Translator& translator() const { return translator_; }

 private:
  ClusterController(boost::asio::io_context& loop, const KubernetesSettings& settings,
                    std::string node_name, Reconciler& reconciler, Dataplane& dataplane);
  void find_pod_until(std::chrono::steady_clock::time_point deadline, const PodName& pod,
                      const PodRoutes::Found& found);
  void subscribe();
  void update_soon();
  void update();
  void write_status(const std::string& chain, const k8s::ChainTranslation& made);

  boost::asio::io_context& loop_;
  const KubernetesSettings settings_;
  Reconciler& reconciler_;
  k8s::ClusterStores stores_;
  k8s::Translator translator_;
  ExternalPorts external_;
  std::optional<PodPublisher> publisher_;
  std::unique_ptr<k8s::ClusterSource> source_;    // fills stores_: goes first
  std::optional<k8s::ProblemReporter> reporter_;  // where somebody takes Events
  // Outlived by what was posted to the loop.
  std::shared_ptr<bool> update_posted_ = std::make_shared<bool>(false);
};

}  // namespace sextant
