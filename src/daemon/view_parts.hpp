// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What the views share: counters, filters and cursors.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/common/result.hpp>

#include "views.hpp"

namespace sextant::views {

template <typename Total>
Total total_of(const std::vector<Total>& totals, std::uint32_t id) {
  return id < totals.size() ? totals[id] : Total{};
}

inline nlohmann::json counter(const PacketTotal& total) {
  return {{"packets", total.packets}, {"bytes", total.bytes}};
}

inline void add_counter(nlohmann::json& object, const PacketTotal& total) {
  object["packets"] = total.packets;
  object["bytes"] = total.bytes;
}

inline nlohmann::json strings_of(const std::vector<Ipv6Address>& segments) {
  nlohmann::json out = nlohmann::json::array();
  for (const Ipv6Address& segment : segments)
    out.push_back(segment.to_string());
  return out;
}

// A row of the list of policies (views_policies.cpp).
[[nodiscard]] nlohmann::json policy_row(const ForwardingTables& tables,
                                        const CountersSnapshot& counters,
                                        const PolicyStatus& status);

// The value of a filter; null: not asked for.
inline const std::string* filter(const ViewQuery& query, const char* name) {
  const auto found = query.find(name);
  return found == query.end() ? nullptr : &found->second;
}

inline Error no_such(const char* parameter, const std::string& value, std::string_view wanted) {
  return Error{"parameter '" + std::string(parameter) + "': '" + value + "' is not " +
               std::string(wanted)};
}

// A filter that is a prefix or an address.
inline Result<std::optional<IpPrefix>> prefix_filter(const ViewQuery& query, const char* name) {
  const std::string* const text = filter(query, name);
  if (text == nullptr) return std::optional<IpPrefix>();
  const auto prefix = IpPrefix::parse(*text);
  if (!prefix) return no_such(name, *text, "a prefix such as 2001:db8::/32");
  return std::optional<IpPrefix>(prefix->masked());
}

// A filter that names a table; kNoTable when there is none of that name.
inline constexpr std::uint32_t kAnyTable = 0x10000;
inline Result<std::uint32_t> table_filter(const ForwardingTables& tables, const ViewQuery& query) {
  const std::string* const text = filter(query, "table");
  if (text == nullptr) return kAnyTable;
  for (const Table& table : tables.tables) {
    if (table.name == *text) return std::uint32_t{table.id};
  }
  return no_such("table", *text, "a table of this node");
}

// Whether a prefix lies in another.
inline bool inside(const IpPrefix& inner, const IpPrefix& outer) {
  return inner.len >= outer.len && outer.contains(inner.address);
}

inline std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Cursors of a vector that is sorted by id.
template <typename T>
void cursors_by_id(ListReader& reader, const std::vector<T>& objects) {
  reader.size = objects.size();
  reader.cursor = [&objects](std::size_t i) { return std::to_string(objects[i].id); };
  reader.after = [&objects](const std::string& cursor) -> std::optional<std::size_t> {
    const auto id = number_of(cursor);
    if (!id) return std::nullopt;
    return static_cast<std::size_t>(
        std::upper_bound(objects.begin(), objects.end(), *id,
                         [](std::uint32_t value, const T& object) { return value < object.id; }) -
        objects.begin());
  };
}

// Cursors of a list that does not change while the daemon runs.
inline void cursors_by_position(ListReader& reader, std::size_t size) {
  reader.size = size;
  reader.cursor = [](std::size_t i) { return std::to_string(i); };
  reader.after = [size](const std::string& cursor) -> std::optional<std::size_t> {
    const auto position = number_of(cursor);
    if (!position) return std::nullopt;
    return std::min<std::size_t>(size, std::size_t{*position} + 1);
  };
}

}  // namespace sextant::views
