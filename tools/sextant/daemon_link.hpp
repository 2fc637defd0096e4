// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// DaemonLink: questions to a running sextantd, and its refusals as sentences for people.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include <sextant/common/result.hpp>

#include "admin_client.hpp"

namespace sextant {

inline constexpr const char* kDefaultSocket = "/run/sextant/sextant.sock";

// Blocks; one connection for each question.
class DaemonLink {
 public:
  // wait_s: how long the daemon may be silent, beyond ten seconds.
  explicit DaemonLink(const std::string& socket, unsigned wait_s = 0);

  // The JSON object of a good reply. An error when nobody listens or answers in time, when the
  // daemon refuses, or when the reply is no JSON object.
  [[nodiscard]] Result<nlohmann::json> get(const std::string& target) const;
  // The reply, good or not: what a status other than 200 means is up to the caller.
  [[nodiscard]] Result<ApiResult> post(const std::string& target, const std::string& body) const;
  // The body of a good reply in pieces, as they come. Ends early when on_chunk answers false.
  [[nodiscard]] Status stream(const std::string& target,
                              const std::function<bool(std::string_view)>& on_chunk) const;

  // What a reply that is no success says: the detail of an RFC 9457 problem.
  [[nodiscard]] static Error refusal(const ApiResult& reply, const std::string& target);

 private:
  std::string socket_;
  std::chrono::seconds patience_;
  AdminClient client_;
};

}  // namespace sextant
