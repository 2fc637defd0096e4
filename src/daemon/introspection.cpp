// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Which routes there are, and the order in which the ways in open and close.
#include "introspection.hpp"

#include <utility>

#include "routes.hpp"

namespace sextant {

Introspection::Introspection(boost::asio::io_context& loop, const ViewSource& source)
    : loop_(loop), source_(source), replies_(loop) {
  add_list_routes(api_, source_, replies_);
}

Status Introspection::open_socket(const std::string& path) {
  auto admin = AdminSocket::open(loop_, path, api_);
  if (!admin) return admin.error();
  admin_ = std::move(admin).value();
  return Ok{};
}

void Introspection::close() {
  admin_.reset();
}

}  // namespace sextant
