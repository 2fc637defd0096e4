// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// KubernetesSettings: section "kubernetes" of the configuration, as src/k8s wants it.
#pragma once

#include <cstdint>
#include <string>

namespace sextant {

struct KubernetesSettings {
  enum class Source : std::uint8_t {
    kNone,       // no Kubernetes at all
    kApi,        // the API server
    kManifests,  // YAML files of a folder
  };

  Source source = Source::kNone;
  std::string path;        // kManifests: the folder
  std::string kubeconfig;  // kApi; empty: the service account of the pod
  std::string node_name;   // whose pods are followed; empty: variable NODE_NAME
  bool watch = true;       // kApi; false: lists every poll_interval_s
  std::uint32_t poll_interval_s = 30;
  std::string state_file;  // kApi; empty: none

  friend bool operator==(const KubernetesSettings&, const KubernetesSettings&) = default;
};

}  // namespace sextant
