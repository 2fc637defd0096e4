// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Destination translation at the node of a service backend: virtual IP and port become those of the
// backend where a packet leaves by its interface, and back again where the interface returns one.
#pragma once

#include <optional>

#include <sextant/telemetry/connections.hpp>

#include "flow_table.hpp"
#include "forward.hpp"

namespace sextant {

// A packet that leaves by an interface with InterfaceEntry::translates. The reason to drop it, with
// its bytes as they were; else it may leave. An address and port that nobody translates pass.
//
// The state of a connection is found from both sides by what the backend sees: its own address and
// port, those of the client, the interface. Flows that go to the backend directly are kept, too, so
// that none of them looks like a translated one: when two clash, the later one gets another source
// port. A backend that is its own client sees the virtual IP as the client's address, because it
// would not accept its own.
[[nodiscard]] std::optional<DropReason> translate_to_backend(ForwardContext& context, Packet packet,
                                                             InterfaceId interface) noexcept;

// A packet that such an interface received; what belongs to no connection passes.
[[nodiscard]] std::optional<DropReason> translate_from_backend(ForwardContext& context,
                                                               Packet packet) noexcept;

// An ICMP error about a translated connection of this node, to its virtual IP: goes to the backend
// that the connection has, whichever a policy would choose. Nothing when it is not one.
[[nodiscard]] std::optional<Verdict> error_to_own_backend(ForwardContext& context,
                                                          Packet packet) noexcept;

// What stands at a place of the table of connections; nothing when that is no connection. Any
// thread.
[[nodiscard]] std::optional<ConnectionInfo> connection_at(const FlowTable& table, std::uint32_t set,
                                                          unsigned way,
                                                          std::uint64_t now_tsc) noexcept;

}  // namespace sextant
