// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PrefixTrie: longest-prefix match for what is not a host prefix; all tables and both families
// share one pool of nodes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <sextant/net/ip_address.hpp>
#include <sextant/tables/lookup_result.hpp>

#include "exact_table.hpp"

namespace sextant {

// A multibit trie with a stride of 8 bits, prefix expansion and leaf pushing: a lookup reads one
// 4-byte entry per byte of the matched prefix. A VRF costs one node (1 KiB), not the 64 MiB of a
// DIR-24 table. The way to IPv6 nodes of 40 bits is cut short: see jumps_.
class PrefixTrie {
 public:
  PrefixTrie() = default;

  // Adds or replaces a prefix (masked) of any length, 0 included. Control thread, on a trie that no
  // lcore reads.
  void upsert(TableScope scope, const IpPrefix& prefix, LookupResult result);
  // Removes; false when it was not there. Control thread, on a trie that no lcore reads.
  bool erase(TableScope scope, const IpPrefix& prefix);

  [[nodiscard]] std::size_t size() const { return routes_.size(); }
  // Nodes that hold a prefix, root nodes included.
  [[nodiscard]] std::size_t node_count() const { return nodes_.size() - free_nodes_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const;

  // The result of the longest prefix that contains each key; DropReason::lookup_no_route when none
  // does. Walks all keys in step, so that their cache misses overlap.
  void find_bulk(const LookupKey* const* keys, unsigned count, LookupResult* results) const;
  // The same for one key: the quickest way while the trie fits into a core's own cache.
  [[nodiscard]] bool is_small() const { return nodes_.size() <= kFewNodes; }
  [[nodiscard]] LookupResult find(const LookupKey& key) const {
    const auto* address = reinterpret_cast<const std::uint8_t*>(&key);
    std::uint32_t word = key.scope < roots_.size() ? roots_[key.scope] : kNoNode;
    if (unlikely(word == kNoNode)) return {};
    // No entry of a node at the last depth is a child, so the walk ends.
    do {
      word = nodes_[word & kIndexMask][*address++];
    } while (is_child(word));
    return LookupResult::from_word(word);
  }

 private:
  // An entry is a result, or a child node when its upper four bits are kChildTag (no
  // LookupResult::Kind has that value).
  static constexpr std::uint32_t kChildTag = 0xfu << 28;
  static constexpr std::uint32_t kIndexMask = (1u << 28) - 1;
  static constexpr std::uint32_t kNoNode = kIndexMask;
  static constexpr unsigned kMaxDepth = 16;  // nodes on the way to a /128
  // Prefixes of most tables are longer than 40 bits, and of 48 mostly: one more entry is read then.
  static constexpr unsigned kJumpDepth = 5;
  static constexpr unsigned kTurn = 64;          // keys that are walked together
  static constexpr std::size_t kFewNodes = 512;  // they fit into a core's own cache
  // The first kJumpDepth bytes of an address in a native word.
  static constexpr std::uint64_t kJumpMask = std::endian::native == std::endian::little
                                                 ? (std::uint64_t{1} << 8 * kJumpDepth) - 1
                                                 : ~std::uint64_t{0} << (64 - 8 * kJumpDepth);
  using Node = std::array<std::uint32_t, 256>;
  // What only the writer needs to know of a node.
  struct NodeInfo {
    // Length plus one of the prefix that each entry came from; 0: from none.
    std::array<std::uint8_t, 256> origin{};
    // Entries that are a child, or came from a prefix that is longer than the way to this node. The
    // rest was pushed down from above; when there is nothing else the node can go.
    std::uint16_t own_entries = 0;
  };
  // An entry as the writer sees it.
  struct Leaf {
    std::uint32_t word = LookupResult().word();
    std::uint8_t origin = 0;
  };
  // The entries of one node that a prefix expands to.
  struct Span {
    unsigned depth = 0;  // of the node: bytes of address consumed before it
    unsigned first = 0;
    unsigned count = 0;
  };
  // By length; bits as in an address.
  using LengthCounts = std::array<std::uint32_t, 129>;

  static bool is_child(std::uint32_t word) { return word >= kChildTag; }
  static Span span_of(const IpPrefix& prefix);
  static LookupKey route_key(TableScope scope, const IpPrefix& prefix);

  static bool is_ipv6(TableScope scope) {
    return (scope & 1) == (table_scope(0, Family::kIpv6) & 1);
  }
  // The key of the node that an IPv6 address leads to at kJumpDepth.
  static LookupKey jump_key(TableScope scope, std::uint64_t high) {
    LookupKey key;
    key.high = high & kJumpMask;
    key.low = 0;
    key.scope = scope;
    return key;
  }
  // Walks keys in step from their nodes at depth on; walking: their positions.
  void walk_in_step(const LookupKey* const* keys, std::uint16_t* walking, unsigned left,
                    unsigned depth, LookupResult* results) const;

  std::uint32_t new_node(Leaf fill);
  void free_node(std::uint32_t node);
  void set_entry(std::uint32_t node, unsigned depth, unsigned at, Leaf leaf);
  void push_down(std::uint32_t node, unsigned depth, unsigned first, unsigned count, Leaf leaf);
  void replace(std::uint32_t node, unsigned depth, unsigned first, unsigned count,
               std::uint8_t origin, Leaf leaf);
  [[nodiscard]] Leaf covering(TableScope scope, const IpPrefix& prefix) const;
  void collapse(TableScope scope, const IpPrefix& prefix, const std::uint32_t* path,
                unsigned depth);

  std::vector<Node> nodes_;
  std::vector<NodeInfo> infos_;
  std::vector<std::uint32_t> free_nodes_;
  std::vector<std::uint32_t> roots_;         // by scope; kNoNode when the table has no prefix
  std::vector<LengthCounts> length_counts_;  // by scope
  ExactTable routes_;                        // (scope, prefix) -> result: what a removal uncovers
  // (scope, first 40 bits) -> the node that they lead to.
  ExactTable jumps_;
};

}  // namespace sextant
