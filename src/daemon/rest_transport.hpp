// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// RestTransport: TCP and TLS below the REST listener, on a thread of its own. cpprestsdk brings a
// server, too, but that one has no bound on headers, chunked bodies, time or connections.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <sextant/common/result.hpp>

#include "control/model/service_config.hpp"
#include "http_types.hpp"

namespace sextant {

class RestTransport {
 public:
  static constexpr unsigned kMaxConnections = 128;

  // Binds; accepts nothing yet. Errors name what cannot be bound or read.
  static Result<std::unique_ptr<RestTransport>> open(const IntrospectionConfig& config);
  // Like stop().
  ~RestTransport();
  RestTransport(const RestTransport&) = delete;
  RestTransport& operator=(const RestTransport&) = delete;

  // Accepts on a new thread, where handler runs, too. Once.
  void start(HttpHandler handler);
  // Ends the thread and closes every connection; responders that still exist answer nobody.
  void stop();

 private:
  class Impl;
  explicit RestTransport(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace sextant
