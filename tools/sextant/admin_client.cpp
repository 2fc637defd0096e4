// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// HTTP over the admin socket with Boost.Beast; every wait has an end.
#include "admin_client.hpp"

#include <fmt/format.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <utility>

namespace sextant {

namespace {

namespace http = boost::beast::http;
using boost::asio::local::stream_protocol;
using boost::system::error_code;

// A page of 10,000 objects has some MB, a configuration some tens.
constexpr std::uint64_t kMaxReply = 1u << 30;

Error failed(const std::string& path, const error_code& error) {
  const char* hint = "";
  if (error == http::error::partial_message) {
    return Error{path + ": sextantd closed the connection in the middle of a reply"};
  }
  if (error == http::error::body_limit) return Error{path + ": the reply is too long"};
  if (error.category() == http::make_error_code(http::error::bad_version).category() &&
      error != http::error::end_of_stream) {
    return Error{path + ": the reply is not HTTP; is this sextantd older than sextant?"};
  }
  if (error == boost::asio::error::connection_refused ||
      error == boost::system::errc::no_such_file_or_directory) {
    hint = "; does sextantd run, and with this --socket?";
  } else if (error == boost::system::errc::permission_denied) {
    hint = "; the socket is for root only";
  } else if (error == http::error::end_of_stream || error == boost::asio::error::eof ||
             error == boost::asio::error::connection_reset) {
    return Error{path + ": sextantd closed the connection"};
  }
  return Error{fmt::format("{}: {}{}", path, error.message(), hint)};
}

// One connection.
class Connection {
 public:
  Connection(const std::string& path, std::chrono::milliseconds timeout)
      : path_(path), timeout_(timeout), socket_(loop_) {
    parser_.body_limit(kMaxReply);
  }

  Status connect() {
    if (path_.size() >= sizeof(sockaddr_un::sun_path)) {
      return Error{path_ + ": too long for the path of a Unix socket"};
    }
    error_code error;
    socket_.connect(stream_protocol::endpoint(path_), error);
    if (error) return failed(path_, error);
    return Ok{};
  }

  Status send(const std::string& method, const std::string& target, std::string body,
              const std::string& content_type) {
    http::request<http::string_body> request;
    request.version(11);
    request.method_string(method);
    request.target(target);
    request.set(http::field::host, "sextant");
    request.set(http::field::connection, "close");
    if (!content_type.empty()) request.set(http::field::content_type, content_type);
    request.body() = std::move(body);
    request.prepare_payload();
    auto sent = wait(timeout_, [&](auto handler) { http::async_write(socket_, request, handler); });
    // A daemon that refuses a large body answers before it was sent.
    if (!sent && !answered_early_) return sent;
    return Ok{};
  }

  Status read_header() {
    return wait(timeout_,
                [&](auto handler) { http::async_read_header(socket_, buffer_, parser_, handler); });
  }

  Status read_all() {
    while (!parser_.is_done()) {
      auto got = wait(timeout_, [&](auto handler) {
        http::async_read_some(socket_, buffer_, parser_, handler);
      });
      if (!got) return got;
    }
    return Ok{};
  }

  // What came since the last call; empty at the end.
  Result<std::string> read_some(std::chrono::milliseconds idle) {
    while (!parser_.is_done()) {
      auto got = wait(
          idle, [&](auto handler) { http::async_read_some(socket_, buffer_, parser_, handler); });
      if (!got) return got.error();
      std::string piece = std::exchange(parser_.get().body(), {});
      if (!piece.empty()) return piece;
    }
    return std::string();
  }

  [[nodiscard]] bool done() const { return parser_.is_done(); }
  ApiResult result() {
    auto message = parser_.release();
    return {.status = static_cast<int>(message.result_int()),
            .content_type = std::string(message[http::field::content_type]),
            .body = std::move(message.body())};
  }
  [[nodiscard]] unsigned status() { return parser_.get().result_int(); }
  [[nodiscard]] std::string content_type() {
    return std::string(parser_.get()[http::field::content_type]);
  }

 private:
  // Runs one operation; time 0: as long as it takes.
  template <typename Start>
  Status wait(std::chrono::milliseconds time, Start start) {
    error_code result = boost::asio::error::would_block;
    start([&result](const error_code& error, std::size_t) { result = error; });
    loop_.restart();
    if (time.count() == 0) {
      loop_.run();
    } else {
      loop_.run_for(time);
    }
    if (result == boost::asio::error::would_block) {
      error_code ignored;
      socket_.close(ignored);
      loop_.restart();
      loop_.run();
      return Error{fmt::format("{}: no answer in {} seconds", path_, time.count() / 1000.0)};
    }
    if (result) {
      answered_early_ = result == boost::asio::error::broken_pipe ||
                        result == boost::asio::error::connection_reset;
      return failed(path_, result);
    }
    return Ok{};
  }

  std::string path_;
  std::chrono::milliseconds timeout_;
  boost::asio::io_context loop_;
  stream_protocol::socket socket_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  bool answered_early_ = false;
};

Result<ApiResult> exchange(const std::string& path, std::chrono::milliseconds timeout,
                           const std::string& method, const std::string& target, std::string body,
                           const std::string& content_type) {
  Connection connection(path, timeout);
  if (auto status = connection.connect(); !status) return status.error();
  if (auto status = connection.send(method, target, std::move(body), content_type); !status) {
    return status.error();
  }
  if (auto status = connection.read_header(); !status) return status.error();
  if (auto status = connection.read_all(); !status) return status.error();
  return connection.result();
}

}  // namespace

Error problem_of(const ApiResult& result) {
  const nlohmann::json problem = nlohmann::json::parse(result.body, nullptr, false);
  const auto text = [&](const char* key) {
    const auto found = problem.is_object() ? problem.find(key) : problem.end();
    return found != problem.end() && found->is_string() ? found->get<std::string>() : "";
  };
  const std::string title = text("title");
  const std::string detail = text("detail");
  if (title.empty()) return Error{fmt::format("sextantd answered with status {}", result.status)};
  return Error{detail.empty() ? title : title + ": " + detail};
}

Result<nlohmann::json> json_of(const ApiResult& result) {
  if (!result.ok()) return problem_of(result);
  nlohmann::json parsed = nlohmann::json::parse(result.body, nullptr, false);
  if (parsed.is_discarded()) return Error{"the reply of sextantd is not JSON"};
  return parsed;
}

AdminClient::AdminClient(std::string socket_path, std::chrono::milliseconds timeout)
    : socket_path_(std::move(socket_path)), timeout_(timeout) {}

Result<ApiResult> AdminClient::get(const std::string& target) const {
  return exchange(socket_path_, timeout_, "GET", target, "", "");
}

Result<ApiResult> AdminClient::post(const std::string& target, std::string body,
                                    const std::string& content_type) const {
  return exchange(socket_path_, timeout_, "POST", target, std::move(body), content_type);
}

Result<ApiResult> AdminClient::stream(const std::string& target, const OnChunk& on_chunk,
                                      std::chrono::milliseconds idle) const {
  return stream("GET", target, "", on_chunk, idle);
}

Result<ApiResult> AdminClient::stream(const std::string& method, const std::string& target,
                                      std::string body, const OnChunk& on_chunk,
                                      std::chrono::milliseconds idle) const {
  Connection connection(socket_path_, timeout_);
  if (auto status = connection.connect(); !status) return status.error();
  if (auto status = connection.send(method, target, std::move(body), ""); !status) {
    return status.error();
  }
  if (auto status = connection.read_header(); !status) return status.error();
  const ApiResult head{static_cast<int>(connection.status()), connection.content_type(), ""};
  if (!head.ok()) {
    if (auto status = connection.read_all(); !status) return status.error();
    return connection.result();
  }
  while (true) {
    auto piece = connection.read_some(idle);
    if (!piece) return piece.error();
    if (piece->empty() || !on_chunk(*piece)) return head;
  }
}

}  // namespace sextant
