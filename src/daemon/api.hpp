// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Api: what the daemon answers, whoever carries the question: the REST listener (rest_server.hpp)
// or the Unix socket (admin_socket.hpp). Both speak HTTP; paths and replies are the same on both.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/common/result.hpp>

namespace sextant {

struct ApiRequest {
  std::string method;                        // "GET"
  std::string path;                          // "/v1/fib", without query, percent-decoded
  std::map<std::string, std::string> query;  // percent-decoded; of a key given twice the last
  std::string body;                          // bounded by the transport
  // Came over the root-only Unix socket: may change state.
  bool privileged = false;
};

// Method and target of an HTTP request ("/v1/fib?table=red") as a request without a body. Pure.
[[nodiscard]] Result<ApiRequest> parse_api_target(std::string_view method, std::string_view target);

struct ApiReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beyond Content-Type and -Length

  static ApiReply json(const nlohmann::json& value, int status = 200);
  // RFC 9457. title: what kind of problem, the same words each time, as "type" is made of it;
  // detail: what, where, what to do. Api adds the path of the request as "instance".
  static ApiReply problem(int status, std::string_view title, std::string_view detail);
};

// How a handler answers: reply() once, or begin(), write() any number of times, end(). On the
// control thread, at once or later. Destroyed without an answer: the client gets 503.
class ApiResponder {
 public:
  virtual ~ApiResponder() = default;
  virtual void reply(ApiReply reply) = 0;
  virtual void begin(std::string_view content_type) = 0;
  // False: not sent, because the client reads too slowly (its bounded queue is full) or is gone.
  virtual bool write(std::string chunk) = 0;
  virtual void end() = 0;
  // The client closed the connection: nobody waits for more.
  [[nodiscard]] virtual bool gone() const = 0;
};

using ApiHandler = std::function<void(const ApiRequest&, std::shared_ptr<ApiResponder>)>;

// One row per parameter, for OpenAPI and for refusing unknown ones.
struct ApiParameter {
  std::string name;
  std::string type;  // "string", "integer" or "boolean"
  std::string help;
};

struct ApiRoute {
  std::string method;
  std::string path;
  std::string summary;  // one sentence
  std::vector<ApiParameter> parameters;
  std::string content_type = "application/json";  // of a good reply
  bool privileged = false;                        // over the Unix socket alone
  ApiHandler handler;
  nlohmann::json schema;  // of a good reply (JSON Schema); null: not JSON
};

// The table of routes. Filled at start, then read; handlers run on the control thread.
class Api {
 public:
  void add(ApiRoute route);
  // Finds the handler; answers 404, 405 with Allow, 403 for what needs the socket, 400 for unknown
  // parameters by itself.
  void handle(const ApiRequest& request, const std::shared_ptr<ApiResponder>& responder) const;
  [[nodiscard]] const std::vector<ApiRoute>& routes() const { return routes_; }

 private:
  std::vector<ApiRoute> routes_;
};

}  // namespace sextant
