// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Replies, and the table of routes.
#include "api.hpp"

#include <utility>

namespace sextant {

ApiReply ApiReply::json(const nlohmann::json& value, int status) {
  return {.status = status,
          .body = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

ApiReply ApiReply::problem(int status, std::string_view title, std::string_view detail) {
  ApiReply reply = json({{"title", title}, {"status", status}, {"detail", detail}}, status);
  reply.content_type = "application/problem+json";
  return reply;
}

void Api::add(ApiRoute route) {
  routes_.push_back(std::move(route));
}

}  // namespace sextant
