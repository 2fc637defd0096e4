// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// JsonReader.
#include "k8s/json_reader.hpp"

#include <utility>

namespace sextant::k8s {

namespace {

// What a finding shows of a wrong value: enough to recognize it, never more than a line.
std::string excerpt(const nlohmann::json& json) {
  if (json.is_structured()) return json.is_array() ? "a list" : "an object";
  std::string text = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

}  // namespace

JsonReader JsonReader::at(std::string_view key) const& {
  const nlohmann::json* child = nullptr;
  if (json_ != nullptr) {
    if (!json_->is_object()) {
      wrong_type("an object");
    } else if (const auto found = json_->find(key); found != json_->end() && !found->is_null()) {
      child = &*found;
    }
  }
  return {this, key, 0, child};
}

std::size_t JsonReader::size() const {
  if (json_ == nullptr) return 0;
  if (json_->is_array()) return json_->size();
  wrong_type("a list");
  return 0;
}

JsonReader JsonReader::item(std::size_t index) const& {
  const nlohmann::json& child = (*json_)[index];
  return {this, {}, index, child.is_null() ? nullptr : &child};
}

std::optional<std::string> JsonReader::text() const {
  if (json_ == nullptr) return std::nullopt;
  if (const auto* value = json_->get_ptr<const std::string*>()) return *value;
  wrong_type("a string");
  return std::nullopt;
}

std::string JsonReader::text_or_empty() const {
  return text().value_or(std::string());
}

bool JsonReader::flag(bool otherwise) const {
  if (json_ == nullptr) return otherwise;
  if (const auto* value = json_->get_ptr<const bool*>()) return *value;
  wrong_type("true or false");
  return otherwise;
}

std::optional<std::uint64_t> JsonReader::number(std::uint64_t min, std::uint64_t max) const {
  if (json_ == nullptr) return std::nullopt;
  if (!json_->is_number_unsigned() &&
      (!json_->is_number_integer() || json_->get<std::int64_t>() < 0)) {
    wrong_type("a number from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
  }
  const auto value = json_->get<std::uint64_t>();
  if (value >= min && value <= max) return value;
  error(std::to_string(value) + " is not from " + std::to_string(min) + " to " +
        std::to_string(max));
  return std::nullopt;
}

std::optional<IpAddress> JsonReader::address() const {
  const std::optional<std::string> value = text();
  if (!value) return std::nullopt;
  // A NUL inside would end the text for inet_pton(), which then accepts what precedes it.
  const auto found =
      value->find('\0') == std::string::npos ? IpAddress::parse(*value) : std::nullopt;
  if (!found) error(excerpt(*json_) + " is not an IP address");
  return found;
}

std::optional<IpPrefix> JsonReader::prefix() const {
  const std::optional<std::string> value = text();
  if (!value) return std::nullopt;
  const auto found =
      value->find('\0') == std::string::npos ? IpPrefix::parse(*value) : std::nullopt;
  if (!found) error(excerpt(*json_) + " is not a prefix such as 10.0.0.0/24");
  return found;
}

const nlohmann::json* JsonReader::object() const {
  if (json_ == nullptr || json_->is_object()) return json_;
  wrong_type("an object");
  return nullptr;
}

void JsonReader::error(std::string text) const {
  findings_.diagnostics.error({findings_.object, 0, 0}, path(), std::move(text));
}

void JsonReader::warning(std::string text) const {
  findings_.diagnostics.warning({findings_.object, 0, 0}, path(), std::move(text));
}

void JsonReader::wrong_type(std::string_view wanted) const {
  error(excerpt(*json_) + " is not " + std::string(wanted));
}

std::string JsonReader::path() const {
  if (parent_ == nullptr) return "";
  const std::string above = parent_->path();
  if (key_.empty()) return above + "[" + std::to_string(index_) + "]";
  return above.empty() ? std::string(key_) : above + "." + std::string(key_);
}

}  // namespace sextant::k8s
