// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What standard output is: its width, whether it takes colors and UTF-8; and text that fits there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sextant {

enum class ColorMode { kAuto, kAlways, kNever };

enum class Style { kPlain, kTitle, kGood, kBad, kWarn, kDim };

// Where text goes. A value, so that tests draw on any width.
struct Canvas {
  std::size_t width = 0;  // columns; 0: as wide as the text
  bool color = false;
  bool utf8 = true;  // may hold U+2026

  // The text in a style; the text alone without color or for kPlain.
  [[nodiscard]] std::string paint(Style style, std::string_view text) const;
};

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// Of the terminal at a file descriptor; COLUMNS and LINES, then 80x24, when it does not know.
[[nodiscard]] TerminalSize terminal_size(int fd);

// Standard output. Not a terminal: unlimited width, and colors with kAlways alone. A terminal: no
// colors with kNever, when NO_COLOR is set and not empty, or when TERM is "dumb".
[[nodiscard]] Canvas stdout_canvas(ColorMode mode);

// Columns that UTF-8 text takes: one for each code point.
[[nodiscard]] std::size_t display_width(std::string_view text);

// At most `width` columns; the last of them is an ellipsis when something was left out.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width, bool utf8);

// Control characters, and what is not UTF-8, become '?': names come from files of others, and must
// not steer the terminal.
[[nodiscard]] std::string printable(std::string_view text);

// Words with blanks between, in lines of at most `width` columns (0: one line); `first` and `rest`
// stand in front of the first and the other lines. A word that is too long gets its own line,
// whole.
[[nodiscard]] std::string wrap(const std::vector<std::string>& words, std::size_t width,
                               std::string_view first, std::string_view rest);
// The same, of a text that is split at its blanks.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::string_view first,
                               std::string_view rest);

}  // namespace sextant
