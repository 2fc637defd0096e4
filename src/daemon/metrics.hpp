// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Metrics: counters and states in the text format of Prometheus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "health.hpp"
#include "reply_queue.hpp"
#include "views.hpp"

namespace sextant {

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// Of a family with a series per object: the objects behind it are summed up in one more series
// whose labels all say "other".
inline constexpr std::size_t kMaxSeries = 1000;

// Writes families: HELP and TYPE once, then their series.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // type: "counter" or "gauge".
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void write_labels(Labels labels);

  std::string name_;
  std::string text_;
};

// What besides the tables and their counters is told. Control thread.
struct MetricsSource {
  const ViewSource& views;
  // Null until the first attempt.
  std::function<const GenerationStatus*()> generation;
  HealthFunction health;
  // Empty, or none: no cluster is followed.
  std::function<std::optional<k8s::ClusterStatus>()> cluster;
};

// One family per step at least.
[[nodiscard]] std::unique_ptr<SlicedReply> make_metrics(const MetricsSource& source);

}  // namespace sextant
