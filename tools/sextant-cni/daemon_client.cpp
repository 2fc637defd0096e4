// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A socket with a deadline, and as much of HTTP as it needs.
#include "daemon_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace sextant::cni {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxResponse = std::size_t{16} << 20;

CniError not_there(const Request& request, const std::string& why) {
  return {
      Code::kTryAgainLater, "sextantd does not answer",
      request.socket + ": " + why + "; is it running, and is 'socket' of the network its socket?"};
}

class Socket {
 public:
  Socket() : number_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Socket() {
    if (number_ >= 0) close(number_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return number_; }

  // False at the deadline.
  [[nodiscard]] bool wait(short events, Clock::time_point deadline) const {
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      pollfd self{number_, events, 0};
      const int ready = poll(&self, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
  }

 private:
  int number_;
};

// Empty: done; else why not.
std::string connect_to(const Socket& socket, const std::string& path, Clock::time_point deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return "the path is too long";
  std::memcpy(address.sun_path, path.data(), path.size());
  // A full backlog is EAGAIN, and then there is nothing to wait for but time.
  while (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno != EAGAIN && errno != EINTR) return std::strerror(errno);
    if (Clock::now() >= deadline) return "it takes no connection";
    usleep(2000);
  }
  return "";
}

// A connection that was closed before there was an answer.
const char* const kReset = "it closes the connection";
constexpr std::chrono::milliseconds kPause{20};

std::string send_all(const Socket& socket, std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!socket.wait(POLLOUT, deadline)) return "it does not take the request";
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return kReset;
    } else if (errno != EINTR) {
      return std::strerror(errno);
    }
  }
  return "";
}

// Until the other end closes, as the request asks it to.
std::string receive_all(const Socket& socket, std::string& out, Clock::time_point deadline) {
  std::array<char, 8192> bytes;
  while (out.size() <= kMaxResponse) {
    const ssize_t got = recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (got == 0) return "";
    if (got > 0) {
      out.append(bytes.data(), static_cast<std::size_t>(got));
    } else if (errno == EAGAIN) {
      if (!socket.wait(POLLIN, deadline)) return "no answer in time";
    } else if (errno == ECONNRESET) {
      return out.empty() ? kReset : "";
    } else if (errno != EINTR) {
      return std::strerror(errno);
    }
  }
  return "the answer is too long";
}

// One connection; empty: answer is what came. What is said before the request was read counts, too.
std::string exchange(const std::string& path, std::string_view bytes, std::string& answer,
                     Clock::time_point deadline) {
  const Socket socket;
  if (socket.get() < 0) return std::strerror(errno);
  std::string why = connect_to(socket, path, deadline);
  if (why.empty()) why = send_all(socket, bytes, deadline);
  if (!why.empty() && why != kReset) return why;
  return receive_all(socket, answer, deadline);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    }
  }
  return out;
}

std::optional<DaemonReply> parse_response(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  // "HTTP/1.1 200 OK"
  if (end == std::string_view::npos || !bytes.starts_with("HTTP/1.") || bytes.size() < 12) {
    return std::nullopt;
  }
  DaemonReply out;
  for (const char digit : bytes.substr(9, 3)) {
    if (std::isdigit(static_cast<unsigned char>(digit)) == 0) return std::nullopt;
    out.status = out.status * 10 + (digit - '0');
  }
  out.body = nlohmann::json::parse(bytes.substr(end + 4), nullptr, false);
  return out;
}

Outcome<DaemonReply> ask_daemon(const Request& request, std::string_view method,
                                const std::string& target, const std::string& body) {
  const auto deadline = Clock::now() + std::chrono::seconds(request.timeout_s);
  std::string bytes =
      std::string(method) + " " + target + " HTTP/1.1\r\nHost: sextant\r\nConnection: close\r\n";
  if (!body.empty()) bytes += "Content-Type: application/json\r\n";
  bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (;;) {
    std::string answer;
    const std::string why = exchange(request.socket, bytes, answer, deadline);
    const auto reply = parse_response(answer);
    // It serves so many at a time and sends the others away; a node that starts has many pods.
    const bool sent_away = why == kReset || (reply && reply->status == 503 && method != "GET");
    if (sent_away && Clock::now() + kPause < deadline) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    if (reply) return *reply;
    return not_there(request, why.empty() ? "the answer is no HTTP" : why);
  }
}

}  // namespace sextant::cni
