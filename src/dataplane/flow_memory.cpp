// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Phases of flows as one sees them in the middle: flags and directions, no sequence numbers.
#include "flow_memory.hpp"

namespace sextant {

namespace {

constexpr std::uint8_t kFin = 0x01;
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kRst = 0x04;
constexpr std::uint8_t kAck = 0x10;
// Chunk types of SCTP (RFC 9260 section 3.2).
constexpr std::uint8_t kInit = 1;
constexpr std::uint8_t kAbort = 6;
constexpr std::uint8_t kShutdownComplete = 14;

FlowPhase next_tcp(FlowPhase phase, std::uint8_t flags, bool from_client) {
  if ((flags & kRst) != 0) return FlowPhase::kTcpClosed;
  if (from_client && (flags & (kSyn | kAck)) == kSyn) {
    return phase == FlowPhase::kTcpEstablished ? phase : FlowPhase::kTcpOpening;
  }
  if ((flags & kFin) != 0) {
    const FlowPhase own = from_client ? FlowPhase::kTcpClientClosed : FlowPhase::kTcpBackendClosed;
    const FlowPhase other =
        from_client ? FlowPhase::kTcpBackendClosed : FlowPhase::kTcpClientClosed;
    if (phase == FlowPhase::kTcpClosed || phase == other) return FlowPhase::kTcpClosed;
    return own;
  }
  if (phase == FlowPhase::kTcpOpening && !from_client) return FlowPhase::kTcpEstablished;
  return phase;
}

FlowPhase next_sctp(FlowPhase phase, std::uint8_t chunk, bool from_client) {
  if (chunk == kAbort || chunk == kShutdownComplete) return FlowPhase::kSctpClosed;
  if (from_client && chunk == kInit && phase == FlowPhase::kSctpClosed) {
    return FlowPhase::kSctpOpening;
  }
  if (phase == FlowPhase::kSctpOpening && !from_client) return FlowPhase::kSctpEstablished;
  return phase;
}

FlowKey fragments_key(std::uint32_t scope, const FlowTuple& flow) {
  return make_flow_key(FlowKeyKind::kFragments, scope, flow.family, flow.protocol,
                       flow.source.address, flow.destination.address, flow.fragment_id);
}

}  // namespace

std::string_view name_of(FlowPhase phase) noexcept {
  switch (phase) {
    case FlowPhase::kTcpOpening:
    case FlowPhase::kSctpOpening: return "opening";
    case FlowPhase::kTcpEstablished:
    case FlowPhase::kSctpEstablished: return "established";
    case FlowPhase::kTcpClientClosed: return "closed by client";
    case FlowPhase::kTcpBackendClosed: return "closed by backend";
    case FlowPhase::kTcpClosed:
    case FlowPhase::kSctpClosed: return "closed";
    case FlowPhase::kUdpUnanswered: return "unanswered";
    case FlowPhase::kUdpAnswered: return "answered";
    case FlowPhase::kFragments: return "fragments";
    case FlowPhase::kAffinity: return "affinity";
  }
  return "";
}

bool begins_flow(const FlowTuple& flow) noexcept {
  if (flow.kind != FlowTuple::Kind::kWhole) return false;
  if (flow.protocol == ip_protocol::kTcp) return (flow.tcp_flags & (kSyn | kAck)) == kSyn;
  return flow.protocol == ip_protocol::kSctp && flow.sctp_chunk == kInit;
}

// Nobody has vouched for the flow until its backend answers.
FlowPhase first_phase(const FlowTuple& flow) noexcept {
  switch (flow.protocol) {
    case ip_protocol::kTcp: return next_tcp(FlowPhase::kTcpOpening, flow.tcp_flags & kRst, true);
    case ip_protocol::kSctp: return FlowPhase::kSctpOpening;
    default: return FlowPhase::kUdpUnanswered;
  }
}

FlowPhase next_phase(FlowPhase phase, const FlowTuple& flow, bool from_client) noexcept {
  if (flow.kind != FlowTuple::Kind::kWhole) return phase;
  switch (flow.protocol) {
    case ip_protocol::kTcp: return next_tcp(phase, flow.tcp_flags, from_client);
    case ip_protocol::kSctp: return next_sctp(phase, flow.sctp_chunk, from_client);
    default: return from_client ? phase : FlowPhase::kUdpAnswered;
  }
}

void remember_ports(FlowTable& table, std::uint32_t scope, const FlowTuple& flow,
                    std::uint64_t now_tsc) noexcept {
  const std::uint64_t ports =
      static_cast<std::uint64_t>(flow.source.port) << 16 | flow.destination.port;
  // Without room later fragments are unknown, and counted as such.
  static_cast<void>(table.store(fragments_key(scope, flow), {{ports, 0, 0}}, FlowPhase::kFragments,
                                now_tsc, FlowTable::OnTaken::kReplace));
}

bool recall_ports(const FlowTable& table, std::uint32_t scope, FlowTuple& flow,
                  std::uint64_t now_tsc) noexcept {
  FlowTable::Hit hit;
  if (table.find(fragments_key(scope, flow), now_tsc, hit) != FlowTable::Found::kYes) return false;
  flow.source.port = static_cast<std::uint16_t>(hit.value.words[0] >> 16);
  flow.destination.port = static_cast<std::uint16_t>(hit.value.words[0]);
  return true;
}

}  // namespace sextant
