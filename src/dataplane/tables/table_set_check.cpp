// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableSet::check(): everything that could make a change fail or an lcore read out of bounds, found
// before the first byte changes.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>

#include <sextant/net/headers.hpp>

#include "dataplane/forward.hpp"
#include "table_set.hpp"
#include "table_set_storage.hpp"

namespace sextant {

namespace {

// What is wrong with one object; empty: nothing. An id of an object that does not exist is fine:
// lcores find it stale. What is not fine is an id or value that they would use without a look.
using Problem = std::string;

Problem problem_of(LookupResult result) {
  using Kind = LookupResult::Kind;
  const std::uint32_t index = result.index();
  switch (result.kind()) {
    case Kind::kDrop:
      return index < kDropReasonCount ? ""
                                      : fmt::format("result has unknown drop reason {}", index);
    case Kind::kLocalAddress:
    case Kind::kGlean:
    case Kind::kPunt:
      return index <= kNoInterface ? "" : fmt::format("result has interface or table {}", index);
    case Kind::kAdjacency:
    case Kind::kEcmpGroup:
    case Kind::kLocalSid:
    case Kind::kPolicy:
    case Kind::kPortSteering: return "";
  }
  return fmt::format("result has unknown kind {}", static_cast<unsigned>(result.kind()));
}

Problem problem_of(const IpPrefix& prefix) {
  if (prefix.len > prefix.address.bits()) {
    return fmt::format("{}: prefix longer than {} bits", prefix.to_string(), prefix.address.bits());
  }
  return "";
}

// For prefixes that lcores compare with IPv6 addresses.
Problem problem_of_v6(const std::vector<IpPrefix>& prefixes, const char* what) {
  for (const IpPrefix& prefix : prefixes) {
    if (!prefix.address.is_v6()) return fmt::format("{}: {} is not IPv6", what, prefix.to_string());
    if (Problem problem = problem_of(prefix); !problem.empty()) {
      return fmt::format("{}: {}", what, problem);
    }
  }
  return "";
}

// Slot arrays are indexed by hash & (size - 1).
Problem problem_of_slots(std::size_t slots) {
  return std::has_single_bit(slots) ? "" : fmt::format("{} slots, not a power of two", slots);
}

Problem problem_of(const Table&) {
  return "";
}

Problem problem_of(const Interface& interface) {
  if (interface.port >= kMaxPorts) {
    return fmt::format("port {}, at most {}", interface.port, kMaxPorts - 1);
  }
  if (interface.vlan >= 4096) return fmt::format("VLAN id {}, at most 4095", interface.vlan);
  if (interface.role > InterfaceRole::kL2Only) return "unknown role";
  for (const IpPrefix& address : interface.addresses) {
    if (Problem problem = problem_of(address); !problem.empty()) return problem;
  }
  return problem_of_v6(interface.allowed_sids, "allowed SIDs");
}

Problem problem_of(const Adjacency& adjacency) {
  return adjacency.interface == kNoInterface ? "no interface" : "";
}

Problem problem_of(const EcmpGroup& group) {
  for (const LookupResult slot : group.slots) {
    if (Problem problem = problem_of(slot); !problem.empty()) return problem;
  }
  return problem_of_slots(group.slots.size());
}

Problem problem_of(const LocalSid& sid) {
  if (static_cast<std::size_t>(sid.behavior) >= kBehaviorCount) return "unknown behavior";
  const BehaviorSpec& spec = spec_of(sid.behavior);
  if ((sid.flavors & ~spec.flavors) != 0) {
    return fmt::format("{} does not allow flavors {:#x}", spec.name, sid.flavors & ~spec.flavors);
  }
  if (sid.prefix_len > 128) return fmt::format("prefix length {}, at most 128", sid.prefix_len);
  if ((sid.flavors & kNextCsid) != 0 &&
      (sid.csid.csid_bits == 0 || sid.csid.block_bits + sid.csid.csid_bits > 128)) {
    return fmt::format("C-SID structure {}+{} bits does not fit into 128", sid.csid.block_bits,
                       sid.csid.csid_bits);
  }
  if (sid.args.inner > InnerType::kEthernet) return "unknown inner type";
  if (sid.args.static_list > kMaxObjectId && sid.args.static_list != kNoObject) {
    return fmt::format("segment list id {}, at most {}", sid.args.static_list, kMaxObjectId);
  }
  return problem_of(sid.args.forward);
}

Problem problem_of(const SegmentList& list) {
  const std::size_t n = list.segments.size();
  if (n == 0 || n > kMaxSegments) {
    return fmt::format("{} segments, allowed are 1 to {}", n, kMaxSegments);
  }
  if (list.segments_done >= n) {
    return fmt::format("{} of {} segments done, at least one must be left", list.segments_done, n);
  }
  if (list.headend != Headend::kHEncaps && list.headend != Headend::kHEncapsRed &&
      list.headend != Headend::kHInsert) {
    return "headend must be H.Encaps, H.Encaps.Red or H.Insert";
  }
  return problem_of(list.first_hop);
}

Problem problem_of(const Policy& policy) {
  const std::size_t lists = policy.lists.size();
  if (lists > 0xffff) return fmt::format("{} segment lists, at most 65535", lists);
  if (policy.valid && lists == 0) return "valid, but has no segment list";
  for (const SegmentListId list : policy.lists) {
    if (list > kMaxObjectId) {
      return fmt::format("segment list id {}, at most {}", list, kMaxObjectId);
    }
  }
  if (policy.slots.empty()) {
    return lists > 1 && !policy.spray ? fmt::format("{} segment lists and no slots", lists) : "";
  }
  for (const std::uint16_t slot : policy.slots) {
    if (slot >= lists) return fmt::format("slot names list {} of {}", slot, lists);
  }
  return problem_of_slots(policy.slots.size());
}

Problem problem_of(const Steering&) {
  return "";
}

Problem problem_of(const PortSteering& steering) {
  const PortSteering::Rule* before = nullptr;
  for (const PortSteering::Rule& rule : steering.rules) {
    if (Problem problem = problem_of(rule.result); !problem.empty()) return problem;
    if (before != nullptr &&
        std::tie(before->protocol, before->port) >= std::tie(rule.protocol, rule.port)) {
      return fmt::format("protocol {} port {} stands twice or out of order", rule.protocol,
                         rule.port);
    }
    before = &rule;
  }
  return problem_of(steering.otherwise);
}

Problem problem_of(const VlanTable& table) {
  std::unordered_set<std::uint16_t> seen;
  for (const VlanTable::Entry& entry : table.entries) {
    if (entry.vlan >= 4096) return fmt::format("VLAN id {}, at most 4095", entry.vlan);
    if (!seen.insert(entry.vlan).second) return fmt::format("VLAN id {} stands twice", entry.vlan);
  }
  return "";
}

Problem problem_of(const Bridge& bridge) {
  if (bridge.members.size() > 0xffff || bridge.remotes.size() > 0xffff) {
    return "more than 65535 members or remotes";
  }
  const Bridge::Mac* before = nullptr;
  for (const Bridge::Mac& mac : bridge.macs) {
    if (!mac.remote && mac.target > kNoInterface) {
      return fmt::format("{}: interface {}", mac.mac.to_string(), mac.target);
    }
    if (before != nullptr && before->mac >= mac.mac) {
      return fmt::format("{} stands twice or out of order", mac.mac.to_string());
    }
    before = &mac;
  }
  return "";
}

Problem problem_of(const Translation& translation) {
  if (translation.interface == kNoInterface) return "no interface";
  const Translation::Rule* before = nullptr;
  for (const Translation::Rule& rule : translation.rules) {
    if (rule.target.family != translation.address.family) {
      return fmt::format("target {} is of another family", rule.target.to_string());
    }
    if (rule.protocol != ip_protocol::kTcp && rule.protocol != ip_protocol::kUdp &&
        rule.protocol != ip_protocol::kSctp) {
      return fmt::format("protocol {} has no ports", rule.protocol);
    }
    if (before != nullptr &&
        std::tie(before->protocol, before->port) >= std::tie(rule.protocol, rule.port)) {
      return fmt::format("protocol {} port {} stands twice or out of order", rule.protocol,
                         rule.port);
    }
    before = &rule;
  }
  return "";
}

// Ids, and each upsert for itself.
template <typename T>
Problem problem_of(const ObjectChanges<T>& change, const char* kind, std::uint32_t max_id) {
  std::unordered_set<std::uint32_t> ids;
  const auto problem_of_id = [&](std::uint32_t id) -> Problem {
    if (id > max_id) return fmt::format("{} {}: id too large, at most {}", kind, id, max_id);
    if (!ids.insert(id).second) return fmt::format("{} {}: stands twice in one change", kind, id);
    return "";
  };
  for (const T& object : change.upserts) {
    if (Problem problem = problem_of_id(object.id); !problem.empty()) return problem;
    if (Problem problem = problem_of(object); !problem.empty()) {
      if constexpr (requires { object.name; }) {
        return fmt::format("{} {} \"{}\": {}", kind, object.id, object.name, problem);
      } else {
        return fmt::format("{} {}: {}", kind, object.id, problem);
      }
    }
  }
  for (const std::uint32_t id : change.removals) {
    if (Problem problem = problem_of_id(id); !problem.empty()) return problem;
  }
  return "";
}

Problem problem_of_fib(const TableDiff& change) {
  for (const FibEntry& entry : change.fib_upserts) {
    Problem problem = problem_of(entry.prefix);
    if (problem.empty() && !(entry.prefix == entry.prefix.masked())) problem = "host bits are set";
    if (problem.empty()) problem = problem_of(entry.result);
    if (!problem.empty()) {
      return fmt::format("route {} in table {}: {}", entry.prefix.to_string(), entry.table,
                         problem);
    }
  }
  for (const FibKey& gone : change.fib_removals) {
    if (Problem problem = problem_of(gone.prefix); !problem.empty()) {
      return fmt::format("removal of a route in table {}: {}", gone.table, problem);
    }
  }
  return "";
}

Problem problem_of(const NodeSettings& settings) {
  if (Problem problem = problem_of_v6(settings.sid_space, "SID space"); !problem.empty()) {
    return problem;
  }
  if (Problem problem = problem_of_v6(settings.sources, "sources"); !problem.empty()) {
    return problem;
  }
  if (settings.hmac_keys.size() >= 0xffff) return "too many HMAC keys";
  for (const HmacKey& key : settings.hmac_keys) {
    if (key.id == 0) return "HMAC key id 0 means no HMAC";
    if (key.secret.empty()) return fmt::format("HMAC key {}: the secret is empty", key.id);
  }
  return "";
}

}  // namespace

Status TableSet::check(const TableDiff& change) const {
  const Problem problems[] = {
      change.settings ? problem_of(*change.settings) : "",
      problem_of(change.tables, "table", 0xffff),
      problem_of(change.interfaces, "interface", kNoInterface - 1),
      problem_of(change.adjacencies, "adjacency", kMaxObjectId),
      problem_of(change.ecmp_groups, "ECMP group", kMaxObjectId),
      problem_of(change.local_sids, "local SID", kMaxObjectId),
      problem_of(change.segment_lists, "segment list", kMaxObjectId),
      problem_of(change.policies, "policy", kMaxObjectId),
      problem_of(change.steerings, "steering", kMaxObjectId),
      problem_of(change.port_steerings, "port steering", kMaxObjectId),
      problem_of(change.vlan_tables, "VLAN table", kMaxObjectId),
      problem_of(change.bridges, "bridge", kMaxObjectId),
      problem_of(change.translations, "translation", kMaxObjectId),
      problem_of_fib(change),
  };
  for (const Problem& problem : problems) {
    if (!problem.empty()) return Error{problem};
  }
  if (Status status = check_ports(change.interfaces); !status.ok()) return status;
  if (Status status = check_translations(change.translations); !status.ok()) return status;
  return check_hmac_keys(change);
}

// One interface per port and VLAN, once the change is applied.
Status TableSet::check_ports(const ObjectChanges<Interface>& change) const {
  std::unordered_set<std::uint32_t> leaving(change.removals.begin(), change.removals.end());
  for (const Interface& interface : change.upserts)
    leaving.insert(interface.id);
  std::map<std::pair<PortIndex, std::uint16_t>, InterfaceId> taken;
  for (const Interface& interface : change.upserts) {
    InterfaceId holder = kNoInterface;
    const bool held = interface_of(interface.port, interface.vlan, &holder) != nullptr &&
                      !leaving.contains(holder);
    const auto [other, is_first] =
        taken.emplace(std::pair(interface.port, interface.vlan), interface.id);
    if (held || !is_first) {
      return Error{fmt::format("interface {} \"{}\": port {} VLAN {} belongs to interface {}",
                               interface.id, interface.name, interface.port, interface.vlan,
                               held ? holder : other->second)};
    }
  }
  return Ok{};
}

// One translation per interface and address, once the change is applied.
Status TableSet::check_translations(const ObjectChanges<Translation>& change) const {
  if (change.empty()) return Ok{};
  std::unordered_set<TranslationId> leaving(change.removals.begin(), change.removals.end());
  for (const Translation& translation : change.upserts)
    leaving.insert(translation.id);
  std::set<std::pair<InterfaceId, IpAddress>> taken;
  for (const Translation& translation : change.upserts) {
    const LookupKey key = translation_key(translation.interface, translation.address);
    LookupResult holder;
    const bool held = translation_ids_.find(key, ExactTable::hash(key), &holder) &&
                      !leaving.contains(holder.index());
    if (held || !taken.emplace(translation.interface, translation.address).second) {
      return Error{fmt::format("translation {}: interface {} has one for {} already",
                               translation.id, translation.interface,
                               translation.address.to_string())};
    }
  }
  return Ok{};
}

// A list without its key would send packets that every receiver has to drop.
Status TableSet::check_hmac_keys(const TableDiff& change) const {
  const auto has_key = [&](std::uint32_t id) {
    const auto is_it = [&](const auto& key) { return key.id == id; };
    return change.settings ? std::any_of(change.settings->hmac_keys.begin(),
                                         change.settings->hmac_keys.end(), is_it)
                           : std::any_of(hmac_keys.begin(), hmac_keys.end(), is_it);
  };
  const auto missing = [](SegmentListId list, std::uint32_t key) {
    return Error{fmt::format("segment list {}: HMAC key {} does not exist", list, key)};
  };
  std::unordered_set<SegmentListId> changed(change.segment_lists.removals.begin(),
                                            change.segment_lists.removals.end());
  for (const SegmentList& list : change.segment_lists.upserts) {
    changed.insert(list.id);
    if (list.outer.hmac_key_id != 0 && !has_key(list.outer.hmac_key_id)) {
      return missing(list.id, list.outer.hmac_key_id);
    }
  }
  if (!change.settings) return Ok{};
  for (const auto& [list, key] : storage_->list_keys) {
    if (!changed.contains(list) && !has_key(key)) return missing(list, key);
  }
  return Ok{};
}

}  // namespace sextant
