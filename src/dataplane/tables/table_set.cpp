// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableSet: applies a checked change, object kind by object kind. Only changed objects are touched.
#include "table_set.hpp"

#include <algorithm>
#include <set>

#include "dataplane/hmac.hpp"
#include "precompute.hpp"
#include "table_set_storage.hpp"

namespace sextant {

namespace {

constexpr std::uint16_t kNoHmacKey = 0xffff;

std::vector<PrefixEntry> prefix_entries(const std::vector<IpPrefix>& prefixes) {
  std::vector<PrefixEntry> out;
  for (const IpPrefix& prefix : prefixes) {
    const IpPrefix masked = prefix.masked();
    out.push_back({masked.address.v6, masked.len});
  }
  return out;
}

// Copies a value into storage; frees what a smaller one no longer needs.
template <typename T>
void store(std::vector<T>& to, const std::vector<T>& from) {
  if (to.capacity() > 2 * from.size() + 16) to = std::vector<T>();
  to.assign(from.begin(), from.end());
}

// By list; empty when every list of the policy has a slot.
std::vector<std::uint8_t> lists_without_slot(const Policy& policy) {
  if (!policy.sticky || policy.slots.empty()) return {};
  std::vector<std::uint8_t> out(policy.lists.size(), 1);
  for (const std::uint16_t slot : policy.slots)
    out[slot] = 0;
  if (std::find(out.begin(), out.end(), 1) == out.end()) out.clear();
  return out;
}

template <typename T>
void forget(std::vector<T>& elements, std::size_t id, const T& nothing) {
  if (id < elements.size()) elements[id] = nothing;
}
template <typename T>
void forget(std::vector<T>& elements, std::size_t id) {
  if (id < elements.size()) elements[id] = T{};
}

}  // namespace

TableSet::TableSet() : storage_(std::make_unique<Storage>()) {}
TableSet::~TableSet() = default;

Status TableSet::apply(const TableDiff& change) {
  if (Status status = check(change); !status.ok()) return status;
  apply_checked(change);
  return Ok{};
}

void TableSet::apply_checked(const TableDiff& change) {
  if (change.settings) apply_settings(*change.settings);
  for (const std::uint32_t id : change.tables.removals) {
    forget(exception_interface, id, kNoInterface);
  }
  for (const Table& table : change.tables.upserts) {
    if (table.id >= exception_interface.size()) {
      exception_interface.resize(table.id + std::size_t{1}, kNoInterface);
    }
    exception_interface[table.id] = table.exception;
  }
  apply_interfaces(change.interfaces);
  apply_adjacencies(change.adjacencies);
  apply_ecmp_groups(change.ecmp_groups);
  apply_segment_lists(change.segment_lists);
  apply_policies(change.policies);
  apply_local_sids(change.local_sids);
  apply_steerings(change);
  apply_l2(change);
  apply_translations(change.translations);
  apply_fib(change);
}

void TableSet::apply_settings(const NodeSettings& settings) {
  sid_space = prefix_entries(settings.sid_space);
  sources = prefix_entries(settings.sources);
  icmp_errors_per_second = settings.icmp_errors_per_second;
  icmp_error_burst = settings.icmp_error_burst;
  hmac_keys.clear();
  for (const HmacKey& key : settings.hmac_keys)
    hmac_keys.push_back(make_hmac_key_entry(key));
  for (const auto& [list, key_id] : storage_->list_keys)
    bind_hmac_key(list, key_id);
}

void TableSet::unbind_port(InterfaceId id) {
  if (id >= interfaces.size() || !interfaces[id].present) return;
  PortVlans& vlans = ports_[interfaces[id].port];
  if (interfaces[id].vlan == 0) {
    vlans.untagged = kNoInterface;
  } else {
    (*vlans.tagged)[interfaces[id].vlan] = kNoInterface;
  }
}

void TableSet::bind_port(const Interface& interface) {
  PortVlans& vlans = element(ports_, interface.port);
  if (interface.vlan == 0) {
    vlans.untagged = interface.id;
    return;
  }
  if (!vlans.tagged) {
    vlans.tagged = std::make_unique<std::array<InterfaceId, 4096>>();
    vlans.tagged->fill(kNoInterface);
  }
  (*vlans.tagged)[interface.vlan] = interface.id;
}

bool TableSet::has_translations(InterfaceId id) const {
  return id < storage_->translations_of.size() && storage_->translations_of[id] != 0;
}

void TableSet::refresh_adjacencies(InterfaceId id) {
  if (id >= storage_->adjacencies_of.size()) return;
  for (const AdjacencyId adjacency : storage_->adjacencies_of[id]) {
    adjacencies[adjacency] = make_adjacency_entry(storage_->adjacencies[adjacency], interfaces[id]);
  }
}

void TableSet::apply_interfaces(const ObjectChanges<Interface>& change) {
  // First all leave their ports, then they take the new ones: two may have changed places.
  for (const std::uint32_t id : change.removals)
    unbind_port(static_cast<InterfaceId>(id));
  for (const Interface& interface : change.upserts)
    unbind_port(interface.id);

  for (const std::uint32_t id : change.removals) {
    if (id >= interfaces.size()) continue;
    interfaces[id] = InterfaceEntry{};
    allowed_sids[id] = {};
    refresh_adjacencies(static_cast<InterfaceId>(id));
  }
  for (const Interface& interface : change.upserts) {
    element(interfaces, interface.id) = make_interface_entry(interface);
    element(allowed_sids, interface.id) = prefix_entries(interface.allowed_sids);
    bind_port(interface);
    interfaces[interface.id].translates = has_translations(interface.id);
    refresh_adjacencies(interface.id);
  }
}

void TableSet::apply_adjacencies(const ObjectChanges<Adjacency>& change) {
  std::vector<Adjacency>& values = storage_->adjacencies;
  const auto leave_interface = [&](AdjacencyId id) {
    if (id >= values.size() || values[id].id == kNoObject) return;
    storage_->adjacencies_of[values[id].interface].erase(id);
  };
  for (const AdjacencyId id : change.removals) {
    leave_interface(id);
    forget(values, id);
    forget(adjacencies, id);
  }
  for (const Adjacency& adjacency : change.upserts) {
    leave_interface(adjacency.id);
    element(values, adjacency.id) = adjacency;
    element(storage_->adjacencies_of, adjacency.interface).insert(adjacency.id);
    const bool known = adjacency.interface < interfaces.size();
    element(adjacencies, adjacency.id) =
        make_adjacency_entry(adjacency, known ? interfaces[adjacency.interface] : InterfaceEntry{});
  }
}

void TableSet::apply_ecmp_groups(const ObjectChanges<EcmpGroup>& change) {
  for (const EcmpGroupId id : change.removals) {
    forget(ecmp_groups, id);
    forget(storage_->ecmp_slots, id);
  }
  for (const EcmpGroup& group : change.upserts) {
    std::vector<LookupResult>& slots = element(storage_->ecmp_slots, group.id);
    store(slots, group.slots);
    element(ecmp_groups, group.id) = {slots.data(), static_cast<std::uint32_t>(slots.size() - 1)};
  }
}

void TableSet::apply_local_sids(const ObjectChanges<LocalSid>& change) {
  for (const LocalSidId id : change.removals)
    forget(local_sids, id);
  for (const LocalSid& sid : change.upserts) {
    element(local_sids, sid.id) = make_local_sid_entry(sid);
    if (sid.args.static_list != kNoObject) set_list_table(sid.args.static_list, sid.table);
  }
}

void TableSet::apply_policies(const ObjectChanges<Policy>& change) {
  for (const PolicyId id : change.removals) {
    forget(policies, id);
    forget(storage_->policy_lists, id);
    forget(storage_->policy_slots, id);
    forget(storage_->policy_draining, id);
  }
  for (const Policy& policy : change.upserts) {
    std::vector<SegmentListId>& lists = element(storage_->policy_lists, policy.id);
    std::vector<std::uint16_t>& slots = element(storage_->policy_slots, policy.id);
    store(lists, policy.lists);
    store(slots, policy.slots);
    PolicyEntry entry;
    entry.lists = pointer_to(lists);
    entry.slots = slots.empty() ? nullptr : slots.data();
    store(element(storage_->policy_draining, policy.id), lists_without_slot(policy));
    const std::vector<std::uint8_t>& draining = storage_->policy_draining[policy.id];
    entry.draining = draining.empty() ? nullptr : draining.data();
    entry.mask = slots.empty() ? 0 : static_cast<std::uint32_t>(slots.size() - 1);
    entry.list_count = static_cast<std::uint16_t>(lists.size());
    entry.egress_table = policy.egress_table;
    entry.present = true;
    entry.valid = policy.valid;
    entry.spray = policy.spray;
    entry.sticky = policy.sticky;
    entry.affinity_timeout_s = policy.affinity_timeout_s;
    element(policies, policy.id) = entry;
    for (const SegmentListId list : lists)
      set_list_table(list, policy.egress_table);
  }
}

// A list does not say where its first segment is looked up; who uses it does, and may come first.
void TableSet::set_list_table(SegmentListId list, TableId table) {
  element(storage_->list_tables, list) = table;
  if (list < segment_lists.size()) segment_lists[list].egress_table = table;
}

void TableSet::apply_segment_lists(const ObjectChanges<SegmentList>& change) {
  for (const SegmentListId id : change.removals) {
    forget(segment_lists, id);
    storage_->list_keys.erase(id);
  }
  for (const SegmentList& list : change.upserts) {
    SegmentListEntry& entry = element(segment_lists, list.id);
    entry = make_segment_list_entry(list);
    entry.egress_table = element(storage_->list_tables, list.id);
    if (list.outer.hmac_key_id == 0) {
      storage_->list_keys.erase(list.id);
    } else {
      storage_->list_keys[list.id] = list.outer.hmac_key_id;
      bind_hmac_key(list.id, list.outer.hmac_key_id);
    }
  }
}

void TableSet::bind_hmac_key(SegmentListId list, std::uint32_t key_id) {
  const auto found = std::find_if(hmac_keys.begin(), hmac_keys.end(),
                                  [&](const HmacKeyEntry& key) { return key.id == key_id; });
  segment_lists[list].hmac_key =
      found == hmac_keys.end() ? kNoHmacKey : static_cast<std::uint16_t>(found - hmac_keys.begin());
}

void TableSet::apply_steerings(const TableDiff& change) {
  for (const SteeringId id : change.steerings.removals)
    forget(steering_policy, id, kNoObject);
  for (const Steering& steering : change.steerings.upserts) {
    if (steering.id >= steering_policy.size()) {
      steering_policy.resize(steering.id + std::size_t{1}, kNoObject);
    }
    steering_policy[steering.id] = steering.policy;
  }
  // Who follows a stale reference by port must not end up with "no route".
  const PortSteeringEntry nothing{nullptr, 0, LookupResult(DropReason::lookup_stale_result)};
  for (const PortSteeringId id : change.port_steerings.removals) {
    forget(port_steerings, id, nothing);
    forget(storage_->port_rules, id);
  }
  for (const PortSteering& steering : change.port_steerings.upserts) {
    std::vector<PortSteering::Rule>& rules = element(storage_->port_rules, steering.id);
    store(rules, steering.rules);
    if (steering.id >= port_steerings.size()) {
      port_steerings.resize(steering.id + std::size_t{1}, nothing);
    }
    port_steerings[steering.id] = {pointer_to(rules), static_cast<std::uint32_t>(rules.size()),
                                   steering.otherwise};
  }
}

void TableSet::apply_l2(const TableDiff& change) {
  for (const VlanTableId id : change.vlan_tables.removals) {
    forget(vlan_tables, id);
    if (id < storage_->vlan_interfaces.size()) storage_->vlan_interfaces[id].reset();
  }
  for (const VlanTable& table : change.vlan_tables.upserts) {
    auto& by_vlan = element(storage_->vlan_interfaces, table.id);
    if (!by_vlan) by_vlan = std::make_unique<std::array<InterfaceId, 4096>>();
    by_vlan->fill(kNoInterface);
    for (const VlanTable::Entry& entry : table.entries)
      (*by_vlan)[entry.vlan] = entry.interface;
    element(vlan_tables, table.id) = {by_vlan->data()};
  }
  for (const BridgeId id : change.bridges.removals) {
    forget(bridges, id);
    forget(storage_->bridge_members, id);
    forget(storage_->bridge_remotes, id);
    forget(storage_->bridge_macs, id);
  }
  for (const Bridge& bridge : change.bridges.upserts) {
    auto& members = element(storage_->bridge_members, bridge.id);
    auto& remotes = element(storage_->bridge_remotes, bridge.id);
    auto& macs = element(storage_->bridge_macs, bridge.id);
    store(members, bridge.members);
    store(remotes, bridge.remotes);
    store(macs, bridge.macs);
    BridgeEntry entry;
    entry.members = pointer_to(members);
    entry.remotes = pointer_to(remotes);
    entry.macs = pointer_to(macs);
    entry.mac_count = static_cast<std::uint32_t>(macs.size());
    entry.member_count = static_cast<std::uint16_t>(members.size());
    entry.remote_count = static_cast<std::uint16_t>(remotes.size());
    entry.learning = bridge.learning;
    element(bridges, bridge.id) = entry;
  }
}

void TableSet::remove_translation(TranslationId id) {
  std::vector<Translation>& values = storage_->translations;
  if (id >= values.size() || values[id].id == kNoObject) return;
  translation_ids_.erase(translation_key(values[id].interface, values[id].address));
  --storage_->translations_of[values[id].interface];
  const auto same = storage_->translations_at.find(values[id].address);
  same->second.erase(id);
  if (same->second.empty()) storage_->translations_at.erase(same);
  forget(translations, id);
}

// From each translation of an address to the next one.
void TableSet::link_translations(const IpAddress& address) {
  const LookupKey key = translation_key(kNoInterface, address);
  TranslationId next = kNoObject;
  if (const auto at = storage_->translations_at.find(address);
      at != storage_->translations_at.end()) {
    for (const TranslationId id : at->second) {
      translations[id].next = next;
      next = id;
    }
  }
  if (next == kNoObject) {
    translation_ids_.erase(key);
  } else {
    translation_ids_.upsert(key, LookupResult::from_word(next));
  }
}

// The flag of an interface, and of what leads out of it.
void TableSet::set_translates(InterfaceId id) {
  const bool translates = has_translations(id);
  if (id >= interfaces.size() || interfaces[id].translates == translates) return;
  interfaces[id].translates = translates && interfaces[id].present;
  refresh_adjacencies(id);
}

void TableSet::apply_translations(const ObjectChanges<Translation>& change) {
  std::set<InterfaceId> touched;
  std::set<IpAddress> addresses;
  const auto touch = [&](const Translation& translation) {
    touched.insert(translation.interface);
    addresses.insert(translation.address);
  };
  const auto take_out = [&](TranslationId id) {
    remove_translation(id);
    if (id < storage_->translations.size()) touch(storage_->translations[id]);
  };
  // First all leave: two may have changed places.
  for (const TranslationId id : change.removals) {
    take_out(id);
    forget(storage_->translations, id);
  }
  for (const Translation& translation : change.upserts)
    take_out(translation.id);
  for (const Translation& translation : change.upserts) {
    Translation& kept = element(storage_->translations, translation.id);
    kept = translation;
    element(translations, translation.id) = {pointer_to(kept.rules),
                                             static_cast<std::uint32_t>(kept.rules.size()),
                                             kept.interface, kNoObject};
    storage_->translations_at[kept.address].insert(kept.id);
    translation_ids_.upsert(translation_key(translation.interface, translation.address),
                            LookupResult::from_word(translation.id));
    ++element(storage_->translations_of, translation.interface);
    touch(translation);
  }
  for (const InterfaceId id : touched)
    set_translates(id);
  for (const IpAddress& address : addresses)
    link_translations(address);
}

void TableSet::apply_fib(const TableDiff& change) {
  const auto key_of = [](TableScope scope, const IpAddress& address) {
    return address.is_v6() ? LookupKey(scope, address.v6) : LookupKey(scope, address.v4);
  };
  for (const FibKey& gone : change.fib_removals) {
    const TableScope scope = table_scope(gone.table, gone.prefix.address.family);
    if (gone.prefix.is_host()) {
      exact.erase(key_of(scope, gone.prefix.address));
    } else {
      prefixes.erase(scope, gone.prefix);
    }
  }
  for (const FibEntry& entry : change.fib_upserts) {
    const TableScope scope = table_scope(entry.table, entry.prefix.address.family);
    if (entry.prefix.is_host()) {
      exact.upsert(key_of(scope, entry.prefix.address), entry.result);
    } else {
      prefixes.upsert(scope, entry.prefix, entry.result);
    }
  }
}

}  // namespace sextant
