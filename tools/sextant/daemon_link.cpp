// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A socket with timeouts from the kernel, and Boost.Beast's parser for what comes out of it.
#include "daemon_link.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/optional/optional.hpp>
#include <cerrno>
#include <cstring>

namespace sextant {

namespace {

namespace http = boost::beast::http;
using nlohmann::json;

// A reply may be large: a page of local SIDs, or a configuration. A stream has no limit.
constexpr std::uint64_t kMaxReply = 1u << 30;

class Socket {
 public:
  explicit Socket(unsigned timeout_s) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval timeout{static_cast<time_t>(timeout_s), 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  }
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // 0, or an errno.
  [[nodiscard]] int connect_to(const std::string& path) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (fd_ < 0) return errno;
    if (path.empty() || path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    return connect(fd_, generic, sizeof address) == 0 ? 0 : errno;
  }
  [[nodiscard]] int send_all(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      // The daemon may have refused a large body already: its reply says so.
      if (sent < 0) return errno == EPIPE ? 0 : errno;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return 0;
  }
  [[nodiscard]] ssize_t receive(char* buffer, std::size_t size) const {
    ssize_t count = 0;
    do {
      count = recv(fd_, buffer, size, 0);
    } while (count < 0 && errno == EINTR);
    return count;
  }

 private:
  int fd_;
};

Error not_http(const std::string& path) {
  return Error{path + ": the reply is not HTTP; is this sextantd older than sextant?"};
}

}  // namespace

Error DaemonLink::failed(int code) const {
  switch (code) {
    case ENOENT:
      return Error{socket_ + ": there is no socket; does sextantd run, and with this --socket?"};
    case ECONNREFUSED:
      return Error{socket_ + ": nobody listens there; does sextantd run, and with this --socket?"};
    case EACCES:
    case EPERM: return Error{socket_ + ": permission denied; the socket is for root only"};
    case ENOTSOCK: return Error{socket_ + ": is not a socket"};
    case EAGAIN: return Error{fmt::format("{}: no answer in {} seconds", socket_, timeout_s_)};
    case ECONNRESET: return Error{socket_ + ": sextantd closed the connection"};
    default: return Error{fmt::format("{}: {}", socket_, std::strerror(code))};
  }
}

Result<HttpReply> DaemonLink::exchange(const std::string& method, const std::string& target,
                                       const std::string& body, const OnChunk* on_chunk) const {
  const Socket socket(timeout_s_);
  if (const int code = socket.connect_to(socket_); code != 0) return failed(code);
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: sextant\r\n"
      "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
      method, target, body.size(), body);
  if (const int code = socket.send_all(request); code != 0) return failed(code);

  http::response_parser<http::string_body> parser;
  parser.eager(true);
  if (on_chunk != nullptr) {
    parser.body_limit(boost::none);
  } else {
    parser.body_limit(kMaxReply);
  }
  std::string pending;
  char buffer[65536];
  boost::beast::error_code error;
  while (!parser.is_done()) {
    const ssize_t count = socket.receive(buffer, sizeof buffer);
    if (count < 0) return failed(errno);
    if (count == 0) {
      if (!parser.got_some()) return Error{socket_ + ": sextantd closed the connection"};
      parser.put_eof(error);
      if (error)
        return Error{socket_ + ": sextantd closed the connection in the middle of a reply"};
      break;
    }
    pending.append(buffer, static_cast<std::size_t>(count));
    std::size_t used = 0;
    while (used < pending.size() && !parser.is_done()) {
      used += parser.put(boost::asio::buffer(pending.data() + used, pending.size() - used), error);
      if (error == http::error::need_more) {
        error = {};
        break;
      }
      if (error == http::error::body_limit) return Error{socket_ + ": the reply is too long"};
      if (error) return not_http(socket_);
    }
    pending.erase(0, used);
    if (on_chunk != nullptr && parser.is_header_done() &&
        parser.get().result() == http::status::ok && !parser.get().body().empty()) {
      if (!(*on_chunk)(parser.get().body())) break;
      parser.get().body().clear();
    }
  }
  return HttpReply{parser.get().result_int(), std::move(parser.get().body())};
}

Error DaemonLink::refusal(const HttpReply& reply, const std::string& target) {
  const json problem = json::parse(reply.body, nullptr, false);
  std::string text;
  if (problem.is_object()) {
    for (const char* const key : {"title", "detail"}) {
      const auto found = problem.find(key);
      if (found == problem.end() || !found->is_string()) continue;
      text += (text.empty() ? "" : ": ") + found->get<std::string>();
    }
  }
  const std::string path = target.substr(0, target.find('?'));
  if (reply.status == 404 || reply.status == 405) {
    return Error{fmt::format("sextantd does not know {}; is it older than sextant?{}", path,
                             text.empty() ? "" : " (" + text + ")")};
  }
  if (text.empty()) text = fmt::format("{} answered with HTTP status {}", path, reply.status);
  return Error{"sextantd: " + text};
}

Result<json> DaemonLink::get(const std::string& target) const {
  const auto reply = exchange("GET", target, "", nullptr);
  if (!reply) return reply.error();
  if (reply->status != 200) return refusal(*reply, target);
  json object = json::parse(reply->body, nullptr, false);
  if (!object.is_object()) {
    return Error{socket_ + ": the reply is not a JSON object; is something else listening there?"};
  }
  return object;
}

Result<HttpReply> DaemonLink::post(const std::string& target, const std::string& body) const {
  return exchange("POST", target, body, nullptr);
}

Status DaemonLink::stream(const std::string& target, const OnChunk& on_chunk) const {
  const auto reply = exchange("GET", target, "", &on_chunk);
  if (!reply) return reply.error();
  if (reply->status != 200) return refusal(*reply, target);
  return Ok{};
}

}  // namespace sextant
