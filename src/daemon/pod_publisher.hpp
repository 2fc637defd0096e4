// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PodPublisher: tells the cluster of the extra interfaces of this node's pods.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "k8s/api_writer.hpp"
#include "k8s/store.hpp"
#include "pods.hpp"

namespace sextant {

// Keeps annotation sextant.io/interfaces of every pod of this node as it is attached. Control
// thread.
class PodPublisher {
 public:
  // All outlive it.
  PodPublisher(k8s::ApiWriter& writer, const k8s::ClusterStores& stores, const Pods& pods,
               std::string node_name)
      : writer_(writer), stores_(stores), pods_(pods), node_name_(std::move(node_name)) {}

  // Some pods are attached or detached.
  void attachments_changed();
  // Pod objects have changed: "namespace/name".
  void objects_changed(const std::set<std::string>& keys);

 private:
  // The annotation that a pod should have; empty: none.
  using Texts = std::map<std::string, std::string>;

  void publish(const std::string& key, const std::string& text);

  k8s::ApiWriter& writer_;
  const k8s::ClusterStores& stores_;
  const Pods& pods_;
  const std::string node_name_;
  Texts wanted_;
  Texts sent_;
};

// The annotations of attached pods, by "namespace/name". Pure.
[[nodiscard]] std::map<std::string, std::string> interfaces_annotations(const Pods::List& pods);

}  // namespace sextant
