// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// AdminSocket: a root-only Unix socket that answers read-only questions in JSON, a line each way.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include <sextant/common/result.hpp>

#include "api.hpp"

namespace sextant {

// Lives on the thread of its io_context. A request is {"get":"localsids"}; the reply is one line of
// JSON, {"error":"..."} when the request makes no sense. Clients that are slow, silent or talk too
// much are cut off.
class AdminSocket {
 public:
  // What "get" asks for -> the reply; an empty value for what does not exist.
  using Handler = std::function<nlohmann::json(const std::string& what)>;

  // Takes over the socket of a daemon that is gone; fails when one still listens. api: served as
  // HTTP/1.1 on the same socket, one request per connection; outlives it.
  static Result<std::unique_ptr<AdminSocket>> open(boost::asio::io_context& loop,
                                                   const std::string& path, Handler handler,
                                                   const Api& api);
  // Closes and removes the socket.
  ~AdminSocket();
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

 private:
  class Impl;
  explicit AdminSocket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// Pure: one request line -> one reply line, line end included.
[[nodiscard]] std::string admin_reply(const std::string& request,
                                      const AdminSocket::Handler& handler);

}  // namespace sextant
