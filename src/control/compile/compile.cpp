// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// compile(): the list of steps, and what does not depend on any other object.
#include "control/compile/compile.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "control/compile/compile_context.hpp"

namespace sextant {

namespace {

template <typename Id, typename T>
void move_values(std::map<Id, T>& from, std::vector<T>& to) {
  to.reserve(from.size());
  for (auto& [id, object] : from)
    to.push_back(std::move(object));
  from.clear();
}

template <typename T>
void sort_by_id(std::vector<T>& objects) {
  std::sort(objects.begin(), objects.end(), [](const T& a, const T& b) { return a.id < b.id; });
}

ForwardingTables take_tables(CompileContext& context) {
  ForwardingTables out;
  compile_settings(context, out.settings);
  for (const auto& [name, id] : context.tables)
    out.tables.push_back({.id = id, .name = name});
  for (const DesiredTable& table : context.state.tables) {
    const auto id = context.tables.find(table.name);
    if (table.origin.broken || id == context.tables.end() || table.exception.empty()) continue;
    const Interface* interface = context.interface(table.origin, "exception", table.exception);
    if (interface == nullptr) continue;
    for (Table& made : out.tables) {
      if (made.id == id->second) made.exception = interface->id;
    }
  }
  std::sort(out.tables.begin(), out.tables.end(),
            [](const Table& a, const Table& b) { return a.id < b.id; });
  out.fib = std::move(context.final_fib);
  for (const auto& [id, interface] : context.interfaces)
    out.interfaces.push_back(interface);
  move_values(context.adjacencies, out.adjacencies);
  move_values(context.ecmp_groups, out.ecmp_groups);
  out.local_sids.reserve(context.local_sids.size() + context.bound_sids.size());
  for (const auto& [id, sid] : context.local_sids)
    out.local_sids.push_back(sid);
  for (const auto& [id, sid] : context.bound_sids) {
    if (context.nodes[sid.args.policy].present) out.local_sids.push_back(sid);
  }
  sort_by_id(out.local_sids);
  move_values(context.segment_lists, out.segment_lists);
  move_values(context.compiled_policies, out.policies);
  for (const auto& [id, steering] : context.steerings) {
    if (context.nodes[steering.policy].present) out.steerings.push_back(steering);
  }
  sort_by_id(out.steerings);
  move_values(context.port_steerings, out.port_steerings);
  move_values(context.vlan_tables, out.vlan_tables);
  move_values(context.bridges, out.bridges);
  for (const auto& [place, cells] : context.translations) {
    if (auto made = make_translation(context, place)) out.translations.push_back(std::move(*made));
  }
  sort_by_id(out.translations);
  return out;
}

void sort_prefixes(std::vector<IpPrefix>& prefixes) {
  std::sort(prefixes.begin(), prefixes.end());
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
}

}  // namespace

Diagnostics in_source_order(const Diagnostics& found) {
  std::vector<Diagnostic> list = found.list();
  std::stable_sort(list.begin(), list.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where.file, a.where.line, a.where.column, a.field, a.text) <
           std::tie(b.where.file, b.where.line, b.where.column, b.field, b.text);
  });
  Diagnostics out;
  const Diagnostic* last = nullptr;
  for (const Diagnostic& d : list) {
    if (last != nullptr && last->where == d.where && last->field == d.field &&
        last->text == d.text) {
      continue;
    }
    last = &d;
    if (d.severity == Severity::kError) {
      out.error(d.where, d.field, d.text);
    } else {
      out.warning(d.where, d.field, d.text);
    }
  }
  return out;
}

void compile_settings(CompileContext& context, NodeSettings& settings) {
  const DesiredDomain& domain = context.state.domain;
  settings.sid_space = domain.sid_space;
  settings.sources = domain.sources;
  sort_prefixes(settings.sid_space);
  sort_prefixes(settings.sources);
  std::map<std::uint32_t, int> uses;
  for (const DesiredHmacKey& key : domain.hmac_keys) {
    if (key.origin.broken) continue;
    if (++uses[key.id] > 2) {
      context.error(key.origin, "id",
                    "a third key with this id; two at a time are enough for a roll-over");
    }
    settings.hmac_keys.push_back({key.id, key.secret});
  }
  // Stable: of two keys with one id the first signs.
  std::stable_sort(settings.hmac_keys.begin(), settings.hmac_keys.end(),
                   [](const HmacKey& a, const HmacKey& b) { return a.id < b.id; });
  settings.icmp_errors_per_second = context.state.icmp_errors_per_second;
  settings.icmp_error_burst = context.state.icmp_error_burst;
}

MacAddress default_port_mac(PortIndex port) {
  const unsigned number = port + 1u;
  return {
      {0x02, 0, 0, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}};
}

Ipv6Address link_local_address(const MacAddress& mac) {
  Ipv6Address out;
  out.bytes = {0xfe, 0x80};
  out.bytes[8] = mac.bytes[0] ^ 0x02;
  out.bytes[9] = mac.bytes[1];
  out.bytes[10] = mac.bytes[2];
  out.bytes[11] = 0xff;
  out.bytes[12] = 0xfe;
  out.bytes[13] = mac.bytes[3];
  out.bytes[14] = mac.bytes[4];
  out.bytes[15] = mac.bytes[5];
  return out;
}

CompileResult compile_steps(CompileContext& context) {
  compile_names(context);
  compile_interfaces(context);
  compile_routes(context);
  compile_local_sids(context);
  compile_steering(context);
  compile_bridges(context);
  compile_translations(context);
  compile_policies(context);
  compile_fib(context);
  compile_static_lists(context);

  CompileResult out;
  out.tables = take_tables(context);
  context.local_sids.clear();
  out.policies = std::move(context.policy_status);
  context.policy_status.clear();
  out.diagnostics = in_source_order(context.diagnostics);
  return out;
}

CompileResult compile(const DesiredState& state, const NodeFacts& facts, const IdMap& previous) {
  CompileContext context(state, facts, previous);
  CompileResult out = compile_steps(context);
  out.ids = context.ids.current();
  return out;
}

}  // namespace sextant
