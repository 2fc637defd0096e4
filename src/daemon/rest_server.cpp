// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The only file with cpprestsdk's server side; its exceptions stop here. Below the http_listener is
// our transport instead of cpprestsdk's own (http_server is its interface for that), above it the
// control thread.
#include "rest_server.hpp"

// Else cpprestsdk makes a macro of the letter U, which other headers use as a name.
#define _TURN_OFF_PLATFORM_STRING

#include <cpprest/details/http_server.h>
#include <cpprest/details/http_server_api.h>
#include <cpprest/http_listener.h>
#include <fmt/format.h>
#include <pplx/threadpool.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "bearer_token.hpp"
#include "log.hpp"
#include "rest_transport.hpp"

namespace sextant {

namespace {

namespace rest = web::http;
using rest::experimental::details::http_server;
using rest::experimental::details::http_server_api;
using rest::experimental::listener::http_listener;
using rest::experimental::listener::details::http_listener_impl;

// cpprestsdk would start 40; ours only finish tasks that are complete.
constexpr std::size_t kPoolThreads = 2;

// Travels with a request of cpprestsdk and, once it is answered, with the response.
class Context : public rest::details::_http_server_context {
 public:
  std::shared_ptr<ApiResponder> responder;
  std::string body;
};

ApiReply reply_of(rest::http_response& response) {
  ApiReply reply{.status = response.status_code(), .content_type = ""};
  for (const auto& [name, value] : response.headers()) {
    if (name == rest::header_names::content_type) {
      reply.content_type = value;
    } else if (name != rest::header_names::content_length) {
      reply.headers.emplace_back(name, value);
    }
  }
  if (!response.body()) return reply;
  // A string is in memory as a whole: nothing waits here.
  auto buffer = response.body().streambuf();
  reply.body.resize(buffer.in_avail());
  const auto got =
      buffer.getn(reinterpret_cast<std::uint8_t*>(reply.body.data()), reply.body.size()).get();
  reply.body.resize(got);
  return reply;
}

// What cpprestsdk asks of a server. One listener.
class Server : public http_server {
 public:
  explicit Server(std::unique_ptr<RestTransport> transport) : transport_(std::move(transport)) {}

  pplx::task<void> start() override { return pplx::task_from_result(); }
  pplx::task<void> stop() override {
    transport_->stop();
    return pplx::task_from_result();
  }
  pplx::task<void> register_listener(http_listener_impl* listener) override {
    transport_->start([listener](HttpRequest request, std::shared_ptr<ApiResponder> responder) {
      serve(*listener, std::move(request), responder);
    });
    return pplx::task_from_result();
  }
  pplx::task<void> unregister_listener(http_listener_impl*) override {
    transport_->stop();
    return pplx::task_from_result();
  }
  pplx::task<void> respond(rest::http_response response) override {
    auto* const context = dynamic_cast<Context*>(response._get_server_context());
    if (context != nullptr) context->responder->reply(reply_of(response));
    return pplx::task_from_result();
  }

 private:
  static void serve(http_listener_impl& listener, HttpRequest request,
                    const std::shared_ptr<ApiResponder>& responder) {
    try {
      auto context = std::make_unique<Context>();
      context->responder = responder;
      context->body = std::move(request.body);
      auto message = rest::http_request::_create_request(std::move(context));
      message.set_method(request.method);
      message.set_request_uri(web::uri(request.target));
      if (!request.authorization.empty()) {
        message.headers().add(rest::header_names::authorization, request.authorization);
      }
      listener.handle_request(message);
    } catch (const web::uri_exception& error) {
      responder->reply(ApiReply::problem(400, "Broken target", error.what()));
    } catch (const std::exception& error) {
      responder->reply(ApiReply::problem(500, "Internal error", error.what()));
    }
  }

  std::unique_ptr<RestTransport> transport_;
};

// Good replies go through cpprestsdk; streams go to the transport, whose queue is bounded.
class RestResponder : public ApiResponder {
 public:
  RestResponder(rest::http_request request, std::shared_ptr<ApiResponder> transport,
                std::shared_ptr<void> place)
      : request_(std::move(request)), transport_(std::move(transport)), place_(std::move(place)) {}

  void reply(ApiReply reply) override {
    try {
      rest::http_response response(static_cast<rest::status_code>(reply.status));
      response.set_body(std::move(reply.body), reply.content_type);
      for (const auto& [name, value] : reply.headers)
        response.headers().add(name, value);
      request_.reply(response);
    } catch (const std::exception& error) {
      transport_->reply(ApiReply::problem(500, "Internal error", error.what()));
    }
  }
  void begin(std::string_view content_type) override { transport_->begin(content_type); }
  bool write(std::string chunk) override { return transport_->write(std::move(chunk)); }
  void end() override { transport_->end(); }
  [[nodiscard]] bool gone() const override { return transport_->gone(); }

 private:
  rest::http_request request_;
  std::shared_ptr<ApiResponder> transport_;
  std::shared_ptr<void> place_;
};

Status check(const IntrospectionConfig& config) {
  if (config.tls() && config.key.empty()) {
    return Error{"introspection.tls.key: missing; a certificate needs its key"};
  }
  if (is_loopback(config.address)) return Ok{};
  if (!config.tls() || config.token_file.empty()) {
    return Error{
        fmt::format("introspection.listen {}: others can reach this address, so tls (certificate "
                    "and key) and token_file must be there, too; or listen on 127.0.0.1",
                    config.listen())};
  }
  return Ok{};
}

}  // namespace

class RestServer::Impl : public std::enable_shared_from_this<RestServer::Impl> {
 public:
  Impl(boost::asio::io_context& loop, const Api& api) : loop_(loop), api_(&api) {}

  Status open(const IntrospectionConfig& config) {
    if (auto status = check(config); !status) return status;
    if (!config.token_file.empty()) {
      auto token = BearerToken::open(config.token_file);
      if (!token) return token.error();
      token_ = std::move(token).value();
    }
    auto transport = RestTransport::open(config);
    if (!transport) return transport.error();
    try {
      limit_pool();
      http_server_api::register_server_api(std::make_unique<Server>(std::move(transport).value()));
      listener_.emplace((config.tls() ? "https://" : "http://") + config.listen());
      listener_->support([this](rest::http_request request) { receive(std::move(request)); });
      // Methods that cpprestsdk does not know are for Api to refuse, too.
      for (const auto& method : {rest::methods::HEAD, rest::methods::OPTIONS, rest::methods::TRCE})
        listener_->support(method,
                           [this](rest::http_request request) { receive(std::move(request)); });
      listener_->open().wait();
    } catch (const std::exception& error) {
      listener_.reset();
      return Error{fmt::format("introspection.listen {}: {}", config.listen(), error.what())};
    }
    return Ok{};
  }

  void close() {
    api_ = nullptr;
    if (!listener_) return;
    try {
      listener_->close().wait();
    } catch (const std::exception& error) {
      log(LogLevel::kWarning, "rest", "closing the listener: {}", error.what());
    }
    listener_.reset();
  }

 private:
  static void limit_pool() {
    static const bool once = [] {
      try {
        crossplat::threadpool::initialize_with_threads(kPoolThreads);
      } catch (const std::exception&) {
        // Another part of this process uses it already.
        return false;
      }
      return true;
    }();
    static_cast<void>(once);
  }

  // On the transport's thread.
  void receive(rest::http_request request) {
    auto* const context = dynamic_cast<Context*>(request._get_server_context());
    if (context == nullptr) return;
    const auto transport = context->responder;
    std::string body = std::move(context->body);
    if (!allowed(request)) {
      ApiReply reply = ApiReply::problem(401, "Not authorized",
                                         "send 'Authorization: Bearer TOKEN' with the token that "
                                         "the daemon has in introspection.token_file");
      reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sextant\"");
      return RestResponder(std::move(request), transport, nullptr).reply(std::move(reply));
    }
    auto parsed = parse_api_target(request.method(), request.request_uri().to_string());
    if (!parsed) {
      return RestResponder(std::move(request), transport, nullptr)
          .reply(ApiReply::problem(400, "Broken target", parsed.error().text));
    }
    if (places_.use_count() > static_cast<long>(kMaxInFlight)) {
      ApiReply reply = ApiReply::problem(503, "Busy", "too many requests at once; try again");
      reply.headers.emplace_back("Retry-After", "1");
      return RestResponder(std::move(request), transport, nullptr).reply(std::move(reply));
    }
    parsed->body = std::move(body);
    boost::asio::post(loop_, [self = shared_from_this(), parsed = std::move(parsed).value(),
                              responder = std::make_shared<RestResponder>(std::move(request),
                                                                          transport, places_)] {
      if (self->api_ != nullptr) self->api_->handle(parsed, responder);
    });
  }

  bool allowed(const rest::http_request& request) {
    if (!token_) return true;
    utility::string_t authorization;
    request.headers().match(rest::header_names::authorization, authorization);
    return token_->matches(authorization);
  }

  boost::asio::io_context& loop_;
  const Api* api_;  // of the control thread; null once closed
  std::optional<BearerToken> token_;
  std::shared_ptr<void> places_ = std::make_shared<char>();  // one more for each request in flight
  std::optional<http_listener> listener_;
};

RestServer::RestServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

RestServer::~RestServer() {
  impl_->close();
}

Result<std::unique_ptr<RestServer>> RestServer::open(boost::asio::io_context& loop, const Api& api,
                                                     const IntrospectionConfig& config) {
  auto impl = std::make_shared<Impl>(loop, api);
  if (auto status = impl->open(config); !status) return status.error();
  return std::unique_ptr<RestServer>(new RestServer(std::move(impl)));
}

}  // namespace sextant
