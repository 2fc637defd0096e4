// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Pods as values: in the tables, in the state file, and whether they make sense.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "control/runtime/sealed_text.hpp"
#include "pods.hpp"

namespace sextant {

namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "sextant-pods 1";
constexpr std::size_t kMaxContainer = 256;
constexpr std::size_t kMaxIfname = 15;  // IF_NAMESIZE with its zero
constexpr std::size_t kMaxAddresses = 16;
constexpr std::size_t kMaxSocketPath = 107;  // of sockaddr_un
constexpr std::uint16_t kMinMtu = 68;        // RFC 791
constexpr std::uint16_t kMinIpv6Mtu = 1280;  // RFC 8200 section 5

bool is_name(const std::string& text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || more.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

IpPrefix host_of(const IpAddress& address) {
  return {address, static_cast<std::uint8_t>(address.bits())};
}

Origin origin_of(const Pod& pod) {
  Origin out;
  out.where.file = pod.title();
  return out;
}

json texts(const auto& values) {
  json out = json::array();
  for (const auto& value : values)
    out.push_back(value.to_string());
  return out;
}

json to_json(const Pod& pod) {
  return {{"container", pod.container},
          {"ifname", pod.ifname},
          {"netns", pod.netns},
          {"type", name_of(pod.type)},
          {"addresses", texts(pod.addresses)},
          {"routes", texts(pod.routes)},
          {"mtu", pod.mtu},
          {"namespace", pod.pod_namespace},
          {"name", pod.pod_name},
          {"owner", pod.owner},
          {"network", pod.network},
          {"table", pod.table},
          {"memif_id", pod.memif_id},
          {"memif_uid", pod.memif_uid},
          {"interface", pod.interface},
          {"host_link", pod.host_link},
          {"mac", pod.mac.to_string()},
          {"pod_mac", pod.pod_mac.to_string()}};
}

// The file is ours and checksummed: whatever does not fit is thrown as json::exception or here.
Pod from_json(const json& text) {
  const auto wanted = [](auto value) {
    if (!value) throw std::invalid_argument("a pod in it cannot be understood");
    return *value;
  };
  Pod pod;
  pod.container = text.at("container").get<std::string>();
  pod.ifname = text.at("ifname").get<std::string>();
  pod.netns = text.at("netns").get<std::string>();
  pod.type = wanted(pod_port_type(text.at("type").get<std::string>()));
  for (const json& address : text.at("addresses"))
    pod.addresses.push_back(wanted(IpAddress::parse(address.get<std::string>())));
  for (const json& route : text.at("routes"))
    pod.routes.push_back(wanted(IpPrefix::parse(route.get<std::string>())));
  pod.mtu = text.at("mtu").get<std::uint16_t>();
  pod.pod_namespace = text.at("namespace").get<std::string>();
  pod.pod_name = text.at("name").get<std::string>();
  // Pods of older files have main interfaces only.
  pod.owner = text.value("owner", pod.owner);
  pod.network = text.value("network", pod.network);
  pod.table = text.value("table", pod.table);
  pod.memif_id = text.value("memif_id", pod.memif_id);
  pod.memif_uid = text.value("memif_uid", pod.memif_uid);
  pod.interface = text.at("interface").get<std::string>();
  pod.host_link = text.at("host_link").get<std::string>();
  pod.mac = wanted(MacAddress::parse(text.at("mac").get<std::string>()));
  pod.pod_mac = wanted(MacAddress::parse(text.at("pod_mac").get<std::string>()));
  return pod;
}

}  // namespace

std::string write_pods(const std::vector<Pod>& pods) {
  json out = json::array();
  for (const Pod& pod : pods)
    out.push_back(to_json(pod));
  return seal(kFormat, out.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
}

Result<std::vector<Pod>> read_pods(std::string_view bytes) {
  const auto text = unseal(kFormat, bytes);
  if (!text) return text.error();
  try {
    std::vector<Pod> out;
    for (const json& pod : json::parse(*text))
      out.push_back(from_json(pod));
    return out;
  } catch (const std::exception& error) {
    return Error{error.what()};
  }
}

std::string invalid_part(const Pod& pod) {
  if (pod.container.size() > kMaxContainer || !is_name(pod.container, "_.-")) {
    return "container: letters, digits, '.', '_' and '-', at most 256 of them";
  }
  if (pod.ifname.size() > kMaxIfname || !is_name(pod.ifname, "_.-@") || pod.ifname == "." ||
      pod.ifname == "..") {
    return "ifname: the name of an interface has 1 to 15 characters, without '/' and ':'";
  }
  if (pod.type == PodPortType::kMemif ? pod.host_link.empty() : pod.netns.empty()) {
    return pod.type == PodPortType::kMemif ? "memif_folder: memif needs one for its socket"
                                           : "netns: the path of a network namespace is missing";
  }
  if (pod.type == PodPortType::kMemif &&
      (pod.host_link.find(',') != std::string::npos || pod.host_link.size() > kMaxSocketPath)) {
    return fmt::format("memif_folder: no ',' in the path {}, and at most {} characters",
                       pod.host_link, kMaxSocketPath);
  }
  if (pod.mtu < kMinMtu) return fmt::format("mtu: {} is less than {}", pod.mtu, kMinMtu);
  const std::size_t least = pod.is_extra() ? 0 : 1;
  if (pod.addresses.size() < least || pod.addresses.size() > kMaxAddresses) {
    return fmt::format("addresses: {} to {} of them", least, kMaxAddresses);
  }
  std::set<IpAddress> seen;
  for (const IpAddress& address : pod.addresses) {
    if (!seen.insert(address).second) return "addresses: " + address.to_string() + " stands twice";
    if (address.is_v6()
            ? address.v6.is_multicast() || address.v6.is_unspecified() || address.v6.is_link_local()
            : address.v4.is_multicast() || address.v4.is_unspecified()) {
      return "addresses: " + address.to_string() + " cannot be the address of a pod";
    }
    if (address.is_v6() && pod.mtu < kMinIpv6Mtu) {
      return fmt::format("mtu: {} is less than the {} that IPv6 needs", pod.mtu, kMinIpv6Mtu);
    }
  }
  return "";
}

StateChange attachment_change(const AttachedPod& attached) {
  const Pod& pod = attached.pod;
  const Origin origin = origin_of(pod);
  StateChange out;
  DesiredInterface interface;
  interface.origin = origin;
  interface.name = pod.interface;
  interface.port = attached.port;
  interface.table = pod.table;
  interface.mtu = pod.mtu;
  // A pod may not speak SRv6 to the fabric (RFC 8754 section 5.1).
  interface.trusted = false;
  out.interfaces.upserts.push_back(std::move(interface));
  for (const IpAddress& address : pod.addresses) {
    if (!pod.pod_mac.is_zero()) {
      out.neighbors.upserts.push_back({origin, pod.interface, address, pod.pod_mac});
    }
    DesiredRoute route;
    route.origin = origin;
    route.table = pod.table;
    route.prefix = host_of(address);
    route.next_hops.push_back({origin, address, pod.interface});
    out.routes.upserts.push_back(std::move(route));
  }
  return out;
}

StateChange detachment_change(const AttachedPod& attached) {
  StateChange out;
  const StateChange before = attachment_change(attached);
  for (const DesiredInterface& interface : before.interfaces.upserts)
    out.interfaces.removals.push_back(key_of(interface));
  for (const DesiredNeighbor& neighbor : before.neighbors.upserts)
    out.neighbors.removals.push_back(key_of(neighbor));
  for (const DesiredRoute& route : before.routes.upserts)
    out.routes.removals.push_back(key_of(route));
  return out;
}

// Outer IPv6 header 40 bytes; SRH 8, and 16 for each segment.
std::uint16_t pod_mtu(std::uint16_t fabric_mtu, std::size_t segments) {
  const std::size_t overhead = 40 + 8 + 16 * segments;
  if (fabric_mtu < kMinIpv6Mtu + overhead) return kMinIpv6Mtu;
  return static_cast<std::uint16_t>(fabric_mtu - overhead);
}

}  // namespace sextant
