// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Custom interfaces: which ones a pod wants beside its main one, and their addresses. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/net/ip_address.hpp>

#include "pod_link.hpp"

namespace sextant {

// Annotations of a pod. Those whose names begin with the first one count together:
// "contivpp.io/custom-if", "contivpp.io/custom-if-1", ...; values are lists "name/type[/network]".
inline constexpr std::string_view kCustomInterfaces = "contivpp.io/custom-if";
// Owner of the pod's memif sockets, a number; without it root.
inline constexpr std::string_view kMemifUid = "sextant.io/memif-uid";

struct WantedInterface {
  std::string name;  // inside the pod
  PodPortType type = PodPortType::kTap;
  // CustomNetwork "namespace/name"; "stub" for none; empty: that of all pods.
  std::string network;
  std::uint32_t uid = 0;  // memif: whose the socket is

  friend bool operator==(const WantedInterface&, const WantedInterface&) = default;
};

// Sorted by name. Networks are those of the pod's namespace. An Error names the annotation, what is
// wrong in it, and what it may be.
[[nodiscard]] Result<std::vector<WantedInterface>> wanted_interfaces(
    const std::vector<std::pair<std::string, std::string>>& annotations,
    const std::string& pod_namespace);

// The pod's end and the forwarder's end of an interface, the same whenever it is made: 02:fe and
// FNV-1a of "container/interface", lowest byte first; the other end has the complement of that.
[[nodiscard]] MacAddress mac_in_pod(const std::string& container, const std::string& ifname);
[[nodiscard]] MacAddress mac_of_forwarder(const std::string& container, const std::string& ifname);

// An address of a prefix that nobody has: for one name the same one as long as it is free. The
// first two and the last are not given to pods. None: all are taken.
[[nodiscard]] std::optional<IpAddress> free_address(const IpPrefix& prefix,
                                                    const std::set<IpAddress>& taken,
                                                    std::string_view name);

}  // namespace sextant
