// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RestServer: the read-only REST listener, an http_listener of cpprestsdk.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include <sextant/common/result.hpp>

#include "api.hpp"
#include "control/model/service_config.hpp"

namespace sextant {

// Its connections live on threads of their own; requests are answered on the thread of loop. One in
// a process, because cpprestsdk knows one server for all listeners.
class RestServer {
 public:
  static constexpr unsigned kMaxInFlight = 64;

  // loop and api outlive it, and loop runs no handler of it after its end. Refused: an address
  // that others reach without certificate and token; files that cannot be read; a port in use.
  static Result<std::unique_ptr<RestServer>> open(boost::asio::io_context& loop, const Api& api,
                                                  const IntrospectionConfig& config);
  ~RestServer();
  RestServer(const RestServer&) = delete;
  RestServer& operator=(const RestServer&) = delete;

 private:
  class Impl;
  explicit RestServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace sextant
