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

enum class Flows : std::uint8_t {
  kRepeated,  // all packets of a burst are of one flow, those of the next of another
  kRandom,    // every packet is of an object and a flow of its own
};

// One row of the table of results.
struct Case {
  std::string name;       // "End.DT6"; "End.AD back": from the service function
  std::string inner;      // "IPv6", "IPv4", "L2"
  unsigned bytes = 64;    // of the inner packet
  unsigned objects = 1;   // local SIDs, policies or routes that the traffic is spread over
  unsigned segments = 1;  // of a segment list
  unsigned lists = 1;     // per policy
  Flows flows = Flows::kRepeated;

  [[nodiscard]] std::string id() const;
};

// Flows per object. Few enough for a proxy cache to keep them all.
inline constexpr unsigned kFlows = 1024;

// A case made concrete. Frames are received on port 0 and leave by port 1.
struct Workload {
  ForwardingTables tables;
  std::vector<std::uint8_t> frame;  // of object 0 and flow 0
  // Where a frame names its object, and the address that it names; none when there is only one.
  unsigned object_at = 0;
  std::function<IpAddress(unsigned object)> object_address;
  // Where two bytes of a frame say which flow it is of: the end of the address that is looked up
  // last, as far as one entry covers all of them, and the source port of the inner packet.
  std::vector<unsigned> flow_at;
  // Each object has one flow only: a proxy keeps the header of a flow, and would write it again
  // whenever another SID takes the same one.
  bool flow_of_object = false;
  // The IPv4 header whose checksum covers them; 0: none.
  unsigned ipv4_at = 0;
  // Frames that port 1 receives before, one for each flow: what the function then returns.
  std::function<std::vector<std::uint8_t>(unsigned flow)> prime;

  // Makes a frame, which holds `frame`, that of an object and a flow.
  void write(std::uint8_t* to, unsigned object, unsigned flow) const;
};

// What the rows of a table are made of.
struct Grid {
  std::vector<unsigned> bytes = {64};
  std::vector<unsigned> objects = {1};
  std::vector<Flows> flows = {Flows::kRepeated, Flows::kRandom};
  std::string filter;  // only cases whose id contains this
};
[[nodiscard]] std::vector<Case> all_cases(const Grid& grid);

[[nodiscard]] Workload make_workload(const Case& c);

}  // namespace sextant::bench
