// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// compile(): DesiredState -> ForwardingTables. Values in, values out: no clock, no I/O, no DPDK.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sextant/common/diagnostic.hpp>
#include <sextant/tables/forwarding_tables.hpp>

#include "control/compile/id_map.hpp"
#include "control/model/desired_state.hpp"

namespace sextant {

// What compile() has to know about this machine beyond the configuration.
struct NodeFacts {
  // MAC addresses of the opened ports, by PortIndex. Missing or zero: the configured one, or
  // default_port_mac() (replay, --check).
  std::vector<MacAddress> port_macs;
  // Of the kernel's end of taps, by PortIndex; zero or missing for other ports.
  std::vector<MacAddress> kernel_macs;
};

// A locally administered address for a port without a device: 02:00:00:00:00:<port + 1>.
[[nodiscard]] MacAddress default_port_mac(PortIndex port);

// fe80::/64 with the modified EUI-64 of a MAC address (RFC 4291 appendix A).
[[nodiscard]] Ipv6Address link_local_address(const MacAddress& mac);

// Why a policy forwards as it does; for people ("sextant show policies"), not for forwarding.
struct PolicyStatus {
  struct List {
    std::vector<Ipv6Address> segments;
    std::uint32_t weight = 1;
    bool draining = false;
    bool valid = false;
    std::string reason;  // why it is not valid

    friend bool operator==(const List&, const List&) = default;
  };
  struct Path {
    std::string name;
    std::uint32_t preference = 100;
    std::uint8_t protocol_origin = 30;
    std::string originator;
    std::uint32_t discriminator = 0;
    bool valid = false;
    bool active = false;
    std::string reason;  // why it is not active
    std::vector<List> lists;

    friend bool operator==(const Path&, const Path&) = default;
  };
  std::string name;
  PolicyId id = kNoObject;  // kNoObject: not in the tables
  std::uint32_t color = 0;
  std::string policy_endpoint;  // empty: not given
  std::optional<Ipv6Address> binding_sid;
  std::string headend;  // "H.Encaps"
  bool valid = false;   // has an active candidate path
  bool drop_upon_invalid = false;
  std::string reason;       // why it is not valid
  std::vector<Path> paths;  // as configured

  friend bool operator==(const PolicyStatus&, const PolicyStatus&) = default;
};

struct CompileResult {
  ForwardingTables tables;             // complete only when diagnostics has no errors
  IdMap ids;                           // for the next call
  std::vector<PolicyStatus> policies;  // sorted by name
  Diagnostics diagnostics;             // in the order of the source

  [[nodiscard]] bool ok() const { return !diagnostics.has_errors(); }
};

// Findings in the order in which a reader meets their places in the source, and none twice.
[[nodiscard]] Diagnostics in_source_order(const Diagnostics& found);

// Resolves names to ids, next hops to adjacencies and policies to their active candidate path.
// Equal input gives equal output, and the order of objects in state does not matter. previous is
// the ids of the last result that was published; objects that are still there keep their ids.
[[nodiscard]] CompileResult compile(const DesiredState& state, const NodeFacts& facts = {},
                                    const IdMap& previous = {});

}  // namespace sextant
