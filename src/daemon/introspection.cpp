// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Which routes there are, and the order in which the ways in open and close.
#include "introspection.hpp"

#include <utility>

#include "log.hpp"
#include "routes.hpp"

namespace sextant {

Introspection::Introspection(boost::asio::io_context& loop, const ViewSource& source,
                             IntrospectionParts parts)
    : loop_(loop),
      parts_(std::move(parts)),
      metrics_{.views = source,
               .generation = [this]() -> const GenerationStatus* {
                 return parts_.reconciler ? &parts_.reconciler->status() : nullptr;
               },
               .health = parts_.health,
               .cluster = parts_.cluster},
      replies_(loop) {
  add_list_routes(api_, source, replies_);
  add_state_routes(api_, metrics_, replies_);
}

Status Introspection::open_socket(const std::string& path) {
  auto admin = AdminSocket::open(loop_, path, api_);
  if (!admin) return admin.error();
  admin_ = std::move(admin).value();
  return Ok{};
}

Status Introspection::listen(const IntrospectionConfig& config, bool configured) {
  auto rest = RestServer::open(loop_, api_, config);
  if (!rest) {
    if (configured) return rest.error();
    log(LogLevel::kWarning, "rest", "no REST listener: {}", rest.error().text);
    return Ok{};
  }
  rest_ = std::move(rest).value();
  return Ok{};
}

void Introspection::close() {
  rest_.reset();
  admin_.reset();
}

}  // namespace sextant
