// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Connections of service backends, and how full the tables of flows are.
#pragma once

#include <cstdint>
#include <string_view>

#include <sextant/net/ip_address.hpp>
#include <sextant/tables/lookup_result.hpp>

namespace sextant {

// A connection as its client knows it (client, service) and as the backend does (peer, backend).
// Peer and client differ when two connections clashed, or when the backend is its own client.
struct ConnectionInfo {
  struct End {
    IpAddress address;
    std::uint16_t port = 0;

    friend bool operator==(const End&, const End&) = default;
  };
  InterfaceId interface = kNoInterface;  // of the backend
  std::uint8_t protocol = 0;
  End client;
  End service;
  End peer;
  End backend;
  std::string_view state;    // "established"
  std::uint32_t idle_s = 0;  // since the last packet

  friend bool operator==(const ConnectionInfo&, const ConnectionInfo&) = default;
};

// One table of flows.
struct FlowTableUse {
  std::uint64_t capacity = 0;  // places; sets fill up before all of them are taken
  std::uint64_t used = 0;
  std::uint64_t evictions = 0;  // flows that gave way to others before their time
};

struct FlowUse {
  FlowTableUse connections;
  FlowTableUse choices;
};

}  // namespace sextant
