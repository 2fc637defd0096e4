// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// FlowTables: what the lcores of a node share about flows.
#pragma once

#include <sextant/ports/runtime_config.hpp>

#include "flow_table.hpp"

namespace sextant {

struct FlowTables {
  // Connections of service backends on this node; nobody who talks is thrown out. translate.cpp
  FlowTable connections;
  // Segment lists of flows that enter sticky policies here; who is forgotten follows the hash.
  // sticky.cpp
  FlowTable choices;

  // Control thread. tsc_hz: of LcoreState::now_tsc; seed: see FlowTable.
  FlowTables(const FlowConfig& config, std::uint64_t tsc_hz, std::uint64_t seed)
      : connections(config.connections, timeouts_of(config), FlowTable::Evict::kTransient, tsc_hz,
                    seed),
        choices(config.choices, timeouts_of(config), FlowTable::Evict::kAny, tsc_hz, seed) {}

 private:
  static FlowTimeouts timeouts_of(const FlowConfig& config) {
    constexpr std::uint32_t kFragments_s = 30;    // as Linux reassembles IPv4
    constexpr std::uint32_t kAffinity_s = 86400;  // the longest that a policy may ask for
    FlowTimeouts out{};
    const auto set = [&out](FlowPhase phase, std::uint32_t seconds) {
      out[static_cast<unsigned>(phase)] = seconds;
    };
    set(FlowPhase::kTcpOpening, config.opening_s);
    set(FlowPhase::kTcpEstablished, config.tcp_s);
    set(FlowPhase::kTcpClientClosed, config.tcp_half_closed_s);
    set(FlowPhase::kTcpBackendClosed, config.tcp_half_closed_s);
    set(FlowPhase::kTcpClosed, config.closed_s);
    set(FlowPhase::kUdpUnanswered, config.udp_unanswered_s);
    set(FlowPhase::kUdpAnswered, config.udp_s);
    set(FlowPhase::kSctpOpening, config.opening_s);
    set(FlowPhase::kSctpEstablished, config.sctp_s);
    set(FlowPhase::kSctpClosed, config.closed_s);
    set(FlowPhase::kFragments, kFragments_s);
    set(FlowPhase::kAffinity, kAffinity_s);
    return out;
  }
};

}  // namespace sextant
