// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Log lines: made whole, then written by one call, so that threads do not mix.
#include "log.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <nlohmann/json.hpp>
#include <string>

namespace sextant {

namespace {

std::atomic<LogLevel> current_level{LogLevel::kInfo};
std::atomic<LogFormat> current_format{LogFormat::kText};

constexpr std::array<std::string_view, 4> kLevelNames = {"error", "warning", "info", "debug"};

std::string timestamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     now.tv_nsec / 1'000'000);
}

}  // namespace

void set_log_level(LogLevel level) {
  current_level = level;
}

bool log_enabled(LogLevel level) {
  return level <= current_level.load(std::memory_order_relaxed);
}

void set_log_format(LogFormat format) {
  current_format = format;
}

LogFormat log_format() {
  return current_format.load(std::memory_order_relaxed);
}

std::string log_line(LogFormat format, std::string_view timestamp, LogLevel level,
                     std::string_view topic, std::string_view text) {
  const std::string_view level_name = kLevelNames[static_cast<std::size_t>(level)];
  std::string line;
  if (format == LogFormat::kJson) {
    // Ordered: people read these lines, too.
    const nlohmann::ordered_json event = {
        {"ts", timestamp}, {"level", level_name}, {"topic", topic}, {"msg", text}};
    line = event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    line = fmt::format("{} {} {}: {}", timestamp, level_name, topic, text);
    std::replace(line.begin(), line.end(), '\n', ' ');
  }
  line += '\n';
  return line;
}

void write_log(LogLevel level, std::string_view topic, std::string_view text) {
  const std::string line = log_line(log_format(), timestamp(), level, topic, text);
  // Nowhere to say that this failed.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace sextant
