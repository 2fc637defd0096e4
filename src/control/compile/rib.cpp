// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Rib: insertion by source and exact find.
#include "control/compile/rib.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

namespace sextant {

namespace {

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}

constexpr std::uint8_t bit(RouteSource source) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(source));
}

}  // namespace

std::size_t Rib::KeyHash::operator()(const Key& key) const {
  const IpAddress& address = key.second.address;
  std::uint64_t low = std::uint64_t{key.first} << 16 | key.second.len;
  if (address.is_v6()) {
    return mix(mix(mix(low ^ 0x9e3779b97f4a7c15u) ^ address.v6.raw_high()) ^ address.v6.raw_low());
  }
  std::uint32_t four = 0;
  std::memcpy(&four, address.v4.bytes.data(), sizeof four);
  return mix(mix(low) ^ four);
}

Rib::Entry Rib::Cell::best() const {
  const auto highest = static_cast<std::size_t>(std::bit_width(unsigned{said}) - 1);
  return {results[highest], static_cast<RouteSource>(highest)};
}

void Rib::count(const Key& key, bool more) {
  const Family family = key.second.address.family;
  auto at = std::find_if(lengths_.begin(), lengths_.end(), [&](const Lengths& l) {
    return l.table == key.first && l.family == family;
  });
  if (at == lengths_.end()) {
    at = lengths_.insert(lengths_.end(), Lengths{.table = key.first, .family = family});
  }
  const std::uint8_t len = key.second.len;
  if (more) {
    if (++at->count[len] > 1) return;
    at->used.insert(std::lower_bound(at->used.begin(), at->used.end(), len, std::greater<>()), len);
  } else if (--at->count[len] == 0) {
    at->used.erase(std::find(at->used.begin(), at->used.end(), len));
  }
}

bool Rib::add(TableId table, const IpPrefix& prefix, Entry entry) {
  const auto [at, fresh] = cells_.try_emplace({table, prefix});
  if (fresh) count(at->first, true);
  Cell& cell = at->second;
  if ((cell.said & bit(entry.source)) != 0) return false;
  cell.said |= bit(entry.source);
  cell.results[static_cast<std::size_t>(entry.source)] = entry.result;
  return true;
}

std::optional<LookupResult> Rib::get(const Key& key, RouteSource source) const {
  const auto at = cells_.find(key);
  if (at == cells_.end() || (at->second.said & bit(source)) == 0) return std::nullopt;
  return at->second.results[static_cast<std::size_t>(source)];
}

void Rib::set(const Key& key, RouteSource source, std::optional<LookupResult> result) {
  if (result) {
    if (!add(key.first, key.second, {*result, source})) {
      cells_.at(key).results[static_cast<std::size_t>(source)] = *result;
    }
    return;
  }
  const auto at = cells_.find(key);
  if (at == cells_.end()) return;
  at->second.said &= static_cast<std::uint8_t>(~bit(source));
  if (at->second.said != 0) return;
  count(key, false);
  cells_.erase(at);
}

std::optional<Rib::Entry> Rib::find(const Key& key) const {
  const auto at = cells_.find(key);
  if (at == cells_.end()) return std::nullopt;
  return at->second.best();
}

}  // namespace sextant
