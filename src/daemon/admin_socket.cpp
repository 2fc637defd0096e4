// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Who may connect to the admin socket, and taking over the path of a daemon that is gone.
#include "admin_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <utility>

#include "http_session.hpp"
#include "log.hpp"

namespace sextant {

namespace {

using boost::asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

// A configuration of a hundred thousand routes has some 10 MB ("sextant diff").
constexpr std::size_t kMaxBody = 64u << 20;

// For the client that comes when all places are taken.
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    "Content-Length: 0\r\n\r\n";

// The socket's mode already says so; this holds where the folder or the mode was changed.
bool may_ask(stream_protocol::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

// Whether somebody listens there.
bool is_served(const std::string& path) {
  boost::asio::io_context loop;
  stream_protocol::socket socket(loop);
  ErrorCode error;
  socket.connect(stream_protocol::endpoint(path), error);
  return !error;
}

Status prepare_path(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{
        fmt::format("--socket {}: longer than the {} characters that a Unix socket may have", path,
                    sizeof(sockaddr_un::sun_path) - 1)};
  }
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && std::filesystem::create_directories(folder, error)) {
    chmod(folder.c_str(), 0700);
  }
  if (error) {
    return Error{
        fmt::format("--socket {}: cannot make the folder: {}; choose another path, or '' for "
                    "no socket",
                    path, error.message())};
  }
  if (!std::filesystem::exists(path, error)) return Ok{};
  if (!std::filesystem::is_socket(path, error)) {
    return Error{
        fmt::format("--socket {}: there is a file of that name that is not a socket", path)};
  }
  if (is_served(path)) {
    return Error{
        fmt::format("--socket {}: another sextantd listens there; each needs its own", path)};
  }
  std::filesystem::remove(path, error);
  return Ok{};
}

}  // namespace

class AdminSocket::Impl : public std::enable_shared_from_this<AdminSocket::Impl> {
 public:
  Impl(boost::asio::io_context& loop, std::string path, const Api& api)
      : path_(std::move(path)), acceptor_(loop), retry_(loop), api_(&api) {
    limits_.body_bytes = kMaxBody;
  }

  Status listen() {
    if (auto status = prepare_path(path_); !status) return status;
    ErrorCode error;
    acceptor_.open(stream_protocol(), error);
    const mode_t old = umask(0177);
    if (!error) acceptor_.bind(stream_protocol::endpoint(path_), error);
    umask(old);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (error) {
      return Error{
          fmt::format("--socket {}: {}; choose a path that may be written to, or '' for no "
                      "socket",
                      path_, error.message())};
    }
    bound_ = true;
    return Ok{};
  }

  void accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const ErrorCode& error, stream_protocol::socket socket) {
          if (error == boost::asio::error::operation_aborted) return;
          if (error) {
            // Out of descriptors, most likely: asking again at once would spin.
            log(LogLevel::kWarning, "admin", "accept: {}", error.message());
            return self->accept_later();
          }
          if (may_ask(socket)) self->serve(std::move(socket));
          self->accept();
        });
  }

  void accept_later() {
    retry_.expires_after(std::chrono::seconds(1));
    retry_.async_wait([self = shared_from_this()](const ErrorCode& error) {
      if (!error) self->accept();
    });
  }

  void close() {
    ErrorCode ignored;
    retry_.cancel();
    acceptor_.close(ignored);
    if (bound_) unlink(path_.c_str());
    bound_ = false;
    api_ = nullptr;
  }

 private:
  void serve(stream_protocol::socket socket) {
    if (places_.use_count() > static_cast<long>(kMaxClients)) {
      // A fresh socket has room for this; a client that is gone does not matter.
      [[maybe_unused]] const ssize_t sent =
          send(socket.native_handle(), kBusy.data(), kBusy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      return;
    }
    std::make_shared<HttpSession<stream_protocol::socket>>(
        std::move(socket), limits_,
        [self = shared_from_this()](HttpRequest request, std::shared_ptr<ApiResponder> responder) {
          self->answer(std::move(request), responder);
        },
        places_)
        ->start();
  }

  void answer(HttpRequest request, const std::shared_ptr<ApiResponder>& responder) {
    if (api_ == nullptr) return;
    auto parsed = parse_api_target(request.method, request.target);
    if (!parsed) {
      return responder->reply(ApiReply::problem(400, "Broken target", parsed.error().text));
    }
    parsed->body = std::move(request.body);
    parsed->privileged = true;
    api_->handle(*parsed, responder);
  }

  std::string path_;
  stream_protocol::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  const Api* api_;  // null once closed
  HttpLimits limits_;
  std::shared_ptr<void> places_ = std::make_shared<char>();  // one more reference for each client
  bool bound_ = false;
};

AdminSocket::AdminSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminSocket::~AdminSocket() {
  impl_->close();
}

Result<std::unique_ptr<AdminSocket>> AdminSocket::open(boost::asio::io_context& loop,
                                                       const std::string& path, const Api& api) {
  auto impl = std::make_shared<Impl>(loop, path, api);
  if (auto status = impl->listen(); !status) {
    impl->close();
    return status.error();
  }
  impl->accept();
  return std::unique_ptr<AdminSocket>(new AdminSocket(std::move(impl)));
}

}  // namespace sextant
