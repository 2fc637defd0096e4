// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What pods have, beside what their objects say.
#include "pod_publisher.hpp"

#include <utility>

#include "k8s/encode.hpp"

namespace sextant {

std::map<std::string, std::string> interfaces_annotations(const Pods::List& pods) {
  std::map<std::string, std::vector<k8s::PodInterface>> by_pod;
  for (const auto& [key, attached] : pods) {
    const Pod& pod = attached.pod;
    if (!pod.is_extra() || pod.pod_name.empty()) continue;
    by_pod[pod.pod_namespace + "/" + pod.pod_name].push_back({.name = pod.ifname,
                                                              .network = pod.network,
                                                              .interface = pod.interface,
                                                              .addresses = pod.addresses,
                                                              .mac = pod.pod_mac});
  }
  std::map<std::string, std::string> out;
  for (const auto& [key, interfaces] : by_pod)
    out.emplace(key, k8s::interfaces_annotation(interfaces));
  return out;
}

void PodPublisher::attachments_changed() {
  const Texts before = std::exchange(wanted_, interfaces_annotations(pods_.list()));
  std::set<std::string> keys;
  for (const auto& [key, text] : before)
    keys.insert(key);
  for (const auto& [key, text] : wanted_)
    keys.insert(key);
  objects_changed(keys);
}

void PodPublisher::objects_changed(const std::set<std::string>& keys) {
  for (const std::string& key : keys) {
    const k8s::Pod* const pod = stores_.pods.find(key);
    if (pod == nullptr) {
      sent_.erase(key);
      continue;
    }
    if (pod->node != node_name_ || pods_.is_restoring(key)) continue;
    const auto wanted = wanted_.find(key);
    const std::string text = wanted == wanted_.end() ? "" : wanted->second;
    const std::string* const there = pod->meta.annotation(k8s::kInterfacesAnnotation);
    if (there == nullptr ? text.empty() : *there == text) {
      sent_.erase(key);
    } else {
      publish(key, text);
    }
  }
}

// Once: the writer tries again by itself, and what others write in between is theirs.
void PodPublisher::publish(const std::string& key, const std::string& text) {
  const auto [sent, fresh] = sent_.emplace(key, text);
  if (!fresh && sent->second == text) return;
  sent->second = text;
  const k8s::Metadata& meta = stores_.pods.find(key)->meta;
  const nlohmann::json value = text.empty() ? nlohmann::json() : nlohmann::json(text);
  writer_.patch_annotations({.resource = {.group = "", .version = "v1", .plural = "pods"},
                             .kind = "Pod",
                             .namespace_name = meta.namespace_name,
                             .name = meta.name,
                             .uid = meta.uid},
                            {{std::string(k8s::kInterfacesAnnotation), value}});
}

}  // namespace sextant
