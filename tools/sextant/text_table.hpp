// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TextTable: rows of text in columns that are as wide as they need to be.
#pragma once

#include <string>
#include <vector>

namespace sextant {

class TextTable {
 public:
  // A title that starts with '>' makes a column of numbers, aligned right.
  explicit TextTable(std::vector<std::string> titles);

  // As many cells as there are titles.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  // One line per row; no blanks at line ends.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // titles first
};

}  // namespace sextant
