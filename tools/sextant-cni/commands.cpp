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

json texts(const auto& values) {
  json out = json::array();
  for (const auto& value : values)
    out.push_back(value.to_string());
  return out;
}

// extras: as the daemon wants them, with addresses.
json attachment(const Request& request, const IpamResult& ipam, json extras) {
  return {{"container", request.container},
          {"ifname", request.ifname},
          {"netns", request.netns},
          {"type", request.port},
          {"mtu", request.mtu},
          {"namespace", request.pod_namespace},
          {"name", request.pod_name},
          {"uid", request.pod_uid},
          {"memif_folder", request.memif_folder},
          {"addresses", texts(ipam.addresses)},
          {"routes", texts(ipam.routes)},
          {"interfaces", std::move(extras)}};
}

// The extra interfaces of the pod, out of its annotations: those that the runtime has handed on,
// else the cluster's.
Outcome<json> wanted_interfaces(const Request& request) {
  if (request.annotations.is_null() && request.pod_name.empty()) return json::array();
  json question = {
      {"namespace", request.pod_namespace}, {"name", request.pod_name}, {"uid", request.pod_uid}};
  if (!request.annotations.is_null()) question["annotations"] = request.annotations;
  const auto reply =
      good_reply(ask_daemon(request, "POST", "/v1/pods/interfaces", question.dump()));
  if (!reply) return reply.error();
  return reply->value("interfaces", json::array());
}

Request of_interface(const Request& request, const std::string& ifname) {
  Request out = request;
  out.ifname = ifname;
  return out;
}

// Addresses of the IPAM plugin, to be given back if the rest fails.
class Leases {
 public:
  explicit Leases(const Request& request) : request_(request), config_(config_text(request)) {}

  Outcome<IpamResult> take(const std::string& ifname) {
    const auto given = run_ipam(of_interface(request_, ifname), "ADD", config_);
    if (!given) return given.error();
    names_.push_back(ifname);
    return parse_ipam_result(*given);
  }
  CniError give_back(CniError error) {
    for (const std::string& name : names_) {
      const auto freed = run_ipam(of_interface(request_, name), "DEL", config_);
      if (!freed) {
        error.details +=
            "; and the address of " + name + " was not given back: " + freed.error().details;
      }
    }
    return error;
  }

 private:
  const Request& request_;
  const std::string config_;
  std::vector<std::string> names_;
};

Outcome<json> add(const Request& request) {
  auto wanted = wanted_interfaces(request);
  if (!wanted) return wanted.error();
  Leases leases(request);
  const auto ipam = leases.take(request.ifname);
  if (!ipam) return leases.give_back(ipam.error());
  for (json& extra : *wanted) {
    // The daemon has the addresses of other networks.
    if (!extra.value("network", "").empty()) continue;
    const auto given = leases.take(extra.value("name", ""));
    if (!given) return leases.give_back(given.error());
    extra["addresses"] = texts(given->addresses);
  }
  auto pod = good_reply(
      ask_daemon(request, "POST", "/v1/pods", attachment(request, *ipam, *wanted).dump()));
  if (!pod) {
    // It may have been attached after the time was over.
    if (pod.error().code == Code::kTryAgainLater) {
      static_cast<void>(ask_daemon(request, "DELETE", pod_target(request, "/v1/pods")));
    }
    return leases.give_back(pod.error());
  }
  return add_result(request, *ipam, *pod);
}

// The pod first: its address is free only when nothing leads to it any more.
Outcome<json> del(const Request& request) {
  std::string target = pod_target(request, "/v1/pods");
  if (!request.netns.empty()) target += "&netns=" + percent_encoded(request.netns);
  const auto gone = good_reply(ask_daemon(request, "DELETE", target));
  if (!gone) return gone.error();
  // Those of an attempt before this one, too.
  std::set<std::string> names = result_interfaces(request.config.value("prevResult", json()));
  for (const json& name : gone->value("interfaces", json::array()))
    names.insert(name.get<std::string>());
  names.insert(request.ifname);
  for (const std::string& name : names) {
    const auto freed = run_ipam(of_interface(request, name), "DEL", config_text(request));
    if (!freed) return freed.error();
  }
  return json();
}

CniError changed(const std::string& what) {
  return {Code::kChanged, "the pod is not as it was made", what};
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
  std::set<std::string> there{request.ifname};
  for (const json& extra : pod->value("interfaces", json::array()))
    there.insert(extra.value("ifname", ""));
  for (const std::string& name : result_interfaces(*previous)) {
    if (!there.contains(name)) return changed("it does not have the interface " + name);
  }
  const json addresses = pod->value("addresses", json::array());
  for (const IpAddress& address : *wanted) {
    if (std::find(addresses.begin(), addresses.end(), address.to_string()) != addresses.end())
      continue;
    return changed("it does not have the address " + address.to_string() + " of prevResult");
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
  // Extra interfaces have addresses of their own, of which the runtime knows nothing.
  Request rest = request;
  json& attached = rest.config["cni.dev/valid-attachments"];
  for (const json& one : done->value("attached", json::array())) {
    json key = {{"containerID", one.value("container", "")}, {"ifname", one.value("ifname", "")}};
    if (std::find(attached.begin(), attached.end(), key) == attached.end())
      attached.push_back(std::move(key));
  }
  const auto freed = run_ipam(rest, "GC", config_text(rest));
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
