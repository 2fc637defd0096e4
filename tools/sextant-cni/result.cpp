// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reading and writing results in the versions of the spec.
#include "result.hpp"

#include <algorithm>
#include <utility>

namespace sextant::cni {

namespace {

using nlohmann::json;

CniError bad_result(const std::string& details) {
  return {Code::kUndecodable, "the result of the IPAM plugin is not understood", details};
}

const json* member(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &*at;
}

std::string text_of(const json& object, const char* key) {
  const json* const value = member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

IpPrefix default_route(const IpAddress& like) {
  return {like.is_v6() ? IpAddress(Ipv6Address{}) : IpAddress(Ipv4Address{}), 0};
}

std::string host_text(const IpAddress& address) {
  return address.to_string() + "/" + std::to_string(address.bits());
}

// The gateway of the daemon's answer that has the family of an address.
std::string gateway_of(const json& pod, bool v6) {
  const json* const gateways = member(pod, "gateways");
  if (gateways == nullptr || !gateways->is_array()) return "";
  for (const json& gateway : *gateways) {
    const auto address =
        gateway.is_string() ? IpAddress::parse(gateway.get<std::string>()) : std::nullopt;
    if (address && address->is_v6() == v6) return address->to_string();
  }
  return "";
}

// A row of the daemon's answer. memif has neither address nor namespace: the program in the pod
// opens the socket.
json interface_of(const Request& request, const json& row) {
  json out = {{"name", text_of(row, "ifname")}, {"sandbox", request.netns}};
  if (const std::string mac = text_of(row, "pod_mac"); !mac.empty()) out["mac"] = mac;
  if (request.place < kHasGc) return out;
  if (text_of(row, "type") == "memif") out["socketPath"] = text_of(row, "host_link");
  if (const json* const mtu = member(row, "mtu")) out["mtu"] = *mtu;
  return out;
}

}  // namespace

std::set<std::string> result_interfaces(const json& result) {
  std::set<std::string> out;
  const json* const interfaces = member(result, "interfaces");
  if (interfaces == nullptr || !interfaces->is_array()) return out;
  for (const json& interface : *interfaces) {
    if (std::string name = text_of(interface, "name"); !name.empty()) out.insert(std::move(name));
  }
  return out;
}

Outcome<std::vector<IpAddress>> result_addresses(const json& result) {
  const json* const ips = member(result, "ips");
  if (ips == nullptr || !ips->is_array()) return bad_result("it has no array \"ips\"");
  std::vector<IpAddress> out;
  for (const json& ip : *ips) {
    const std::string text = text_of(ip, "address");
    const auto prefix = IpPrefix::parse(text);
    if (!prefix) return bad_result("ips: '" + text + "' is no address");
    out.push_back(prefix->address);
  }
  return out;
}

Outcome<IpamResult> parse_ipam_result(std::string_view text) {
  const json result = json::parse(text, nullptr, false);
  if (!result.is_object()) return bad_result("it is no JSON object");
  IpamResult out;
  auto addresses = result_addresses(result);
  if (!addresses) return addresses.error();
  out.addresses = std::move(*addresses);
  if (out.addresses.empty()) return bad_result("it has no address in \"ips\"");
  if (const json* const routes = member(result, "routes");
      routes != nullptr && routes->is_array()) {
    for (const json& route : *routes) {
      const std::string destination = text_of(route, "dst");
      const auto prefix = IpPrefix::parse(destination);
      if (!prefix) return bad_result("routes: '" + destination + "' is no prefix");
      out.routes.push_back(prefix->masked());
    }
  }
  if (out.routes.empty()) {
    for (const IpAddress& address : out.addresses) {
      const IpPrefix route = default_route(address);
      if (std::find(out.routes.begin(), out.routes.end(), route) == out.routes.end()) {
        out.routes.push_back(route);
      }
    }
  }
  if (const json* const dns = member(result, "dns"); dns != nullptr && dns->is_object()) {
    out.dns = *dns;
  }
  return out;
}

json add_result(const Request& request, const IpamResult& ipam, const json& pod) {
  json interfaces = json::array({interface_of(request, pod)});
  if (const json* const extras = member(pod, "interfaces"); extras != nullptr) {
    for (const json& extra : *extras)
      interfaces.push_back(interface_of(request, extra));
  }
  json ips = json::array();
  for (const IpAddress& address : ipam.addresses) {
    json ip = {{"interface", 0}, {"address", host_text(address)}};
    if (const std::string gateway = gateway_of(pod, address.is_v6()); !gateway.empty()) {
      ip["gateway"] = gateway;
    }
    if (request.place < kPlainIps) ip["version"] = address.is_v6() ? "6" : "4";
    ips.push_back(std::move(ip));
  }
  json routes = json::array();
  for (const IpPrefix& route : ipam.routes) {
    json one = {{"dst", route.to_string()}};
    if (const std::string gateway = gateway_of(pod, route.address.is_v6()); !gateway.empty()) {
      one["gw"] = gateway;
    }
    routes.push_back(std::move(one));
  }
  json out = {{"cniVersion", request.version},
              {"interfaces", std::move(interfaces)},
              {"ips", std::move(ips)},
              {"routes", std::move(routes)}};
  const json* const own = member(request.config, "dns");
  const json& dns = own != nullptr && own->is_object() ? *own : ipam.dns;
  out["dns"] = dns.is_object() ? dns : json::object();
  return out;
}

json error_result(const std::string& version, const CniError& error) {
  json out = {
      {"cniVersion", version}, {"code", static_cast<unsigned>(error.code)}, {"msg", error.message}};
  if (!error.details.empty()) out["details"] = error.details;
  return out;
}

json version_result(const std::string& version) {
  json supported = json::array();
  for (const char* one : kVersions)
    supported.push_back(one);
  return {{"cniVersion", version_place(version) ? version : *std::rbegin(kVersions)},
          {"supportedVersions", std::move(supported)}};
}

}  // namespace sextant::cni
