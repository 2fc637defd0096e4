// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Requests about pods, read and answered.
#include "pod_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "k8s/objects.hpp"

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
          {"owner", pod.owner},
          {"network", pod.network},
          {"table", pod.table},
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

// The main interface, with the extra ones as "interfaces".
PodGroups::Attached answer_with_rows(const Responder& to) {
  return [to](const std::vector<const AttachedPod*>& attached, const PodError& error) {
    if (attached.empty()) return to->reply(problem(error));
    json out = to_json(*attached[0]);
    out["interfaces"] = json::array();
    for (std::size_t i = 1; i < attached.size(); ++i)
      out["interfaces"].push_back(to_json(*attached[i]));
    to->reply(ApiReply::json(out));
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

std::string read_type(const json& value, PodPortType& out) {
  const auto type = value.is_string() ? pod_port_type(value.get<std::string>()) : std::nullopt;
  if (!type) return "is none of tap, veth and memif";
  out = *type;
  return "";
}

std::string read_extra_key(const std::string& key, const json& value, PodGroup::Extra& extra) {
  if (key == "name") return read_text(value, extra.wanted.name);
  if (key == "type") return read_type(value, extra.wanted.type);
  if (key == "network") return read_text(value, extra.wanted.network);
  if (key == "addresses") return read_list(value, extra.addresses);
  if (key == "uid") {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > UINT32_MAX) {
      return "is no user id";
    }
    extra.wanted.uid = value.get<std::uint32_t>();
    return "";
  }
  return "is not known";
}

std::string read_extras(const json& value, PodGroup& group) {
  if (!value.is_array()) return "is no array";
  for (const json& one : value) {
    if (!one.is_object()) return "has something in it that is no object";
    PodGroup::Extra extra;
    for (const auto& [key, member] : one.items()) {
      if (const std::string why = read_extra_key(key, member, extra); !why.empty()) {
        return fmt::format("{} of one of them {}", key, why);
      }
    }
    group.extras.push_back(std::move(extra));
  }
  return "";
}

// Why the value of a key does not fit; empty: it does.
std::string read_key(const std::string& key, const json& value, PodGroup& group) {
  Pod& pod = group.pod;
  if (key == "memif_folder") return read_text(value, group.memif_folder);
  if (key == "uid") return read_text(value, group.uid);
  if (key == "interfaces") return read_extras(value, group);
  if (key == "container") return read_text(value, pod.container);
  if (key == "ifname") return read_text(value, pod.ifname);
  if (key == "netns") return read_text(value, pod.netns);
  if (key == "namespace") return read_text(value, pod.pod_namespace);
  if (key == "name") return read_text(value, pod.pod_name);
  if (key == "addresses") return read_list(value, pod.addresses);
  if (key == "routes") return read_list(value, pod.routes);
  if (key == "mtu") {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > UINT16_MAX) {
      return "is no number from 0 to 65535";
    }
    pod.mtu = value.get<std::uint16_t>();
    return "";
  }
  if (key == "type") return read_type(value, pod.type);
  return "is not known";
}

std::string read_annotations(const json& value, PodRoutes::Annotations& out) {
  if (!value.is_object()) return "is no object";
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) return fmt::format("{} is no string", key);
    out.emplace_back(key, text.get<std::string>());
  }
  return "";
}

// What was told of an interface of this name before, or is wished for: annotation
// sextant.io/interfaces.
json published_addresses(const PodRoutes::Annotations& annotations, const std::string& name) {
  for (const auto& [key, value] : annotations) {
    if (key != k8s::kInterfacesAnnotation) continue;
    const json list = json::parse(value, nullptr, false);
    if (!list.is_array()) continue;
    for (const json& one : list) {
      if (one.is_object() && one.value("name", json()) == name && one.contains("addresses")) {
        std::vector<IpAddress> addresses;
        if (read_list(one["addresses"], addresses).empty()) return one["addresses"];
      }
    }
  }
  return json::array();
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

ApiReply not_understood(const std::string& why) {
  return ApiReply::problem(400, "The request is not understood", why);
}

void handle_attach(PodGroups& groups, const ApiRequest& request, const Responder& to) {
  auto group = parse_group(request.body);
  if (!group) return to->reply(not_understood(group.error().text));
  groups.attach(std::move(group).value(), answer_with_rows(to));
}

json to_json(const WantedInterface& wanted, const PodRoutes::Annotations& annotations) {
  json out = {{"name", wanted.name}, {"type", name_of(wanted.type)}, {"network", wanted.network}};
  if (wanted.uid != 0) out["uid"] = wanted.uid;
  const json addresses = published_addresses(annotations, wanted.name);
  if (!addresses.empty()) out["addresses"] = addresses;
  return out;
}

ApiReply wanted_reply(const PodRoutes::Annotations& annotations, const PodName& pod) {
  const auto wanted = wanted_interfaces(annotations, pod.pod_namespace);
  if (!wanted) {
    return problem({PodError::Kind::kInvalid, fmt::format("pod {}/{}: {}", pod.pod_namespace,
                                                          pod.name, wanted.error().text)});
  }
  json list = json::array();
  for (const WantedInterface& one : *wanted)
    list.push_back(to_json(one, annotations));
  return ApiReply::json({{"interfaces", std::move(list)}});
}

void handle_wanted(const PodRoutes& routes, const ApiRequest& request, const Responder& to) {
  const json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return to->reply(not_understood("the body is no JSON object"));
  PodName pod;
  std::optional<PodRoutes::Annotations> annotations;
  for (const auto& [key, value] : body.items()) {
    std::string why = "is not known";
    if (key == "namespace") why = read_text(value, pod.pod_namespace);
    if (key == "name") why = read_text(value, pod.name);
    if (key == "uid") why = read_text(value, pod.uid);
    if (key == "annotations") why = read_annotations(value, annotations.emplace());
    if (!why.empty()) return to->reply(not_understood(key + ": " + why));
  }
  // The runtime has said it all.
  if (annotations) return to->reply(wanted_reply(*annotations, pod));
  if (pod.name.empty()) return to->reply(not_understood("name or annotations are missing"));
  routes.annotations_of(pod, [pod, to](const Result<PodRoutes::Annotations>& found) {
    to->reply(found ? wanted_reply(*found, pod)
                    : problem({PodError::Kind::kBusy, found.error().text}));
  });
}

// Which are left, for an IPAM plugin.
Pods::Done answer_with_keys(const Pods& pods, const Responder& to) {
  return [&pods, to](const std::optional<PodError>& error) {
    if (error) return to->reply(problem(*error));
    json list = json::array();
    for (const auto& [key, attached] : pods.list())
      list.push_back({{"container", key.first}, {"ifname", key.second}});
    to->reply(ApiReply::json({{"attached", std::move(list)}}));
  };
}

void handle_detach(const PodRoutes& routes, const ApiRequest& request, const Responder& to) {
  const auto main = key_in(request, to);
  if (!main) return;
  json names = json::array();
  // Those with addresses of an IPAM plugin.
  for (const Pod& extra : routes.pods.extras_of(*main))
    if (extra.network.empty()) names.push_back(extra.ifname);
  routes.groups.detach(
      *main, value_of(request, "netns"),
      [to, names = std::move(names)](const std::optional<PodError>& error) {
        to->reply(error ? problem(*error) : ApiReply::json({{"interfaces", names}}));
      });
}

}  // namespace

Result<PodGroup> parse_group(std::string_view body) {
  const json request = json::parse(body, nullptr, false);
  if (!request.is_object()) return Error{"the body is no JSON object"};
  PodGroup group;
  group.pod.mtu = 0;
  for (const auto& [key, value] : request.items()) {
    if (std::string why = read_key(key, value, group); !why.empty()) {
      return Error{fmt::format("{}: {}", key, why)};
    }
  }
  return group;
}

void add_pod_routes(Api& api, PodRoutes routes) {
  Pods& pods = routes.pods;
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
           .summary = "Attaches a pod with all of its interfaces, or not at all.",
           .privileged = true,
           .handler = [&groups = routes.groups](
                          const ApiRequest& request,
                          const Responder& to) { handle_attach(groups, request, to); },
           .schema = row});
  api.add({.method = "POST",
           .path = "/v1/pods/interfaces",
           .summary = "The extra interfaces that a pod of Kubernetes wants.",
           .privileged = true,
           .handler = [routes](const ApiRequest& request,
                               const Responder& to) { handle_wanted(routes, request, to); },
           .schema = schema_of({{"interfaces", kList}})});
  std::vector<ApiParameter> detached = key;
  detached.push_back({"netns", "string", "Where to look for what a failed attachment has left."});
  api.add({.method = "DELETE",
           .path = "/v1/pods",
           .summary = "Detaches a pod with all of its interfaces; no error when there is none.",
           .parameters = detached,
           .privileged = true,
           .handler = [routes](const ApiRequest& request,
                               const Responder& to) { handle_detach(routes, request, to); },
           .schema = schema_of({{"interfaces", kList}})});
  api.add({.method = "GET",
           .path = "/v1/pods/check",
           .summary = "Whether the interfaces of a pod are as they were made.",
           .parameters = key,
           .privileged = true,
           .handler =
               [&groups = routes.groups](const ApiRequest& request, const Responder& to) {
                 if (const auto pod = key_in(request, to)) groups.check(*pod, answer_with_rows(to));
               },
           .schema = row});
  api.add({.method = "POST",
           .path = "/v1/pods/gc",
           .summary = "Detaches all pods but those in the body; the rest is the answer.",
           .privileged = true,
           .handler =
               [&pods](const ApiRequest& request, const Responder& to) {
                 const auto valid = parse_valid(request.body);
                 if (!valid) return to->reply(not_understood(valid.error().text));
                 pods.collect(*valid, answer_with_keys(pods, to));
               },
           .schema = schema_of({{"attached", kList}})});
}

}  // namespace sextant
