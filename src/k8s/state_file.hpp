// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The last known state of the cluster on disk, for a start while the API server is down.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <sextant/common/result.hpp>

#include "k8s/store.hpp"

namespace sextant::k8s {

// A line with format, length and SHA-256 of the rest; then lines of JSON: what the file is about,
// and one object each.
inline constexpr std::size_t kMaxStateBytes = std::size_t{1} << 30;

// Immutable; any thread may write it to disk.
struct ClusterSnapshot {
  Store<Node>::Objects nodes;
  Store<Service>::Objects services;
  Store<EndpointSlice>::Objects endpoint_slices;
  Store<Pod>::Objects pods;
  Store<ServiceFunctionChain>::Objects chains;
  Store<ExternalInterface>::Objects external_interfaces;
  Store<CustomNetwork>::Objects networks;
};
[[nodiscard]] ClusterSnapshot snapshot_of(const ClusterStores& stores);

// cluster: whose state it is, the URL of the API server; saved_at: since 1970.
[[nodiscard]] std::string write_state(const ClusterSnapshot& snapshot, std::string_view cluster,
                                      std::chrono::seconds saved_at);

struct RestoredState {
  std::chrono::seconds saved_at{};
  std::size_t objects = 0;
};
// Fills the stores, all of it or nothing: a damaged file, or that of another cluster, is an Error.
// Does not flush.
[[nodiscard]] Result<RestoredState> read_state(std::string_view bytes, std::string_view cluster,
                                               ClusterStores& stores);

}  // namespace sextant::k8s
