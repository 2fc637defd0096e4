// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Rib: prefixes of all tables with their results, exact find and longest-prefix lookup.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include <sextant/net/ip_address.hpp>
#include <sextant/tables/lookup_result.hpp>

namespace sextant {

// Who says where a prefix leads; the higher one wins.
enum class RouteSource : std::uint8_t { kConnected, kStatic, kOwnAddress, kSteering, kSid };

class Rib {
 public:
  struct Entry {
    LookupResult result;
    RouteSource source = RouteSource::kConnected;
  };
  using Key = std::pair<TableId, IpPrefix>;

  // Adds a masked prefix. An entry of a lower source is replaced; true when this one is now there.
  bool add(TableId table, const IpPrefix& prefix, Entry entry);
  // Adds a masked prefix, whatever was there.
  void replace(TableId table, const IpPrefix& prefix, Entry entry);
  [[nodiscard]] const Entry* find(TableId table, const IpPrefix& prefix) const;

  // Longest match that accept(const Entry&) takes.
  template <typename Accept>
  [[nodiscard]] std::optional<std::pair<IpPrefix, Entry>> lookup(TableId table,
                                                                 const IpAddress& address,
                                                                 Accept accept) const {
    const auto lengths = lengths_.find({table, address.family});
    if (lengths == lengths_.end()) return std::nullopt;
    for (int len = address.bits(); len >= 0; --len) {
      if (lengths->second[static_cast<std::size_t>(len)] == 0) continue;
      const IpPrefix prefix = IpPrefix{address, static_cast<std::uint8_t>(len)}.masked();
      const Entry* entry = find(table, prefix);
      if (entry != nullptr && accept(*entry)) return std::pair(prefix, *entry);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::pair<IpPrefix, Entry>> lookup(TableId table,
                                                                 const IpAddress& address) const {
    return lookup(table, address, [](const Entry&) { return true; });
  }

  // Sorted by table and prefix.
  [[nodiscard]] const std::map<Key, Entry>& entries() const { return entries_; }

 private:
  std::map<Key, Entry> entries_;
  // How many prefixes of each length a table has: lengths without any are not looked up.
  std::map<std::pair<TableId, Family>, std::array<std::uint32_t, 129>> lengths_;
};

}  // namespace sextant
