// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Helpers of the control tests: load and compile a text, find objects in the result by name.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "control/compile/compile.hpp"
#include "control/runtime/config_file.hpp"
#include "support/catch.hpp"

namespace sextant::control_test {

inline constexpr std::string_view kFile = "t.yaml";

// Findings as the user sees them.
inline std::vector<std::string> errors_of(const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& d : diagnostics.list()) {
    if (d.severity == Severity::kError) out.push_back(d.to_string());
  }
  return out;
}

inline std::vector<std::string> load_errors(std::string_view text) {
  return errors_of(load_config(text, std::string(kFile)).diagnostics);
}

inline std::vector<std::string> warnings_of(const CompileResult& result) {
  std::vector<std::string> out;
  for (const Diagnostic& d : result.diagnostics.list()) {
    if (d.severity == Severity::kWarning) out.push_back(d.to_string());
  }
  return out;
}

// A text that must be right, compiled.
inline CompileResult compiled(std::string_view text, const IdMap& previous = {}) {
  const LoadedConfig loaded = load_config(text, std::string(kFile));
  CHECK(errors_of(loaded.diagnostics) == std::vector<std::string>{});
  return compile(loaded.state, {}, previous);
}

inline IpPrefix prefix(std::string_view text) {
  const auto parsed = IpPrefix::parse(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

inline const FibEntry* fib_entry(const ForwardingTables& tables, std::string_view text,
                                 TableId table = 0) {
  for (const FibEntry& entry : tables.fib) {
    if (entry.table == table && entry.prefix == prefix(text)) return &entry;
  }
  return nullptr;
}

// The result of an exact prefix; the default (no route) when there is none.
inline LookupResult fib(const ForwardingTables& tables, std::string_view text, TableId table = 0) {
  const FibEntry* entry = fib_entry(tables, text, table);
  return entry == nullptr ? LookupResult() : entry->result;
}

template <typename T, typename Id>
const T& by_id(const std::vector<T>& objects, Id id) {
  const auto at = std::find_if(objects.begin(), objects.end(),
                               [&](const T& object) { return object.id == id; });
  REQUIRE(at != objects.end());
  return *at;
}

template <typename T>
const T* by_name(const std::vector<T>& objects, std::string_view name) {
  const auto at = std::find_if(objects.begin(), objects.end(),
                               [&](const T& object) { return object.name == name; });
  return at == objects.end() ? nullptr : &*at;
}

inline const LocalSid* local_sid(const ForwardingTables& tables, std::string_view text) {
  const auto address = Ipv6Address::parse(text);
  REQUIRE(address.has_value());
  for (const LocalSid& sid : tables.local_sids) {
    if (sid.sid == *address) return &sid;
  }
  return nullptr;
}

}  // namespace sextant::control_test
