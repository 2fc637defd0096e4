// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What the decoders of all kinds share.
#pragma once

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "k8s/decode.hpp"
#include "k8s/json_reader.hpp"

namespace sextant::k8s {

[[nodiscard]] Metadata read_metadata(const JsonReader& root);
[[nodiscard]] Protocol read_protocol(const JsonReader& json);
// "Service default/web", for messages; takes any JSON.
[[nodiscard]] std::string display_name(std::string_view kind, const nlohmann::json& json);

// The string values of a map of strings, of the keys that wanted(key) is true for, sorted by key.
template <typename Wanted>
[[nodiscard]] StringPairs read_pairs(const JsonReader& map, Wanted wanted) {
  StringPairs out;
  const nlohmann::json* object = map.object();
  if (object == nullptr) return out;
  // nlohmann keeps the keys of an object sorted.
  for (auto entry = object->begin(); entry != object->end(); ++entry) {
    if (!wanted(entry.key())) continue;
    if (const auto* text = entry->template get_ptr<const std::string*>()) {
      out.emplace_back(entry.key(), *text);
    } else {
      map.error("\"" + entry.key() + "\" has a value that is not a string");
    }
  }
  return out;
}

// Reads the metadata and the rest; gives no object when there was an error.
template <typename T, typename Read>
[[nodiscard]] Decoded<T> decode_with(std::string_view kind, const nlohmann::json& json, Read read) {
  JsonFindings findings{{}, display_name(kind, json)};
  Decoded<T> out;
  try {
    const JsonReader root(json, findings);
    if (json.is_object()) {
      T object = read(root);
      object.meta = read_metadata(root);
      if (!findings.diagnostics.has_errors()) out.object = std::move(object);
    } else {
      findings.diagnostics.error({findings.object, 0, 0}, "", "not an object");
    }
  } catch (const std::exception& e) {
    // Nothing above should throw; if nlohmann does all the same, it ends here.
    findings.diagnostics.error({findings.object, 0, 0}, "",
                               std::string("not readable: ") + e.what());
    out.object.reset();
  }
  out.diagnostics = std::move(findings.diagnostics);
  return out;
}

}  // namespace sextant::k8s
