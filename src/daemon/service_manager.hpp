// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ServiceManager: tells systemd how the daemon is doing (sd_notify(3)).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sextant {

// The protocol is one datagram to the socket that $NOTIFY_SOCKET names; that is little enough to do
// without libsystemd and what it drags in. Without the variable every call does nothing.
class ServiceManager {
 public:
  // Reads and removes the variables, so that no child speaks for the daemon.
  ServiceManager();

  void ready(std::string_view status) const;
  // RELOADING with the time that Type=notify-reload wants; ready() ends it.
  void reloading() const;
  void stopping() const;
  void status(std::string_view text) const;
  // The control thread and the lcores work.
  void watchdog() const;
  // How often watchdog() must be called; none: nobody waits for it.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog_timeout() const {
    return watchdog_timeout_;
  }

 private:
  void send(const std::string& text) const;

  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_timeout_;
};

}  // namespace sextant
