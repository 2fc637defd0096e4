// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ADD, DEL, CHECK, GC, STATUS and VERSION.
#include "commands.hpp"

#include <algorithm>

#include "daemon_client.hpp"
#include "ipam.hpp"
#include "result.hpp"

namespace sextant::cni {

namespace {

using nlohmann::json;

std::string config_text(const Request& request) {
  return request.config.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pod_target(const Request& request, const std::string& path) {
  return path + "?container=" + percent_encoded(request.container) +
         "&ifname=" + percent_encoded(request.ifname);
}

// The daemon's reply, when it is a good one; else its words with the code of the spec that fits.
Outcome<json> good_reply(Outcome<DaemonReply> reply) {
  if (!reply) return reply.error();
  if (reply->status == 200) return std::move(reply->body);
  const auto text = [&](const char* key) {
    const bool there = reply->body.is_object() && reply->body.contains(key);
    return there && reply->body[key].is_string() ? reply->body[key].get<std::string>() : "";
  };
  CniError out{Code::kDaemonRefused, text("title"), text("detail")};
  if (out.message.empty()) out.message = "sextantd answers with " + std::to_string(reply->status);
  if (reply->status == 404) out.code = Code::kUnknownContainer;
  if (reply->status == 409 || reply->status == 503) out.code = Code::kTryAgainLater;
  if (reply->status == 422) out.code = Code::kInvalidConfig;
  return out;
}

json attachment(const Request& request, const IpamResult& ipam) {
  json addresses = json::array();
  json routes = json::array();
  for (const IpAddress& address : ipam.addresses)
    addresses.push_back(address.to_string());
  for (const IpPrefix& route : ipam.routes)
    routes.push_back(route.to_string());
  json out = {{"container", request.container},
              {"ifname", request.ifname},
              {"type", request.port},
              {"mtu", request.mtu},
              {"namespace", request.pod_namespace},
              {"name", request.pod_name},
              {"addresses", std::move(addresses)},
              {"routes", std::move(routes)}};
  if (request.port == "memif") {
    out["socket"] = request.memif_folder + "/" + request.container + "-" + request.ifname + ".sock";
  } else {
    out["netns"] = request.netns;
  }
  return out;
}

Outcome<json> add(const Request& request) {
  const std::string config = config_text(request);
  const auto given = run_ipam(request, "ADD", config);
  if (!given) return given.error();
  // From here on there is an address to give back.
  const auto give_back = [&](CniError error) {
    if (const auto freed = run_ipam(request, "DEL", config); !freed) {
      error.details += "; and the address was not given back: " + freed.error().details;
    }
    return error;
  };
  const auto ipam = parse_ipam_result(*given);
  if (!ipam) return give_back(ipam.error());
  auto pod = good_reply(ask_daemon(request, "POST", "/v1/pods", attachment(request, *ipam).dump()));
  if (!pod) {
    // It may have been attached after the time was over.
    if (pod.error().code == Code::kTryAgainLater) {
      static_cast<void>(ask_daemon(request, "DELETE", pod_target(request, "/v1/pods")));
    }
    return give_back(pod.error());
  }
  return add_result(request, *ipam, *pod);
}

// The pod first: its address is free only when nothing leads to it any more.
Outcome<json> del(const Request& request) {
  std::string target = pod_target(request, "/v1/pods");
  if (!request.netns.empty()) target += "&netns=" + percent_encoded(request.netns);
  const auto gone = good_reply(ask_daemon(request, "DELETE", target));
  if (!gone) return gone.error();
  const auto freed = run_ipam(request, "DEL", config_text(request));
  if (!freed) return freed.error();
  return json();
}

Outcome<json> check(const Request& request) {
  const auto previous = request.config.find("prevResult");
  if (previous == request.config.end()) {
    return CniError{Code::kInvalidConfig, "the network configuration is not valid",
                    "prevResult is missing, and CHECK needs it"};
  }
  const auto wanted = result_addresses(*previous);
  if (!wanted)
    return CniError{Code::kInvalidConfig, "prevResult is not valid", wanted.error().details};
  if (const auto fine = run_ipam(request, "CHECK", config_text(request)); !fine)
    return fine.error();
  const auto pod = good_reply(ask_daemon(request, "GET", pod_target(request, "/v1/pods/check")));
  if (!pod) return pod.error();
  for (const IpAddress& address : *wanted) {
    const json there = pod->is_object() ? pod->value("addresses", json::array()) : json::array();
    if (std::find(there.begin(), there.end(), address.to_string()) != there.end()) continue;
    return CniError{Code::kChanged, "the pod is not as it was made",
                    "it does not have the address " + address.to_string() + " of prevResult"};
  }
  return json();
}

// Older IPAM plugins do not know the commands of 1.1.0.
bool is_unknown_command(const CniError& error) {
  return error.code == Code::kIncompatibleVersion || error.code == Code::kInvalidEnvironment;
}

Outcome<json> collect(const Request& request) {
  json valid = json::array();
  for (const auto& [container, ifname] : request.valid)
    valid.push_back({{"container", container}, {"ifname", ifname}});
  const auto done = good_reply(ask_daemon(request, "POST", "/v1/pods/gc", valid.dump()));
  if (!done) return done.error();
  const auto freed = run_ipam(request, "GC", config_text(request));
  if (!freed && !is_unknown_command(freed.error())) return freed.error();
  return json();
}

Outcome<json> status(const Request& request) {
  const auto ready = ask_daemon(request, "GET", "/readyz");
  if (!ready) return CniError{Code::kNotAvailable, ready.error().message, ready.error().details};
  if (ready->status != 200) {
    return CniError{Code::kNotAvailable, "sextantd is not ready",
                    ready->body.dump(-1, ' ', false, json::error_handler_t::replace)};
  }
  const auto ipam = run_ipam(request, "STATUS", config_text(request));
  if (!ipam && !is_unknown_command(ipam.error())) return ipam.error();
  return json();
}

}  // namespace

Outcome<json> run(const Request& request) {
  switch (request.command) {
    case Command::kAdd: return add(request);
    case Command::kDel: return del(request);
    case Command::kCheck: return check(request);
    case Command::kGc: return collect(request);
    case Command::kStatus: return status(request);
    case Command::kVersion: break;
  }
  return version_result(request.version);
}

}  // namespace sextant::cni
