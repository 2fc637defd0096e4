// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Connections of service backends: found, made, and what their packets become.
#include "translate.hpp"

#include "flow_memory.hpp"
#include "flow_rewrite.hpp"
#include "flow_tables.hpp"

namespace sextant {

namespace {

using Kind = FlowTuple::Kind;
using Found = FlowTable::Found;
using Stored = FlowTable::Stored;

// Source ports that a clashing flow tries: as many services can lead to one port of a backend, with
// clients that use the same port for all of them at once.
constexpr unsigned kPortsTried = 8;
constexpr std::uint16_t kFirstFreePort = 1024;

// A connection as both sides know it. client and service: outside; peer and backend: what the
// backend sees.
struct Connection {
  FlowEndpoint client;
  FlowEndpoint service;
  FlowEndpoint peer;
  FlowEndpoint backend;

  [[nodiscard]] bool is_identity() const { return client == peer && service == backend; }
};

// Where connections of one packet are looked for.
struct Place {
  FlowTable& table;
  InterfaceId interface;
  std::uint64_t now_tsc;
  bool dry_run;
};

FlowKey key_of(const Place& place, const FlowTuple& flow, const FlowEndpoint& backend,
               const FlowEndpoint& peer) {
  return make_flow_key(place.interface, flow.family, flow.protocol, backend, peer);
}

FlowValue value_of(const Connection& connection) {
  const FlowEndpoint& service = connection.service;
  const std::uint64_t ports =
      static_cast<std::uint64_t>(service.port) << 16 | connection.client.port;
  return {{service.address.high, service.address.low, ports}};
}

// The client as it is outside, from what the backend sees of it.
Connection connection_of(const FlowValue& value, const FlowEndpoint& backend,
                         const FlowEndpoint& peer) {
  Connection out;
  out.backend = backend;
  out.peer = peer;
  out.service.address = {value.words[0], value.words[1]};
  out.service.port = static_cast<std::uint16_t>(value.words[2] >> 16);
  const bool hairpin = peer.address == out.service.address;
  out.client.address = hairpin ? backend.address : peer.address;
  out.client.port = static_cast<std::uint16_t>(value.words[2]);
  return out;
}

// The source port of the nth attempt; the first one is the client's own.
std::uint16_t port_to_try(const Connection& connection, unsigned attempt) {
  if (attempt == 0) return connection.client.port;
  std::uint64_t h = connection.service.address.high ^ connection.service.address.low * 31;
  h = (h ^ connection.service.port) * 0x9fb21c651e98df25u;
  h = (h ^ (connection.client.port + (attempt << 16))) * 0xd6e8feb86659fd93u;
  const auto range = static_cast<std::uint32_t>(0x10000 - kFirstFreePort);
  return static_cast<std::uint16_t>(kFirstFreePort + (h >> 32) % range);
}

const Translation::Rule* find_rule(const TranslationEntry& entry, std::uint8_t protocol,
                                   std::uint16_t port) {
  const Translation::Rule* const end = entry.rules + entry.rule_count;
  const auto* at = std::lower_bound(entry.rules, end, std::pair(protocol, port),
                                    [](const Translation::Rule& rule, const auto& wanted) {
                                      return std::pair(rule.protocol, rule.port) < wanted;
                                    });
  return at != end && at->protocol == protocol && at->port == port ? at : nullptr;
}

// Whether any port of this address belongs to somebody else: it is a virtual IP.
bool is_virtual(const TranslationEntry& entry, const FlowAddress& address) {
  return std::any_of(entry.rules, entry.rules + entry.rule_count,
                     [&](const auto& rule) { return !(FlowAddress(rule.target) == address); });
}

Connection proposed(const Translation::Rule& rule, const FlowEndpoint& client,
                    const FlowEndpoint& service) {
  Connection out;
  out.client = client;
  out.service = service;
  out.backend = {FlowAddress(rule.target), rule.target_port};
  out.peer = client;
  if (client.address == out.backend.address) out.peer.address = service.address;
  return out;
}

// Looks for the connection under every port it may have. free: the first attempt whose key nobody
// has; kPortsTried: none.
Found find_connection(const Place& place, const FlowTuple& flow, Connection& connection,
                      FlowTable::Hit& hit, unsigned& free) {
  const FlowValue own = value_of(connection);
  free = kPortsTried;
  for (unsigned attempt = 0; attempt < kPortsTried; ++attempt) {
    connection.peer.port = port_to_try(connection, attempt);
    const FlowKey key = key_of(place, flow, connection.backend, connection.peer);
    switch (place.table.find(key, place.now_tsc, hit)) {
      case Found::kBusy: return Found::kBusy;
      case Found::kNo: free = std::min(free, attempt); break;
      case Found::kYes:
        if (hit.value == own) return Found::kYes;
        break;
    }
  }
  return Found::kNo;
}

std::optional<DropReason> make_connection(const Place& place, const FlowTuple& flow,
                                          Connection& connection, unsigned attempt) {
  for (; attempt < kPortsTried; ++attempt) {
    connection.peer.port = port_to_try(connection, attempt);
    if (place.dry_run) return std::nullopt;
    const FlowKey key = key_of(place, flow, connection.backend, connection.peer);
    switch (place.table.store(key, value_of(connection), first_phase(flow), place.now_tsc)) {
      case Stored::kStored:
      case Stored::kThere: return std::nullopt;
      case Stored::kFull: return DropReason::translate_table_full;
      case Stored::kBusy: return DropReason::translate_state_busy;
      case Stored::kTaken: break;  // by another lcore, just now
    }
  }
  return DropReason::translate_port_clash;
}

std::optional<DropReason> use_connection(const Place& place, const FlowTuple& flow,
                                         const Translation::Rule& rule, Connection& connection) {
  FlowTable::Hit hit;
  unsigned free = 0;
  switch (find_connection(place, flow, connection, hit, free)) {
    case Found::kBusy: return DropReason::translate_state_busy;
    case Found::kYes: {
      if (place.dry_run) return std::nullopt;
      place.table.touch(hit, next_phase(hit.phase, flow, true), place.now_tsc);
      return std::nullopt;
    }
    case Found::kNo: break;
  }
  // The middle of a TCP connection may be older than this process.
  const bool is_new = begins_flow(flow) || flow.protocol == ip_protocol::kUdp;
  if (rule.draining && is_new) return DropReason::translate_backend_draining;
  return make_connection(place, flow, connection, free);
}

// The packet itself, once its connection is known.
std::optional<DropReason> rewrite(const Place& place, Packet packet, const FlowTuple& flow,
                                  const FlowEnds& ends) {
  if (ends.source == flow.source && ends.destination == flow.destination) return std::nullopt;
  const bool is_fragment = flow.first_fragment || flow.kind == Kind::kLaterFragment;
  if (flow.protocol == ip_protocol::kSctp && is_fragment) {
    return DropReason::translate_sctp_fragment;
  }
  if (flow.first_fragment && !place.dry_run) {
    remember_ports(place.table, place.interface, flow, place.now_tsc);
  }
  rewrite_flow(packet, flow, ends);
  return std::nullopt;
}

// An error about what the backend sent, which was quoted as the client knows it.
bool rewrite_error_to_backend(const Place& place, Packet packet, const FlowTuple& flow,
                              const TranslationEntry& entry) {
  const FlowAddress source = source_of(packet);
  if (!(destination_of(packet) == flow.source.address)) return false;
  const Translation::Rule* rule = find_rule(entry, flow.protocol, flow.source.port);
  if (rule == nullptr) return false;
  Connection connection = proposed(*rule, flow.destination, flow.source);
  FlowTable::Hit hit;
  unsigned free = 0;
  if (find_connection(place, flow, connection, hit, free) != Found::kYes) return false;
  if (connection.is_identity()) return true;
  const bool from_itself = source == connection.client.address;
  rewrite_icmp_error(packet, flow, {connection.backend, connection.peer},
                     from_itself ? connection.peer.address : source, connection.backend.address);
  return true;
}

std::optional<DropReason> error_from_backend(const Place& place, Packet packet,
                                             const FlowTuple& flow) {
  FlowTable::Hit hit;
  const FlowKey key = key_of(place, flow, flow.destination, flow.source);
  switch (place.table.find(key, place.now_tsc, hit)) {
    case Found::kBusy: return DropReason::translate_state_busy;
    case Found::kNo: return std::nullopt;
    case Found::kYes: break;
  }
  const Connection connection = connection_of(hit.value, flow.destination, flow.source);
  if (connection.is_identity()) return std::nullopt;
  const FlowAddress source = source_of(packet);
  const FlowAddress destination = destination_of(packet);
  const bool by_backend = source == connection.backend.address;
  const bool to_peer = destination == connection.peer.address;
  rewrite_icmp_error(packet, flow, {connection.client, connection.service},
                     by_backend ? connection.service.address : source,
                     to_peer ? connection.client.address : destination);
  return std::nullopt;
}

// Errors come without extension headers.
bool is_icmp(Packet packet) {
  switch (packet.meta().kind) {
    case PacketKind::kIpv6: return packet.ipv6().next_header == ip_protocol::kIcmp6;
    case PacketKind::kIpv4: return packet.ipv4().protocol == ip_protocol::kIcmp;
    default: return false;
  }
}

Place place_in(ForwardContext& context, InterfaceId interface) {
  LcoreState& lcore = context.lcore;
  return {lcore.flows->connections, interface, lcore.now_tsc, lcore.dry_run};
}

void count(PacketCounter& counter, const std::optional<DropReason>& refused, Packet packet) {
  if (!refused) counter.add(1, packet.bytes());
}

}  // namespace

std::optional<DropReason> translate_to_backend(ForwardContext& context, Packet packet,
                                               InterfaceId interface) noexcept {
  const FlowAddress address = destination_of(packet);
  const bool v6 = packet.meta().kind == PacketKind::kIpv6;
  const TranslationEntry* entry = context.tables.translation_of(
      interface, v6 ? Family::kIpv6 : Family::kIpv4, address.high, address.low);
  if (entry == nullptr) return std::nullopt;
  // Whoever goes to the backend itself is not stopped by what concerns translations alone.
  const auto unless_direct = [&](DropReason reason) {
    return is_virtual(*entry, address) ? std::optional(reason) : std::nullopt;
  };
  if (context.lcore.flows == nullptr) return unless_direct(DropReason::translate_table_full);
  const Place place = place_in(context, interface);
  FlowTuple flow = read_flow(packet);
  switch (flow.kind) {
    case Kind::kOther: return std::nullopt;
    case Kind::kMalformed: return unless_direct(DropReason::translate_malformed);
    case Kind::kNotContiguous: return unless_direct(DropReason::parse_not_contiguous);
    case Kind::kIcmpError:
      if (rewrite_error_to_backend(place, packet, flow, *entry)) return std::nullopt;
      return unless_direct(DropReason::translate_flow_unknown);
    case Kind::kLaterFragment:
      if (recall_ports(place.table, interface, flow, place.now_tsc)) break;
      return unless_direct(DropReason::translate_fragment_unknown);
    case Kind::kWhole: break;
  }
  const Translation::Rule* rule = find_rule(*entry, flow.protocol, flow.destination.port);
  if (rule == nullptr) return std::nullopt;
  Connection connection = proposed(*rule, flow.source, flow.destination);
  if (const auto refused = use_connection(place, flow, *rule, connection)) {
    return unless_direct(*refused);
  }
  const auto refused = rewrite(place, packet, flow, {connection.peer, connection.backend});
  count(context.lcore.counters.translated_to_backend, refused, packet);
  return refused;
}

std::optional<DropReason> translate_from_backend(ForwardContext& context, Packet packet) noexcept {
  if (context.lcore.flows == nullptr) return std::nullopt;
  const Place place = place_in(context, packet.meta().rx_interface);
  FlowTuple flow = read_flow(packet);
  if (flow.kind == Kind::kIcmpError) return error_from_backend(place, packet, flow);
  if (flow.kind == Kind::kLaterFragment) {
    if (!recall_ports(place.table, place.interface, flow, place.now_tsc)) return std::nullopt;
  } else if (flow.kind != Kind::kWhole) {
    return std::nullopt;
  }
  FlowTable::Hit hit;
  const FlowKey key = key_of(place, flow, flow.source, flow.destination);
  switch (place.table.find(key, place.now_tsc, hit)) {
    case Found::kBusy: return DropReason::translate_state_busy;
    case Found::kNo: return std::nullopt;
    case Found::kYes: break;
  }
  const Connection connection = connection_of(hit.value, flow.source, flow.destination);
  if (!place.dry_run) {
    place.table.touch(hit, next_phase(hit.phase, flow, false), place.now_tsc);
  }
  const auto refused = rewrite(place, packet, flow, {connection.service, connection.client});
  count(context.lcore.counters.translated_from_backend, refused, packet);
  return refused;
}

std::optional<Verdict> error_to_own_backend(ForwardContext& context, Packet packet) noexcept {
  if (context.lcore.flows == nullptr || !is_icmp(packet)) return std::nullopt;
  const FlowTuple flow = read_flow(packet);
  if (flow.kind != Kind::kIcmpError) return std::nullopt;
  const FlowAddress address = destination_of(packet);
  const TranslationEntry* entry =
      context.tables.first_translation_of(flow.family, address.high, address.low);
  // Each backend of the service on this node, at most kBackendsTried.
  constexpr unsigned kBackendsTried = 32;
  for (unsigned tried = 0; entry != nullptr && tried < kBackendsTried; ++tried) {
    const InterfaceEntry* interface = TableSet::at(context.tables.interfaces, entry->interface);
    if (interface != nullptr && interface->table == packet.meta().table &&
        rewrite_error_to_backend(place_in(context, entry->interface), packet, flow, *entry) &&
        !(destination_of(packet) == address)) {
      packet.meta().has_flow_hash = false;
      return Verdict::lookup();
    }
    entry = entry->next == kNoObject ? nullptr : &context.tables.translations[entry->next];
  }
  return std::nullopt;
}

std::optional<ConnectionInfo> connection_at(const FlowTable& table, std::uint32_t set, unsigned way,
                                            std::uint64_t now_tsc) noexcept {
  const std::optional<FlowTable::Entry> entry = table.entry_at(set, way, now_tsc);
  if (!entry) return std::nullopt;
  const FlowKeyParts parts = parts_of(entry->key);
  if (parts.kind != FlowKeyKind::kFlow) return std::nullopt;
  const FlowEndpoint backend{parts.first, static_cast<std::uint16_t>(parts.detail >> 16)};
  const FlowEndpoint peer{parts.second, static_cast<std::uint16_t>(parts.detail)};
  const Connection connection = connection_of(entry->value, backend, peer);
  const auto end = [&](const FlowEndpoint& of) {
    return ConnectionInfo::End{of.address.to_ip(parts.family), of.port};
  };
  return ConnectionInfo{.interface = static_cast<InterfaceId>(parts.scope),
                        .protocol = parts.protocol,
                        .client = end(connection.client),
                        .service = end(connection.service),
                        .peer = end(connection.peer),
                        .backend = end(connection.backend),
                        .state = name_of(entry->phase),
                        .idle_s = entry->idle_s};
}

}  // namespace sextant
