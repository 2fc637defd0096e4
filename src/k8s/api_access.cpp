// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiAccess of the service account, and what both sources share.
#include "k8s/api_access.hpp"

#include <cctype>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include <sextant/net/ip_address.hpp>

#include "control/runtime/file_io.hpp"

namespace sextant::k8s {

namespace {

constexpr std::size_t kMaxTokenBytes = 64 << 10;

}  // namespace

std::string ApiAccess::url() const {
  const bool brackets = host.find(':') != std::string::npos;
  return std::string(tls ? "https://" : "http://") + (brackets ? "[" + host + "]" : host) + ":" +
         std::to_string(port) + path;
}

std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

Result<ApiAccess> in_cluster_access(const Environment& environment,
                                    const std::filesystem::path& folder) {
  ApiAccess access;
  const auto host = environment("KUBERNETES_SERVICE_HOST");
  const auto port = environment("KUBERNETES_SERVICE_PORT");
  if (!host || host->empty() || !port || port->empty()) {
    return Error{
        "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; name a "
        "kubeconfig file (kubernetes.kubeconfig)"};
  }
  access.host = *host;
  const auto [end, ec] = std::from_chars(port->data(), port->data() + port->size(), access.port);
  if (ec != std::errc{} || end != port->data() + port->size() || access.port == 0) {
    return Error{"KUBERNETES_SERVICE_PORT is \"" + *port + "\", which is not a port"};
  }
  Result<std::string> authority = read_file(folder / "ca.crt", kMaxCredentialBytes);
  if (!authority) return authority.error();
  access.certificate_authority = std::move(authority).value();
  access.token_file = folder / "token";
  if (const auto token = current_token(access); !token) return token.error();
  if (const auto name = read_file(folder / "namespace", 1024); name && !name->empty()) {
    access.namespace_name = trimmed(*name);
  }
  return access;
}

Result<std::string> current_token(const ApiAccess& access) {
  if (access.token_file.empty()) return access.token;
  const Result<std::string> text = read_file(access.token_file, kMaxTokenBytes);
  if (!text) return text.error();
  std::string token = trimmed(*text);
  if (token.empty()) return Error{access.token_file.string() + " is empty: it should hold a token"};
  for (const char c : token) {
    // A line end inside would become another header of the request.
    if (c <= 0x20 || c == 0x7f) {
      return Error{access.token_file.string() + " does not hold a token but other text"};
    }
  }
  return token;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  int padding = 0;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    if (c >= '0' && c <= '9') value = c - '0' + 52;
    if (c == '+') value = 62;
    if (c == '/') value = 63;
    if (c == '=') {
      ++padding;
      continue;
    }
    if (value < 0 || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++count % 4 == 0) {
      out += {static_cast<char>(bits >> 16 & 0xff), static_cast<char>(bits >> 8 & 0xff),
              static_cast<char>(bits & 0xff)};
    }
  }
  switch (count % 4) {
    case 0: break;
    case 2: out += static_cast<char>(bits >> 4 & 0xff); break;
    case 3:
      out += {static_cast<char>(bits >> 10 & 0xff), static_cast<char>(bits >> 2 & 0xff)};
      break;
    default: return std::nullopt;
  }
  const int expected = count % 4 == 0 ? 0 : 4 - count % 4;
  if (padding != 0 && padding != expected) return std::nullopt;
  return out;
}

}  // namespace sextant::k8s
