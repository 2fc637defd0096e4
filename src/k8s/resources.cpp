// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Resources, their paths and permissions.
#include "k8s/resources.hpp"

namespace sextant::k8s {

std::string ApiResource::path() const {
  return path_in("");
}

std::string ApiResource::path_in(std::string_view namespace_name) const {
  std::string out = (group.empty() ? "/api/" : "/apis/" + group + "/") + version + "/";
  if (!namespace_name.empty()) out += "namespaces/" + std::string(namespace_name) + "/";
  return out + plural;
}

std::string ApiResource::name() const {
  return group.empty() ? plural : plural + "." + group;
}

const std::vector<ApiPermission>& api_permissions() {
  static const std::vector<ApiPermission> rows = {
      {"", "nodes", {"list", "watch"}},
      {"", "services", {"list", "watch"}},
      // Annotations of this node's pods say which extra interfaces they have.
      {"", "pods", {"list", "watch", "patch"}},
      // Only where the server has no EndpointSlices.
      {"", "endpoints", {"list", "watch"}},
      {"discovery.k8s.io", "endpointslices", {"list", "watch"}},
      // What a user must fix, as Events on the object.
      {"events.k8s.io", "events", {"create", "patch"}},
      {"contivpp.io", "servicefunctionchains", {"list", "watch"}},
      {"contivpp.io", "servicefunctionchains/status", {"patch"}},
      {"contivpp.io", "externalinterfaces", {"list", "watch"}},
      {"contivpp.io", "customnetworks", {"list", "watch"}},
  };
  return rows;
}

std::string encode_query(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    }
  }
  return out;
}

std::string list_path(const ApiResource& resource, std::string_view continue_token) {
  std::string out = resource.path() + "?limit=" + std::to_string(kListLimit);
  if (!resource.field_selector.empty()) {
    out += "&fieldSelector=" + encode_query(resource.field_selector);
  }
  if (!continue_token.empty()) out += "&continue=" + encode_query(continue_token);
  return out;
}

std::string watch_path(const ApiResource& resource, std::string_view resource_version,
                       long timeout_s) {
  std::string out = resource.path() + "?watch=true&allowWatchBookmarks=true";
  out += "&resourceVersion=" + encode_query(resource_version);
  out += "&timeoutSeconds=" + std::to_string(timeout_s);
  if (!resource.field_selector.empty()) {
    out += "&fieldSelector=" + encode_query(resource.field_selector);
  }
  return out;
}

}  // namespace sextant::k8s
