// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// How flows are kept in a FlowTable: keys, phases, and the ports of fragmented packets.
#pragma once

#include <string_view>

#include "flow_table.hpp"
#include "flow_tuple.hpp"

namespace sextant {

// What a key stands for; keys of different kinds never meet.
enum class FlowKeyKind : std::uint8_t { kFlow, kFragments, kAffinity };

// scope: an interface or a policy, at most 20 bits. detail: both ports, or a fragment id.
inline FlowKey make_flow_key(FlowKeyKind kind, std::uint32_t scope, Family family,
                             std::uint8_t protocol, const FlowAddress& first,
                             const FlowAddress& second, std::uint32_t detail) {
  const std::uint64_t last = static_cast<std::uint64_t>(scope) << 44 |
                             static_cast<std::uint64_t>(kind) << 41 |
                             static_cast<std::uint64_t>(family) << 40 |
                             static_cast<std::uint64_t>(protocol) << 32 | detail;
  return {{first.high, first.low, second.high, second.low, last}};
}

struct FlowKeyParts {
  FlowKeyKind kind{};
  std::uint32_t scope = 0;
  Family family{};
  std::uint8_t protocol = 0;
  FlowAddress first;
  FlowAddress second;
  std::uint32_t detail = 0;
};
inline FlowKeyParts parts_of(const FlowKey& key) {
  const std::uint64_t last = key.words[4];
  return {static_cast<FlowKeyKind>(last >> 41 & 7),
          static_cast<std::uint32_t>(last >> 44),
          static_cast<Family>(last >> 40 & 1),
          static_cast<std::uint8_t>(last >> 32),
          {key.words[0], key.words[1]},
          {key.words[2], key.words[3]},
          static_cast<std::uint32_t>(last)};
}

// For people: "established".
std::string_view name_of(FlowPhase phase) noexcept;

inline FlowKey make_flow_key(std::uint32_t scope, Family family, std::uint8_t protocol,
                             const FlowEndpoint& first, const FlowEndpoint& second) {
  const std::uint32_t ports = static_cast<std::uint32_t>(first.port) << 16 | second.port;
  return make_flow_key(FlowKeyKind::kFlow, scope, family, protocol, first.address, second.address,
                       ports);
}

// A flow begins with this packet of its client, whatever was known of it: TCP SYN, SCTP INIT.
bool begins_flow(const FlowTuple& flow) noexcept;

// The phase of a flow that was not known before this packet of its client.
FlowPhase first_phase(const FlowTuple& flow) noexcept;

// The phase after a packet of the client or of the backend.
FlowPhase next_phase(FlowPhase phase, const FlowTuple& flow, bool from_client) noexcept;

// A first fragment: later ones will know its ports.
void remember_ports(FlowTable& table, std::uint32_t scope, const FlowTuple& flow,
                    std::uint64_t now_tsc) noexcept;
// A later fragment gets the ports of its first one; false when that was not seen.
bool recall_ports(const FlowTable& table, std::uint32_t scope, FlowTuple& flow,
                  std::uint64_t now_tsc) noexcept;

}  // namespace sextant
