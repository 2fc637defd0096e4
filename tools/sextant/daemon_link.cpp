// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What AdminClient brings, judged.
#include "daemon_link.hpp"

#include <fmt/format.h>

namespace sextant {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{10};

}  // namespace

DaemonLink::DaemonLink(const std::string& socket, unsigned wait_s)
    : socket_(socket),
      patience_(kPatience + std::chrono::seconds(wait_s)),
      client_(socket, patience_) {}

Error DaemonLink::refusal(const ApiResult& reply, const std::string& target) {
  const json problem = json::parse(reply.body, nullptr, false);
  std::string text;
  if (problem.is_object()) {
    for (const char* const key : {"title", "detail"}) {
      const auto found = problem.find(key);
      if (found == problem.end() || !found->is_string()) continue;
      text += (text.empty() ? "" : ": ") + found->get<std::string>();
    }
  }
  const std::string path = target.substr(0, target.find('?'));
  if (reply.status == 404 || reply.status == 405) {
    return Error{fmt::format("sextantd does not know {}; is it older than sextant?{}", path,
                             text.empty() ? "" : " (" + text + ")")};
  }
  if (text.empty()) text = fmt::format("{} answered with HTTP status {}", path, reply.status);
  return Error{"sextantd: " + text};
}

Result<json> DaemonLink::get(const std::string& target) const {
  const auto reply = client_.get(target);
  if (!reply) return reply.error();
  if (!reply->ok()) return refusal(*reply, target);
  json object = json::parse(reply->body, nullptr, false);
  if (!object.is_object()) {
    return Error{socket_ + ": the reply is not a JSON object; is something else listening there?"};
  }
  return object;
}

Result<ApiResult> DaemonLink::post(const std::string& target, const std::string& body) const {
  return client_.post(target, body);
}

Status DaemonLink::stream(const std::string& target,
                          const std::function<bool(std::string_view)>& on_chunk) const {
  const auto reply = client_.stream(target, on_chunk, patience_);
  if (!reply) return reply.error();
  if (!reply->ok()) return refusal(*reply, target);
  return Ok{};
}

}  // namespace sextant
