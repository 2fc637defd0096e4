// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sessions of the admin socket; every wait has a deadline.
#include "admin_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "log.hpp"

namespace sextant {

namespace {

using boost::asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kMaxRequest = 4096;
constexpr std::size_t kMaxBody = std::size_t{64} << 20;
constexpr unsigned kMaxSessions = 16;
constexpr std::chrono::seconds kDeadline{10};

// One client. Kept alive by its pending operations.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(stream_protocol::socket socket, const AdminSocket::Handler& handler, const Api& api,
          std::shared_ptr<unsigned> sessions)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        handler_(handler),
        api_(api),
        sessions_(std::move(sessions)) {
    ++*sessions_;
  }
  ~Session() { --*sessions_; }

  void read() {
    arm();
    boost::asio::async_read_until(
        socket_, boost::asio::dynamic_buffer(request_, kMaxRequest), '\n',
        [self = shared_from_this()](const ErrorCode& error, std::size_t bytes) {
          if (error == boost::asio::error::not_found) return self->write("request too long", true);
          if (error) {
            self->timer_.cancel();
            return;
          }
          const std::string line = self->request_.substr(0, bytes - 1);
          if (line.size() > 9 && line.compare(line.size() - 9, 9, "HTTP/1.1\r") == 0) {
            return self->read_head();
          }
          self->request_.erase(0, bytes);
          self->reply_ = admin_reply(line, self->handler_);
          self->write("", false);
        });
  }

 private:
  // Carries one answer; a handler that forgets it is told on.
  struct Responder : ApiResponder {
    explicit Responder(std::shared_ptr<Session> to) : session(std::move(to)) {}
    ~Responder() override { reply(ApiReply::problem(503, "No answer", "the handler gave none")); }
    void reply(ApiReply answer) override {
      if (const auto to = std::exchange(session, nullptr)) to->respond(answer);
    }
    void begin(std::string_view) override {}
    bool write(std::string) override { return false; }
    void end() override {}
    [[nodiscard]] bool gone() const override { return false; }
    std::shared_ptr<Session> session;
  };

  void read_head() {
    boost::asio::async_read_until(
        socket_, boost::asio::dynamic_buffer(request_, kMaxBody), "\r\n\r\n",
        [self = shared_from_this()](const ErrorCode& error, std::size_t bytes) {
          if (!error) self->read_body(bytes);
        });
  }

  void read_body(std::size_t head) {
    std::size_t length = 0;
    std::string lower = request_.substr(0, head);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (const auto at = lower.find("\r\ncontent-length:"); at != std::string::npos) {
      length = std::strtoul(lower.c_str() + at + 17, nullptr, 10);
    }
    if (length > kMaxBody) return;
    const std::size_t missing = head + length - std::min(head + length, request_.size());
    boost::asio::async_read(socket_, boost::asio::dynamic_buffer(request_),
                            boost::asio::transfer_exactly(missing),
                            [self = shared_from_this(), head](const ErrorCode& error, std::size_t) {
                              if (!error) self->serve(head);
                            });
  }

  void serve(std::size_t head) {
    ApiRequest request;
    const std::size_t space = request_.find(' ');
    request.method = request_.substr(0, space);
    request.path = request_.substr(space + 1, request_.find(' ', space + 1) - space - 1);
    request.body = request_.substr(head);
    request.privileged = true;
    timer_.cancel();
    api_.handle(request, std::make_shared<Responder>(shared_from_this()));
  }

  void respond(const ApiReply& kept) {
    reply_ = fmt::format(
        "HTTP/1.1 {} -\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        kept.status, kept.content_type, kept.body.size(), kept.body);
    arm();
    boost::asio::async_write(
        socket_, boost::asio::buffer(reply_),
        [self = shared_from_this()](const ErrorCode&, std::size_t) { self->timer_.cancel(); });
  }

  // Closes the connection when nothing happens in time: pending operations end with an error.
  void arm() {
    timer_.expires_after(kDeadline);
    timer_.async_wait([weak = weak_from_this()](const ErrorCode& error) {
      if (error) return;
      if (const auto self = weak.lock()) {
        ErrorCode ignored;
        self->socket_.close(ignored);
      }
    });
  }

  void write(const char* error_text, bool last) {
    if (last) reply_ = nlohmann::json{{"error", error_text}}.dump() + '\n';
    arm();
    boost::asio::async_write(
        socket_, boost::asio::buffer(reply_),
        [self = shared_from_this(), last](const ErrorCode& error, std::size_t) {
          self->timer_.cancel();
          if (!error && !last) self->read();
        });
  }

  stream_protocol::socket socket_;
  boost::asio::steady_timer timer_;
  const AdminSocket::Handler& handler_;
  const Api& api_;
  std::shared_ptr<unsigned> sessions_;
  std::string request_;
  std::string reply_;
};

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

std::string admin_reply(const std::string& request, const AdminSocket::Handler& handler) {
  const nlohmann::json parsed = nlohmann::json::parse(request, nullptr, false);
  nlohmann::json reply;
  if (!parsed.is_object() || parsed.size() != 1 || !parsed.contains("get") ||
      !parsed["get"].is_string()) {
    reply = {{"error", "a request is {\"get\":\"NAME\"}"}};
  } else {
    const std::string what = parsed["get"];
    reply = handler(what);
    if (reply.is_null()) reply = {{"error", "there is no '" + what + "'"}};
  }
  return reply.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

class AdminSocket::Impl : public std::enable_shared_from_this<AdminSocket::Impl> {
 public:
  Impl(boost::asio::io_context& loop, std::string path, Handler handler, const Api& api)
      : path_(std::move(path)),
        handler_(std::move(handler)),
        api_(api),
        acceptor_(loop),
        retry_(loop) {}

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
    acceptor_.async_accept([self = shared_from_this()](const ErrorCode& error,
                                                       stream_protocol::socket socket) {
      if (error == boost::asio::error::operation_aborted) return;
      if (error) {
        // Out of descriptors, most likely: asking again at once would spin.
        log(LogLevel::kWarning, "admin", "accept: {}", error.message());
        return self->accept_later();
      }
      if (*self->sessions_ < kMaxSessions && may_ask(socket)) {
        std::make_shared<Session>(std::move(socket), self->handler_, self->api_, self->sessions_)
            ->read();
      }
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
  }

 private:
  std::string path_;
  Handler handler_;
  const Api& api_;
  stream_protocol::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::shared_ptr<unsigned> sessions_ = std::make_shared<unsigned>(0);
  bool bound_ = false;
};

AdminSocket::AdminSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminSocket::~AdminSocket() {
  impl_->close();
}

Result<std::unique_ptr<AdminSocket>> AdminSocket::open(boost::asio::io_context& loop,
                                                       const std::string& path, Handler handler,
                                                       const Api& api) {
  auto impl = std::make_shared<Impl>(loop, path, std::move(handler), api);
  if (auto status = impl->listen(); !status) {
    impl->close();
    return status.error();
  }
  impl->accept();
  return std::unique_ptr<AdminSocket>(new AdminSocket(std::move(impl)));
}

}  // namespace sextant
