// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Finding the route of a request, refusing what does not fit, and problem documents.
#include "api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

namespace sextant {

namespace {

using nlohmann::json;

constexpr int kOk = 200;
constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kInternalError = 500;
constexpr int kUnavailable = 503;

constexpr std::string_view kProblemType = "application/problem+json";

std::string dump(const json& value) {
  // Names come from people: bytes that are no UTF-8 must not make a reply fail.
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// "No such path" -> "no-such-path"
std::string slug_of(std::string_view title) {
  std::string out;
  for (const char c : title) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-')
    out.pop_back();
  return out;
}

// What a handler gets: adds to its problems which request they are about, ends streams that a HEAD
// request does not want, and answers when the handler forgets to.
class RequestResponder : public ApiResponder {
 public:
  RequestResponder(std::shared_ptr<ApiResponder> next, std::string instance, bool head)
      : next_(std::move(next)), instance_(std::move(instance)), head_(head) {}
  RequestResponder(const RequestResponder&) = delete;
  RequestResponder& operator=(const RequestResponder&) = delete;
  ~RequestResponder() override {
    try {
      if (!answered_) {
        reply(ApiReply::problem(kUnavailable, "No answer",
                                "the daemon gave up this request before it was answered; try "
                                "again, and look into its log if that does not help"));
      } else if (streaming_) {
        next_->end();
      }
    } catch (const std::exception&) {
      // Out of memory: the transport's own deadline closes the connection.
    }
  }

  void reply(ApiReply reply) override {
    if (std::exchange(answered_, true)) return;
    if (reply.content_type == kProblemType) {
      json problem = json::parse(reply.body, nullptr, false);
      if (problem.is_object()) {
        problem["instance"] = instance_;
        reply.body = dump(problem);
      }
    }
    next_->reply(std::move(reply));
  }

  void begin(std::string_view content_type) override {
    if (std::exchange(answered_, true)) return;
    if (head_) {
      next_->reply({.status = kOk, .content_type = std::string(content_type)});
      return;
    }
    streaming_ = true;
    next_->begin(content_type);
  }

  bool write(std::string chunk) override { return streaming_ && next_->write(std::move(chunk)); }

  void end() override {
    if (std::exchange(streaming_, false)) next_->end();
  }

  [[nodiscard]] bool gone() const override { return (head_ && answered_) || next_->gone(); }

 private:
  std::shared_ptr<ApiResponder> next_;
  std::string instance_;
  bool head_;
  bool answered_ = false;
  bool streaming_ = false;
};

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// Empty for a "%" without two hexadecimal digits, and for a zero byte, which no name contains.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) {
      c = ' ';
    } else if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

// Why the value does not fit the type; empty when it does.
std::string type_error(const ApiParameter& parameter, const std::string& value) {
  if (parameter.type == "integer") {
    std::int64_t number = 0;
    const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (ec == std::errc{} && end == value.data() + value.size() && !value.empty()) return "";
    return "an integer";
  }
  if (parameter.type == "boolean" && value != "true" && value != "false") return "true or false";
  return "";
}

std::string parameter_names(const ApiRoute& route) {
  std::string out;
  for (const ApiParameter& parameter : route.parameters)
    out += (out.empty() ? "" : ", ") + parameter.name;
  return out.empty() ? "none" : out;
}

// Why the query does not fit the route; empty when it does.
std::optional<ApiReply> query_problem(const ApiRoute& route, const ApiRequest& request) {
  for (const auto& [name, value] : request.query) {
    const auto parameter =
        std::find_if(route.parameters.begin(), route.parameters.end(),
                     [&, &key = name](const ApiParameter& one) { return one.name == key; });
    if (parameter == route.parameters.end()) {
      return ApiReply::problem(kBadRequest, "Unknown parameter",
                               fmt::format("{} takes no parameter '{}'; it takes: {}", route.path,
                                           name, parameter_names(route)));
    }
    if (const std::string wanted = type_error(*parameter, value); !wanted.empty()) {
      return ApiReply::problem(kBadRequest, "Wrong parameter",
                               fmt::format("parameter '{}' is {}, not '{}'", name, wanted, value));
    }
  }
  return std::nullopt;
}

}  // namespace

ApiReply ApiReply::json(const nlohmann::json& value, int status) {
  return {.status = status, .body = dump(value)};
}

ApiReply ApiReply::problem(int status, std::string_view title, std::string_view detail) {
  return {.status = status,
          .content_type = std::string(kProblemType),
          .body = dump({{"type", "urn:sextant:problem:" + slug_of(title)},
                        {"title", title},
                        {"status", status},
                        {"detail", detail}})};
}

Result<ApiRequest> parse_api_target(std::string_view method, std::string_view target) {
  if (target.empty() || target.front() != '/') {
    return Error{"the target of a request begins with '/'"};
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  ApiRequest request{.method = std::string(method)};
  auto path = percent_decoded(target.substr(0, question), false);
  if (!path) return Error{"the path has a '%' that is not followed by the code of a character"};
  request.path = *std::move(path);
  std::string_view rest = question == std::string_view::npos ? "" : target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value =
        percent_decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) {
      return Error{
          fmt::format("parameter {} of the query has a '%' that is not followed by the "
                      "code of a character",
                      request.query.size() + 1)};
    }
    request.query.insert_or_assign(*std::move(name), *std::move(value));
  }
  return request;
}

void Api::add(ApiRoute route) {
  routes_.push_back(std::move(route));
}

void Api::handle(const ApiRequest& request, const std::shared_ptr<ApiResponder>& responder) const {
  const bool head = request.method == "HEAD";
  const auto answer = std::make_shared<RequestResponder>(responder, request.path, head);
  const std::string method = head ? "GET" : request.method;
  const ApiRoute* found = nullptr;
  std::string allow;
  for (const ApiRoute& route : routes_) {
    if (route.path != request.path) continue;
    allow += (allow.empty() ? "" : ", ") + route.method;
    if (route.method == "GET") allow += ", HEAD";
    if (route.method == method) found = &route;
  }
  if (allow.empty()) {
    return answer->reply(ApiReply::problem(
        kNotFound, "No such path",
        fmt::format("there is no {}; /openapi.json names all paths", request.path)));
  }
  if (found == nullptr) {
    ApiReply reply =
        ApiReply::problem(kMethodNotAllowed, "Method not allowed",
                          fmt::format("{} takes {}, not {}", request.path, allow, request.method));
    reply.headers.emplace_back("Allow", allow);
    return answer->reply(std::move(reply));
  }
  if (found->privileged && !request.privileged) {
    return answer->reply(ApiReply::problem(
        kForbidden, "Only over the Unix socket",
        fmt::format("{} {} changes or tries state, which this listener never does: ask over the "
                    "daemon's Unix socket, as 'sextant' does",
                    request.method, request.path)));
  }
  if (auto problem = query_problem(*found, request)) return answer->reply(*std::move(problem));
  try {
    found->handler(request, answer);
  } catch (const std::exception& error) {
    answer->reply(ApiReply::problem(
        kInternalError, "Internal error",
        fmt::format("{} failed unexpectedly: {}; this is a defect, please report it", request.path,
                    error.what())));
  }
}

}  // namespace sextant
