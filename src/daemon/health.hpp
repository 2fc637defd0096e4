// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Health: whether the process lives, and whether it forwards what it should; in words.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sextant/telemetry/counters.hpp>

#include "control/runtime/reconciler.hpp"
#include "k8s/cluster_source.hpp"

namespace sextant {

struct Health {
  // The control thread answers and every lcore made progress lately. False: restart the process.
  bool live = false;
  // There is a generation, and ports to forward it on. A refused change does not make a node
  // unready: it forwards by the generation before, and taking it out of service would help nobody.
  bool ready = false;
  std::vector<std::string> missing;  // why it is not ready; empty when it is
  std::vector<std::string> notices;  // what somebody should look at all the same
};

// Pure. lcores_progress: what Dataplane::lcores_progress() said last. cluster: null when none is
// followed.
[[nodiscard]] Health make_health(const GenerationStatus& generation,
                                 const std::vector<PortState>& ports, bool lcores_progress,
                                 const k8s::ClusterStatus* cluster = nullptr);

// How handlers ask; control thread.
using HealthFunction = std::function<Health()>;

}  // namespace sextant
