// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// make_cluster_source: the way into src/k8s for the daemon.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include <sextant/common/result.hpp>

#include "control/model/kubernetes_settings.hpp"
#include "k8s/api_access.hpp"
#include "k8s/cluster_source.hpp"

namespace sextant::k8s {

// The source that the settings ask for; not started. Reads credentials, connects to nothing. An
// Error says what is missing. loop and stores must outlive it. Not for Source::kNone.
[[nodiscard]] Result<std::unique_ptr<ClusterSource>> make_cluster_source(
    boost::asio::io_context& loop, const KubernetesSettings& settings, ClusterStores& stores,
    const Environment& environment = process_environment);

}  // namespace sextant::k8s
