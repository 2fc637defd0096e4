// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DaemonView: the running data plane and what was compiled for it, as views read them.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "cluster_controller.hpp"
#include "control/runtime/reconciler.hpp"
#include "dataplane/ports/dataplane.hpp"
#include "views.hpp"

namespace sextant {

// Keeps references. Control thread.
class DaemonView : public ViewSource {
 public:
  // reconciler: empty until the data plane has started.
  // cluster: empty until it is followed.
  DaemonView(const Dataplane& dataplane, const std::optional<Reconciler>& reconciler,
             const std::unique_ptr<ClusterController>& cluster)
      : dataplane_(dataplane), reconciler_(reconciler), cluster_(cluster) {}

  [[nodiscard]] const ForwardingTables& tables() const override;
  [[nodiscard]] const std::vector<PolicyStatus>& policies() const override;
  [[nodiscard]] Generation generation() const override { return dataplane_.generation(); }
  [[nodiscard]] std::shared_ptr<const CountersSnapshot> counters() const override;
  [[nodiscard]] std::vector<PortState> ports() const override { return dataplane_.ports(); }
  [[nodiscard]] std::vector<NeighborInfo> neighbors() const override;
  [[nodiscard]] std::vector<LcoreStatistics> lcores() const override { return dataplane_.lcores(); }
  [[nodiscard]] std::size_t connection_places() const override {
    return dataplane_.connection_places();
  }
  [[nodiscard]] std::optional<ConnectionInfo> connection(std::size_t place) const override {
    return dataplane_.connection(place);
  }
  [[nodiscard]] FlowUse flow_use() const override { return dataplane_.flow_use(); }
  [[nodiscard]] const k8s::Translator* cluster() const override {
    return cluster_ ? &cluster_->translator() : nullptr;
  }

 private:
  // Summing up over lcores follows the number of objects: slices of one list share a sum.
  static constexpr std::chrono::milliseconds kKeepCounters{20};

  const Dataplane& dataplane_;
  const std::optional<Reconciler>& reconciler_;
  const std::unique_ptr<ClusterController>& cluster_;
  mutable std::shared_ptr<const CountersSnapshot> counters_;
  mutable std::chrono::steady_clock::time_point counted_at_;
};

}  // namespace sextant
