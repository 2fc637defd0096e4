// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Routes of attached pods, for the CNI plugin and for people.
#pragma once

#include "api.hpp"
#include "pod_groups.hpp"

namespace sextant {

// Which pod of Kubernetes is meant.
struct PodName {
  std::string pod_namespace;
  std::string name;
  std::string uid;  // may be empty
};

// What the routes ask of the daemon. Outlives the api.
struct PodRoutes {
  using Annotations = std::vector<std::pair<std::string, std::string>>;
  using Found = std::function<void(const Result<Annotations>&)>;

  Pods& pods;
  PodGroups& groups;
  // Asks the cluster for the annotations of a pod. An error after some seconds: it is not there.
  std::function<void(const PodName&, Found)> annotations_of;
};

// GET /v1/pods; over the socket alone POST /v1/pods (attach), DELETE /v1/pods (detach),
// POST /v1/pods/interfaces (what to attach), GET /v1/pods/check and POST /v1/pods/gc.
void add_pod_routes(Api& api, PodRoutes routes);

// The body of an attachment. Any bytes; what it does not say keeps its default, a key that it does
// not know is an error. Pure.
[[nodiscard]] Result<PodGroup> parse_group(std::string_view body);

}  // namespace sextant
