// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Log: one line per event on stderr: time, level, topic, text.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace sextant {

enum class LogLevel : std::uint8_t { kError, kWarning, kInfo, kDebug };

// Lines above this level are not written. Any thread.
void set_log_level(LogLevel level);
[[nodiscard]] bool log_enabled(LogLevel level);

// Writes one line; line ends inside text become blanks. Any thread.
void write_log(LogLevel level, std::string_view topic, std::string_view text);

template <typename... Args>
void log(LogLevel level, std::string_view topic, fmt::format_string<Args...> format,
         Args&&... args) {
  if (log_enabled(level)) write_log(level, topic, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace sextant
