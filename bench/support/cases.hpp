// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The traffic that benches measure: for each behavior and headend the tables and the packets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sextant/tables/forwarding_tables.hpp>

namespace sextant::bench {

// One row of the table of results.
struct Case {
  std::string name;       // "End.DT6"
  std::string inner;      // "IPv6", "IPv4", "L2"
  unsigned bytes = 64;    // of the inner packet
  unsigned objects = 1;   // local SIDs, policies or routes that the traffic is spread over
  unsigned segments = 1;  // of a segment list
  unsigned lists = 1;     // per policy

  [[nodiscard]] std::string id() const;
};

// A case made concrete. Frames are received on port 0 and leave by port 1.
struct Workload {
  ForwardingTables tables;
  std::vector<std::uint8_t> frame;
  // Where a frame names its object, and what it writes there for object i: the destination address
  // of 16 bytes (4 for plain IPv4), or nothing when there is only one object.
  unsigned address_at = 0;
  unsigned address_bytes = 0;
  std::function<void(unsigned object, std::uint8_t* address)> write_address;
  // Bytes of the source port of the inner packet, so that flows differ; 0: none.
  unsigned flow_at = 0;
};

// All cases of the given sizes and object counts.
[[nodiscard]] std::vector<Case> all_cases(const std::vector<unsigned>& bytes,
                                          const std::vector<unsigned>& objects);

[[nodiscard]] Workload make_workload(const Case& c);

}  // namespace sextant::bench
