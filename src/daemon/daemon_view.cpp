// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reading the data plane for views.
#include "daemon_view.hpp"

#include "dataplane/slow_path/slow_path.hpp"

namespace sextant {

const ForwardingTables& DaemonView::tables() const {
  static const ForwardingTables none;
  return reconciler_ ? reconciler_->compiler().tables() : none;
}

const std::vector<PolicyStatus>& DaemonView::policies() const {
  static const std::vector<PolicyStatus> none;
  return reconciler_ ? reconciler_->compiler().policies() : none;
}

std::shared_ptr<const CountersSnapshot> DaemonView::counters() const {
  const auto now = std::chrono::steady_clock::now();
  if (counters_ == nullptr || now - counted_at_ > kKeepCounters) {
    counters_ = std::make_shared<const CountersSnapshot>(dataplane_.counters());
    counted_at_ = std::chrono::steady_clock::now();
  }
  return counters_;
}

std::vector<NeighborInfo> DaemonView::neighbors() const {
  const SlowPath* const slow_path = dataplane_.slow_path();
  return slow_path == nullptr ? std::vector<NeighborInfo>{} : slow_path->neighbors();
}

}  // namespace sextant
