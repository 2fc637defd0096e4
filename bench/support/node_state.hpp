// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A large node, made and not read from a file: routes over ports, local SIDs, policies with
// steering.
#pragma once

#include <cstdint>
#include <string>

#include "control/model/desired_state.hpp"

namespace sextant::bench {

inline constexpr std::uint32_t kPorts = 8;
inline constexpr std::uint32_t kNextHopsPerPort = 16;
inline constexpr std::uint32_t kNodes = 4096;  // each with a locator /48, which has a route

struct NodeSize {
  std::uint32_t routes = 100'000;
  std::uint32_t local_sids = 10'000;
  std::uint32_t policies = 10'000;
};

inline Ipv6Address address6(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  Ipv6Address out;
  const std::uint32_t words[4] = {a, b, c, d};
  for (std::size_t i = 0; i < 16; ++i) {
    out.bytes[i] = static_cast<std::uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
  }
  return out;
}

inline Ipv6Address next_hop6(std::uint32_t i) {
  const std::uint32_t port = i % kPorts;
  return address6(0x20010db8, port, 0, 16 + i / kPorts % kNextHopsPerPort);
}

// The End SID of a node: within the /48 of its locator.
inline Ipv6Address node_sid(std::uint32_t node) {
  return address6(0xfcbb0000 + node / 256 % 256, (node % 256) << 16, 0, 1);
}

inline DesiredRoute route(std::uint32_t i) {
  DesiredRoute out;
  if (i < kNodes) {
    out.prefix = {IpAddress(address6(0xfcbb0000 + i / 256 % 256, (i % 256) << 16, 0, 0)), 48};
  } else if (i % 4 == 3) {
    Ipv4Address v4{{static_cast<std::uint8_t>(16 + (i >> 16)), static_cast<std::uint8_t>(i >> 8),
                    static_cast<std::uint8_t>(i), 0}};
    out.prefix = {IpAddress(v4), 24};
  } else {
    out.prefix = {IpAddress(address6(0x26000000 + (i >> 16), i << 16, 0, 0)),
                  static_cast<std::uint8_t>(i % 4 == 0 ? 64 : 48)};
  }
  DesiredNextHop hop;
  hop.address = IpAddress(next_hop6(i));
  out.next_hops.push_back(hop);
  return out;
}

inline DesiredLocalSid local_sid(std::uint32_t i) {
  DesiredLocalSid out;
  out.sid = {IpAddress(address6(0xfcbb8000, 0x00010000, i, 0xd)), 128};
  if (i % 8 == 0) {
    out.behavior = Behavior::kEndDt46;
  } else {
    out.behavior = Behavior::kEndDx6;
    DesiredNextHop hop;
    hop.address = IpAddress(next_hop6(i));
    out.next_hops.push_back(hop);
  }
  return out;
}

// A backend: the node that has it, and the SID of the pod there.
inline WeightedSegmentList backend(std::uint32_t node, std::uint32_t pod) {
  WeightedSegmentList out;
  Ipv6Address last = node_sid(node);
  last.bytes[14] = static_cast<std::uint8_t>(pod >> 8);
  last.bytes[15] = static_cast<std::uint8_t>(0x10 + pod % 0xe0);
  out.segments = {node_sid(node), last};
  return out;
}

// Every fifth policy has eight lists, the others one or two.
inline SrPolicy policy(std::uint32_t i) {
  SrPolicy out;
  out.name = "default/service-" + std::to_string(i);
  out.color = 100 + i % 7;
  out.binding_sid = address6(0xfcbb8000, 0x00020000, i, 0xb);
  CandidatePath path;
  path.name = "1";
  const std::uint32_t lists = i % 5 == 0 ? 8 : 1 + i % 2;
  for (std::uint32_t k = 0; k < lists; ++k) {
    path.segment_lists.push_back(backend((i * 31 + k * 577) % kNodes, i + k));
  }
  out.candidate_paths.push_back(std::move(path));
  return out;
}

inline SteeringRule steering(std::uint32_t i) {
  SteeringRule out;
  out.prefix = {IpAddress(address6(0xfd000096, 0, i, 1)), 128};
  out.policy = "default/service-" + std::to_string(i);
  return out;
}

inline DesiredState node_state(const NodeSize& size) {
  DesiredState out;
  for (std::uint32_t p = 0; p < kPorts; ++p) {
    DesiredInterface port;
    port.name = "p" + std::to_string(p);
    port.port = static_cast<PortIndex>(p);
    port.addresses = {{IpAddress(address6(0x20010db8, p, 0, 1)), 64}};
    out.interfaces.push_back(std::move(port));
  }
  for (std::uint32_t i = 0; i < size.routes; ++i)
    out.routes.push_back(route(i));
  for (std::uint32_t i = 0; i < size.local_sids; ++i)
    out.local_sids.push_back(local_sid(i));
  for (std::uint32_t i = 0; i < size.policies; ++i) {
    out.policies.push_back(policy(i));
    out.steering.push_back(steering(i));
  }
  return out;
}

}  // namespace sextant::bench
