// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiAccess: where the API server is and how to prove who we are, from the pod's service account or
// from a kubeconfig file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sextant/common/result.hpp>

namespace sextant::k8s {

struct ApiAccess {
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 443;
  bool tls = true;          // false only for a loopback address
  std::string path;         // in front of every path: "/k8s/clusters/c-1"; usually empty
  std::string server_name;  // name that the certificate must have; empty: host

  // PEM. Empty: the roots of the system. What is given replaces those of the system.
  std::string certificate_authority;
  std::string client_certificate;
  std::string client_key;

  std::string token;                 // sent as it is
  std::filesystem::path token_file;  // read again for each request: tokens rotate; wins over token
  std::string namespace_name = "default";

  // "https://[fd00::1]:6443", for messages.
  [[nodiscard]] std::string url() const;
};

// The service account that every pod has: KUBERNETES_SERVICE_HOST and _PORT, and token, ca.crt and
// namespace in folder. The environment is a parameter for the tests.
using Environment = std::function<std::optional<std::string>(const char* name)>;
[[nodiscard]] std::optional<std::string> process_environment(const char* name);
[[nodiscard]] Result<ApiAccess> in_cluster_access(
    const Environment& environment = process_environment,
    const std::filesystem::path& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

// The current context of a kubeconfig. Errors name file and field. Refused, because they would run
// programs, skip a check or do what Sextant does not do: exec, auth-provider, username and
// password, impersonation, proxy-url, insecure-skip-tls-verify, http to anywhere but the loopback.
[[nodiscard]] Result<ApiAccess> kubeconfig_access(const std::filesystem::path& file);
// The same from text; relative paths inside start at folder.
[[nodiscard]] Result<ApiAccess> parse_kubeconfig(std::string_view text,
                                                 const std::string& file_name,
                                                 const std::filesystem::path& folder);

// The token to send now, without white space around it. An Error when the file cannot be read.
[[nodiscard]] Result<std::string> current_token(const ApiAccess& access);

// Standard alphabet, white space ignored. Nothing for what is no base64.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace sextant::k8s
