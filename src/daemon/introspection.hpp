// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Introspection: the Api with its routes, and the two ways in, as one part of the daemon.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include <sextant/common/result.hpp>

#include "admin_socket.hpp"
#include "api.hpp"
#include "control/model/service_config.hpp"
#include "health.hpp"
#include "metrics.hpp"
#include "reply_queue.hpp"
#include "rest_server.hpp"
#include "views.hpp"

namespace sextant {

// What the routes ask besides views. reconciler: empty until the data plane has started.
struct IntrospectionParts {
  const std::optional<Reconciler>& reconciler;
  HealthFunction health;
  std::function<std::optional<k8s::ClusterStatus>()> cluster;
};

// Control thread. Routes of others are added to api() before open_socket() and listen().
class Introspection {
 public:
  // All outlive it.
  Introspection(boost::asio::io_context& loop, const ViewSource& source, IntrospectionParts parts);
  Introspection(const Introspection&) = delete;
  Introspection& operator=(const Introspection&) = delete;

  [[nodiscard]] Api& api() { return api_; }
  [[nodiscard]] const ReplyQueue& replies() const { return replies_; }

  // The Unix socket. Refused when another daemon serves the path.
  Status open_socket(const std::string& path);
  // The REST listener. One that nobody configured is left out with a warning when its port is
  // taken: several daemons of one machine need no configuration to run.
  Status listen(const IntrospectionConfig& config, bool configured);
  // No more requests from here on; removes the socket. Before the loop's end.
  void close();

 private:
  boost::asio::io_context& loop_;
  IntrospectionParts parts_;
  MetricsSource metrics_;
  ReplyQueue replies_;
  Api api_;
  std::unique_ptr<AdminSocket> admin_;
  std::unique_ptr<RestServer> rest_;
};

}  // namespace sextant
