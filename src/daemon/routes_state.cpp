// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Routes about the daemon itself: metrics, health, and the document that names all routes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "openapi.hpp"
#include "routes.hpp"

namespace sextant {

namespace {

using nlohmann::json;

const json kStrings = {{"type", "array"}, {"items", {{"type", "string"}}}};

// With what is missing as extension member, for scripts.
ApiReply not_ready(const Health& health) {
  ApiReply reply =
      ApiReply::problem(503, "Not ready", fmt::format("{}", fmt::join(health.missing, "; ")));
  json document = json::parse(reply.body);
  document["missing"] = health.missing;
  document["notices"] = health.notices;
  const std::string type = reply.content_type;
  reply = ApiReply::json(document, 503);
  reply.content_type = type;
  return reply;
}

void add_health_routes(Api& api, const MetricsSource& source) {
  const json schema = {{"type", "object"},
                       {"properties", {{"status", {{"type", "string"}}}, {"notices", kStrings}}},
                       {"required", json::array({"status"})}};
  api.add({.method = "GET",
           .path = "/healthz",
           .summary = "Whether the process lives; 503: restart it.",
           .handler =
               [&source](const ApiRequest&, const std::shared_ptr<ApiResponder>& responder) {
                 if (source.health().live) {
                   return responder->reply(ApiReply::json({{"status", "live"}}));
                 }
                 responder->reply(
                     ApiReply::problem(503, "Not live", "a forwarding lcore makes no progress"));
               },
           .schema = schema});
  api.add({.method = "GET",
           .path = "/readyz",
           .summary = "Whether this node forwards what it should; 503 names what is missing.",
           .handler =
               [&source](const ApiRequest&, const std::shared_ptr<ApiResponder>& responder) {
                 const Health health = source.health();
                 responder->reply(health.ready ? ApiReply::json({{"status", "ready"},
                                                                 {"notices", health.notices}})
                                               : not_ready(health));
               },
           .schema = schema});
}

}  // namespace

void add_state_routes(Api& api, const MetricsSource& source, ReplyQueue& replies) {
  add_health_routes(api, source);
  api.add(
      {.method = "GET",
       .path = "/metrics",
       .summary = "Counters and states for Prometheus.",
       .content_type = std::string(kMetricsType),
       .handler = [&source, &replies](const ApiRequest&, std::shared_ptr<ApiResponder> responder) {
         replies.answer(
             "metrics", [&] { return make_metrics(source); }, std::move(responder));
       }});
  api.add({.method = "GET",
           .path = "/openapi.json",
           .summary = "This document.",
           .handler =
               [&api](const ApiRequest&, const std::shared_ptr<ApiResponder>& responder) {
                 responder->reply(ApiReply::json(openapi_document(api)));
               },
           .schema = {{"type", "object"}}});
}

}  // namespace sextant
