// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ObjectReader: typed access to one mapping of the configuration; everything wrong becomes a
// finding.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <sextant/common/diagnostic.hpp>
#include <sextant/net/ip_address.hpp>

#include "control/model/desired_state.hpp"
#include "control/model/nearest_word.hpp"
#include "control/runtime/yaml_tree.hpp"

namespace sextant {

// A value in the tree with the path that leads to it.
struct ConfigValue {
  const YamlNode* node = nullptr;
  std::string field;

  explicit operator bool() const { return node != nullptr; }
};

// What all readers of one file share.
struct ConfigContext {
  std::string file;
  Diagnostics& diagnostics;

  void error(const ConfigValue& at, std::string text) const;
  // Names the value that stands there: "\"4x\" is not ...".
  void not_a(const ConfigValue& at, std::string_view what_is_right) const;
};

// Single values. Each reports what is wrong at its place and then leaves out untouched and returns
// false.
bool read_text(const ConfigContext& context, const ConfigValue& value, std::string& out);
// Text that can be the name of an object: 1 to 63 letters, digits, and "_-.:/@".
bool read_name(const ConfigContext& context, const ConfigValue& value, std::string& out);
// An absolute path: the daemon's working directory is not the operator's.
bool read_path(const ConfigContext& context, const ConfigValue& value, std::string& out);
bool read_bool(const ConfigContext& context, const ConfigValue& value, bool& out);
bool read_number(const ConfigContext& context, const ConfigValue& value, std::uint64_t min,
                 std::uint64_t max, std::uint64_t& out);
bool read_ipv6(const ConfigContext& context, const ConfigValue& value, Ipv6Address& out);
bool read_ip(const ConfigContext& context, const ConfigValue& value, IpAddress& out);
bool read_mac(const ConfigContext& context, const ConfigValue& value, MacAddress& out);
// A prefix without bits behind its length.
bool read_prefix(const ConfigContext& context, const ConfigValue& value, IpPrefix& out);
bool read_ipv6_prefix(const ConfigContext& context, const ConfigValue& value, IpPrefix& out);
// An address of an interface with the length of its subnet.
bool read_interface_address(const ConfigContext& context, const ConfigValue& value, IpPrefix& out);

// One mapping. Each key that the grammar has is asked for once; finish() then reports the others.
class ObjectReader {
 public:
  // value may be anything; what is not a mapping is reported and then read as an empty one.
  ObjectReader(const ConfigContext& context, const ConfigValue& value);

  // The value of a key; none when it is not there or empty. Registers the key as known.
  ConfigValue find(std::string_view key);
  // The same, with a finding when it is not there.
  ConfigValue require(std::string_view key, std::string_view why = "");
  // Items of a list; a finding when it is not a list.
  std::vector<ConfigValue> items(std::string_view key);

  // Applies a read_* function to a key; false when absent or wrong.
  template <typename T>
  bool get(std::string_view key, T& out,
           bool (*read)(const ConfigContext&, const ConfigValue&, T&)) {
    const ConfigValue value = find(key);
    return value && checked(read(context_, value, out));
  }
  template <typename T>
  bool get(std::string_view key, std::optional<T>& out,
           bool (*read)(const ConfigContext&, const ConfigValue&, T&)) {
    T value{};
    if (!get(key, value, read)) return false;
    out = value;
    return true;
  }
  template <typename T>
  bool get_required(std::string_view key, T& out,
                    bool (*read)(const ConfigContext&, const ConfigValue&, T&)) {
    const ConfigValue value = require(key);
    return value && checked(read(context_, value, out));
  }
  // Applies a read_* function to each item of a list.
  template <typename T>
  void get_list(std::string_view key, std::vector<T>& out,
                bool (*read)(const ConfigContext&, const ConfigValue&, T&)) {
    for (const ConfigValue& item : items(key)) {
      T value{};
      if (checked(read(context_, item, value))) out.push_back(std::move(value));
    }
  }
  template <std::unsigned_integral T>
  bool get_number(std::string_view key, T& out, std::uint64_t min,
                  std::uint64_t max = std::numeric_limits<T>::max()) {
    std::uint64_t number = 0;
    const ConfigValue value = find(key);
    if (!value || !checked(read_number(context_, value, min, max, number))) return false;
    out = static_cast<T>(number);
    return true;
  }
  template <std::unsigned_integral T>
  bool get_number(std::string_view key, std::optional<T>& out, std::uint64_t min,
                  std::uint64_t max = std::numeric_limits<T>::max()) {
    T number{};
    if (!get_number(key, number, min, max)) return false;
    out = number;
    return true;
  }
  // One of some words; index into them.
  std::optional<std::size_t> get_word(std::string_view key,
                                      const std::vector<std::string_view>& words);

  // A finding about a key, or about the object when key is empty.
  void error(std::string_view key, std::string text);
  // Two keys that exclude each other: a finding when both are there.
  void exclusive(std::string_view one, std::string_view other);

  [[nodiscard]] bool has(std::string_view key) const { return lookup(key) != nullptr; }
  // False when something was wrong so far.
  [[nodiscard]] bool fine() const { return !broken_; }
  // Reports unknown and duplicate keys; then the origin of the object, broken when anything in it
  // was wrong.
  Origin finish();

 private:
  [[nodiscard]] const YamlNode* lookup(std::string_view key) const;
  [[nodiscard]] ConfigValue at(std::string_view key) const;
  void check_key(const YamlNode& key);
  bool checked(bool fine) {
    broken_ = broken_ || !fine;
    return fine;
  }

  const ConfigContext& context_;
  ConfigValue value_;
  std::vector<std::string_view> known_;
  std::map<std::string_view, int> seen_;  // keys with their first line
  Origin origin_;
  bool is_mapping_ = false;
  bool broken_ = false;
};

}  // namespace sextant
