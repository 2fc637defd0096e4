// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The list of views with their filters.
#include "view.hpp"

namespace sextant {

const std::vector<View>& all_views() {
  static const std::vector<View> views = {
      {"localsids",
       "SIDs of this node, what they do, and what they processed",
       {{"prefix", "SID", "Only this SID, or those in this prefix", "sid"},
        {"behavior", "BEHAVIOR", "Only this endpoint behavior, such as End.DX4"},
        {"table", "TABLE", "Only SIDs that are looked up in this table"}},
       print_localsids},
      {"policies",
       "SR Policies, their segment lists, and why a path is not active",
       {{"name", "POLICY", "Only the policy of this name"},
        {"match", "TEXT", "Only policies whose name contains this"},
        {"binding_sid", "SID", "Only the policy with this binding SID", "bsid"},
        {"color", "NUMBER", "Only policies of this color", "policy-color"},
        {"valid", "BOOLEAN", "Only policies that are valid, or that are not"}},
       print_policies},
      {"steering",
       "Traffic that enters policies",
       {{"policy", "POLICY", "Only traffic into this policy"},
        {"match", "TEXT", "Only rules whose text contains this"}},
       print_steering},
      {"fib",
       "Where prefixes lead, or what happens to one destination",
       {{"table", "TABLE", "Only this table; with --lookup the table to look in"},
        {"lookup", "ADDRESS", "The entry for this address, and the decisions behind it"},
        {"prefix", "PREFIX", "Only this prefix and what is inside of it"},
        {"type", "TYPE", "Only entries of this type, such as policy"}},
       print_fib},
      {"services",
       "Services of the cluster: addresses, backends, policies, and why one is not programmed",
       {{"name", "NAMESPACE/NAME", "Only this service", nullptr, true},
        {"namespace", "NAMESPACE", "Only services of this namespace"},
        {"programmed", "BOOLEAN", "Only services that are programmed, or that are not"}},
       print_services},
      {"neighbors",
       "Link-layer addresses of next hops",
       {{"interface", "INTERFACE", "Only neighbors on this interface"},
        {"prefix", "PREFIX", "Only addresses inside of this prefix"},
        {"state", "STATE", "Only neighbors in this state"}},
       print_neighbors},
      {"ports", "Devices, links and interfaces", {{"name", "PORT", "Only this port"}}, print_ports},
      {"drops",
       "Dropped packets by reason",
       {{"reason", "REASON", "Only this reason"}},
       print_drops},
      {"connections",
       "Connections of service backends on this node",
       {{"interface", "INTERFACE", "Only of the backend behind this interface"},
        {"protocol", "PROTOCOL", "Only tcp, udp or sctp"},
        {"client", "PREFIX", "Only clients inside of this prefix"},
        {"service", "PREFIX", "Only virtual IPs inside of this prefix"},
        {"backend", "PREFIX", "Only backends inside of this prefix"},
        {"state", "STATE", "Only in this state, such as established"}},
       print_connections},
      {"lcores", "What the forwarding threads do with their time", {}, print_lcores},
      {"generation",
       "Which state is live, since when, and how long its update took",
       {},
       print_generation,
       false},
      {"config", "The configuration that is live, without secrets", {}, print_config, false},
  };
  return views;
}

}  // namespace sextant
