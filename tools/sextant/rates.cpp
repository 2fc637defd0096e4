// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Two samples and a division.
#include "rates.hpp"

#include "units.hpp"

namespace sextant {

using nlohmann::json;

std::string Rates::key_of(const json& row) {
  std::string key;
  // Of every view some of these name a row. A policy's lists are known by their segments.
  for (const char* const field : {"table", "sid", "prefix", "name", "match", "policy", "reason",
                                  "interface", "address", "lcore", "segments"}) {
    const auto found = row.find(field);
    if (found == row.end() || (field == std::string("reason") && row.contains("name"))) continue;
    key += found->dump() + '\n';
  }
  return key;
}

void Rates::sample(const json& rows, double now_s) {
  before_ = std::move(now_);
  now_.clear();
  seconds_ = has_sample_ ? now_s - sampled_s_ : 0;
  sampled_s_ = now_s;
  has_sample_ = true;
  if (!rows.is_array()) return;
  for (const json& row : rows) {
    if (row.is_object()) now_.insert_or_assign(key_of(row), row);
  }
}

std::optional<double> Rates::per_second(const json& row, const std::string& pointer) const {
  if (!ready()) return std::nullopt;
  const std::string key = key_of(row);
  const auto before = before_.find(key);
  const auto now = now_.find(key);
  if (before == before_.end() || now == now_.end()) return std::nullopt;
  const json::json_pointer where(pointer);
  if (!before->second.contains(where) || !now->second.contains(where)) return std::nullopt;
  const json& from = before->second.at(where);
  const json& to = now->second.at(where);
  if (!from.is_number_unsigned() || !to.is_number_unsigned()) return std::nullopt;
  const auto first = from.get<std::uint64_t>();
  const auto second = to.get<std::uint64_t>();
  if (second < first) return std::nullopt;
  return static_cast<double>(second - first) / seconds_;
}

std::string Rates::text(const json& row, const std::string& pointer) const {
  const auto rate = per_second(row, pointer);
  return rate ? rate_text(*rate) : "-";
}

}  // namespace sextant
