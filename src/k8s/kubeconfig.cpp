// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ApiAccess from a kubeconfig.
#include <charconv>
#include <utility>

#include <sextant/net/ip_address.hpp>

#include "control/runtime/file_io.hpp"
#include "control/runtime/yaml_tree.hpp"
#include "k8s/api_access.hpp"

namespace sextant::k8s {

namespace {

// One mapping of the file. Fields are found by their names; a missing mapping has none.
class Section {
 public:
  Section(const std::string& file, std::string path, const YamlNode* node)
      : file_(file), path_(std::move(path)), node_(node) {}

  [[nodiscard]] const YamlNode* find(std::string_view key) const {
    if (node_ == nullptr || node_->kind != YamlNode::Kind::kMap) return nullptr;
    for (std::size_t i = 0; i + 1 < node_->children.size(); i += 2) {
      const YamlNode& value = node_->children[i + 1];
      if (node_->children[i].scalar == key) {
        return value.kind == YamlNode::Kind::kNull ? nullptr : &value;
      }
    }
    return nullptr;
  }
  [[nodiscard]] std::string text(std::string_view key) const {
    const YamlNode* value = find(key);
    return value == nullptr ? "" : value->scalar;
  }
  [[nodiscard]] bool is_true(std::string_view key) const { return text(key) == "true"; }
  [[nodiscard]] Error error(std::string_view key, std::string_view text) const {
    const YamlNode* value = find(key);
    const YamlNode* place = value != nullptr ? value : node_;
    std::string out = file_ + ":";
    if (place != nullptr) {
      out += std::to_string(place->line) + ":" + std::to_string(place->column) + ":";
    }
    return Error{out + " " + path_ + (path_.empty() ? "" : ".") + std::string(key) + ": " +
                 std::string(text)};
  }
  // The mapping `inner` of the item of the list `list` that has this name.
  [[nodiscard]] Result<Section> item(std::string_view list, std::string_view name,
                                     std::string_view inner) const {
    const YamlNode* items = find(list);
    if (items != nullptr && items->kind == YamlNode::Kind::kSequence) {
      for (std::size_t i = 0; i < items->children.size(); ++i) {
        const Section item(file_, std::string(list) + "[" + std::to_string(i) + "]",
                           &items->children[i]);
        if (item.text("name") != name) continue;
        return Section(file_, item.path_ + "." + std::string(inner), item.find(inner));
      }
    }
    return error(list, "there is none with the name \"" + std::string(name) + "\"");
  }

 private:
  const std::string& file_;
  std::string path_;
  const YamlNode* node_;
};

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  const auto address = IpAddress::parse(host);
  if (!address) return false;
  return address->is_v6() ? address->v6.is_loopback() : address->v4.is_loopback();
}

// "https://[fd00::1]:6443/path" -> host, port, path. False when it is no such URL.
bool split_url(std::string_view url, ApiAccess& out) {
  if (url.starts_with("https://")) {
    url.remove_prefix(8);
    out.tls = true;
    out.port = 443;
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
    out.tls = false;
    out.port = 80;
  } else {
    return false;
  }
  const std::size_t slash = url.find('/');
  std::string_view authority = url.substr(0, slash);
  out.path = slash == std::string_view::npos ? "" : std::string(url.substr(slash));
  while (out.path.ends_with('/'))
    out.path.pop_back();
  if (out.path.find_first_of("?# ") != std::string::npos) return false;
  std::size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    out.host = authority.substr(1, end - 1);
    if (!Ipv6Address::parse(out.host)) return false;
    colon = end + 1 == authority.size() ? std::string_view::npos : end + 1;
    if (colon != std::string_view::npos && authority[colon] != ':') return false;
  } else {
    out.host = authority.substr(0, colon);
    // Also refuses user:password@host.
    if (out.host.find_first_of(":@ ") != std::string::npos) return false;
  }
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (ec != std::errc{} || end != digits.data() + digits.size() || out.port == 0) return false;
  }
  return !out.host.empty();
}

// FIELD-data (base64) wins over FIELD (a file), as for kubectl.
Result<std::string> read_pem(const Section& section, const std::string& field,
                             const std::filesystem::path& folder) {
  const std::string data_field = field + "-data";
  if (const std::string data = section.text(data_field); !data.empty()) {
    std::optional<std::string> pem = decode_base64(data);
    if (!pem) return section.error(data_field, "is not base64");
    return *std::move(pem);
  }
  const std::string file = section.text(field);
  if (file.empty()) return std::string();
  Result<std::string> pem = read_file(folder / file, kMaxCredentialBytes);
  if (!pem) return section.error(field, pem.error().text);
  return pem;
}

std::optional<Error> refuse(const Section& cluster, const Section& user) {
  if (cluster.is_true("insecure-skip-tls-verify")) {
    return cluster.error("insecure-skip-tls-verify",
                         "refused: Sextant always verifies the API server; give its "
                         "certificate-authority instead");
  }
  if (cluster.find("proxy-url") != nullptr) {
    return cluster.error("proxy-url", "refused: Sextant connects to the API server directly");
  }
  if (user.find("exec") != nullptr) {
    return user.error("exec",
                      "refused: Sextant runs no credential plugins; use a token, a tokenFile or a "
                      "client-certificate");
  }
  if (user.find("auth-provider") != nullptr) {
    return user.error("auth-provider",
                      "refused: Kubernetes removed it in 1.26; use a token, a tokenFile or a "
                      "client-certificate");
  }
  for (const char* field : {"username", "password"}) {
    if (user.find(field) == nullptr) continue;
    return user.error(field, "refused: Kubernetes has no passwords since 1.19; use a token");
  }
  for (const char* field : {"as", "as-uid", "as-groups", "as-user-extra"}) {
    if (user.find(field) == nullptr) continue;
    return user.error(field, "refused: Sextant acts as nobody but itself");
  }
  return std::nullopt;
}

std::optional<Error> read_cluster(const Section& cluster, const std::filesystem::path& folder,
                                  ApiAccess& out) {
  const std::string server = cluster.text("server");
  if (server.empty()) return cluster.error("server", "missing");
  if (!split_url(server, out)) {
    return cluster.error("server", "\"" + server + "\" is not like https://HOST:PORT");
  }
  if (!out.tls && !is_loopback(out.host)) {
    return cluster.error("server", "refused: without TLS only the loopback is allowed");
  }
  out.server_name = cluster.text("tls-server-name");
  Result<std::string> authority = read_pem(cluster, "certificate-authority", folder);
  if (!authority) return authority.error();
  out.certificate_authority = std::move(authority).value();
  return std::nullopt;
}

std::optional<Error> read_user(const Section& user, const std::filesystem::path& folder,
                               ApiAccess& out) {
  Result<std::string> certificate = read_pem(user, "client-certificate", folder);
  if (!certificate) return certificate.error();
  Result<std::string> key = read_pem(user, "client-key", folder);
  if (!key) return key.error();
  if (certificate->empty() != key->empty()) {
    return user.error(key->empty() ? "client-key" : "client-certificate",
                      "missing: certificate and key belong together");
  }
  out.client_certificate = std::move(certificate).value();
  out.client_key = std::move(key).value();
  out.token = user.text("token");
  if (out.token.find_first_of(" \t\r\n") != std::string::npos) {
    return user.error("token", "a token has no white space");
  }
  if (const std::string file = user.text("tokenFile"); !file.empty()) {
    out.token_file = folder / file;
    if (const auto token = current_token(out); !token) {
      return user.error("tokenFile", token.error().text);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<ApiAccess> parse_kubeconfig(std::string_view text, const std::string& file_name,
                                   const std::filesystem::path& folder) {
  Diagnostics diagnostics;
  const YamlNode tree = parse_yaml(text, file_name, diagnostics);
  if (diagnostics.has_errors()) return Error{diagnostics.list().front().to_string()};
  const Section root(file_name, "", &tree);
  if (tree.kind != YamlNode::Kind::kMap || root.text("kind") != "Config") {
    return Error{file_name + ": kind: is not Config; this is no kubeconfig"};
  }
  const std::string context_name = root.text("current-context");
  if (context_name.empty()) {
    return root.error("current-context", "missing: it says which of the contexts to use");
  }
  const Result<Section> context = root.item("contexts", context_name, "context");
  if (!context) return context.error();
  const Result<Section> cluster = root.item("clusters", context->text("cluster"), "cluster");
  if (!cluster) return cluster.error();
  const Result<Section> user = context->text("user").empty()
                                   ? Section(file_name, "users", nullptr)
                                   : root.item("users", context->text("user"), "user");
  if (!user) return user.error();
  if (auto refused = refuse(*cluster, *user)) return *std::move(refused);
  ApiAccess access;
  if (auto error = read_cluster(*cluster, folder, access)) return *std::move(error);
  if (auto error = read_user(*user, folder, access)) return *std::move(error);
  if (const std::string name = context->text("namespace"); !name.empty()) {
    access.namespace_name = name;
  }
  return access;
}

Result<ApiAccess> kubeconfig_access(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file, kMaxCredentialBytes);
  if (!text) return text.error();
  return parse_kubeconfig(*text, file.string(), file.parent_path());
}

}  // namespace sextant::k8s
