// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What counts as ready.
#include "health.hpp"

#include <algorithm>

namespace sextant {

namespace {

// A cluster that was never seen is something to wait for; one that is not seen any more is not: the
// last state forwards.
void add_cluster(const k8s::ClusterStatus& cluster, Health& out) {
  const std::string why =
      cluster.problem.empty() ? "the first lists are on their way" : cluster.problem;
  if (!cluster.synced && !cluster.restored) {
    out.missing.push_back("kubernetes: " + why);
  } else if (!cluster.synced) {
    out.notices.push_back("kubernetes: the state of the last run is in use: " + why);
  } else if (!cluster.problem.empty()) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(
        cluster.stale.value_or(std::chrono::milliseconds(0)));
    out.notices.push_back("kubernetes: the state is " + std::to_string(age.count()) +
                          " s old: " + why);
  }
}

}  // namespace

Health make_health(const GenerationStatus& generation, const std::vector<PortState>& ports,
                   bool lcores_progress, const k8s::ClusterStatus* cluster) {
  Health out;
  out.live = lcores_progress;
  out.missing = generation.missing();
  if (!lcores_progress) {
    out.missing.emplace_back("lcores: one of them has made no progress for a second");
  }
  if (std::none_of(ports.begin(), ports.end(),
                   [](const PortState& port) { return port.present; })) {
    out.missing.emplace_back("ports: none of them is there");
  }
  if (cluster != nullptr) add_cluster(*cluster, out);
  out.ready = out.missing.empty();
  for (std::string& notice : generation.change_notices())
    out.notices.push_back(std::move(notice));
  if (std::string notice = generation.notice(); !notice.empty()) {
    out.notices.push_back(std::move(notice));
  }
  for (const PortState& port : ports) {
    if (port.name.empty()) continue;  // no port in this place
    if (!port.present) {
      out.notices.push_back("port '" + port.name + "' is gone (" + port.device + ")");
    } else if (!port.link_up) {
      out.notices.push_back("port '" + port.name + "' has no link");
    }
  }
  return out;
}

}  // namespace sextant
