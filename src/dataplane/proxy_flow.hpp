// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Which flow a packet on its way through a service function belongs to.
#pragma once

#include "packet.hpp"
#include "proxy_cache.hpp"

namespace sextant {

// The flow of the packet or frame at the start of data, as meta.kind says. IP: addresses, protocol
// and, where the packet shows them, ports of TCP, UDP and SCTP. Frame: MAC addresses, VLAN id,
// ethertype. Keys of different return interfaces differ, so that several SIDs can share a function.
// skip_tag: the first VLAN tag of a frame is the interface's own and gone when the frame returns.
ProxyFlowKey proxy_flow_key(Packet packet, InterfaceId return_interface,
                            bool skip_tag = false) noexcept;

}  // namespace sextant
