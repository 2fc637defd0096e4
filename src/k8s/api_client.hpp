// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiClient: requests to the API server, whole replies and streams; cpprestsdk stays behind it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sextant/common/result.hpp>

#include "k8s/api_access.hpp"

namespace sextant::k8s {

// Why a request gave nothing. The text says what was asked, what happened, and what to do.
struct ApiError {
  enum class Kind : std::uint8_t {
    kUnreachable,   // no connection, or it broke
    kTls,           // the server could not prove who it is
    kTimeout,       // no answer in time
    kCredentials,   // our token cannot be read
    kUnauthorized,  // 401
    kForbidden,     // 403
    kNotFound,      // 404
    kConflict,      // 409: it exists already, or changed meanwhile
    kGone,          // 410: the resource version is too old
    kTooMany,       // 429
    kServer,        // 5xx
    kRefused,       // any other status
    kBadReply,      // an answer that makes no sense
  };

  Kind kind = Kind::kUnreachable;
  int status = 0;  // of HTTP; 0 without an answer
  std::string text;
  std::optional<std::chrono::seconds> retry_after;
};

// "forbidden" and so on: label of the metrics.
[[nodiscard]] std::string_view name_of(ApiError::Kind kind);

// The kind of an HTTP status that is not 2xx.
[[nodiscard]] ApiError::Kind kind_of_status(int status);

struct ApiRequest {
  std::string path;                          // with the query, encoded
  std::string verb;                          // of RBAC: "list", "watch", "get", "create", "patch"
  std::string resource;                      // "endpointslices.discovery.k8s.io"; for messages
  std::chrono::milliseconds timeout{30000};  // fetch(): whole reply; stream(): until it begins
  std::size_t max_bytes = std::size_t{256} << 20;
  std::string body;  // of verbs "create" (JSON) and "patch" (JSON merge patch, RFC 7396)
};

// A request under way. Destroying it ends the request: no handler of the control thread is called
// any more. Control thread.
class ApiCall {
 public:
  class State;
  ApiCall() = default;
  explicit ApiCall(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~ApiCall() { cancel(); }
  ApiCall(ApiCall&& other) noexcept = default;
  ApiCall& operator=(ApiCall&& other) noexcept;
  void cancel();
  [[nodiscard]] bool active() const { return state_ != nullptr; }

 private:
  std::shared_ptr<State> state_;
};

// Requests run on threads of cpprestsdk. Handlers named "work" and "bytes" are called there, one at
// a time, so that decoding does not hold up the control thread; they must own what they touch. All
// other handlers are called on the control thread, which runs loop. Never throws.
class ApiClient {
 public:
  // Checks certificates and keys; connects to nothing.
  [[nodiscard]] static Result<std::unique_ptr<ApiClient>> create(boost::asio::io_context& loop,
                                                                 ApiAccess access);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  using Work = std::function<void(std::string body)>;
  using Done = std::function<void(std::optional<ApiError>)>;
  // What it returns, if anything, runs on the control thread, unless the call has ended by then.
  using Bytes = std::function<std::function<void()>(std::string_view)>;
  using Opened = std::function<void()>;

  // work(body) when the answer is 2xx, then done(nothing); else done(error).
  [[nodiscard]] ApiCall fetch(ApiRequest request, Work work, Done done);
  // opened() when the answer begins with 200, bytes() as they come, done() at the end: with nothing
  // when the server ended it in order.
  [[nodiscard]] ApiCall stream(ApiRequest request, Opened opened, Bytes bytes, Done done);

  [[nodiscard]] const ApiAccess& access() const { return access_; }

 private:
  class Http;
  ApiClient(boost::asio::io_context& loop, ApiAccess access, std::shared_ptr<Http> http);
  [[nodiscard]] ApiCall start(std::shared_ptr<ApiCall::State> state, const ApiRequest& request);

  boost::asio::io_context& loop_;
  ApiAccess access_;
  std::shared_ptr<Http> http_;
};

}  // namespace sextant::k8s
