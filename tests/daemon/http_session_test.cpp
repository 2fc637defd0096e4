// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Streams over a real socket: whole ones, clients that do not read, and clients that go away.
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <thread>

#include "daemon/admin_socket.hpp"
#include "daemon_fixtures.hpp"

namespace sextant {

namespace {

using Responder = std::shared_ptr<ApiResponder>;

constexpr std::string_view kStreamRequest = "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n";

// An AdminSocket with one streaming route, on a thread of its own.
class Server {
 public:
  explicit Server(ApiHandler handler) {
    api_.add({.method = "GET", .path = "/stream", .handler = std::move(handler)});
    api_.add({.method = "GET", .path = "/ping", .handler = [](const ApiRequest&, Responder to) {
                to->reply(ApiReply::json("pong"));
              }});
    path_ = "/tmp/sextant-test-" + std::to_string(getpid()) + ".sock";
    auto opened = AdminSocket::open(loop_, path_, api_);
    REQUIRE(opened.ok());
    socket_ = std::move(opened).value();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Server() {
    loop_.stop();
    thread_.join();
    socket_.reset();
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  boost::asio::io_context loop_;
  Api api_;
  std::string path_;
  std::unique_ptr<AdminSocket> socket_;
  std::thread thread_;
};

class Client {
 public:
  explicit Client(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const timeval timeout{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    REQUIRE(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send_text(std::string_view text) const {
    REQUIRE(send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  void half_close() const { shutdown(fd_, SHUT_WR); }
  // Up to a text, or to the end of the connection when it is empty.
  [[nodiscard]] std::string read_until(const std::string& end) const {
    std::string out;
    char buffer[65536];
    while (end.empty() || out.find(end) == std::string::npos) {
      const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      out.append(buffer, static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  int fd_;
};

// Waits at most 10 s.
template <typename Condition>
bool soon(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("stream: chunks arrive whole, and the connection goes on") {
  std::atomic<int> wrong = 0;
  Server server([&](const ApiRequest&, Responder to) {
    to->begin("application/x-ndjson");
    for (const char* const chunk : {"one\n", "", "two\n"})
      wrong += to->write(chunk) ? 0 : 1;
    to->end();
    wrong += to->write("late") ? 1 : 0;
  });
  const Client client(server.path());
  for (int i = 0; i < 3; ++i) {
    client.send_text(kStreamRequest);
    const std::string reply = client.read_until("0\r\n\r\n");
    CHECK(reply.find("Transfer-Encoding: chunked") != std::string::npos);
    CHECK(reply.find("application/x-ndjson") != std::string::npos);
    CHECK(reply.find("\r\n\r\n4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n") != std::string::npos);
    client.send_text("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.read_until("\"pong\"").find("200 OK") != std::string::npos);
  }
  CHECK(wrong == 0);
}

TEST_CASE("stream: a client of HTTP/1.0 gets no chunks, and the end is the end") {
  Server server([](const ApiRequest&, Responder to) {
    to->begin("text/plain");
    to->write("one two");
    to->end();
  });
  const Client client(server.path());
  client.send_text("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string reply = client.read_until("");
  CHECK(reply.find("chunked") == std::string::npos);
  CHECK(reply.substr(reply.find("\r\n\r\n") + 4) == "one two");
}

TEST_CASE("stream: a handler that drops its responder ends the stream") {
  Server server([](const ApiRequest&, const Responder& to) {
    to->begin("text/plain");
    to->write("part");
  });
  const Client client(server.path());
  client.send_text(kStreamRequest);
  CHECK(client.read_until("0\r\n\r\n").find("4\r\npart\r\n0\r\n\r\n") != std::string::npos);
}

TEST_CASE("stream: a client that does not read costs bounded memory and is told to the writer") {
  std::promise<std::size_t> written;
  std::promise<Responder> kept;
  Server server([&](const ApiRequest&, Responder to) {
    to->begin("application/octet-stream");
    std::size_t bytes = 0;
    while (bytes < (64u << 20) && to->write(std::string(65536, 'x')))
      bytes += 65536;
    written.set_value(bytes);
    kept.set_value(std::move(to));
  });
  Responder responder;
  {
    const Client client(server.path());
    client.send_text(kStreamRequest);
    CHECK(written.get_future().get() <= (4u << 20));
    responder = kept.get_future().get();
    CHECK_FALSE(responder->gone());
    // Others are served meanwhile.
    const Client other(server.path());
    other.send_text("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(other.read_until("\"pong\"").find("200 OK") != std::string::npos);
  }
  CHECK(soon([&] { return responder->gone(); }));
  CHECK_FALSE(responder->write("x"));
}

TEST_CASE("stream: a client that leaves while nothing is sent is noticed") {
  std::promise<Responder> kept;
  Server server([&](const ApiRequest&, Responder to) {
    to->begin("text/plain");
    kept.set_value(std::move(to));
  });
  Responder responder;
  {
    const Client client(server.path());
    client.send_text(kStreamRequest);
    CHECK(client.read_until("\r\n\r\n").find("200 OK") != std::string::npos);
    responder = kept.get_future().get();
    CHECK_FALSE(responder->gone());
  }
  CHECK(soon([&] { return responder->gone(); }));
}

TEST_CASE("reply: a client that only has no more requests is still answered") {
  Server server([](const ApiRequest&, const Responder&) {});
  const Client client(server.path());
  client.send_text(kStreamRequest);
  client.half_close();
  const std::string reply = client.read_until("");
  CHECK(reply.find("503 Service Unavailable") != std::string::npos);
  CHECK(reply.find("application/problem+json") != std::string::npos);
}

}  // namespace sextant
