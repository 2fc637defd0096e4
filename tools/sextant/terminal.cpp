// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Width from the kernel, styles as ANSI sequences, widths counted in code points.
#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace sextant {

namespace {

const char* code_of(Style style) {
  switch (style) {
    case Style::kPlain: return "";
    case Style::kTitle: return "\x1b[1m";
    case Style::kGood: return "\x1b[32m";
    case Style::kBad: return "\x1b[31m";
    case Style::kWarn: return "\x1b[33m";
    case Style::kDim: return "\x1b[2m";
  }
  return "";
}

std::size_t number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return 0;
  char* end = nullptr;
  const unsigned long value = std::strtoul(text, &end, 10);
  return *end == '\0' && value < 10000 ? value : 0;
}

bool is_set(const char* variable) {
  const char* const text = std::getenv(variable);
  return text != nullptr && *text != '\0';
}

// The first of the variables that is set decides, as for setlocale().
bool locale_is_utf8() {
  for (const char* const variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!is_set(variable)) continue;
    const std::string_view value = std::getenv(variable);
    return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
  }
  return false;
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Bytes of the code point at the front; 0 when it is not UTF-8.
std::size_t code_point_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80                    ? 1
                           : lead >= 0xc2 && lead <= 0xdf ? 2
                           : (lead & 0xf0) == 0xe0        ? 3
                           : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  return size;
}

// C0, DEL, and C1 (U+0080 to U+009F, of which one starts terminal sequences).
bool is_control(std::string_view code_point) {
  const auto lead = static_cast<unsigned char>(code_point[0]);
  if (code_point.size() == 1) return lead < 0x20 || lead == 0x7f;
  return lead == 0xc2 && static_cast<unsigned char>(code_point[1]) < 0xa0;
}

}  // namespace

std::string Canvas::paint(Style style, std::string_view text) const {
  if (!color || style == Style::kPlain || text.empty()) return std::string(text);
  return code_of(style) + std::string(text) + "\x1b[0m";
}

TerminalSize terminal_size(int fd) {
  TerminalSize size;
  winsize window{};
  const bool known = ioctl(fd, TIOCGWINSZ, &window) == 0;
  const std::size_t columns = known ? window.ws_col : 0;
  const std::size_t rows = known ? window.ws_row : 0;
  if (columns != 0) {
    size.columns = columns;
  } else if (const std::size_t told = number_in("COLUMNS"); told != 0) {
    size.columns = told;
  }
  if (rows != 0) {
    size.rows = rows;
  } else if (const std::size_t told = number_in("LINES"); told != 0) {
    size.rows = told;
  }
  return size;
}

Canvas stdout_canvas(ColorMode mode) {
  Canvas canvas;
  canvas.utf8 = locale_is_utf8();
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  if (terminal) canvas.width = terminal_size(STDOUT_FILENO).columns;
  if (mode == ColorMode::kAlways) {
    canvas.color = true;
  } else if (mode == ColorMode::kAuto) {
    const char* const term = std::getenv("TERM");
    canvas.color =
        terminal && !is_set("NO_COLOR") && term != nullptr && std::string_view(term) != "dumb";
  }
  return canvas;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const char byte : text) {
    if (!is_continuation(byte)) ++width;
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t width, bool utf8) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view ellipsis = utf8 ? "\u2026" : "..";
  const std::size_t sign = display_width(ellipsis);
  if (width <= sign) return std::string(width, '.');
  std::size_t end = 0;
  for (std::size_t kept = 0; kept < width - sign; ++kept) {
    do {
      ++end;
    } while (end < text.size() && is_continuation(text[end]));
  }
  return std::string(text.substr(0, end)) + std::string(ellipsis);
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = code_point_size(text);
    if (size == 0 || is_control(text.substr(0, size))) {
      out += '?';
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

std::string wrap(const std::vector<std::string>& words, std::size_t width, std::string_view first,
                 std::string_view rest) {
  std::string out(first);
  std::size_t column = display_width(first);
  bool at_start = true;
  for (const std::string& word : words) {
    const std::size_t size = display_width(word);
    if (!at_start && width != 0 && column + 1 + size > width) {
      out += '\n';
      out += rest;
      column = display_width(rest);
      at_start = true;
    }
    if (!at_start) {
      out += ' ';
      ++column;
    }
    out += word;
    column += size;
    at_start = false;
  }
  return out + '\n';
}

std::string wrap(std::string_view text, std::size_t width, std::string_view first,
                 std::string_view rest) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return wrap(words, width, first, rest);
}

}  // namespace sextant
