// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TextTable: rows of text in columns that are as wide as they need to be, or as the terminal
// allows.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "terminal.hpp"

namespace sextant {

// What happens to a column when a row does not fit. Addresses and numbers are kWhole.
enum class Fit {
  kWhole,         // never cut
  kShorten,       // cut when cutting the kShortenFirst ones is not enough
  kShortenFirst,  // cut first: explanations
};

struct Column {
  // A title that starts with '>' makes a column of numbers, aligned right.
  Column(std::string text, Fit how = Fit::kWhole);         // NOLINT(*-explicit-*)
  Column(const char* text) : Column(std::string(text)) {}  // NOLINT(*-explicit-*)

  std::string title;
  bool right = false;
  Fit fit = Fit::kWhole;
};

struct Cell {
  Cell(std::string what, Style how = Style::kPlain)  // NOLINT(*-explicit-*)
      : text(std::move(what)), style(how) {}
  Cell(const char* what) : text(what) {}  // NOLINT(*-explicit-*)

  std::string text;
  Style style = Style::kPlain;
};

class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns);

  // As many cells as there are columns. Control characters in them are replaced.
  void add(std::vector<Cell> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  // One line per row; no blanks at line ends. On a narrow canvas columns are cut where they may be;
  // when that is not enough, a row takes several lines, the later ones indented, titles alike. A
  // cell of a kWhole column is never cut, even if it is wider than the canvas.
  [[nodiscard]] std::string text(const Canvas& canvas = {}) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace sextant
