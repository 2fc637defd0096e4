// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A blocking client of the admin socket.
#include "admin_client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sextant {

namespace {

constexpr timeval kTimeout{10, 0};
// A reply may be large: a hundred thousand local SIDs are some 30 MB.
constexpr std::size_t kMaxReply = 1u << 30;

class Socket {
 public:
  Socket() : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
  }
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

Error failed(const std::string& path, int code) {
  const char* hint = "";
  if (code == ENOENT || code == ECONNREFUSED) {
    hint = "; does sextantd run, and with this --socket?";
  } else if (code == EACCES || code == EPERM) {
    hint = "; the socket is for root only";
  } else if (code == EAGAIN) {
    return Error{fmt::format("{}: no answer in {} seconds", path, kTimeout.tv_sec)};
  }
  return Error{fmt::format("{}: {}{}", path, std::strerror(code), hint)};
}

Status connect_to(const Socket& socket, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failed(path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failed(path, errno);
  }
  return Ok{};
}

// Up to the first line end.
Result<std::string> read_line(const Socket& socket, const std::string& path) {
  std::string line;
  char buffer[65536];
  while (line.size() < kMaxReply) {
    const ssize_t bytes = recv(socket.fd(), buffer, sizeof buffer, 0);
    if (bytes < 0) return failed(path, errno);
    if (bytes == 0) return Error{path + ": sextantd closed the connection"};
    line.append(buffer, static_cast<std::size_t>(bytes));
    if (line.back() == '\n') return line;
  }
  return Error{path + ": the reply is too long"};
}

}  // namespace

Result<nlohmann::json> ask_daemon(const std::string& socket_path, const std::string& what) {
  const Socket socket;
  if (auto status = connect_to(socket, socket_path); !status) return status.error();
  const std::string request = nlohmann::json{{"get", what}}.dump() + '\n';
  if (send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return failed(socket_path, errno);
  }
  auto line = read_line(socket, socket_path);
  if (!line) return line.error();
  nlohmann::json reply = nlohmann::json::parse(*line, nullptr, false);
  if (!reply.is_object()) return Error{socket_path + ": the reply is not JSON"};
  if (reply.contains("error")) {
    return Error{fmt::format("{}: {}", socket_path, reply["error"].get<std::string>())};
  }
  return reply;
}

}  // namespace sextant
