// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Request: what the runtime asks for, out of its environment and the configuration on stdin.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cni_error.hpp"

namespace sextant::cni {

enum class Command { kAdd, kDel, kCheck, kGc, kStatus, kVersion };

// Of the specification, oldest first; the newest is the last one.
inline constexpr const char* kVersions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};
// Position in kVersions; empty: not supported.
[[nodiscard]] std::optional<std::size_t> version_place(std::string_view version);
inline constexpr std::size_t kHasCheck = 2;
inline constexpr std::size_t kPlainIps = 3;  // "ips" without "version"
inline constexpr std::size_t kHasGc = 4;

inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;

using Environment = std::map<std::string, std::string>;

struct Request {
  Command command = Command::kVersion;
  std::string version;    // of the configuration
  std::size_t place = 0;  // in kVersions
  nlohmann::json config;
  std::string container;
  std::string netns;
  std::string ifname;
  std::string pod_namespace;  // of CNI_ARGS
  std::string pod_name;
  std::string pod_uid;
  // Of the pod, where the runtime hands them on (capability io.kubernetes.cri.pod-annotations).
  nlohmann::json annotations;

  // Of the configuration.
  std::string socket = "/run/sextant/sextant.sock";
  std::string port = "tap";  // tap, veth or memif
  std::string memif_folder = "/run/sextant/memif";
  unsigned mtu = 0;    // 0: the daemon's choice
  int timeout_s = 20;  // of the daemon's answer, and again of the IPAM plugin's
  std::string ipam;    // name of the plugin
  // GC: containers and interfaces that there should be.
  std::vector<std::pair<std::string, std::string>> valid;
};

// "cniVersion" of any bytes, for answers to what is not understood; the newest when there is none.
[[nodiscard]] std::string answer_version(std::string_view config);

// Pure; any bytes. What the command needs is there afterwards, and has the form that the spec
// wants.
[[nodiscard]] Outcome<Request> parse_request(const Environment& environment,
                                             std::string_view config);

}  // namespace sextant::cni
