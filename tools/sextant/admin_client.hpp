// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// AdminClient: asking a running sextantd by HTTP over its Unix socket.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include <sextant/common/result.hpp>

namespace sextant {

// What the daemon answered, whatever the status says.
struct ApiResult {
  int status = 0;
  std::string content_type;
  std::string body;

  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};

// The body as JSON; an Error with the words of the problem document when the status is none of 2xx.
[[nodiscard]] Result<nlohmann::json> json_of(const ApiResult& result);
// Those words: "Wrong parameter: parameter 'limit' is an integer, not 'x'".
[[nodiscard]] Error problem_of(const ApiResult& result);

// Blocking; each call is a connection of its own. An Error says why there was no answer at all:
// nobody listens, not allowed, no answer in time.
class AdminClient {
 public:
  // timeout: without a byte from the daemon.
  explicit AdminClient(std::string socket_path,
                       std::chrono::milliseconds timeout = std::chrono::seconds(30));

  // target: path and query, percent-encoded: "/v1/fib?table=red".
  [[nodiscard]] Result<ApiResult> get(const std::string& target) const;
  [[nodiscard]] Result<ApiResult> post(const std::string& target, std::string body,
                                       const std::string& content_type = "application/yaml") const;

  // A reply that comes in pieces: on_chunk gets each piece of the body of a good reply as it
  // arrives, and ends the request by returning false. No timeout between pieces when idle is 0.
  // The result has no body then; that of another reply it has.
  using OnChunk = std::function<bool(std::string_view chunk)>;
  [[nodiscard]] Result<ApiResult> stream(const std::string& target, const OnChunk& on_chunk,
                                         std::chrono::milliseconds idle = {}) const;
  // The same with a method and a body.
  [[nodiscard]] Result<ApiResult> stream(const std::string& method, const std::string& target,
                                         std::string body, const OnChunk& on_chunk,
                                         std::chrono::milliseconds idle = {}) const;

 private:
  std::string socket_path_;
  std::chrono::milliseconds timeout_;
};

}  // namespace sextant
