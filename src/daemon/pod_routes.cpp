// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Requests about pods, read and answered.
#include "pod_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace sextant {

namespace {

using nlohmann::json;
using Responder = std::shared_ptr<ApiResponder>;

const json kString = {{"type", "string"}};
const json kList = {{"type", "array"}};

json schema_of(std::initializer_list<std::pair<const std::string, json>> properties) {
  json out = {{"type", "object"}, {"properties", json::object()}};
  for (const auto& [name, schema] : properties)
    out["properties"][name] = schema;
  return out;
}

json to_json(const AttachedPod& attached) {
  const Pod& pod = attached.pod;
  json addresses = json::array();
  json routes = json::array();
  json gateways = json::array();
  for (const IpAddress& address : pod.addresses) {
    addresses.push_back(address.to_string());
    const IpAddress gateway = address.is_v6() ? pod_gateway_v6(pod) : pod_gateway_v4();
    if (std::find(gateways.begin(), gateways.end(), gateway.to_string()) == gateways.end()) {
      gateways.push_back(gateway.to_string());
    }
  }
  for (const IpPrefix& route : pod.routes)
    routes.push_back(route.to_string());
  return {{"container", pod.container},
          {"ifname", pod.ifname},
          {"netns", pod.netns},
          {"type", name_of(pod.type)},
          {"addresses", std::move(addresses)},
          {"routes", std::move(routes)},
          {"gateways", std::move(gateways)},
          {"mtu", pod.mtu},
          {"namespace", pod.pod_namespace},
          {"name", pod.pod_name},
          {"interface", pod.interface},
          {"host_link", pod.host_link},
          {"mac", pod.mac.is_zero() ? "" : pod.mac.to_string()},
          {"pod_mac", pod.pod_mac.is_zero() ? "" : pod.pod_mac.to_string()}};
}

ApiReply problem(const PodError& error) {
  switch (error.kind) {
    case PodError::Kind::kInvalid:
      return ApiReply::problem(422, "The pod cannot be attached like this", error.text);
    case PodError::Kind::kUnknown:
      return ApiReply::problem(404, "There is no such pod", error.text);
    case PodError::Kind::kBusy:
      return ApiReply::problem(409, "The pod is busy", error.text + "; ask again");
    case PodError::Kind::kFailed: break;
  }
  return ApiReply::problem(500, "The pod was not changed as a whole", error.text);
}

Pods::Done answer(const Responder& to) {
  return [to](const std::optional<PodError>& error) {
    to->reply(error ? problem(*error) : ApiReply::json(json::object()));
  };
}

Pods::Attached answer_with_row(const Responder& to) {
  return [to](const AttachedPod* attached, const PodError& error) {
    to->reply(attached != nullptr ? ApiReply::json(to_json(*attached)) : problem(error));
  };
}

std::string value_of(const ApiRequest& request, const std::string& key) {
  const auto at = request.query.find(key);
  return at == request.query.end() ? "" : at->second;
}

// Container and interface of a query; the reply when one is missing.
std::optional<PodKey> key_in(const ApiRequest& request, const Responder& to) {
  PodKey key(value_of(request, "container"), value_of(request, "ifname"));
  if (!key.first.empty() && !key.second.empty()) return key;
  to->reply(ApiReply::problem(400, "The pod is not named", "give container and ifname"));
  return std::nullopt;
}

// Strings of a JSON array, each parsed.
template <typename T>
std::string read_list(const json& value, std::vector<T>& out) {
  if (!value.is_array()) return "is no array";
  for (const json& one : value) {
    const auto parsed = one.is_string() ? T::parse(one.template get<std::string>()) : std::nullopt;
    if (!parsed)
      return "has " + one.dump(-1, ' ', false, json::error_handler_t::replace) +
             " in it, which is no address";
    out.push_back(*parsed);
  }
  return "";
}

std::string read_text(const json& value, std::string& out) {
  if (!value.is_string()) return "is no string";
  out = value.get<std::string>();
  return out.find('\0') == std::string::npos ? "" : "has a zero byte in it";
}

// Why the value of a key does not fit; empty: it does.
std::string read_key(const std::string& key, const json& value, Pod& pod) {
  if (key == "container") return read_text(value, pod.container);
  if (key == "ifname") return read_text(value, pod.ifname);
  if (key == "netns") return read_text(value, pod.netns);
  if (key == "namespace") return read_text(value, pod.pod_namespace);
  if (key == "name") return read_text(value, pod.pod_name);
  if (key == "socket") return read_text(value, pod.host_link);
  if (key == "addresses") return read_list(value, pod.addresses);
  if (key == "routes") return read_list(value, pod.routes);
  if (key == "mtu") {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > UINT16_MAX) {
      return "is no number from 0 to 65535";
    }
    pod.mtu = value.get<std::uint16_t>();
    return "";
  }
  if (key == "type") {
    const auto type = value.is_string() ? pod_port_type(value.get<std::string>()) : std::nullopt;
    if (!type) return "is none of tap, veth and memif";
    pod.type = *type;
    return "";
  }
  return "is not known";
}

Result<std::set<PodKey>> parse_valid(std::string_view body) {
  const json list = json::parse(body, nullptr, false);
  if (!list.is_array()) return Error{"the body is no array of {container, ifname}"};
  std::set<PodKey> out;
  for (const json& one : list) {
    PodKey key;
    const bool fine = one.is_object() && one.contains("container") && one.contains("ifname") &&
                      read_text(one["container"], key.first).empty() &&
                      read_text(one["ifname"], key.second).empty();
    if (!fine) return Error{"an element of the body is no {container, ifname}"};
    out.insert(std::move(key));
  }
  return out;
}

void handle_attach(Pods& pods, const ApiRequest& request, const Responder& to) {
  auto pod = parse_pod(request.body);
  if (!pod) {
    return to->reply(ApiReply::problem(400, "The request is not understood", pod.error().text));
  }
  pods.attach(std::move(pod).value(), answer_with_row(to));
}

}  // namespace

Result<Pod> parse_pod(std::string_view body) {
  const json request = json::parse(body, nullptr, false);
  if (!request.is_object()) return Error{"the body is no JSON object"};
  Pod pod;
  pod.mtu = 0;
  for (const auto& [key, value] : request.items()) {
    if (std::string why = read_key(key, value, pod); !why.empty()) {
      return Error{fmt::format("{}: {}", key, why)};
    }
  }
  return pod;
}

void add_pod_routes(Api& api, Pods& pods) {
  const std::vector<ApiParameter> key = {{"container", "string", "The container's id."},
                                         {"ifname", "string", "The interface inside the pod."}};
  const json row = schema_of({{"container", kString}, {"ifname", kString}, {"interface", kString}});
  api.add({.method = "GET",
           .path = "/v1/pods",
           .summary = "The pods that are attached to this node.",
           .handler =
               [&pods](const ApiRequest&, const Responder& to) {
                 json list = json::array();
                 for (const auto& [name, attached] : pods.list())
                   list.push_back(to_json(attached));
                 to->reply(ApiReply::json({{"pods", std::move(list)}, {"mtu", pods.mtu()}}));
               },
           .schema = schema_of({{"pods", kList}, {"mtu", {{"type", "integer"}}}})});
  api.add({.method = "POST",
           .path = "/v1/pods",
           .summary = "Attaches an interface of a pod, whole or not at all.",
           .privileged = true,
           .handler = [&pods](const ApiRequest& request,
                              const Responder& to) { handle_attach(pods, request, to); },
           .schema = row});
  std::vector<ApiParameter> detached = key;
  detached.push_back({"netns", "string", "Where to look for what a failed attachment has left."});
  api.add({.method = "DELETE",
           .path = "/v1/pods",
           .summary = "Detaches an interface of a pod; no error when there is none.",
           .parameters = detached,
           .privileged = true,
           .handler =
               [&pods](const ApiRequest& request, const Responder& to) {
                 if (const auto pod = key_in(request, to)) {
                   pods.detach(*pod, value_of(request, "netns"), answer(to));
                 }
               },
           .schema = {{"type", "object"}}});
  api.add({.method = "GET",
           .path = "/v1/pods/check",
           .summary = "Whether an attached interface is as it was made.",
           .parameters = key,
           .privileged = true,
           .handler =
               [&pods](const ApiRequest& request, const Responder& to) {
                 if (const auto pod = key_in(request, to)) pods.check(*pod, answer_with_row(to));
               },
           .schema = row});
  api.add({.method = "POST",
           .path = "/v1/pods/gc",
           .summary = "Detaches all pods but those in the body.",
           .privileged = true,
           .handler =
               [&pods](const ApiRequest& request, const Responder& to) {
                 const auto valid = parse_valid(request.body);
                 if (!valid) {
                   return to->reply(
                       ApiReply::problem(400, "The request is not understood", valid.error().text));
                 }
                 pods.collect(*valid, answer(to));
               },
           .schema = {{"type", "object"}}});
}

}  // namespace sextant
