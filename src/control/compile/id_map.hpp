// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IdMap: which object has which id; a value that survives from one compile() to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace sextant {

// Each kind of object has its own id space that starts at 0.
enum class IdKind : std::uint8_t {
  kTable,
  kInterface,
  kAdjacency,
  kEcmpGroup,
  kLocalSid,
  kSegmentList,
  kPolicy,
  kSteering,
  kPortSteering,
  kVlanTable,
  kBridge,
};

// Ids by kind and natural key (a name, a prefix with its table ...).
struct IdMap {
  std::map<IdKind, std::map<std::string, std::uint32_t>> ids;

  friend bool operator==(const IdMap&, const IdMap&) = default;
};

// Hands out ids for one compile(). A key that previous knows keeps its id. A new key gets the
// lowest id that neither previous nor this run has given to another key: the id of an object that
// went away is free again only one compile() later, so that a counter is never shared by two
// objects of neighboring generations.
class IdAllocator {
 public:
  explicit IdAllocator(const IdMap& previous);

  // The id of a key; the same each time. Callers ask in sorted order of their keys, so that new ids
  // do not depend on the order of the input.
  std::uint32_t id(IdKind kind, const std::string& key);

  // The keys that were asked for.
  [[nodiscard]] const IdMap& current() const { return current_; }

 private:
  const IdMap& previous_;
  IdMap current_;
  std::map<IdKind, std::set<std::uint32_t>> taken_;  // by previous, or handed out
  std::map<IdKind, std::uint32_t> next_;             // no free id below
};

}  // namespace sextant
