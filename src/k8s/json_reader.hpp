// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// JsonReader: typed access to one JSON value that keeps the path for findings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include <sextant/common/diagnostic.hpp>
#include <sextant/net/ip_address.hpp>

namespace sextant::k8s {

// Where findings of one object go, and its name in them.
struct JsonFindings {
  Diagnostics diagnostics;
  std::string object;
};

// A value that may be absent. What is asked of an absent one is absent as well, without a finding;
// what has the wrong type is a finding. Children refer to their parents: keep those alive.
class JsonReader {
 public:
  JsonReader(const nlohmann::json& json, JsonFindings& findings)
      : json_(json.is_null() ? nullptr : &json), findings_(findings) {}

  [[nodiscard]] bool present() const { return json_ != nullptr; }
  [[nodiscard]] JsonReader at(std::string_view key) const&;  // of an object
  JsonReader at(std::string_view key) const&& = delete;      // its child would outlive it
  [[nodiscard]] std::size_t size() const;                    // of a list; 0 when absent
  [[nodiscard]] JsonReader item(std::size_t index) const&;
  JsonReader item(std::size_t index) const&& = delete;

  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::string text_or_empty() const;
  [[nodiscard]] bool flag(bool otherwise) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::uint64_t min, std::uint64_t max) const;
  [[nodiscard]] std::optional<IpAddress> address() const;
  [[nodiscard]] std::optional<IpPrefix> prefix() const;
  [[nodiscard]] bool is_text() const { return json_ != nullptr && json_->is_string(); }
  // The value as it is, nullptr when it is absent or no object.
  [[nodiscard]] const nlohmann::json* object() const;

  void error(std::string text) const;
  void warning(std::string text) const;
  [[nodiscard]] std::string path() const;

 private:
  JsonReader(const JsonReader* parent, std::string_view key, std::size_t index,
             const nlohmann::json* json)
      : json_(json), findings_(parent->findings_), parent_(parent), key_(key), index_(index) {}
  void wrong_type(std::string_view wanted) const;

  const nlohmann::json* json_;
  JsonFindings& findings_;
  // The path is put together when there is something to say about it.
  const JsonReader* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
};

}  // namespace sextant::k8s
