// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Edits of sorted vectors in place, and of ForwardingTables by a TableDiff.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <sextant/tables/table_diff.hpp>

namespace sextant {

// From a vector that is sorted by key() takes the elements with these keys, and puts in others,
// in place of those with the same key. Both must be sorted by key. A few edits cost a few searches
// and moves: where one element goes and another comes, only what stands between them moves.
template <typename T, typename Key, typename KeyOf>
void edit_sorted(std::vector<T>& objects, std::vector<Key> removals, std::vector<T> upserts,
                 KeyOf key) {
  const auto place = [&](const auto& wanted) {
    return std::lower_bound(objects.begin(), objects.end(), wanted,
                            [&](const T& object, const auto& k) { return key(object) < k; });
  };
  std::vector<T> fresh;
  for (T& object : upserts) {
    const auto at = place(key(object));
    if (at != objects.end() && !(key(object) < key(*at))) {
      *at = std::move(object);
    } else {
      fresh.push_back(std::move(object));
    }
  }
  constexpr std::size_t kFew = 64;  // more than this is cheaper in one pass
  if (removals.size() > kFew) {
    objects.erase(std::remove_if(objects.begin(), objects.end(),
                                 [&](const T& object) {
                                   return std::binary_search(removals.begin(), removals.end(),
                                                             key(object));
                                 }),
                  objects.end());
    removals.clear();
  }
  if (fresh.size() > kFew) {
    const auto middle = static_cast<std::ptrdiff_t>(objects.size());
    objects.insert(objects.end(), std::make_move_iterator(fresh.begin()),
                   std::make_move_iterator(fresh.end()));
    std::inplace_merge(objects.begin(), objects.begin() + middle, objects.end(),
                       [&](const T& a, const T& b) { return key(a) < key(b); });
    fresh.clear();
  }
  std::size_t next = 0;
  for (const Key& gone : removals) {
    const auto hole = place(gone);
    if (hole == objects.end() || gone < key(*hole)) continue;
    if (next == fresh.size()) {
      objects.erase(hole);
      continue;
    }
    T& object = fresh[next++];
    const auto at = place(key(object));
    if (at <= hole) {
      std::move_backward(at, hole, hole + 1);
      *at = std::move(object);
    } else {
      std::move(hole + 1, at, hole);
      *(at - 1) = std::move(object);
    }
  }
  for (; next < fresh.size(); ++next) {
    const auto at = place(key(fresh[next]));
    objects.insert(at, std::move(fresh[next]));
  }
}

// Makes of the tables that a change was computed from those that it leads to.
void apply_diff(ForwardingTables& tables, const TableDiff& change);

}  // namespace sextant
