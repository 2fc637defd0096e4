// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Annotations of Contiv-VPP, its MAC addresses, and addresses of networks.
#include "custom_interfaces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "k8s/objects.hpp"

namespace sextant {

namespace {

constexpr std::size_t kMaxCustomInterfaces = 32;
constexpr std::size_t kMaxIfname = 15;    // of Linux
constexpr std::size_t kMaxNetwork = 253;  // name of a Kubernetes object

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0;;) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    out.push_back(trimmed(text.substr(at, end - at)));
    if (end == text.size()) return out;
    at = end + 1;
  }
}

bool is_name(std::string_view text, std::string_view more, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [&](unsigned char c) {
           return std::isalnum(c) != 0 || more.find(static_cast<char>(c)) != std::string_view::npos;
         });
}

// One "name/type[/network]".
Result<WantedInterface> read_entry(std::string_view entry, const std::string& pod_namespace) {
  const auto parts = split(entry, '/');
  if (parts.size() < 2 || parts.size() > 3) return Error{"is not name/type or name/type/network"};
  WantedInterface out;
  out.name = parts[0];
  if (!is_name(parts[0], "_.-", kMaxIfname) || out.name == "." || out.name == "..") {
    return Error{fmt::format(
        "'{}' is no name of an interface: 1 to 15 letters, digits, '_', '.', '-'", parts[0])};
  }
  const auto type = pod_port_type(parts[1]);
  if (!type) return Error{fmt::format("type '{}' is none of tap, veth and memif", parts[1])};
  out.type = *type;
  if (parts.size() < 3 || parts[2].empty()) return out;
  if (parts[2] == k8s::kStubNetwork) {
    out.network = k8s::kStubNetwork;
  } else if (is_name(parts[2], ".-", kMaxNetwork)) {
    out.network = (pod_namespace.empty() ? "default" : pod_namespace) + "/" + std::string(parts[2]);
  } else {
    return Error{fmt::format("'{}' is no name of a CustomNetwork", parts[2])};
  }
  return out;
}

std::uint32_t hash_of(const std::string& container, const std::string& ifname) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : container + "/" + ifname)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

MacAddress mac_with(std::uint32_t hash) {
  MacAddress out;
  out.bytes = {0x02, 0xfe};
  for (std::size_t i = 0; i < 4; ++i)
    out.bytes[2 + i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return out;
}

// Adds to the last 64 bits of an address; what does not fit is lost.
IpAddress plus(IpAddress address, std::uint64_t number) {
  const std::span<std::uint8_t> low =
      address.is_v6() ? std::span(address.v6.bytes).last(8) : std::span(address.v4.bytes).last(4);
  for (std::size_t i = low.size(); i-- > 0; number >>= 8) {
    number += low[i];
    low[i] = static_cast<std::uint8_t>(number);
  }
  return address;
}

}  // namespace

Result<std::vector<WantedInterface>> wanted_interfaces(
    const std::vector<std::pair<std::string, std::string>>& annotations,
    const std::string& pod_namespace) {
  std::vector<WantedInterface> out;
  std::uint32_t uid = 0;
  for (const auto& [key, value] : annotations) {
    if (key == kMemifUid) {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), uid);
      if (error != std::errc() || end != value.data() + value.size()) {
        return Error{
            fmt::format("annotation {}: '{}' is no user id from 0 to 4294967295", key, value)};
      }
    }
    if (!key.starts_with(kCustomInterfaces)) continue;
    for (const std::string_view entry : split(value, ',')) {
      if (entry.empty()) continue;
      auto wanted = read_entry(entry, pod_namespace);
      if (!wanted) {
        return Error{fmt::format("annotation {}: entry '{}': {}", key, entry, wanted.error().text)};
      }
      const auto same = [&](const WantedInterface& other) { return other.name == wanted->name; };
      if (std::any_of(out.begin(), out.end(), same)) {
        return Error{fmt::format("annotation {}: interface {} stands twice", key, wanted->name)};
      }
      out.push_back(*std::move(wanted));
      if (out.size() > kMaxCustomInterfaces) {
        return Error{
            fmt::format("annotation {}: more than {} interfaces", key, kMaxCustomInterfaces)};
      }
    }
  }
  for (WantedInterface& wanted : out)
    if (wanted.type == PodPortType::kMemif) wanted.uid = uid;
  std::sort(out.begin(), out.end(),
            [](const WantedInterface& a, const WantedInterface& b) { return a.name < b.name; });
  return out;
}

MacAddress mac_in_pod(const std::string& container, const std::string& ifname) {
  return mac_with(hash_of(container, ifname));
}

MacAddress mac_of_forwarder(const std::string& container, const std::string& ifname) {
  return mac_with(~hash_of(container, ifname));
}

std::optional<IpAddress> free_address(const IpPrefix& prefix, const std::set<IpAddress>& taken,
                                      std::string_view name) {
  constexpr std::uint64_t kFirst = 2;
  const unsigned host_bits = static_cast<unsigned>(prefix.address.bits()) - prefix.len;
  if (host_bits < 2) return std::nullopt;
  // Of a larger prefix as much as anybody can use.
  const std::uint64_t count = (std::uint64_t{1} << std::min(host_bits, 62u)) - kFirst - 1;
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  const IpAddress base = prefix.masked().address;
  // One more try than there are taken ones.
  for (std::uint64_t i = 0; i <= taken.size() && i < count; ++i) {
    const IpAddress address = plus(base, kFirst + (hash + i) % count);
    if (!taken.contains(address)) return address;
  }
  return std::nullopt;
}

}  // namespace sextant
