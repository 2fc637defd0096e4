// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The API resources that Sextant reads and writes, and with which verbs: what
// config/manifests/rbac.yaml grants.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::k8s {

struct ApiResource {
  std::string group;  // empty: core
  std::string version = "v1";
  std::string plural;
  std::string field_selector;  // "spec.nodeName=node-a"; empty: all
  bool optional = false;       // its definition may be missing: then there are no objects

  // "/apis/discovery.k8s.io/v1/endpointslices"
  [[nodiscard]] std::string path() const;
  // Of one namespace: "/api/v1/namespaces/default/services"; empty: the same as path().
  [[nodiscard]] std::string path_in(std::string_view namespace_name) const;
  // "endpointslices.discovery.k8s.io", as kubectl and RBAC messages name it.
  [[nodiscard]] std::string name() const;
};

// A row of a Role.
struct ApiPermission {
  std::string_view group;
  std::string_view plural;
  std::vector<std::string_view> verbs;
};
[[nodiscard]] const std::vector<ApiPermission>& api_permissions();

// Percent-encoded for a query.
[[nodiscard]] std::string encode_query(std::string_view text);

// Query of the next page of a list: "?limit=500&continue=...".
inline constexpr int kListLimit = 500;
[[nodiscard]] std::string list_path(const ApiResource& resource, std::string_view continue_token);
// Query of a watch that begins behind resource_version and that the server ends by itself.
[[nodiscard]] std::string watch_path(const ApiResource& resource, std::string_view resource_version,
                                     long timeout_s);

}  // namespace sextant::k8s
