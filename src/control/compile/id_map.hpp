// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// IdMap: which object has which id; a value that survives from one compile() to the next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

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
  kTranslation,
};
inline constexpr std::size_t kIdKinds = 12;

// Ids by kind and natural key (a name, a prefix with its table ...).
struct IdMap {
  using Keys = std::unordered_map<std::string, std::uint32_t>;
  std::array<Keys, kIdKinds> ids;

  // Not left to the compiler: Clang 14 forgets the constructor of the maps where an IdMap is only
  // made as a default argument.
  IdMap() {}  // NOLINT(modernize-use-equals-default)

  friend bool operator==(const IdMap&, const IdMap&) = default;
};

// Hands out ids. A key that previous knows keeps its id. A new key gets the lowest id that neither
// previous nor this run has given to another key: the id of an object that went away is free again
// only one generation later, so that a counter is never shared by two objects of neighboring
// generations.
//
// For one compile(): ask for every key. To go on from there: settle(), then ask for new keys,
// release() those that went away, and settle() again, or undo() all of it.
class IdAllocator {
 public:
  // previous must outlive the first settle().
  explicit IdAllocator(const IdMap& previous);

  // The id of a key; the same each time. Callers ask in sorted order of their keys, so that new ids
  // do not depend on the order of the input.
  std::uint32_t id(IdKind kind, const std::string& key);
  // The id of a key that was asked for already.
  [[nodiscard]] std::optional<std::uint32_t> find(IdKind kind, const std::string& key) const;

  // The object is gone. Its id comes back when it is asked for again before settle().
  void release(IdKind kind, const std::string& key);
  // What there is now is the previous generation of what comes.
  void settle();
  // Back to the last settle().
  void undo();

  // The keys that were asked for and not released.
  [[nodiscard]] const IdMap& current() const { return current_; }

 private:
  struct Space {
    std::set<std::uint32_t> gaps;  // free ids below end
    std::uint32_t end = 0;
  };
  struct Step {
    enum class What : std::uint8_t { kNew, kRevived, kReleased };
    What what;
    IdKind kind;
    std::string key;
    std::uint32_t id;
  };

  void fill_spaces(const IdMap& taken);

  const IdMap* previous_;  // of the first run only
  IdMap current_;
  IdMap gone_;  // released since the last settle()
  std::array<Space, kIdKinds> spaces_;
  std::vector<Step> steps_;  // since the last settle(), but for the first run
};

}  // namespace sextant
