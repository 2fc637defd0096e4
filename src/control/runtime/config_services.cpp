// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sections log and introspection: what the daemon does beside forwarding.
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "control/runtime/config_sections.hpp"

namespace sextant {

namespace {

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool read_listen(const ConfigContext& context, const ConfigValue& value, IntrospectionConfig& out) {
  const std::string& text = value.node->scalar;
  const bool scalar = value.node->kind == YamlNode::Kind::kScalar && text.size() <= 64;
  // Readers of YAML 1.1 make a truth value of off.
  if (scalar && (text == "off" || text == "false")) {
    out.enabled = false;
    return true;
  }
  const std::size_t colon = scalar ? text.rfind(':') : std::string::npos;
  if (colon != std::string::npos && colon > 0) {
    std::string host = text.substr(0, colon);
    const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (brackets) host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::parse(host);
    const auto port = port_number(std::string_view(text).substr(colon + 1));
    if (address && port && address->is_v6() == brackets) {
      out.address = *address;
      out.port = *port;
      return true;
    }
  }
  context.not_a(value,
                "an address with a port (\"127.0.0.1:9470\", \"[::1]:9470\"), or off for no "
                "listener");
  return false;
}

// What leaves the machine is encrypted, and only who knows the token may ask.
void check_remote(ObjectReader& reader, const IntrospectionConfig& config) {
  if (!config.enabled || is_loopback(config.address)) return;
  const std::string why =
      "missing: listen is " + config.listen() + ", which other machines can reach; ";
  if (!reader.has("tls")) {
    reader.error("tls", why + "add {certificate: FILE, key: FILE}, or listen on 127.0.0.1");
  }
  if (!reader.has("token_file")) {
    reader.error("token_file", why + "add a file with the bearer token, or listen on 127.0.0.1");
  }
}

}  // namespace

void read_log(const ConfigContext& context, const ConfigValue& value, LogConfig& log) {
  ObjectReader reader(context, value);
  if (const auto word = reader.get_word("level", {"error", "warning", "info", "debug"})) {
    log.level = static_cast<LogLevel>(*word);
  }
  if (const auto word = reader.get_word("format", {"text", "json"})) {
    log.format = static_cast<LogFormat>(*word);
  }
  reader.finish();
}

void read_introspection(const ConfigContext& context, const ConfigValue& value,
                        IntrospectionConfig& introspection) {
  ObjectReader reader(context, value);
  introspection.where = {context.file, value.node->line, value.node->column};
  if (const auto listen = reader.find("listen")) read_listen(context, listen, introspection);
  if (const auto tls = reader.find("tls")) {
    ObjectReader files(context, tls);
    files.get_required("certificate", introspection.certificate, read_path);
    files.get_required("key", introspection.key, read_path);
    files.finish();
  }
  reader.get("token_file", introspection.token_file, read_path);
  check_remote(reader, introspection);
  reader.finish();
}

}  // namespace sextant
