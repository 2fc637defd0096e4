// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// nearest_word(): "did you mean", by edit distance.
#include "control/model/nearest_word.hpp"

#include <algorithm>
#include <cstddef>

namespace sextant {

namespace {

// Levenshtein distance, at most limit + 1. Words are short.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& words) {
  std::string_view best;
  std::size_t best_distance = word.size() < 3 ? 2 : 3;
  for (const std::string_view candidate : words) {
    const std::size_t distance = edit_distance(word, candidate, best_distance);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace sextant
