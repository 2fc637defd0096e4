// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Log: one line per event on stderr: time, level, topic, text; as words, or as JSON.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "control/model/service_config.hpp"

namespace sextant {

// Lines above this level are not written. Any thread.
void set_log_level(LogLevel level);
[[nodiscard]] bool log_enabled(LogLevel level);

// kText: "2026-01-31T12:00:00.000Z info ports: ...", line ends inside the text are blanks. kJson:
// an object with exactly ts, level, topic and msg, all of them strings. Any thread.
void set_log_format(LogFormat format);
[[nodiscard]] LogFormat log_format();

// Pure: the line, its end included. Bytes that are no UTF-8 are replaced in JSON.
[[nodiscard]] std::string log_line(LogFormat format, std::string_view timestamp, LogLevel level,
                                   std::string_view topic, std::string_view text);

// Writes one line. Any thread.
void write_log(LogLevel level, std::string_view topic, std::string_view text);

template <typename... Args>
void log(LogLevel level, std::string_view topic, fmt::format_string<Args...> format,
         Args&&... args) {
  if (log_enabled(level)) write_log(level, topic, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace sextant
