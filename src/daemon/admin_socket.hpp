// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// AdminSocket: HTTP over a root-only Unix socket; what changes the daemon's state comes in here.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include <sextant/common/result.hpp>

#include "api.hpp"

namespace sextant {

// Lives on the thread of its io_context, where the Api runs, too. Requests are privileged. Clients
// that are slow, silent or talk too much are cut off; there are at most kMaxClients.
class AdminSocket {
 public:
  static constexpr unsigned kMaxClients = 32;

  // Takes over the socket of a daemon that is gone; fails when one still listens. api outlives it.
  static Result<std::unique_ptr<AdminSocket>> open(boost::asio::io_context& loop,
                                                   const std::string& path, const Api& api);
  // Closes and removes the socket.
  ~AdminSocket();
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

 private:
  class Impl;
  explicit AdminSocket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace sextant
