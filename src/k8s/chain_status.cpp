// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What the API says about a chain, and who says it.
#include <utility>

#include "k8s/translate_chain.hpp"

namespace sextant::k8s {

ChainStatus status_of(const ChainTranslation& made, const ChainStatus& said, std::string now) {
  ChainStatus out;
  out.rendered = made.rendered() ? "True" : "False";
  out.reason = made.reason;
  out.message = made.message;
  out.paths = made.rendered() ? made.paths : 0;
  out.nodes.assign(made.nodes.begin(), made.nodes.end());
  out.since = out.rendered == said.rendered && !said.since.empty() ? said.since : std::move(now);
  return out;
}

bool writes_status(const Cluster& cluster, const ChainTranslation& made) {
  if (!made.nodes.empty()) return *made.nodes.begin() == cluster.node_name;
  const auto& all = cluster.nodes.all();
  return !all.empty() && all.begin()->first == cluster.node_name;
}

}  // namespace sextant::k8s
