// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Following "next" to the end.
#include "pages.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace sextant {

namespace {

using nlohmann::json;

std::string encoded(const std::string& text) {
  std::string out;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    const bool plain = (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z') ||
                       (value >= '0' && value <= '9') || value == '-' || value == '.' ||
                       value == '_' || value == '~' || value == ':';
    out += plain ? std::string(1, byte) : fmt::format("%{:02X}", value);
  }
  return out;
}

// The most that a page may have: fewer questions.
constexpr const char* kPageRows = "10000";

// Empty: this was the last page.
Result<std::string> next_of(const json& reply, const std::string& name) {
  const auto next = reply.find("next");
  if (next == reply.end() || next->is_null()) return std::string();
  if (next->is_string()) return next->get<std::string>();
  if (next->is_number_unsigned()) return std::to_string(next->get<std::uint64_t>());
  return Error{fmt::format("the reply about {} has a \"next\" that is no cursor", name)};
}

}  // namespace

std::string target_of(const std::string& path, const Query& query) {
  std::string out = path;
  char separator = '?';
  for (const auto& [key, value] : query) {
    if (value.empty()) continue;
    out += separator + encoded(key) + '=' + encoded(value);
    separator = '&';
  }
  return out;
}

Result<json> fetch_view(const Fetch& fetch, const std::string& name, const Query& query) {
  json all;
  std::set<std::string> seen;
  Query page = query;
  page["limit"] = kPageRows;
  for (;;) {
    Result<json> reply = fetch(target_of("/v1/" + name, page));
    if (!reply) return reply.error();
    if (!reply->is_object() || !reply->contains(name)) {
      return Error{fmt::format(
          "the reply has no \"{}\"; is this another version of sextantd than of sextant?", name)};
    }
    json& value = (*reply)[name];
    const auto next = next_of(*reply, name);
    if (!next) return next.error();
    if (!value.is_array()) {
      if (!all.is_null() || !next->empty()) {
        return Error{fmt::format("the reply about {} has pages, but is no list", name)};
      }
      return json{{name, std::move(value)}};
    }
    if (all.is_null()) {
      all = std::move(value);
    } else {
      for (json& row : value)
        all.push_back(std::move(row));
    }
    if (next->empty()) return json{{name, std::move(all)}};
    if (!seen.insert(*next).second) {
      return Error{fmt::format("the pages about {} go round in circles (cursor {})", name, *next)};
    }
    page["after"] = *next;
  }
}

}  // namespace sextant
