// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ClusterController: follows the cluster and keeps its layer of the desired state up to date.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include <sextant/common/result.hpp>

#include "control/runtime/reconciler.hpp"
#include "k8s/make_source.hpp"
#include "k8s/translator.hpp"

namespace sextant {

// Control thread.
class ClusterController {
 public:
  // For settings that are enabled. Reads credentials, connects to nothing. An Error says what is
  // missing. loop and reconciler outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ClusterController>> create(
      boost::asio::io_context& loop, const KubernetesSettings& settings, Reconciler& reconciler);
  ClusterController(const ClusterController&) = delete;

  // After the first generation.
  void start();
  // Interfaces, addresses or routes of the file or of attached pods may have changed.
  void base_changed();
  // Before the end of the process: what a start without the API server needs. May block for some
  // 100 ms.
  void save() { source_->save(); }

  [[nodiscard]] k8s::ClusterStatus status() const { return source_->status(); }
  [[nodiscard]] const k8s::Translator& translator() const { return translator_; }

 private:
  ClusterController(boost::asio::io_context& loop, const KubernetesSettings& settings,
                    std::string node_name, Reconciler& reconciler);
  void subscribe();
  void update_soon();
  void update();

  boost::asio::io_context& loop_;
  const KubernetesSettings settings_;
  Reconciler& reconciler_;
  k8s::ClusterStores stores_;
  k8s::Translator translator_;
  std::unique_ptr<k8s::ClusterSource> source_;    // fills stores_: goes first
  std::optional<k8s::ProblemReporter> reporter_;  // where somebody takes Events
  // Outlived by what was posted to the loop.
  std::shared_ptr<bool> update_posted_ = std::make_shared<bool>(false);
};

}  // namespace sextant
