// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The kernel's side of an attached pod: its interface with address, routes and neighbor, inside the
// pod's network namespace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/net/ip_address.hpp>

namespace sextant {

enum class PodPortType : std::uint8_t { kTap, kVeth, kMemif };
// "tap", "veth", "memif"; and back.
[[nodiscard]] std::string_view name_of(PodPortType type);
[[nodiscard]] std::optional<PodPortType> pod_port_type(std::string_view name);

// One interface of a pod.
struct Pod {
  // As the container runtime names it; a pod may have several interfaces.
  std::string container;
  std::string ifname;  // inside the pod
  std::string netns;   // path; empty for memif
  PodPortType type = PodPortType::kTap;
  std::vector<IpAddress> addresses;
  std::vector<IpPrefix> routes;  // by way of this interface
  std::uint16_t mtu = 1500;
  std::string pod_namespace;  // of Kubernetes; may be empty
  std::string pod_name;

  // An interface beside the pod's main one (custom_interfaces.hpp).
  std::string owner;           // ifname of the main one; empty: this is it
  std::string network;         // CustomNetwork "namespace/name", "stub", or empty: that of all pods
  std::string table = "main";  // that it is in
  std::uint8_t memif_id = 0;
  std::uint32_t memif_uid = 0;  // who may open the socket, beside root

  // What the daemon has chosen.
  std::string interface;  // of port and interface in tables: "pod-0123456789ab-eth0"
  std::string host_link;  // veth: the kernel's name of the other end; memif: path of the socket
  MacAddress mac;         // the forwarder's end; memif: zero until the port is open
  MacAddress pod_mac;     // memif: zero, found by neighbor discovery

  [[nodiscard]] bool is_extra() const { return !owner.empty(); }
  // "pod default/web (eth0 of 0123456789ab)"
  [[nodiscard]] std::string title() const;
};

// Gateways of pods: nobody has these addresses, and a permanent neighbor stands for them.
[[nodiscard]] IpAddress pod_gateway_v4();
[[nodiscard]] IpAddress pod_gateway_v6(const Pod& pod);
// The same for extra interfaces, whatever their MAC address: fe80::1.
[[nodiscard]] IpAddress extra_gateway_v6();

struct PodLink {
  int tap = -1;  // descriptor of a tap; belongs to the caller
  MacAddress pod_mac;
  MacAddress host_mac;  // veth only
};

// Enters network namespaces: on a thread that is for these functions alone. On failure nothing is
// left of what was made. Of a memif: the folder of its socket, which keeps other pods out.
// again: the pod is attached already, since before this process started, and is repaired where
// something is missing; else a name that is taken is an error, unless a former attempt for the same
// container has taken it.
Result<PodLink> make_pod_link(const Pod& pod, bool again);
// Whether everything is there that make_pod_link() made.
Status check_pod_link(const Pod& pod);
// Also when there is nothing left, or the namespace is gone. The descriptor of a tap should be
// closed before.
Status remove_pod_link(const Pod& pod);

}  // namespace sextant
