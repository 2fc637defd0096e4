// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Steering rules (RFC 9256 section 8), and the FIB that they and the policies make of the routes.
#include <string>
#include <utility>

#include <sextant/net/headers.hpp>

#include "control/compile/compile_context.hpp"

namespace sextant {

namespace {

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::kTcp: return "tcp";
    case ip_protocol::kUdp: return "udp";
    case ip_protocol::kSctp: return "sctp";
    default: return "protocol " + std::to_string(protocol);
  }
}

std::string name_of(const SteeringRule& rule) {
  const std::string table = rule.table == "main" ? "" : " table " + rule.table;
  switch (rule.match) {
    case SteeringRule::Match::kPrefix: return rule.prefix.to_string() + table;
    case SteeringRule::Match::kInterface: return "interface " + rule.interface;
    case SteeringRule::Match::kPort:
      return protocol_name(rule.protocol) + " " + rule.prefix.address.to_string() + " " +
             std::to_string(rule.port) + table;
  }
  return "";
}

std::string_view key_of(const SteeringRule& rule) {
  switch (rule.match) {
    case SteeringRule::Match::kPrefix: return "prefix";
    case SteeringRule::Match::kInterface: return "interface";
    case SteeringRule::Match::kPort: return "destination";
  }
  return "";
}

// H.Insert adds a routing header to the packet itself: only IPv6 can carry one.
void check_headend(CompileContext& context, const SteeringRule& rule, const SrPolicy& policy) {
  if (policy.headend != Headend::kHInsert) return;
  if (rule.match == SteeringRule::Match::kInterface) {
    context.error(rule.origin, "policy",
                  policy.name + " has headend H.Insert, which cannot carry frames");
  } else if (!rule.prefix.address.is_v6()) {
    context.error(rule.origin, "policy",
                  policy.name + " has headend H.Insert, which cannot carry IPv4");
  }
}

void check_prefix(CompileContext& context, const SteeringRule& rule, TableId table) {
  const IpAddress& a = rule.prefix.address;
  const bool scoped = a.is_v6() ? a.v6.is_link_local() || a.v6.is_multicast() : a.v4.is_multicast();
  if (scoped && rule.prefix.len > 0) {
    context.error(rule.origin, key_of(rule),
                  "link-local and multicast destinations cannot be steered");
    return;
  }
  for (const Rib* rib : {&context.base, &context.overlay}) {
    const Rib::Entry* there = rib->find(table, rule.prefix);
    if (there == nullptr || there->source != RouteSource::kSid) continue;
    if (rule.match == SteeringRule::Match::kPort) {
      context.error(rule.origin, "destination", a.to_string() + " is a local SID");
    } else {
      context.warning(rule.origin, "prefix",
                      rule.prefix.to_string() + " is a local SID, which comes first");
    }
    return;
  }
}

void add_rule(CompileContext& context, const SteeringRule& rule,
              std::map<std::string, const SteeringRule*>& seen) {
  const SrPolicy* policy = context.policy(rule.origin, "policy", rule.policy);
  std::optional<TableId> table = TableId{0};
  if (rule.match != SteeringRule::Match::kInterface) {
    table = context.table(rule.origin, "table", rule.table);
  }
  const std::string name = name_of(rule);
  const auto [first, fresh] = seen.emplace(name, &rule);
  if (!fresh) {
    context.error(rule.origin, key_of(rule),
                  name + " is steered " + place_of(first->second->origin) + " already");
    return;
  }
  if (policy == nullptr || !table) return;
  check_headend(context, rule, *policy);

  const SteeringId id = context.ids.id(IdKind::kSteering, name);
  context.steerings[id] = {id, context.ids.id(IdKind::kPolicy, rule.policy), name};
  context.policy_of_steering[id] = rule.policy;
  if (rule.match == SteeringRule::Match::kInterface) {
    context.layer2_policies.insert(rule.policy);
    const auto at = context.interface_ids.find(rule.interface);
    if (at == context.interface_ids.end()) return;
    Interface& interface = context.interfaces.at(at->second);
    if (interface.role == InterfaceRole::kL2Steered) interface.role_index = id;
    return;
  }
  check_prefix(context, rule, *table);
  const Rib::Entry* there = context.base.find(*table, rule.prefix);
  if (rule.match == SteeringRule::Match::kPort || (there && there->source == RouteSource::kSid)) {
    return;
  }
  context.overlay.add(*table, rule.prefix,
                      {LookupResult(LookupResult::Kind::kPolicy, id), RouteSource::kSteering});
}

auto rule_order(const SteeringRule& rule) {
  return std::tie(rule.match, rule.table, rule.prefix, rule.interface, rule.protocol, rule.port);
}

// Whether a policy is in the tables at all; the others leave the traffic to the plain routes.
bool is_present(const CompileContext& context, const std::string& policy) {
  const auto id = context.ids.current().ids.find(IdKind::kPolicy);
  if (id == context.ids.current().ids.end()) return false;
  const auto at = id->second.find(policy);
  return at != id->second.end() && context.compiled_policies.contains(at->second);
}

// Rules by protocol and port hang in front of what their destination would have had without them.
void add_port_steering(CompileContext& context) {
  std::map<Rib::Key, std::vector<const SteeringRule*>> groups;
  for (const SteeringRule* rule : sorted_by(context.state.steering, rule_order)) {
    if (rule->match != SteeringRule::Match::kPort) continue;
    const auto table = context.tables.find(rule->table);
    if (table == context.tables.end() || !is_present(context, rule->policy)) continue;
    groups[{table->second, rule->prefix}].push_back(rule);
  }
  for (const auto& [key, rules] : groups) {
    const auto& [table, host] = key;
    PortSteering out;
    out.id =
        context.ids.id(IdKind::kPortSteering, context.table_name(table) + "|" + host.to_string());
    for (const SteeringRule* rule : rules) {
      const SteeringId steering = context.ids.id(IdKind::kSteering, name_of(*rule));
      out.rules.push_back(
          {rule->protocol, rule->port, LookupResult(LookupResult::Kind::kPolicy, steering)});
    }
    if (const auto otherwise = context.final_fib.lookup(table, host.address)) {
      out.otherwise = otherwise->second.result;
    }
    // Always wins: what it hides it holds as otherwise.
    const Rib::Entry* there = context.final_fib.find(table, host);
    if (there != nullptr && there->source == RouteSource::kSid) continue;
    context.final_fib.replace(
        table, host,
        {LookupResult(LookupResult::Kind::kPortSteering, out.id), RouteSource::kSteering});
    context.port_steerings.emplace(out.id, std::move(out));
  }
}

// Objects that lead into a policy which is not in the tables.
void remove_absent(CompileContext& context) {
  for (const auto& [id, policy] : context.policy_of_steering) {
    if (!is_present(context, policy)) context.steerings.erase(id);
  }
  for (const auto& [id, policy] : context.policy_of_sid) {
    if (!is_present(context, policy)) context.local_sids.erase(id);
  }
}

}  // namespace

void compile_steering(CompileContext& context) {
  std::map<std::string, const SteeringRule*> seen;
  for (const SteeringRule* rule : sorted_by(context.state.steering, rule_order)) {
    add_rule(context, *rule, seen);
  }
}

void compile_fib(CompileContext& context) {
  context.final_fib = context.base;
  for (const auto& [key, entry] : context.overlay.entries()) {
    const bool sid = entry.result.kind() == LookupResult::Kind::kLocalSid;
    const std::string& policy = sid ? context.policy_of_sid.at(entry.result.index())
                                    : context.policy_of_steering.at(entry.result.index());
    if (is_present(context, policy)) context.final_fib.replace(key.first, key.second, entry);
  }
  add_port_steering(context);
  remove_absent(context);
}

}  // namespace sextant
