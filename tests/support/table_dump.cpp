// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// dump(): entry by entry, pointers followed.
#include "support/table_dump.hpp"

#include <sstream>

#include "support/packet_builder.hpp"

namespace sextant::test {

namespace {

template <typename T>
std::string list_of(const T* elements, std::size_t count) {
  std::ostringstream out;
  out << '[';
  for (std::size_t i = 0; i < count; ++i)
    out << (i == 0 ? "" : " ") << +elements[i];
  out << ']';
  return out.str();
}

std::string text(const std::vector<PrefixEntry>& prefixes) {
  std::string out = "[";
  for (const PrefixEntry& p : prefixes) {
    out += p.address.to_string() + "/" + std::to_string(p.len) + " ";
  }
  return out + "]";
}

void dump_links(std::ostream& out, const TableSet& set) {
  for (std::size_t i = 0; i < set.interfaces.size(); ++i) {
    const InterfaceEntry& e = set.interfaces[i];
    if (!e.present) continue;
    InterfaceId bound = kNoInterface;
    const bool found = set.interface_of(e.port, e.vlan, &bound) == &e;
    out << "interface " << i << " bound " << (found && bound == i) << ' ' << e.trusted << ' '
        << +static_cast<std::uint8_t>(e.role) << ' ' << e.has_allowed_sids << " table " << e.table
        << " port " << e.port << '.' << e.vlan << " mtu " << e.mtu << ' ' << e.mac.to_string()
        << ' ' << e.role_index << ' ' << e.proxy_ipv6 << ' ' << e.proxy_ipv4 << ' '
        << e.icmp6_source.to_string() << ' ' << e.icmp4_source.to_string() << " allowed "
        << text(set.allowed_sids.at(i)) << '\n';
  }
  unsigned bindings = 0;
  for (PortIndex port = 0; port < 64; ++port) {
    for (std::uint16_t vlan = 0; vlan < 4096; ++vlan) {
      InterfaceId id = kNoInterface;
      bindings += set.interface_of(port, vlan, &id) != nullptr ? 1 : 0;
    }
  }
  out << "bindings " << bindings << '\n';
  for (std::size_t i = 0; i < set.adjacencies.size(); ++i) {
    const AdjacencyEntry& e = set.adjacencies[i];
    if (!e.present) continue;
    out << "adjacency " << i << ' ' << e.resolved << ' ' << e.port << ' ' << e.interface << ' '
        << e.mtu << ' ' << hex({e.header.data(), e.header_bytes}) << '\n';
  }
  for (std::size_t i = 0; i < set.ecmp_groups.size(); ++i) {
    const EcmpEntry& e = set.ecmp_groups[i];
    if (e.slots == nullptr) continue;
    out << "ecmp " << i;
    for (std::uint32_t s = 0; s <= e.mask; ++s)
      out << ' ' << e.slots[s].word();
    out << '\n';
  }
}

void dump_sids(std::ostream& out, const TableSet& set) {
  for (std::size_t i = 0; i < set.local_sids.size(); ++i) {
    const LocalSidEntry& e = set.local_sids[i];
    if (!e.present) continue;
    out << "sid " << i << ' ' << e.id << ' ' << spec_of(e.behavior).name << ' ' << +e.flavors << ' '
        << e.hmac_required << ' ' << e.sid.to_string() << '/' << +e.prefix_len << ' '
        << +e.block_bits << '+' << +e.csid_bits << ' ' << +static_cast<std::uint8_t>(e.inner) << ' '
        << e.installed_table << ' ' << e.table << ' ' << e.interface << ' ' << e.return_interface
        << ' ' << e.forward.word() << ' ' << e.object << '\n';
  }
  for (std::size_t i = 0; i < set.segment_lists.size(); ++i) {
    const SegmentListEntry& e = set.segment_lists[i];
    if (!e.present) continue;
    out << "list " << i << ' ' << e.id << ' ' << name_of(e.headend) << ' ' << e.copy_traffic_class
        << ' ' << +e.traffic_class << ' ' << e.srh_len << ' ' << e.next_header_at << ' '
        << e.path_mtu << ' ' << e.hmac_key << ' ' << e.first_hop.word() << ' ' << e.egress_table
        << ' ' << hex({e.rewrite.data(), e.rewrite_bytes}) << '\n';
  }
  for (std::size_t i = 0; i < set.policies.size(); ++i) {
    const PolicyEntry& e = set.policies[i];
    if (!e.present) continue;
    out << "policy " << i << ' ' << e.valid << ' ' << e.spray << ' ' << e.egress_table << ' '
        << list_of(e.lists, e.list_count) << " sticky " << e.sticky << ' ' << e.affinity_timeout_s
        << " slots " << list_of(e.slots, e.slots == nullptr ? 0 : e.mask + std::size_t{1}) << '\n';
  }
}

void dump_rest(std::ostream& out, const TableSet& set) {
  for (std::size_t i = 0; i < set.steering_policy.size(); ++i) {
    if (set.steering_policy[i] == kNoObject) continue;
    out << "steering " << i << ' ' << set.steering_policy[i] << '\n';
  }
  for (std::size_t i = 0; i < set.port_steerings.size(); ++i) {
    const PortSteeringEntry& e = set.port_steerings[i];
    if (e.rules == nullptr) continue;
    out << "port steering " << i << ' ' << e.otherwise.word();
    for (std::uint32_t r = 0; r < e.rule_count; ++r) {
      out << ' ' << +e.rules[r].protocol << ':' << e.rules[r].port << '='
          << e.rules[r].result.word();
    }
    out << '\n';
  }
  for (std::size_t i = 0; i < set.vlan_tables.size(); ++i) {
    if (set.vlan_tables[i].by_vlan == nullptr) continue;
    out << "vlans " << i;
    for (unsigned vlan = 0; vlan < 4096; ++vlan) {
      const InterfaceId id = set.vlan_tables[i].by_vlan[vlan];
      if (id != kNoInterface) out << ' ' << vlan << '=' << id;
    }
    out << '\n';
  }
  for (std::size_t i = 0; i < set.bridges.size(); ++i) {
    const BridgeEntry& e = set.bridges[i];
    if (e.members == nullptr) continue;
    out << "bridge " << i << ' ' << e.learning << ' ' << list_of(e.members, e.member_count) << ' '
        << list_of(e.remotes, e.remote_count);
    for (std::uint32_t m = 0; m < e.mac_count; ++m) {
      out << ' ' << e.macs[m].mac.to_string() << '=' << e.macs[m].remote << ':' << e.macs[m].target;
    }
    out << '\n';
  }
  for (std::size_t i = 0; i < set.translations.size(); ++i) {
    const TranslationEntry& e = set.translations[i];
    if (e.rules == nullptr) continue;
    out << "translation " << i << " on " << e.interface << " next " << e.next;
    for (std::uint32_t r = 0; r < e.rule_count; ++r) {
      const Translation::Rule& rule = e.rules[r];
      out << ' ' << +rule.protocol << ':' << rule.port << '=' << rule.target.to_string() << ':'
          << rule.target_port << (rule.draining ? " drains" : "");
    }
    out << '\n';
  }
  for (std::size_t i = 0; i < set.interfaces.size(); ++i) {
    if (set.interfaces[i].translates) out << "translates " << i << '\n';
  }
  for (std::size_t i = 0; i < set.exception_interface.size(); ++i) {
    if (set.exception_interface[i] == kNoInterface) continue;
    out << "exception " << i << ' ' << set.exception_interface[i] << '\n';
  }
  out << "sid space " << text(set.sid_space) << " sources " << text(set.sources) << " icmp "
      << set.icmp_errors_per_second << ' ' << set.icmp_error_burst << '\n';
  for (const HmacKeyEntry& key : set.hmac_keys) {
    out << "key " << key.id << ' ' << list_of(key.inner_state.data(), 8)
        << list_of(key.outer_state.data(), 8) << '\n';
  }
}

// As an lcore looks up: exact first.
LookupResult find(const TableSet& set, TableId table, const IpAddress& address) {
  const TableScope scope = table_scope(table, address.family);
  const LookupKey key =
      address.is_v6() ? LookupKey(scope, address.v6) : LookupKey(scope, address.v4);
  LookupResult result;
  if (set.exact.find(key, ExactTable::hash(key), &result)) return result;
  const LookupKey* keys[] = {&key};
  set.prefixes.find_bulk(keys, 1, &result);
  return result;
}

}  // namespace

std::string dump(const TableSet& set, const ForwardingTables& universe) {
  std::ostringstream out;
  dump_links(out, set);
  dump_sids(out, set);
  dump_rest(out, set);
  out << "routes " << set.exact.size() << " + " << set.prefixes.size() << '\n';
  for (const FibEntry& entry : universe.fib) {
    out << "fib " << entry.table << ' ' << entry.prefix.to_string() << " -> "
        << find(set, entry.table, entry.prefix.address).word() << '\n';
  }
  return out.str();
}

}  // namespace sextant::test
