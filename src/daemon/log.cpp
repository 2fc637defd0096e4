// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Log lines: made whole, then written by one call, so that threads do not mix.
#include "log.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>

namespace sextant {

namespace {

std::atomic<LogLevel> current_level{LogLevel::kInfo};

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

void write_log(LogLevel level, std::string_view topic, std::string_view text) {
  std::string line = fmt::format("{} {} {}: {}", timestamp(),
                                 kLevelNames[static_cast<std::size_t>(level)], topic, text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  // Nowhere to say that this failed.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace sextant
