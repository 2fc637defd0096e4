// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Fields of a reply as text. A missing field or another type throws nlohmann::json::exception; who
// asks the daemon catches it and says that the versions do not fit (daemon_link.hpp).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sextant {

[[nodiscard]] inline std::string text_of(const nlohmann::json& object, const char* key) {
  return object.at(key).get<std::string>();
}

[[nodiscard]] inline std::uint64_t count_of(const nlohmann::json& object, const char* key) {
  return object.at(key).get<std::uint64_t>();
}

[[nodiscard]] inline std::string number_of(const nlohmann::json& object, const char* key) {
  return std::to_string(count_of(object, key));
}

[[nodiscard]] inline bool is_true(const nlohmann::json& object, const char* key) {
  return object.at(key).get<bool>();
}

[[nodiscard]] inline std::string joined(const nlohmann::json& words, const char* separator) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += separator;
    out += word.get<std::string>();
  }
  return out;
}

[[nodiscard]] inline std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

}  // namespace sextant
