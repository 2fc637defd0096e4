// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Measuring, cutting, folding and aligning columns.
#include "text_table.hpp"

#include <algorithm>

namespace sextant {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kIndent = 4;    // of the later lines of a folded row
constexpr std::size_t kMinWidth = 8;  // of a cut column, unless its title is wider

using Widths = std::vector<std::size_t>;

// A physical line of a row: columns [begin, end).
struct Line {
  std::size_t begin;
  std::size_t end;
  std::size_t indent;
};

std::size_t min_width(const Column& column, std::size_t natural) {
  if (column.fit == Fit::kWhole) return natural;
  return std::min(natural, std::max(kMinWidth, display_width(column.title)));
}

std::size_t total(const Widths& widths, const Line& line) {
  std::size_t sum = line.indent;
  for (std::size_t i = line.begin; i < line.end; ++i)
    sum += widths[i] + (i > line.begin ? kGap : 0);
  return sum;
}

// Takes columns of one kind down, the widest first, until the line fits or they cannot shrink more.
void shrink(Widths& widths, const std::vector<Column>& columns, const Widths& least,
            const Line& line, Fit fit, std::size_t limit) {
  while (total(widths, line) > limit) {
    std::size_t widest = line.end;
    for (std::size_t i = line.begin; i < line.end; ++i) {
      if (columns[i].fit != fit || widths[i] <= least[i]) continue;
      if (widest == line.end || widths[i] > widths[widest]) widest = i;
    }
    if (widest == line.end) return;
    --widths[widest];
  }
}

// One line when the columns fit at their least widths, else as many as are needed.
std::vector<Line> fold(const Widths& least, std::size_t limit) {
  std::vector<Line> lines{{0, 0, 0}};
  for (std::size_t i = 0; i < least.size(); ++i) {
    Line longer = lines.back();
    longer.end = i + 1;
    if (longer.end - longer.begin > 1 && total(least, longer) > limit) {
      lines.push_back({i, i + 1, kIndent});
    } else {
      lines.back() = longer;
    }
  }
  return lines;
}

}  // namespace

Column::Column(std::string text, Fit how) : title(std::move(text)), fit(how) {
  right = !title.empty() && title.front() == '>';
  if (right) title.erase(0, 1);
}

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

void TextTable::add(std::vector<Cell> cells) {
  cells.resize(columns_.size(), Cell(""));
  for (Cell& cell : cells)
    cell.text = printable(cell.text);
  rows_.push_back(std::move(cells));
}

std::string TextTable::text(const Canvas& canvas) const {
  std::vector<Cell> titles;
  for (const Column& column : columns_)
    titles.emplace_back(column.title, Style::kTitle);

  Widths widths(columns_.size());
  for (std::size_t i = 0; i < widths.size(); ++i) {
    widths[i] = display_width(columns_[i].title);
    for (const auto& row : rows_)
      widths[i] = std::max(widths[i], display_width(row[i].text));
  }
  std::vector<Line> lines{{0, columns_.size(), 0}};
  if (canvas.width != 0) {
    Widths least(widths.size());
    for (std::size_t i = 0; i < widths.size(); ++i)
      least[i] = min_width(columns_[i], widths[i]);
    lines = fold(least, canvas.width);
    for (const Line& line : lines) {
      shrink(widths, columns_, least, line, Fit::kShortenFirst, canvas.width);
      shrink(widths, columns_, least, line, Fit::kShorten, canvas.width);
    }
  }

  std::string out;
  const auto print = [&](const std::vector<Cell>& row) {
    for (const Line& line : lines) {
      std::string text;
      std::size_t pending = line.indent;  // blanks that something follows
      for (std::size_t i = line.begin; i < line.end; ++i) {
        const std::string cell = shorten(row[i].text, widths[i], canvas.utf8);
        const std::size_t pad = widths[i] - display_width(cell);
        if (i > line.begin) pending += kGap;
        if (columns_[i].right) pending += pad;
        if (!cell.empty()) {
          text += std::string(pending, ' ') + canvas.paint(row[i].style, cell);
          pending = 0;
        } else if (columns_[i].right) {
          continue;
        }
        if (!columns_[i].right) pending += pad;
      }
      // Of a folded row, lines without anything are left out.
      if (!text.empty() || lines.size() == 1) out += text + '\n';
    }
  };
  print(titles);
  for (const auto& row : rows_)
    print(row);
  return out;
}

}  // namespace sextant
