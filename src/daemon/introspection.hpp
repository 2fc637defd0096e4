// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Introspection: the Api with its routes, and the two ways in, as one part of the daemon.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include <sextant/common/result.hpp>

#include "admin_socket.hpp"
#include "api.hpp"
#include "reply_queue.hpp"
#include "views.hpp"

namespace sextant {

// Control thread. Routes of others are added to api() before open_socket() and listen().
class Introspection {
 public:
  // Both outlive it.
  Introspection(boost::asio::io_context& loop, const ViewSource& source);
  Introspection(const Introspection&) = delete;
  Introspection& operator=(const Introspection&) = delete;

  [[nodiscard]] Api& api() { return api_; }
  [[nodiscard]] const ReplyQueue& replies() const { return replies_; }

  // The Unix socket. Refused when another daemon serves the path.
  Status open_socket(const std::string& path);
  // No more requests from here on; removes the socket.
  void close();

 private:
  boost::asio::io_context& loop_;
  const ViewSource& source_;
  ReplyQueue replies_;
  Api api_;
  std::unique_ptr<AdminSocket> admin_;
};

}  // namespace sextant
