// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DaemonLink: questions to a running sextantd, and its refusals as sentences for people.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include <sextant/common/result.hpp>

namespace sextant {

inline constexpr const char* kDefaultSocket = "/run/sextant/sextant.sock";

struct HttpReply {
  unsigned status = 0;
  std::string body;
};

// HTTP over the daemon's Unix socket; one connection for each question. Blocks.
class DaemonLink {
 public:
  // wait_s: how long the daemon may think before it says anything, beyond kPatience_s.
  explicit DaemonLink(std::string socket, unsigned wait_s = 0)
      : socket_(std::move(socket)), timeout_s_(wait_s + kPatience_s) {}

  // The JSON object of a good reply. An error when nobody listens or answers in time, when the
  // daemon refuses, or when the reply is no JSON object.
  [[nodiscard]] Result<nlohmann::json> get(const std::string& target) const;
  // The reply, good or not: what a status other than 200 means is up to the caller.
  [[nodiscard]] Result<HttpReply> post(const std::string& target, const std::string& body) const;
  // The body of a good reply in pieces, as they come. Ends early when on_chunk answers false.
  [[nodiscard]] Status stream(const std::string& target,
                              const std::function<bool(std::string_view)>& on_chunk) const;

  // What a reply that is no success says: the detail of an RFC 9457 problem.
  [[nodiscard]] static Error refusal(const HttpReply& reply, const std::string& target);

 private:
  static constexpr unsigned kPatience_s = 10;
  using OnChunk = std::function<bool(std::string_view)>;

  [[nodiscard]] Result<HttpReply> exchange(const std::string& method, const std::string& target,
                                           const std::string& body, const OnChunk* on_chunk) const;
  [[nodiscard]] Error failed(int code) const;

  std::string socket_;
  unsigned timeout_s_;
};

}  // namespace sextant
