// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// KubernetesSettings: section "kubernetes" of the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <sextant/common/diagnostic.hpp>
#include <sextant/net/ip_address.hpp>

namespace sextant {

// LOC:FUNCT:ARG (RFC 8986 section 3.1): block, node, 16 bits of function, and what remains up to
// 128 bits is the argument.
struct LocatorPlan {
  IpPrefix block;               // IPv6
  std::uint8_t node_bits = 16;  // behind the block; both together at most 64

  [[nodiscard]] std::uint8_t locator_len() const {
    return static_cast<std::uint8_t>(block.len + node_bits);
  }
  friend bool operator==(const LocatorPlan&, const LocatorPlan&) = default;
};

// A prefix for each role; behind it the bits of an address in the same place (Contiv-VPP).
struct ContivPlan {
  IpPrefix service_policy;    // binding SIDs of services, from their lowest address
  IpPrefix service_pod;       // End.DX6 and End.DX4, from the address of the pod
  IpPrefix service_host;      // for backends in a node's own network
  IpPrefix service_node;      // End, from the address of the node, as all that follow
  IpPrefix node_pod;          // End.DT6, End.DT4, End.DT46: traffic to pods
  IpPrefix node_host;         // the same for traffic to the node itself
  IpPrefix node_pod_policy;   // binding SIDs of the policies that end in node_pod
  IpPrefix node_host_policy;  // and in node_host
  IpPrefix chain_policy;      // binding SIDs of chains, from a hash of their name
  IpPrefix chain_function;    // End.AD and the like, from that hash and the address of the pod
  IpPrefix chain_end;         // End.DX2, End.DX4, End.DX6, from the address of the last pod
  std::uint8_t chain_id_bits = 16;  // of the hash, in chain_function

  // The prefixes of the two generations of Contiv-VPP: 1 (documentation), 2 (software since 2019).
  [[nodiscard]] static ContivPlan of_generation(unsigned generation);
  friend bool operator==(const ContivPlan&, const ContivPlan&) = default;
};

using SidPlan = std::variant<LocatorPlan, ContivPlan>;

// The prefixes that all SIDs of a plan lie in.
[[nodiscard]] std::vector<IpPrefix> sid_space_of(const SidPlan& plan);

struct KubernetesSettings {
  enum class Source : std::uint8_t {
    kNone,       // no Kubernetes at all
    kApi,        // the API server
    kManifests,  // YAML files of a folder
  };

  Source source = Source::kNone;
  std::string path;        // kManifests: the folder
  std::string kubeconfig;  // kApi; empty: the service account of the pod
  std::string node_name;   // whose pods are followed; empty: variable NODE_NAME
  bool watch = true;       // kApi; false: lists every poll_interval_s
  std::uint32_t poll_interval_s = 30;
  std::string state_file;  // kApi; empty: none

  SidPlan sids;
  std::string table = "main";       // of everything that is made of the cluster
  std::vector<IpPrefix> pod_cidrs;  // of the cluster: what nodes cut theirs from
  bool sid_routes = true;           // routes to SIDs of nodes that are neighbors
  bool services = true;
  bool chains = true;    // service function chains, custom networks and external interfaces
  SourceLocation where;  // of the section

  [[nodiscard]] bool enabled() const { return source != Source::kNone; }
  friend bool operator==(const KubernetesSettings&, const KubernetesSettings&) = default;
};

}  // namespace sextant
