// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// TableSet: one copy of all tables, as lcores read it. Two copies exist (left-right): changes are
// applied to the one that nobody reads.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/tables/table_diff.hpp>

#include "entries.hpp"
#include "exact_table.hpp"
#include "prefix_trie.hpp"

namespace sextant {

// Objects are vectors indexed by id, so an id must not be arbitrarily large. Per kind.
inline constexpr std::uint32_t kMaxObjectId = (1u << 20) - 1;

class TableSet {
 public:
  TableSet();
  ~TableSet();
  TableSet(const TableSet&) = delete;
  TableSet& operator=(const TableSet&) = delete;

  // Applies a change to this copy, which no lcore reads now. Checks everything first: on error
  // nothing changed. Control thread only.
  Status apply(const TableDiff& change);
  // The two steps of apply(): whether the change fits, and doing it, which cannot fail then. A
  // change that fits fits any copy with the same content.
  [[nodiscard]] Status check(const TableDiff& change) const;
  void apply_checked(const TableDiff& change);

  // --- What lcores read. Objects are indexed by id; an id beyond the vector or an entry that is
  // not present is a stale reference (DropReason::lookup_stale_result).
  ExactTable exact;
  PrefixTrie prefixes;
  std::vector<InterfaceEntry> interfaces;
  std::vector<AdjacencyEntry> adjacencies;
  std::vector<EcmpEntry> ecmp_groups;
  std::vector<LocalSidEntry> local_sids;
  std::vector<SegmentListEntry> segment_lists;
  std::vector<PolicyEntry> policies;
  std::vector<PolicyId> steering_policy;  // by SteeringId; kNoObject: gone
  std::vector<PortSteeringEntry> port_steerings;
  std::vector<VlanTableEntry> vlan_tables;
  std::vector<BridgeEntry> bridges;
  std::vector<TranslationEntry> translations;
  std::vector<InterfaceId> exception_interface;        // by TableId
  std::vector<std::vector<PrefixEntry>> allowed_sids;  // by InterfaceId
  std::vector<PrefixEntry> sid_space;
  std::vector<PrefixEntry> sources;
  std::vector<HmacKeyEntry> hmac_keys;
  std::uint32_t icmp_errors_per_second = 1000;
  std::uint32_t icmp_error_burst = 50;

  // The interface of a frame: by port and VLAN id; null when there is none.
  [[nodiscard]] const InterfaceEntry* interface_of(PortIndex port, std::uint16_t vlan,
                                                   InterfaceId* id) const {
    if (port >= ports_.size()) return nullptr;
    const PortVlans& vlans = ports_[port];
    *id =
        vlan == 0 ? vlans.untagged : (vlans.tagged ? (*vlans.tagged)[vlan & 0xfff] : kNoInterface);
    return *id == kNoInterface ? nullptr : &interfaces[*id];
  }
  // The translation of a destination behind an interface, or the first of those behind any
  // (TranslationEntry::next leads to the others); null when there is none. high and low: the
  // address as in LookupKey.
  [[nodiscard]] const TranslationEntry* translation_of(InterfaceId interface, Family family,
                                                       std::uint64_t high,
                                                       std::uint64_t low) const {
    LookupKey key;
    key.high = high;
    key.low = low;
    key.scope = table_scope(interface, family);
    LookupResult id;
    return translation_ids_.find(key, ExactTable::hash(key), &id) ? &translations[id.index()]
                                                                  : nullptr;
  }
  [[nodiscard]] const TranslationEntry* first_translation_of(Family family, std::uint64_t high,
                                                             std::uint64_t low) const {
    return translation_of(kNoInterface, family, high, low);
  }
  // The entry of an object, or null when the reference is stale.
  template <typename Entry>
  static const Entry* at(const std::vector<Entry>& entries, std::uint32_t id) {
    return id < entries.size() && entries[id].present ? &entries[id] : nullptr;
  }

 private:
  struct PortVlans {
    InterfaceId untagged = kNoInterface;
    std::unique_ptr<std::array<InterfaceId, 4096>> tagged;
  };
  struct Storage;  // arrays that entries point into

  [[nodiscard]] Status check_ports(const ObjectChanges<Interface>& change) const;
  [[nodiscard]] Status check_translations(const ObjectChanges<Translation>& change) const;
  [[nodiscard]] Status check_hmac_keys(const TableDiff& change) const;
  void apply_settings(const NodeSettings& settings);
  void apply_interfaces(const ObjectChanges<Interface>& change);
  void unbind_port(InterfaceId id);
  void bind_port(const Interface& interface);
  void apply_adjacencies(const ObjectChanges<Adjacency>& change);
  void apply_ecmp_groups(const ObjectChanges<EcmpGroup>& change);
  void apply_local_sids(const ObjectChanges<LocalSid>& change);
  void apply_policies(const ObjectChanges<Policy>& change);
  void set_list_table(SegmentListId list, TableId table);
  void apply_segment_lists(const ObjectChanges<SegmentList>& change);
  void bind_hmac_key(SegmentListId list, std::uint32_t key_id);
  void apply_steerings(const TableDiff& change);
  void apply_l2(const TableDiff& change);
  void apply_fib(const TableDiff& change);
  static LookupKey translation_key(InterfaceId interface, const IpAddress& address) {
    const TableScope scope = table_scope(interface, address.family);
    return address.is_v6() ? LookupKey(scope, address.v6) : LookupKey(scope, address.v4);
  }
  void remove_translation(TranslationId id);
  void link_translations(const IpAddress& address);
  void apply_translations(const ObjectChanges<Translation>& change);
  void set_translates(InterfaceId id);
  [[nodiscard]] bool has_translations(InterfaceId id) const;
  void refresh_adjacencies(InterfaceId id);

  std::vector<PortVlans> ports_;
  ExactTable translation_ids_;  // by interface and address; kNoInterface: the first of an address
  std::unique_ptr<Storage> storage_;
};

}  // namespace sextant
