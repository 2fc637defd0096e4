// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Single values of the configuration: text, numbers, addresses, prefixes.
#include <charconv>
#include <string>

#include "control/runtime/config_reader.hpp"

namespace sextant {

namespace {

bool is_scalar(const ConfigValue& value) {
  return value.node->kind == YamlNode::Kind::kScalar;
}

// Names go into file names, metric labels and command lines.
bool is_name_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.' || c == ':' || c == '/' || c == '@';
}

// inet_pton() takes a string up to its NUL; longer texts are never an address.
bool can_be_address(const ConfigValue& value) {
  return is_scalar(value) && value.node->scalar.size() <= 64;
}

bool check_masked(const ConfigContext& context, const ConfigValue& value, const IpPrefix& prefix) {
  if (prefix == prefix.masked()) return true;
  context.not_a(
      value,
      "a prefix: it has bits set behind its length; write " + prefix.masked().to_string() + " or " +
          IpPrefix{prefix.address, static_cast<std::uint8_t>(prefix.address.bits())}.to_string());
  return false;
}

}  // namespace

bool read_text(const ConfigContext& context, const ConfigValue& value, std::string& out) {
  if (!is_scalar(value)) {
    context.not_a(value, "text");
    return false;
  }
  out = value.node->scalar;
  return true;
}

bool read_name(const ConfigContext& context, const ConfigValue& value, std::string& out) {
  constexpr std::size_t kMaxName = 63;
  bool fine =
      is_scalar(value) && !value.node->scalar.empty() && value.node->scalar.size() <= kMaxName;
  if (fine) {
    for (const char c : value.node->scalar)
      fine = fine && is_name_char(c);
  }
  if (!fine) {
    context.not_a(value, "a name: 1 to 63 letters, digits and any of _ - . : / @");
    return false;
  }
  out = value.node->scalar;
  return true;
}

bool read_path(const ConfigContext& context, const ConfigValue& value, std::string& out) {
  constexpr std::size_t kMaxPath = 4095;
  std::string path;
  if (!read_text(context, value, path)) return false;
  if (path.empty() || path.front() != '/' || path.size() > kMaxPath ||
      path.find('\0') != std::string::npos) {
    context.not_a(value, "an absolute path (/etc/sextant/tls.crt)");
    return false;
  }
  out = std::move(path);
  return true;
}

bool read_bool(const ConfigContext& context, const ConfigValue& value, bool& out) {
  if (is_scalar(value) && !value.node->quoted) {
    const std::string& text = value.node->scalar;
    if (text == "true" || text == "false") {
      out = text == "true";
      return true;
    }
  }
  context.not_a(value, "true or false");
  return false;
}

bool read_number(const ConfigContext& context, const ConfigValue& value, std::uint64_t min,
                 std::uint64_t max, std::uint64_t& out) {
  if (is_scalar(value) && !value.node->quoted) {
    const std::string& text = value.node->scalar;
    std::uint64_t number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec == std::errc{} && end == text.data() + text.size() && number >= min && number <= max) {
      out = number;
      return true;
    }
  }
  context.not_a(value, "a number from " + std::to_string(min) + " to " + std::to_string(max));
  return false;
}

bool read_ipv6(const ConfigContext& context, const ConfigValue& value, Ipv6Address& out) {
  if (can_be_address(value)) {
    if (const auto address = Ipv6Address::parse(value.node->scalar)) {
      out = *address;
      return true;
    }
  }
  context.not_a(value, "an IPv6 address (2001:db8::1)");
  return false;
}

bool read_ip(const ConfigContext& context, const ConfigValue& value, IpAddress& out) {
  if (can_be_address(value)) {
    if (const auto address = IpAddress::parse(value.node->scalar)) {
      out = *address;
      return true;
    }
  }
  context.not_a(value, "an IPv6 or IPv4 address");
  return false;
}

bool read_mac(const ConfigContext& context, const ConfigValue& value, MacAddress& out) {
  if (is_scalar(value)) {
    const auto mac = MacAddress::parse(value.node->scalar);
    if (mac && !mac->is_multicast() && !mac->is_zero()) {
      out = *mac;
      return true;
    }
  }
  context.not_a(value, "a unicast MAC address (02:00:00:00:00:01)");
  return false;
}

bool read_prefix(const ConfigContext& context, const ConfigValue& value, IpPrefix& out) {
  if (can_be_address(value)) {
    if (const auto prefix = IpPrefix::parse(value.node->scalar)) {
      if (!check_masked(context, value, *prefix)) return false;
      out = *prefix;
      return true;
    }
  }
  context.not_a(value, "a prefix (2001:db8::/32 or 10.0.0.0/8)");
  return false;
}

bool read_ipv6_prefix(const ConfigContext& context, const ConfigValue& value, IpPrefix& out) {
  if (can_be_address(value)) {
    const auto prefix = IpPrefix::parse(value.node->scalar);
    if (prefix && prefix->address.is_v6()) {
      if (!check_masked(context, value, *prefix)) return false;
      out = *prefix;
      return true;
    }
  }
  context.not_a(value, "an IPv6 prefix (2001:db8::/32)");
  return false;
}

bool read_interface_address(const ConfigContext& context, const ConfigValue& value, IpPrefix& out) {
  if (can_be_address(value)) {
    const auto prefix = IpPrefix::parse(value.node->scalar);
    if (prefix && prefix->len > 0) {
      const IpAddress& a = prefix->address;
      const bool unusable = a.is_v6()
                                ? a.v6.is_unspecified() || a.v6.is_multicast() || a.v6.is_loopback()
                                : a.v4.bytes[0] == 0 || a.v4.is_multicast() || a.v4.is_loopback() ||
                                      a.v4.is_reserved();
      if (!unusable) {
        out = *prefix;
        return true;
      }
    }
  }
  context.not_a(value, "an interface address with the length of its subnet (2001:db8::1/64)");
  return false;
}

}  // namespace sextant
