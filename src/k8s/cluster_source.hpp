// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ClusterSource: what fills the ClusterStores, whoever that is.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "k8s/api_writer.hpp"
#include "k8s/informer.hpp"
#include "k8s/store.hpp"

namespace sextant::k8s {

// For /readyz, metrics and messages.
struct ClusterStatus {
  // All resources were complete once since the start: what the stores lack does not exist.
  bool synced = false;
  // The stores came from the state file and the API server has not confirmed them yet.
  bool restored = false;
  // The age of the oldest part: 0 while everything is followed; nothing before there is a state.
  std::optional<std::chrono::milliseconds> stale;
  // What is missing or wrong, in a sentence; empty when all is well.
  std::string problem;
  std::vector<InformerStatus> resources;  // source api only
  std::string endpoint_api;               // "endpointslices.discovery.k8s.io/v1"; empty: not known
  std::optional<ApiWriterStatus> writer;  // source api only
};

// Control thread. Fills stores and flushes them; never throws.
class ClusterSource {
 public:
  using Report = Informer::Report;

  virtual ~ClusterSource() = default;
  virtual void start() = 0;
  [[nodiscard]] virtual ClusterStatus status() const = 0;
  // Statuses and Events go there; nullptr: to nobody, as with manifests.
  [[nodiscard]] virtual ApiWriter* writer() { return nullptr; }
  // Before the end of the process: writes what a restart needs. May block for some 100 ms.
  virtual void save() {}

  // After each change of status that is not a change of the stores. Set before start().
  void on_status(std::function<void()> changed) { on_status_ = std::move(changed); }
  void on_report(Report report) { on_report_ = std::move(report); }

 protected:
  void tell_status() const {
    if (on_status_) on_status_();
  }
  void report(bool is_error, const std::string& text) const {
    if (on_report_) on_report_(is_error, text);
  }

 private:
  std::function<void()> on_status_;
  Report on_report_;
};

}  // namespace sextant::k8s
