// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FakeApiServer: list, watch, create and patch of the Kubernetes API over real TCP on the loopback,
// which can be told to misbehave.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "k8s/api_access.hpp"

namespace sextant::k8s_test {

struct FakeRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  // keys in lower case
  std::string body;
  [[nodiscard]] bool is_watch() const { return query.count("watch") != 0; }
};

// Sent instead of what the server would say. Bytes as they are, HTTP head included.
struct FakeAnswer {
  std::string bytes;
  bool hang = false;      // afterwards the connection stays open and silent
  int delay_ms = 0;       // before the first byte
  int byte_delay_ms = 0;  // between bytes
};
// A whole HTTP answer with a length.
[[nodiscard]] FakeAnswer http_answer(int status, const std::string& body,
                                     const std::string& extra_headers = "");
[[nodiscard]] FakeAnswer status_answer(int status, const std::string& message,
                                       const std::string& extra_headers = "");

struct FakeTls {
  std::string certificate;  // PEM
  std::string key;
  std::string client_authority;  // set: clients need a certificate of this authority
};

class FakeApiServer {
 public:
  explicit FakeApiServer(std::optional<FakeTls> tls = std::nullopt,
                         const std::string& address = "127.0.0.1");
  ~FakeApiServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] k8s::ApiAccess access() const;

  // The cluster. resource: "/api/v1/services". Adds or changes; the version comes from the server.
  void put(const std::string& resource, nlohmann::json object);
  void erase(const std::string& resource, const std::string& key);
  // null: there is none.
  [[nodiscard]] nlohmann::json object(const std::string& resource, const std::string& key) const;
  void bookmark();                                       // to all watches
  void send_raw(const std::string& line);                // a line to all watches
  void compact();                                        // all versions before now are gone
  void set_token(std::string token);                     // others get 401
  void serve_slices(std::vector<std::string> versions);  // of discovery.k8s.io; none: 404
  [[nodiscard]] std::uint64_t version() const;

  // Misbehavior. The function is asked first for each request, by several threads one at a time.
  using Fault = std::function<std::optional<FakeAnswer>(const FakeRequest&)>;
  void on_request(Fault fault);
  void answer_next(int times, FakeAnswer answer);
  // Connections break after a random number of bytes up to this; 0: they do not.
  void cut_randomly(std::size_t max_bytes, std::uint64_t seed);
  void cut_connections();  // all that are open
  void go_down();          // refuses connections until come_up()
  void come_up();

  [[nodiscard]] std::vector<FakeRequest> requests() const;
  [[nodiscard]] int count(const std::function<bool(const FakeRequest&)>& which) const;

 private:
  struct Connection;
  struct Event {
    std::uint64_t version;
    std::string resource;
    std::string line;
  };
  void listen();
  void accept_loop(int listener);
  void serve(Connection& connection);
  bool answer(Connection& connection, const FakeRequest& request);
  bool answer_list(Connection& connection, const FakeRequest& request);
  bool answer_watch(Connection& connection, const FakeRequest& request);
  [[nodiscard]] FakeAnswer write(const FakeRequest& request);
  bool play(Connection& connection, const FakeAnswer& answer);
  void store(const std::string& resource, const std::string& key, nlohmann::json object);
  void record(const std::string& resource, const char* type, const nlohmann::json& object);

  std::optional<FakeTls> tls_;
  std::string address_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::thread acceptor_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::unique_ptr<Connection>> connections_;
  bool stopping_ = false;
  std::map<std::string, std::map<std::string, nlohmann::json>> objects_;
  std::vector<Event> events_;
  std::uint64_t version_ = 100;
  std::uint64_t oldest_ = 0;
  std::string token_;
  std::optional<std::vector<std::string>> slice_versions_ = std::vector<std::string>{"v1"};
  Fault fault_;
  int canned_times_ = 0;
  FakeAnswer canned_;
  std::size_t cut_max_ = 0;
  std::mt19937_64 random_;
  std::vector<FakeRequest> requests_;
};

}  // namespace sextant::k8s_test
