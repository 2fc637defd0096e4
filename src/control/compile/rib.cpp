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

std::size_t Rib::place_of(const Key& key) const {
  const std::size_t mask = cells_.size() - 1;
  std::size_t place = KeyHash()(key) & mask;
  while (cells_[place].said != 0 && cells_[place].key != key)
    place = (place + 1) & mask;
  return place;
}

void Rib::resize(std::size_t cells) {
  std::vector<Cell> old(cells);
  old.swap(cells_);
  for (const Cell& cell : old) {
    if (cell.said != 0) cells_[place_of(cell.key)] = cell;
  }
}

void Rib::reserve(std::size_t prefixes) {
  const std::size_t cells = std::bit_ceil(prefixes + prefixes / 2 + 8);
  if (cells > cells_.size()) resize(cells);
}

// What stands behind moves up, so that nothing is behind a free cell that belongs before it.
void Rib::free_cell(std::size_t place) {
  const std::size_t mask = cells_.size() - 1;
  for (std::size_t next = (place + 1) & mask; cells_[next].said != 0; next = (next + 1) & mask) {
    const std::size_t home = KeyHash()(cells_[next].key) & mask;
    if (((next - home) & mask) < ((next - place) & mask)) continue;
    cells_[place] = cells_[next];
    place = next;
  }
  cells_[place] = {};
}

bool Rib::add(TableId table, const IpPrefix& prefix, Entry entry) {
  if (4 * (size_ + 1) > 3 * cells_.size()) resize(std::max<std::size_t>(16, 2 * cells_.size()));
  const Key key(table, prefix);
  Cell& cell = cells_[place_of(key)];
  if (cell.said == 0) {
    cell.key = key;
    ++size_;
    count(key, true);
  }
  if ((cell.said & bit(entry.source)) != 0) return false;
  cell.said |= bit(entry.source);
  cell.results[static_cast<std::size_t>(entry.source)] = entry.result;
  return true;
}

std::optional<LookupResult> Rib::get(const Key& key, RouteSource source) const {
  if (size_ == 0) return std::nullopt;
  const Cell& cell = cells_[place_of(key)];
  if ((cell.said & bit(source)) == 0) return std::nullopt;
  return cell.results[static_cast<std::size_t>(source)];
}

void Rib::set(const Key& key, RouteSource source, std::optional<LookupResult> result) {
  if (result) {
    if (!add(key.first, key.second, {*result, source})) {
      cells_[place_of(key)].results[static_cast<std::size_t>(source)] = *result;
    }
    return;
  }
  if (size_ == 0) return;
  const std::size_t place = place_of(key);
  Cell& cell = cells_[place];
  if (cell.said == 0) return;
  cell.said &= static_cast<std::uint8_t>(~bit(source));
  if (cell.said != 0) return;
  --size_;
  count(key, false);
  free_cell(place);
}

std::optional<Rib::Entry> Rib::find(const Key& key) const {
  if (size_ == 0) return std::nullopt;
  const Cell& cell = cells_[place_of(key)];
  if (cell.said == 0) return std::nullopt;
  return cell.best();
}

}  // namespace sextant
