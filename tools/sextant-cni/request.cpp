// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Reading environment and configuration, with the codes of the spec.
#include "request.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

namespace sextant::cni {

namespace {

using nlohmann::json;

constexpr const char* kValidAttachments = "cni.dev/valid-attachments";
constexpr const char* kPodAnnotations = "io.kubernetes.cri.pod-annotations";

CniError bad_environment(const std::string& details) {
  return {Code::kInvalidEnvironment, "the environment of the plugin is not right", details};
}
CniError bad_config(const std::string& details) {
  return {Code::kInvalidConfig, "the network configuration is not valid", details};
}

bool all_of(const std::string& text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || more.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// CNI spec, section 2: alphanumeric, then those and "_", "." and "-".
bool is_identifier(const std::string& text) {
  return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) != 0 &&
         all_of(text, "_.-");
}

bool is_ifname(const std::string& name) {
  return !name.empty() && name.size() <= 15 && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(), [](unsigned char c) {
           return c == '/' || c == ':' || std::isspace(c) != 0 || std::iscntrl(c) != 0;
         });
}

std::optional<Command> command_of(const std::string& name) {
  constexpr std::array<std::pair<const char*, Command>, 6> kCommands = {{
      {"ADD", Command::kAdd},
      {"DEL", Command::kDel},
      {"CHECK", Command::kCheck},
      {"GC", Command::kGc},
      {"STATUS", Command::kStatus},
      {"VERSION", Command::kVersion},
  }};
  for (const auto& [text, command] : kCommands) {
    if (name == text) return command;
  }
  return std::nullopt;
}

std::string value_of(const Environment& environment, const char* name) {
  const auto at = environment.find(name);
  return at == environment.end() ? "" : at->second;
}

// "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web"; keys of others are nobody's business.
void read_args(const std::string& args, Request& out) {
  for (std::size_t at = 0; at < args.size();) {
    const std::size_t end = std::min(args.find(';', at), args.size());
    const std::string pair = args.substr(at, end - at);
    const std::size_t equal = pair.find('=');
    if (equal != std::string::npos) {
      if (pair.substr(0, equal) == "K8S_POD_NAMESPACE") out.pod_namespace = pair.substr(equal + 1);
      if (pair.substr(0, equal) == "K8S_POD_NAME") out.pod_name = pair.substr(equal + 1);
      if (pair.substr(0, equal) == "K8S_POD_UID") out.pod_uid = pair.substr(equal + 1);
    }
    at = end + 1;
  }
}

std::optional<CniError> read_environment(const Environment& environment, Request& out) {
  out.container = value_of(environment, "CNI_CONTAINERID");
  out.ifname = value_of(environment, "CNI_IFNAME");
  out.netns = value_of(environment, "CNI_NETNS");
  if (out.command == Command::kGc || out.command == Command::kStatus) return std::nullopt;
  if (!is_identifier(out.container)) {
    return bad_environment("CNI_CONTAINERID: '" + out.container +
                           "' is no name of a container: letters, digits, '_', '.' and '-'");
  }
  if (!is_ifname(out.ifname)) {
    return bad_environment("CNI_IFNAME: '" + out.ifname +
                           "' is no name of an interface: 1 to 15 characters without '/', ':' and "
                           "spaces");
  }
  if (out.netns.empty() && out.command != Command::kDel) {
    return bad_environment("CNI_NETNS is missing: the path of the pod's network namespace");
  }
  read_args(value_of(environment, "CNI_ARGS"), out);
  return std::nullopt;
}

// A member that may be missing.
std::optional<CniError> read_text(const json& config, const char* key, std::string& out) {
  const auto at = config.find(key);
  if (at == config.end()) return std::nullopt;
  if (!at->is_string() || at->get_ref<const std::string&>().empty()) {
    return bad_config(std::string(key) + " is no text");
  }
  out = at->get<std::string>();
  return std::nullopt;
}

template <typename Number>
std::optional<CniError> read_number(const json& config, const char* key, unsigned most,
                                    Number& out) {
  const auto at = config.find(key);
  if (at == config.end()) return std::nullopt;
  if (!at->is_number_unsigned() || at->get<std::uint64_t>() > most) {
    return bad_config(std::string(key) + " is no number from 0 to " + std::to_string(most));
  }
  out = at->get<Number>();
  return std::nullopt;
}

std::optional<CniError> read_valid(const json& config, Request& out) {
  const auto at = config.find(kValidAttachments);
  if (at == config.end() || !at->is_array()) {
    return bad_config(std::string(kValidAttachments) + " is no array, and GC needs it");
  }
  for (const json& one : *at) {
    const auto text = [&](const char* key) {
      const auto found = one.is_object() ? one.find(key) : one.end();
      return one.is_object() && found != one.end() && found->is_string() ? found->get<std::string>()
                                                                         : std::string();
    };
    std::pair<std::string, std::string> key(text("containerID"), text("ifname"));
    if (key.first.empty() || key.second.empty()) {
      return bad_config(std::string(kValidAttachments) +
                        " has an element without containerID and ifname");
    }
    out.valid.push_back(std::move(key));
  }
  return std::nullopt;
}

std::optional<CniError> read_annotations(const json& config, Request& out) {
  const auto runtime = config.find("runtimeConfig");
  if (runtime == config.end() || !runtime->is_object()) return std::nullopt;
  const auto at = runtime->find(kPodAnnotations);
  if (at == runtime->end() || at->is_null()) return std::nullopt;
  const bool texts = at->is_object() && std::all_of(at->begin(), at->end(), [](const json& value) {
                       return value.is_string();
                     });
  if (!texts) return bad_config(std::string(kPodAnnotations) + " is no object of texts");
  out.annotations = *at;
  return std::nullopt;
}

std::optional<CniError> read_config(const json& config, Request& out) {
  std::string name;
  if (auto error = read_text(config, "name", name)) return error;
  if (!is_identifier(name)) {
    return bad_config("name: '" + name +
                      "' is no name of a network: letters, digits, '_', '.', '-'");
  }
  if (auto error = read_text(config, "socket", out.socket)) return error;
  if (auto error = read_text(config, "port", out.port)) return error;
  if (auto error = read_text(config, "memifFolder", out.memif_folder)) return error;
  if (out.port != "tap" && out.port != "veth" && out.port != "memif") {
    return bad_config("port: '" + out.port + "' is none of tap, veth and memif");
  }
  if (auto error = read_number(config, "mtu", 65535, out.mtu)) return error;
  if (auto error = read_number(config, "timeoutSeconds", 600, out.timeout_s)) return error;
  if (out.timeout_s == 0) return bad_config("timeoutSeconds is no number from 1 to 600");
  const auto ipam = config.find("ipam");
  if (ipam == config.end() || !ipam->is_object()) {
    return bad_config("ipam is missing: {\"type\": \"host-local\", ...}");
  }
  if (auto error = read_annotations(config, out)) return error;
  if (!out.pod_uid.empty() && !is_identifier(out.pod_uid)) {
    return bad_environment("CNI_ARGS: K8S_POD_UID is no identifier");
  }
  if (auto error = read_text(*ipam, "type", out.ipam)) return error;
  // It names a program in CNI_PATH.
  if (!is_identifier(out.ipam)) return bad_config("ipam.type is no name of a plugin");
  return out.command == Command::kGc ? read_valid(config, out) : std::nullopt;
}

std::optional<CniError> read_version(const json& config, Request& out) {
  const auto at = config.find("cniVersion");
  // The first versions had none.
  out.version = at != config.end() && at->is_string() ? at->get<std::string>() : "0.1.0";
  const auto place = version_place(out.version);
  if (!place) {
    return CniError{Code::kIncompatibleVersion, "cniVersion " + out.version + " is not supported",
                    "0.3.0, 0.3.1, 0.4.0, 1.0.0 and 1.1.0 are"};
  }
  out.place = *place;
  const bool known =
      out.place >= (out.command == Command::kCheck                                   ? kHasCheck
                    : out.command == Command::kGc || out.command == Command::kStatus ? kHasGc
                                                                                     : 0);
  if (known) return std::nullopt;
  return CniError{Code::kIncompatibleVersion,
                  "the command is not part of cniVersion " + out.version,
                  "CHECK needs 0.4.0, GC and STATUS need 1.1.0"};
}

}  // namespace

std::optional<std::size_t> version_place(std::string_view version) {
  const auto* const at = std::find(std::begin(kVersions), std::end(kVersions), version);
  if (at == std::end(kVersions)) return std::nullopt;
  return static_cast<std::size_t>(at - std::begin(kVersions));
}

std::string answer_version(std::string_view config) {
  const json parsed = json::parse(config, nullptr, false);
  if (parsed.is_object()) {
    const auto at = parsed.find("cniVersion");
    if (at != parsed.end() && at->is_string()) return at->get<std::string>();
  }
  return *std::rbegin(kVersions);
}

Outcome<Request> parse_request(const Environment& environment, std::string_view config) {
  Request out;
  const std::string name = value_of(environment, "CNI_COMMAND");
  const auto command = command_of(name);
  if (!command) {
    return bad_environment("CNI_COMMAND: '" + name +
                           "' is none of ADD, DEL, CHECK, GC, STATUS and VERSION; a container "
                           "runtime calls this program, see docs in config/cni");
  }
  out.command = *command;
  if (out.command == Command::kVersion) {
    out.version = answer_version(config);
    return out;
  }
  if (config.size() > kMaxConfigBytes) {
    return CniError{Code::kUndecodable, "the network configuration is too large",
                    "more than 1 MiB on stdin"};
  }
  out.config = json::parse(config, nullptr, false);
  if (!out.config.is_object()) {
    return CniError{Code::kUndecodable, "the network configuration is no JSON object", "on stdin"};
  }
  if (auto error = read_version(out.config, out)) return *error;
  if (auto error = read_environment(environment, out)) return *error;
  if (auto error = read_config(out.config, out)) return *error;
  return out;
}

}  // namespace sextant::cni
