// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiError.
#include "k8s/api_error.hpp"

#include <exception>
#include <nlohmann/json.hpp>

namespace sextant::k8s {

namespace {

using Kind = ApiError::Kind;

// The message of a Status object, on one line; empty when the body is something else.
std::string message_of(std::string_view body) {
  std::string out;
  try {
    const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) return "";
    const auto found = json.find("message");
    if (found == json.end() || !found->is_string()) return "";
    for (const char c : found->get<std::string>())
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  } catch (const std::exception&) {
    return "";
  }
  if (out.size() > 400) out = out.substr(0, 397) + "...";
  return out;
}

// What a person does about it.
std::string advice_of(const ApiRequest& request, Kind kind) {
  switch (kind) {
    case Kind::kUnauthorized:
      return "; the token or the client certificate is not accepted: is it of this cluster, and "
             "not "
             "expired?";
    case Kind::kForbidden:
      return "; allow verb \"" + request.verb + "\" on " + request.resource +
             " (config/manifests/rbac.yaml)";
    default: return "";
  }
}

}  // namespace

std::string_view name_of(ApiError::Kind kind) {
  switch (kind) {
    case Kind::kUnreachable: return "unreachable";
    case Kind::kTls: return "tls";
    case Kind::kTimeout: return "timeout";
    case Kind::kCredentials: return "credentials";
    case Kind::kUnauthorized: return "unauthorized";
    case Kind::kForbidden: return "forbidden";
    case Kind::kNotFound: return "not_found";
    case Kind::kConflict: return "conflict";
    case Kind::kGone: return "gone";
    case Kind::kTooMany: return "too_many_requests";
    case Kind::kServer: return "server";
    case Kind::kRefused: return "refused";
    case Kind::kBadReply: return "bad_reply";
  }
  return "";
}

ApiError::Kind kind_of_status(int status) {
  switch (status) {
    case 401: return Kind::kUnauthorized;
    case 403: return Kind::kForbidden;
    case 404: return Kind::kNotFound;
    case 409: return Kind::kConflict;
    case 410: return Kind::kGone;
    case 429: return Kind::kTooMany;
    default: return status >= 500 && status < 600 ? Kind::kServer : Kind::kRefused;
  }
}

std::string describe(const ApiRequest& request, std::string_view why) {
  return request.verb + " " + request.resource + ": " + std::string(why);
}

ApiError status_error(const ApiRequest& request, int status, std::string_view body) {
  const Kind kind = kind_of_status(status);
  std::string why = "the API server answers " + std::to_string(status);
  if (const std::string message = message_of(body); !message.empty()) why += " (" + message + ")";
  return {kind, status, describe(request, why + advice_of(request, kind)), std::nullopt};
}

ApiError transport_error(const ApiRequest& request, std::string_view what, std::string_view reason,
                         std::string_view tls_problem) {
  std::string why(what);
  if (what.find("handshake") != std::string_view::npos || !tls_problem.empty()) {
    if (!tls_problem.empty()) why += ": " + std::string(tls_problem);
    return {Kind::kTls, 0, describe(request, why), std::nullopt};
  }
  if (!reason.empty()) why += ": " + std::string(reason);
  return {Kind::kUnreachable, 0, describe(request, why), std::nullopt};
}

}  // namespace sextant::k8s
