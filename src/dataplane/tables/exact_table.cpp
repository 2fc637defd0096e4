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

void ExactTable::set_tag(std::uint64_t slot, Tags tag) {
  const unsigned shift = slot % kWays * 8;
  Tags& tags = tags_[slot / kWays];
  tags = (tags & ~(Tags{0xff} << shift)) | tag << shift;
}

// The key is not there, and there is room.
void ExactTable::insert(const LookupKey& key, std::uint64_t hash, LookupResult result) {
  std::uint64_t bucket = hash & mask_;
  while ((~tags_[bucket] & kUsed) == 0)
    bucket = (bucket + 1) & mask_;
  const std::uint64_t at = slot_of(bucket, ~tags_[bucket] & kUsed);
  slots_[at] = {key, result};
  set_tag(at, tag_of(hash));
  ++size_;
}

void ExactTable::upsert(const LookupKey& key, LookupResult result) {
  const std::uint64_t hashed = hash(key);
  const std::uint64_t at = locate(key, hashed);
  if (at != kNowhere) {
    slots_[at].result = result;
    return;
  }
  if (2 * (size_ + 1) > slots_.size()) rehash(2 * (size_ + 1));
  insert(key, hashed, result);
}

bool ExactTable::erase(const LookupKey& key) {
  std::uint64_t hole = locate(key, hash(key));
  if (hole == kNowhere) return false;
  // A bucket that was full has a place now: of the buckets behind it, up to the first that is not
  // full, a key that passed the hole moves into it, and leaves a hole of its own.
  std::uint64_t bucket = hole / kWays;
  bool was_full = (~tags_[bucket] & kUsed) == 0;
  while (was_full) {
    bucket = (bucket + 1) & mask_;
    was_full = (~tags_[bucket] & kUsed) == 0;
    for (std::uint64_t at = bucket * kWays; at < (bucket + 1) * kWays; ++at) {
      if ((tags_[bucket] >> at % kWays * 8 & 0x80) == 0) continue;
      const std::uint64_t hashed = hash(slots_[at].key);
      const std::uint64_t passed = (bucket - (hashed & mask_)) & mask_;
      if (passed < ((bucket - hole / kWays) & mask_)) continue;
      slots_[hole] = slots_[at];
      set_tag(hole, tag_of(hashed));
      hole = at;
      break;
    }
  }
  slots_[hole] = Slot{};
  set_tag(hole, 0);
  --size_;
  // To a load of one quarter, so that the next insertions do not grow it again at once.
  if (slots_.size() > kMinSlots && 8 * size_ < slots_.size()) rehash(2 * size_);
  return true;
}

void ExactTable::rehash(std::size_t entries) {
  const std::size_t slots = std::bit_ceil(std::max(kMinSlots, entries * 2));
  const std::vector<Tags> old_tags = std::exchange(tags_, std::vector<Tags>(slots / kWays));
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  mask_ = slots / kWays - 1;
  size_ = 0;
  for (std::size_t at = 0; at < old.size(); ++at) {
    if ((old_tags[at / kWays] >> at % kWays * 8 & 0x80) == 0) continue;
    insert(old[at].key, hash(old[at].key), old[at].result);
  }
}

}  // namespace sextant
