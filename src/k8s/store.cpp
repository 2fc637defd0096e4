// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What stores of all kinds share.
#include "k8s/store.hpp"

namespace sextant::k8s {

std::string store_key_of(const nlohmann::json& json) {
  if (!json.is_object()) return "";
  const auto metadata = json.find("metadata");
  if (metadata == json.end() || !metadata->is_object()) return "";
  const auto text = [&](const char* key) -> std::string {
    const auto found = metadata->find(key);
    return found != metadata->end() && found->is_string() ? found->get<std::string>() : "";
  };
  const std::string name = text("name");
  if (name.empty()) return "";
  const std::string space = text("namespace");
  return space.empty() ? name : space + "/" + name;
}

}  // namespace sextant::k8s
