// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// sd_notify(3) by hand: assignments, one per line, in one datagram.
#include "service_manager.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace sextant {

namespace {

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string out = value == nullptr ? "" : value;
  unsetenv(name);
  return out;
}

// 0 for what is no number.
std::uint64_t number(const std::string& text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() ? out : 0;
}

// A line end would be the next assignment.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(take_variable("NOTIFY_SOCKET")) {
  const std::uint64_t timeout = number(take_variable("WATCHDOG_USEC"));
  const std::string pid = take_variable("WATCHDOG_PID");
  const bool meant = pid.empty() || number(pid) == static_cast<std::uint64_t>(getpid());
  if (timeout > 0 && meant && !socket_.empty()) {
    watchdog_timeout_ = std::chrono::microseconds(timeout);
  }
}

void ServiceManager::send(const std::string& text) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  // "@" stands for the abstract name space.
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return;
  // A manager that does not listen is no reason to stop.
  [[maybe_unused]] const auto sent =
      sendto(descriptor, text.data(), text.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size()));
  close(descriptor);
}

void ServiceManager::ready(std::string_view status) const {
  send("READY=1\nSTATUS=" + one_line(status));
}

void ServiceManager::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto us = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
                  static_cast<std::uint64_t>(now.tv_nsec) / 1000;
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", us));
}

void ServiceManager::stopping() const {
  send("STOPPING=1\nSTATUS=draining");
}

void ServiceManager::status(std::string_view text) const {
  send("STATUS=" + one_line(text));
}

void ServiceManager::watchdog() const {
  send("WATCHDOG=1");
}

}  // namespace sextant
