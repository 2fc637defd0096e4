// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// What the daemon does beside forwarding: its log and its introspection listener.
#pragma once

#include <cstdint>
#include <string>

#include <sextant/common/diagnostic.hpp>
#include <sextant/net/ip_address.hpp>

namespace sextant {

enum class LogLevel : std::uint8_t { kError, kWarning, kInfo, kDebug };
enum class LogFormat : std::uint8_t { kText, kJson };

// Section "log". The command line of sextantd wins over it.
struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;

  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

// Section "introspection": the read-only REST listener. A configuration without findings has a
// certificate, a key and a token file whenever the address is not a loopback one.
struct IntrospectionConfig {
  bool enabled = true;  // false: "listen: off"
  IpAddress address = Ipv4Address{{127, 0, 0, 1}};
  std::uint16_t port = 9470;
  std::string certificate;  // PEM file, absolute path; empty: plain HTTP
  std::string key;          // PEM file; there when certificate is
  std::string token_file;   // its first line is the bearer token; empty: none is asked for
  SourceLocation where;     // of the section

  [[nodiscard]] bool tls() const { return !certificate.empty(); }
  // "127.0.0.1:9470", "[::1]:9470" or "off".
  [[nodiscard]] std::string listen() const {
    if (!enabled) return "off";
    const std::string host = address.to_string();
    return (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

// Whether only this machine can reach it.
[[nodiscard]] inline bool is_loopback(const IpAddress& address) {
  return address.is_v6() ? address.v6.is_loopback() : address.v4.is_loopback();
}

}  // namespace sextant
