// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ExactTable: insertion, removal and growth; all on the control thread.
#include "exact_table.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sextant {

namespace {

constexpr std::size_t kMinSlots = 64;

}  // namespace

void ExactTable::upsert(const LookupKey& key, LookupResult result) {
  if (2 * (size_ + 1) > slots_.size()) rehash(2 * (size_ + 1));
  for (std::uint64_t at = hash(key) & mask_;; at = (at + 1) & mask_) {
    Slot& slot = slots_[at];
    if (slot.used == 0) {
      slot = Slot{key, result, 1};
      ++size_;
      return;
    }
    if (slot.key == key) {
      slot.result = result;
      return;
    }
  }
}

bool ExactTable::erase(const LookupKey& key) {
  std::uint64_t hole = hash(key) & mask_;
  for (;; hole = (hole + 1) & mask_) {
    if (slots_[hole].used == 0) return false;
    if (slots_[hole].key == key) break;
  }
  // Backward shift: an entry behind the hole moves into it when its own home lies at or before the
  // hole, so that no probe sequence is ever interrupted and no tombstones pile up.
  for (std::uint64_t at = (hole + 1) & mask_; slots_[at].used != 0; at = (at + 1) & mask_) {
    const std::uint64_t home = hash(slots_[at].key) & mask_;
    if (((at - home) & mask_) >= ((at - hole) & mask_)) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole] = Slot{};
  --size_;
  // To a load of one quarter, so that the next insertions do not grow it again at once.
  if (slots_.size() > kMinSlots && 8 * size_ < slots_.size()) rehash(2 * size_);
  return true;
}

void ExactTable::rehash(std::size_t entries) {
  const std::size_t slots = std::bit_ceil(std::max(kMinSlots, entries * 2));
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  mask_ = slots - 1;
  size_ = 0;
  for (const Slot& slot : old) {
    if (slot.used != 0) upsert(slot.key, slot.result);
  }
}

}  // namespace sextant
