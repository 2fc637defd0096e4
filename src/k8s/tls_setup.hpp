// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What an API client's TLS context trusts and shows, and why a certificate was refused.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <sextant/common/result.hpp>

#include "k8s/api_access.hpp"

namespace sextant::k8s {

// The last refusal of a server's certificate. Any thread.
class TlsReport {
 public:
  void set(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  [[nodiscard]] std::string take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

// Trusts the CA of access alone when it has one; shows the client certificate; TLS 1.2 or newer.
// Throws what Boost.Asio throws; only for api_client.cpp.
void set_up_tls(boost::asio::ssl::context& context, const ApiAccess& access,
                const std::shared_ptr<TlsReport>& report);

// Whether set_up_tls() can work with these certificates and keys.
[[nodiscard]] Status check_tls(const ApiAccess& access);

}  // namespace sextant::k8s
