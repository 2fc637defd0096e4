// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DaemonLink against servers that answer all sorts of things, or nothing.
#include "sextant/daemon_link.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "support/catch.hpp"

using namespace sextant;

namespace {

std::string socket_path() {
  return (std::filesystem::temp_directory_path() / ("sextant-link-" + std::to_string(getpid())))
      .string();
}

// Takes one connection, reads the head of a request, answers, closes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, socket_path().c_str());
    unlink(address.sun_path);
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(fd_, 1) == 0);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const int client = accept(fd_, nullptr, nullptr);
      char buffer[4096];
      while (request_.find("\r\n\r\n") == std::string::npos) {
        const ssize_t count = recv(client, buffer, sizeof buffer, 0);
        if (count <= 0) break;
        request_.append(buffer, static_cast<std::size_t>(count));
      }
      // In two pieces: parsers must bear that.
      send(client, answer.data(), answer.size() / 2, MSG_NOSIGNAL);
      send(client, answer.data() + answer.size() / 2, answer.size() - answer.size() / 2,
           MSG_NOSIGNAL);
      close(client);
    });
  }
  ~OneAnswer() {
    join();
    close(fd_);
    unlink(socket_path().c_str());
  }
  const std::string& request() {
    join();
    return request_;
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  int fd_;
  std::string request_;
  std::thread thread_;
};

std::string http(const char* status, const std::string& body) {
  return std::string("HTTP/1.1 ") + status + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string error_of(const std::string& answer) {
  OneAnswer server(answer);
  const auto reply = DaemonLink(socket_path()).get("/v1/fib?table=red");
  return reply ? "no error" : reply.error().text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A good reply is JSON, with a length or in chunks") {
  {
    OneAnswer server(http("200 OK", "{\"fib\":[]}"));
    const auto reply = DaemonLink(socket_path()).get("/v1/fib?table=red");
    REQUIRE(reply);
    CHECK(reply->at("fib").empty());
    CHECK(server.request().rfind("GET /v1/fib?table=red HTTP/1.1\r\n", 0) == 0);
  }
  OneAnswer server(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n4\r\n{\"fi\r\n6\r\nb\":[]}\r\n0\r\n\r\n");
  CHECK(DaemonLink(socket_path()).get("/v1/fib"));
}

TEST_CASE("What is no good reply is one sentence") {
  CHECK(has(error_of("{\"error\":\"the request is not JSON\"}\n"), "older than sextant"));
  CHECK(has(error_of(std::string(5000, '\xff')), "not HTTP"));
  CHECK(has(error_of(""), "closed the connection"));
  CHECK(has(error_of("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "in the middle"));
  CHECK(has(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"fi"),
            "in the middle"));
  CHECK(has(error_of(http("200 OK", "not json")), "not a JSON object"));
  CHECK(has(error_of(http("200 OK", "[1]")), "not a JSON object"));
  CHECK(has(error_of(http("404 Not Found", "")), "does not know /v1/fib;"));
  CHECK(has(error_of(http("500 Oops", "<html>")), "HTTP status 500"));
  CHECK(has(error_of(http("400 Bad", "{\"title\":\"Bad parameter\",\"detail\":\"table: no red\"}")),
            "sextantd: Bad parameter: table: no red"));
  CHECK(has(error_of(http("400 Bad", "{\"title\":7}")), "HTTP status 400"));
}

TEST_CASE("A socket that is not there, or is none, is one sentence") {
  const auto error = [](const std::string& path) {
    const auto reply = DaemonLink(path).get("/v1/fib");
    REQUIRE_FALSE(reply);
    return reply.error().text;
  };
  CHECK(has(error("/nowhere/x.sock"), "does sextantd run"));
  CHECK(has(error("/etc/passwd"), "/etc/passwd: "));
  CHECK(has(error(std::string(200, 'x')), "too long"));
  CHECK(has(error(""), ": "));
  // A socket that nobody listens on: a daemon that was killed.
  {
    const OneAnswer server("");
    (void)DaemonLink(socket_path()).get("/");
  }
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, socket_path().c_str());
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  close(fd);
  CHECK(has(error(socket_path()), "does sextantd run"));
  unlink(socket_path().c_str());
}

TEST_CASE("A stream comes in pieces and may be ended by its reader") {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n";
  {
    OneAnswer server(chunked);
    std::string all;
    REQUIRE(DaemonLink(socket_path()).stream("/v1/capture", [&](std::string_view chunk) {
      all += chunk;
      return true;
    }));
    CHECK(all == "abcdef");
  }
  {
    OneAnswer server(chunked);
    int calls = 0;
    CHECK(DaemonLink(socket_path()).stream("/v1/capture", [&](std::string_view) {
      ++calls;
      return false;
    }));
    CHECK(calls == 1);
  }
  // The daemon dies: what came is kept, and the end is an error.
  OneAnswer server(chunked.substr(0, chunked.size() - 5));
  std::string all;
  const Status status =
      DaemonLink(socket_path()).stream("/v1/capture", [&](std::string_view chunk) {
        all += chunk;
        return true;
      });
  CHECK_FALSE(status);
  CHECK(all == "abcdef");
}

TEST_CASE("A refused stream calls nobody") {
  OneAnswer server(http("409 Conflict", "{\"title\":\"Busy\",\"detail\":\"four captures run\"}"));
  const Status status = DaemonLink(socket_path()).stream("/v1/capture", [](std::string_view) {
    FAIL("called");
    return true;
  });
  REQUIRE_FALSE(status);
  CHECK(status.error().text == "sextantd: Busy: four captures run");
}
