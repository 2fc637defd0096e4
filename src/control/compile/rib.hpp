// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Rib: prefixes of all tables with what each source says of them; exact find and longest match.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <sextant/net/ip_address.hpp>
#include <sextant/tables/lookup_result.hpp>

namespace sextant {

// Who says where a prefix leads; the higher one wins.
enum class RouteSource : std::uint8_t { kConnected, kStatic, kOwnAddress, kSteering, kSid };
inline constexpr std::size_t kRouteSources = 5;

class Rib {
 public:
  struct Entry {
    LookupResult result;
    RouteSource source = RouteSource::kConnected;
  };
  using Key = std::pair<TableId, IpPrefix>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  // Room for so many prefixes.
  void reserve(std::size_t prefixes);

  // Adds what a source says of a masked prefix; false when that source has said something already.
  bool add(TableId table, const IpPrefix& prefix, Entry entry);
  // What one source says of a prefix.
  [[nodiscard]] std::optional<LookupResult> get(const Key& key, RouteSource source) const;
  // Replaces that; nothing: takes it away.
  void set(const Key& key, RouteSource source, std::optional<LookupResult> result);
  // What the highest source says.
  [[nodiscard]] std::optional<Entry> find(TableId table, const IpPrefix& prefix) const {
    return find(Key(table, prefix));
  }
  [[nodiscard]] std::optional<Entry> find(const Key& key) const;

  // Longest match that accept(const Entry&) takes, of those that are not shorter than min_len.
  template <typename Accept>
  [[nodiscard]] std::optional<std::pair<IpPrefix, Entry>> lookup(TableId table,
                                                                 const IpAddress& address,
                                                                 Accept accept,
                                                                 std::uint8_t min_len = 0) const {
    for (const Lengths& lengths : lengths_) {
      if (lengths.table != table || lengths.family != address.family) continue;
      for (const std::uint8_t len : lengths.used) {
        if (len < min_len) break;
        const IpPrefix prefix = IpPrefix{address, len}.masked();
        const auto entry = find(table, prefix);
        if (entry && accept(*entry)) return std::pair(prefix, *entry);
      }
      break;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::pair<IpPrefix, Entry>> lookup(TableId table,
                                                                 const IpAddress& address) const {
    return lookup(table, address, [](const Entry&) { return true; });
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  // Calls each(const Key&, const Entry&) for every prefix, in no order.
  template <typename Each>
  void for_each(Each each) const {
    for (const Cell& cell : cells_) {
      if (cell.said != 0) each(cell.key, cell.best());
    }
  }

 private:
  struct Cell {
    Key key;
    std::array<LookupResult, kRouteSources> results;
    std::uint8_t said = 0;  // bit s: source s has said something; 0: the cell is free

    [[nodiscard]] Entry best() const;
  };
  // How many prefixes of each length a table has: lengths without any are not looked up.
  struct Lengths {
    TableId table = 0;
    Family family = Family::kIpv6;
    std::array<std::uint32_t, 129> count{};
    std::vector<std::uint8_t> used;  // longest first
  };

  void count(const Key& key, bool more);
  // The cell with a key, or the free one where it would stand. There must be cells.
  [[nodiscard]] std::size_t place_of(const Key& key) const;
  void resize(std::size_t cells);
  void free_cell(std::size_t place);

  // Open addressing with linear probing: a power of two, at most 3 of 4 in use. compile() looks
  // things up here more than it does anything else, mostly what is not there.
  std::vector<Cell> cells_;
  std::size_t size_ = 0;
  std::vector<Lengths> lengths_;
};

}  // namespace sextant
