// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Local SIDs with their arguments resolved; binding SIDs of policies are local SIDs like any other.
#include <sextant/srv6/srh.hpp>
#include <string>
#include <utility>

#include "control/compile/compile_context.hpp"

namespace sextant {

namespace {

std::string_view argument_words(ArgumentKind kind) {
  switch (kind) {
    case ArgumentKind::kNone: return "no argument";
    case ArgumentKind::kAdjacency: return "interface, next_hop or next_hops";
    case ArgumentKind::kTable: return "lookup_table";
    case ArgumentKind::kInterface: return "interface";
    case ArgumentKind::kVlanTable: return "vlan_table";
    case ArgumentKind::kBridge: return "bridge";
    case ArgumentKind::kPolicy: return "policy";
    case ArgumentKind::kProxy: return "inner, interface, next_hop and return_interface";
  }
  return "";
}

bool has_next_hop_address(const DesiredLocalSid& sid) {
  return sid.origin.has("next_hops") || sid.next_hops.size() > 1 ||
         (sid.next_hops.size() == 1 && sid.next_hops[0].address.has_value());
}

// Which arguments were given, and whether this kind of behavior takes them.
void check_arguments(CompileContext& context, const DesiredLocalSid& sid) {
  const BehaviorSpec& spec = spec_of(sid.behavior);
  const ArgumentKind kind = spec.argument;
  const bool proxy = kind == ArgumentKind::kProxy;
  const bool adjacency = kind == ArgumentKind::kAdjacency;
  const bool end_as = sid.behavior == Behavior::kEndAs;
  const auto refuse = [&](bool given, bool taken, std::string_view key) {
    if (!given || taken) return;
    std::string text(spec.name);
    text +=
        " does not take " + std::string(key) + "; it takes " + std::string(argument_words(kind));
    if (end_as) text += ", source, segments and segments_done";
    context.error(sid.origin, key, text);
  };
  refuse(!sid.interface.empty(), proxy || adjacency || kind == ArgumentKind::kInterface,
         "interface");
  refuse(has_next_hop_address(sid), proxy || adjacency,
         sid.origin.has("next_hops") ? "next_hops" : "next_hop");
  refuse(!sid.lookup_table.empty(), kind == ArgumentKind::kTable, "lookup_table");
  refuse(!sid.vlan_table.empty(), kind == ArgumentKind::kVlanTable, "vlan_table");
  refuse(!sid.bridge.empty(), kind == ArgumentKind::kBridge, "bridge");
  refuse(!sid.policy.empty(), kind == ArgumentKind::kPolicy, "policy");
  refuse(sid.origin.has("inner") || sid.inner != InnerType::kIpv6, proxy, "inner");
  refuse(!sid.return_interface.empty(), proxy, "return_interface");
  refuse(sid.source.has_value(), end_as, "source");
  refuse(!sid.segments.empty(), end_as, "segments");
  refuse(sid.segments_done.has_value(), end_as, "segments_done");
}

void check_flavors(CompileContext& context, const DesiredLocalSid& sid) {
  const BehaviorSpec& spec = spec_of(sid.behavior);
  const auto wrong = static_cast<Flavors>(sid.flavors & ~spec.flavors);
  if (wrong != 0) {
    const std::string allowed = flavors_to_string(spec.flavors);
    context.error(sid.origin, sid.origin.has("flavors") ? "flavors" : "behavior",
                  std::string(spec.name) + " does not allow " + flavors_to_string(wrong) +
                      (allowed.empty() ? "; it has no flavors" : "; allowed: " + allowed));
    return;
  }
  if ((sid.flavors & kNextCsid) == 0) return;
  const unsigned total = unsigned{sid.csid.block_bits} + sid.csid.csid_bits;
  if (sid.csid.csid_bits == 0 || total != sid.sid.len || total > 120) {
    context.error(sid.origin, "sid",
                  "the length of a NEXT-CSID prefix is block + node + function, and leaves room "
                  "for at least 8 bits behind it");
  } else if (sid.csid.block_bits % 8 != 0 || sid.csid.csid_bits % 8 != 0) {
    context.error(sid.origin, sid.origin.has("csid") ? "csid" : "sid",
                  "block, and node and function together, must be whole bytes");
  }
}

void check_address(CompileContext& context, const DesiredLocalSid& sid) {
  const Ipv6Address& a = sid.sid.address.v6;
  if (!sid.sid.address.is_v6() || a.is_unspecified() || a.is_multicast() || a.is_loopback() ||
      a.is_link_local() || sid.sid.len == 0) {
    context.error(sid.origin, "sid", sid.sid.to_string() + " cannot be a SID");
  }
}

// An argument that must be there.
bool require(CompileContext& context, const DesiredLocalSid& sid, bool given,
             std::string_view key) {
  if (given) return true;
  const BehaviorSpec& spec = spec_of(sid.behavior);
  context.error(
      sid.origin, key,
      std::string(spec.name) + " needs " +
          (spec.argument == ArgumentKind::kProxy ? std::string(key)
                                                 : std::string(argument_words(spec.argument))));
  return false;
}

void resolve_adjacency(CompileContext& context, const DesiredLocalSid& sid, LocalSid& out) {
  std::vector<DesiredNextHop> hops = sid.next_hops;
  if (hops.empty() && !sid.interface.empty()) {
    hops.push_back({.origin = sid.origin, .interface = sid.interface});
  }
  if (!require(context, sid, !hops.empty(), "")) return;
  if (const auto result = context.next_hops(out.table, hops)) out.args.forward = *result;
}

void resolve_policy(CompileContext& context, const DesiredLocalSid& sid, LocalSid& out) {
  if (!require(context, sid, !sid.policy.empty(), "policy")) return;
  const KnownPolicy* known = context.policy(sid.origin, "policy", sid.policy);
  if (known == nullptr) return;
  const SrPolicy* policy = known->desired;
  const Headend wanted = sid.behavior == Behavior::kEndB6Insert      ? Headend::kHInsert
                         : sid.behavior == Behavior::kEndB6EncapsRed ? Headend::kHEncapsRed
                                                                     : Headend::kHEncaps;
  if (policy->headend != wanted) {
    const bool bound = sid.origin.has("binding_sid_behavior");
    context.error(sid.origin, bound ? "binding_sid_behavior" : "policy",
                  std::string(spec_of(sid.behavior).name) + " needs a policy with headend " +
                      std::string(name_of(wanted)) + "; " + policy->name + " has " +
                      std::string(name_of(policy->headend)));
  }
  out.args.policy = known->id;
}

// End.AD finds what it took off by the flow of the packet, End.AM in the packet: several SIDs can
// share a function. The first by its address is the one that the interface names.
bool shares_function(const CompileContext& context, const LocalSid& out, LocalSidId owner) {
  if (out.behavior != Behavior::kEndAd && out.behavior != Behavior::kEndAm) return false;
  const auto first = context.local_sids.find(owner);
  return first != context.local_sids.end() && first->second.behavior == out.behavior &&
         first->second.args.inner == out.args.inner;
}

void claim_return_side(CompileContext& context, const DesiredLocalSid& sid, Interface& back,
                       LocalSid& out) {
  if (sid.inner == InnerType::kEthernet) {
    // Its role says whether it is ours: a conflict was reported when roles were set.
    if (back.role == InterfaceRole::kL2Proxy && back.role_index == kNoObject) {
      back.role_index = out.id;
    }
    return;
  }
  LocalSidId& owner = sid.inner == InnerType::kIpv6 ? back.proxy_ipv6 : back.proxy_ipv4;
  if (owner != kNoObject && shares_function(context, out, owner)) return;
  if (owner != kNoObject) {
    context.error(sid.origin, sid.return_interface.empty() ? "interface" : "return_interface",
                  "packets of this type that return on " + back.name +
                      " belong to another service function already");
    return;
  }
  if (back.role != InterfaceRole::kRouted) {
    context.error(sid.origin, sid.return_interface.empty() ? "interface" : "return_interface",
                  back.name + " takes frames: IP packets cannot return there");
    return;
  }
  owner = out.id;
}

void check_segments(CompileContext& context, const DesiredLocalSid& sid) {
  if (sid.behavior != Behavior::kEndAs) return;
  if (sid.segments.empty()) {
    context.error(sid.origin, "segments", "End.AS needs segments, to push when a packet returns");
  } else if (sid.segments.size() > kMaxSegments) {
    context.error(sid.origin, "segments", "more than 16 segments");
  } else if (sid.segments_done.value_or(0) >= sid.segments.size()) {
    context.error(sid.origin, "segments_done",
                  "must be less than the number of segments: one has to be left to go to");
  }
}

void resolve_proxy(CompileContext& context, const DesiredLocalSid& sid, LocalSid& out) {
  check_segments(context, sid);
  if (sid.behavior == Behavior::kEndAm && sid.inner != InnerType::kIpv6) {
    context.error(sid.origin, "inner",
                  "End.AM masks the destination of IPv6 packets; only ipv6 is possible");
  }
  if (!require(context, sid, !sid.interface.empty(), "interface")) return;
  const Interface* towards = context.interface(sid.origin, "interface", sid.interface);
  Interface* back = sid.return_interface.empty()
                        ? context.interface(sid.origin, "interface", sid.interface)
                        : context.interface(sid.origin, "return_interface", sid.return_interface);
  if (towards == nullptr || back == nullptr) return;
  out.args.inner = sid.inner;
  out.args.interface = towards->id;
  out.args.return_interface = back->id;
  if (sid.inner == InnerType::kEthernet) {
    if (has_next_hop_address(sid)) {
      context.error(sid.origin, "next_hop", "frames have no next hop; remove it");
    }
  } else if (sid.origin.has("next_hops") || sid.next_hops.size() > 1) {
    context.error(sid.origin, "next_hops", "a service function has one next_hop");
  } else {
    DesiredNextHop hop{.origin = sid.origin, .interface = sid.interface};
    if (!sid.next_hops.empty()) hop.address = sid.next_hops[0].address;
    if (const auto result = context.next_hop(out.table, hop)) out.args.forward = result->result;
  }
  claim_return_side(context, sid, *back, out);
}

template <typename Ids>
void resolve_name(CompileContext& context, const DesiredLocalSid& sid, std::string_view key,
                  std::string_view what, const std::string& name, const Ids& ids,
                  std::uint32_t& out) {
  if (!require(context, sid, !name.empty(), key)) return;
  const auto at = ids.find(name);
  if (at == ids.end()) {
    context.no_such(sid.origin, key, what, name, names_of(ids));
  } else {
    out = at->second;
  }
}

void resolve_arguments(CompileContext& context, const DesiredLocalSid& sid, LocalSid& out) {
  switch (spec_of(sid.behavior).argument) {
    case ArgumentKind::kNone: return;
    case ArgumentKind::kAdjacency: return resolve_adjacency(context, sid, out);
    case ArgumentKind::kTable: {
      const std::string& name = sid.lookup_table.empty() ? "main" : sid.lookup_table;
      if (const auto table = context.table(sid.origin, "lookup_table", name)) {
        out.args.table = *table;
      }
      return;
    }
    case ArgumentKind::kInterface: {
      if (!require(context, sid, !sid.interface.empty(), "interface")) return;
      const Interface* to = context.interface(sid.origin, "interface", sid.interface);
      if (to != nullptr) out.args.interface = to->id;
      return;
    }
    case ArgumentKind::kVlanTable:
      return resolve_name(context, sid, "vlan_table", "VLAN table", sid.vlan_table,
                          context.vlan_table_ids, out.args.vlan_table);
    case ArgumentKind::kBridge:
      return resolve_name(context, sid, "bridge", "bridge", sid.bridge, context.bridge_ids,
                          out.args.bridge);
    case ArgumentKind::kPolicy: return resolve_policy(context, sid, out);
    case ArgumentKind::kProxy: return resolve_proxy(context, sid, out);
  }
}

void add_sid(CompileContext& context, const DesiredLocalSid& sid, bool binding, SeenSids& seen) {
  const std::string_view key = binding ? "binding_sid" : "sid";
  const auto table = context.table(sid.origin, "table", sid.table);
  if (!table) return;
  const Rib::Key where(*table, sid.sid);
  const auto [first, fresh] = seen.emplace(where, &sid.origin);
  if (!fresh) {
    context.error(sid.origin, key,
                  sid.sid.address.to_string() + " is a SID " + place_of(*first->second) +
                      " already; a SID has one behavior per table");
    return;
  }
  if (binding && context.base.get(where, RouteSource::kOwnAddress)) {
    context.error(sid.origin, key,
                  sid.sid.address.to_string() + " is an own address; a binding SID must not be");
    return;
  }
  LocalSid out;
  out.id = context.ids.id(IdKind::kLocalSid, sid_key(sid));
  out.sid = sid.sid.address.v6;
  out.prefix_len = sid.sid.len;
  out.table = *table;
  out.behavior = sid.behavior;
  out.flavors = sid.flavors;
  if ((sid.flavors & kNextCsid) != 0) out.csid = sid.csid;
  out.hmac_required = sid.hmac_required;
  resolve_arguments(context, sid, out);
  if (context.change != nullptr) context.change->local_sids.push_back(out.id);

  const LookupResult result(LookupResult::Kind::kLocalSid, out.id);
  context.bind(context.policy_of_sid, out.id, out.args.policy);
  if (out.args.policy == kNoObject) {
    context.set_base(where, RouteSource::kSid, result);
    context.local_sids.emplace(out.id, std::move(out));
  } else {
    context.set_overlay(where, RouteSource::kSid, out.args.policy, result);
    context.node(out.args.policy).ways.push_back({PolicyWay::Kind::kSid, out.id, where});
    context.keep(context.bound_sids, out.id);
    context.bound_sids.emplace(out.id, std::move(out));
  }
}

auto sid_order(const DesiredLocalSid& sid) {
  return std::tie(sid.table, sid.sid);
}

}  // namespace

std::string sid_key(const DesiredLocalSid& sid) {
  return sid.table + "|" + sid.sid.to_string();
}

// The local SID that the binding SID of a policy is, in the table of the policy.
std::optional<DesiredLocalSid> binding_sid_of(const SrPolicy& policy) {
  if (!policy.binding_sid || policy.origin.broken) return std::nullopt;
  DesiredLocalSid sid;
  sid.origin = policy.origin;
  sid.sid = {IpAddress(*policy.binding_sid), 128};
  sid.table = policy.table;
  sid.policy = policy.name;
  sid.behavior = policy.binding_sid_behavior.value_or(
      policy.headend == Headend::kHInsert      ? Behavior::kEndB6Insert
      : policy.headend == Headend::kHEncapsRed ? Behavior::kEndB6EncapsRed
                                               : Behavior::kEndB6Encaps);
  return sid;
}

void add_local_sid(CompileContext& context, const DesiredLocalSid& sid, SeenSids& seen) {
  check_address(context, sid);
  check_arguments(context, sid);
  check_flavors(context, sid);
  add_sid(context, sid, false, seen);
}

void add_binding_sid(CompileContext& context, const DesiredLocalSid& sid, SeenSids& seen) {
  const Ipv6Address& a = sid.sid.address.v6;
  if (a.is_multicast() || a.is_unspecified() || a.is_link_local()) {
    context.error(sid.origin, "binding_sid", sid.sid.to_string() + " cannot be a SID");
    return;
  }
  add_sid(context, sid, true, seen);
}

void remove_sid(CompileContext& context, const DesiredLocalSid& sid) {
  const std::string key = sid_key(sid);
  const auto id = context.ids.find(IdKind::kLocalSid, key);
  if (!id) return;
  const Rib::Key where(context.tables.at(sid.table), sid.sid);
  const PolicyId owner = context.policy_of_sid.at(*id);
  if (owner == kNoObject) {
    LocalSid released;
    released.table = where.first;
    context.releasing = true;
    if (spec_of(sid.behavior).argument == ArgumentKind::kAdjacency) {
      resolve_adjacency(context, sid, released);
    }
    context.releasing = false;
    context.set_base(where, RouteSource::kSid, std::nullopt);
    context.local_sids.erase(*id);
  } else {
    context.set_overlay(where, RouteSource::kSid, owner, std::nullopt);
    std::erase_if(context.node(owner).ways, [&](const PolicyWay& way) {
      return way.kind == PolicyWay::Kind::kSid && way.id == *id;
    });
    context.keep(context.bound_sids, *id);
    context.bound_sids.erase(*id);
    context.bind(context.policy_of_sid, *id, kNoObject);
  }
  if (context.change != nullptr) context.change->local_sids.push_back(*id);
  context.ids.release(IdKind::kLocalSid, key);
}

void compile_local_sids(CompileContext& context) {
  // Explicit ones first: a binding SID that stands among them as well is the one to report.
  SeenSids seen;
  seen.reserve(context.state.local_sids.size() + context.state.policies.size());
  for (const DesiredLocalSid* sid : sorted_by(context.state.local_sids, sid_order)) {
    add_local_sid(context, *sid, seen);
  }
  std::vector<DesiredLocalSid> implicit;
  implicit.reserve(context.state.policies.size());
  for (const SrPolicy& policy : context.state.policies) {
    if (auto sid = binding_sid_of(policy)) implicit.push_back(std::move(*sid));
  }
  for (const DesiredLocalSid* sid : sorted_by(implicit, sid_order))
    add_binding_sid(context, *sid, seen);
}

}  // namespace sextant
