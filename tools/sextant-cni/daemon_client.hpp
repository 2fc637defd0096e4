// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One request to sextantd: HTTP over its Unix socket.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "request.hpp"

namespace sextant::cni {

struct DaemonReply {
  int status = 0;  // of HTTP
  nlohmann::json body;
};

// target: path and query. An error when the daemon is not there or does not answer in time; what it
// refuses is a reply.
[[nodiscard]] Outcome<DaemonReply> ask_daemon(const Request& request, std::string_view method,
                                              const std::string& target,
                                              const std::string& body = "");

// Pure. Status and body of a whole HTTP/1.1 response with Content-Length; nothing: it is none.
[[nodiscard]] std::optional<DaemonReply> parse_response(std::string_view bytes);

// Pure. For a value in a query.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace sextant::cni
