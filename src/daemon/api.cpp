// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The table of routes, searched from start to end.
#include "api.hpp"

#include <utility>

namespace sextant {

ApiReply ApiReply::json(const nlohmann::json& value, int status) {
  ApiReply reply;
  reply.status = status;
  reply.body = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return reply;
}

ApiReply ApiReply::problem(int status, std::string_view title, std::string_view detail) {
  ApiReply reply = json(
      {{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}}, status);
  reply.content_type = "application/problem+json";
  return reply;
}

void Api::add(ApiRoute route) {
  routes_.push_back(std::move(route));
}

void Api::handle(const ApiRequest& request, const std::shared_ptr<ApiResponder>& responder) const {
  std::string allowed;
  for (const ApiRoute& route : routes_) {
    if (route.path != request.path) continue;
    if (route.method != request.method) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    if (route.privileged && !request.privileged) {
      return responder->reply(
          ApiReply::problem(403, "Not allowed here", "this changes state: use the Unix socket"));
    }
    return route.handler(request, responder);
  }
  if (allowed.empty()) {
    return responder->reply(
        ApiReply::problem(404, "Not found", "there is no '" + request.path + "'"));
  }
  ApiReply reply = ApiReply::problem(405, "Method not allowed", "allowed here: " + allowed);
  reply.headers.emplace_back("Allow", allowed);
  responder->reply(std::move(reply));
}

}  // namespace sextant
