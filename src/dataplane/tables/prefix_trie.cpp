// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PrefixTrie: expansion and removal of prefixes, bulk lookup.
#include "prefix_trie.hpp"

#include <algorithm>

namespace sextant {

PrefixTrie::Span PrefixTrie::span_of(const IpPrefix& prefix) {
  if (prefix.len == 0) return {0, 0, 256};
  const unsigned depth = (prefix.len - 1u) / 8u;
  const unsigned count = 1u << (8 * (depth + 1) - prefix.len);
  return {depth, prefix.address.data()[depth] & ~(count - 1), count};
}

LookupKey PrefixTrie::route_key(TableScope scope, const IpPrefix& prefix) {
  const TableScope with_length = scope << 8 | prefix.len;
  return prefix.address.is_v6() ? LookupKey(with_length, prefix.address.v6)
                                : LookupKey(with_length, prefix.address.v4);
}

std::uint32_t PrefixTrie::new_node(Leaf fill) {
  std::uint32_t node = static_cast<std::uint32_t>(nodes_.size());
  if (free_nodes_.empty()) {
    nodes_.emplace_back();
    infos_.emplace_back();
  } else {
    node = free_nodes_.back();
    free_nodes_.pop_back();
  }
  nodes_[node].fill(fill.word);
  infos_[node].origin.fill(fill.origin);
  infos_[node].own_entries = 0;
  return node;
}

void PrefixTrie::free_node(std::uint32_t node) {
  free_nodes_.push_back(node);
  if (free_nodes_.size() < nodes_.size()) return;
  // Nothing is left: give the memory of what may have been a full table back.
  nodes_ = std::vector<Node>();
  infos_ = std::vector<NodeInfo>();
  free_nodes_ = std::vector<std::uint32_t>();
}

// Own entries come from a prefix longer than 8 * depth bits.
void PrefixTrie::set_entry(std::uint32_t node, unsigned depth, unsigned at, Leaf leaf) {
  NodeInfo& info = infos_[node];
  const auto is_own = [&](std::uint32_t word, std::uint8_t origin) {
    return is_child(word) || origin > 8 * depth + 1;
  };
  info.own_entries =
      static_cast<std::uint16_t>(info.own_entries - is_own(nodes_[node][at], info.origin[at]) +
                                 is_own(leaf.word, leaf.origin));
  nodes_[node][at] = leaf.word;
  info.origin[at] = leaf.origin;
}

// Overwrites what came from shorter prefixes or the same one.
void PrefixTrie::push_down(std::uint32_t node, unsigned depth, unsigned first, unsigned count,
                           Leaf leaf) {
  for (unsigned at = first; at < first + count; ++at) {
    const std::uint32_t word = nodes_[node][at];
    if (is_child(word)) {
      push_down(word & kIndexMask, depth + 1, 0, 256, leaf);
    } else if (infos_[node].origin[at] <= leaf.origin) {
      set_entry(node, depth, at, leaf);
    }
  }
}

// Overwrites what came from the prefix of length origin - 1.
void PrefixTrie::replace(std::uint32_t node, unsigned depth, unsigned first, unsigned count,
                         std::uint8_t origin, Leaf leaf) {
  for (unsigned at = first; at < first + count; ++at) {
    const std::uint32_t word = nodes_[node][at];
    if (is_child(word)) {
      replace(word & kIndexMask, depth + 1, 0, 256, origin, leaf);
    } else if (infos_[node].origin[at] == origin) {
      set_entry(node, depth, at, leaf);
    }
  }
}

void PrefixTrie::upsert(TableScope scope, const IpPrefix& prefix, LookupResult result) {
  if (scope >= roots_.size()) {
    roots_.resize(scope + 1, kNoNode);
    length_counts_.resize(scope + 1);
  }
  const std::size_t before = routes_.size();
  routes_.upsert(route_key(scope, prefix), result);
  if (routes_.size() != before) ++length_counts_[scope][prefix.len];

  if (roots_[scope] == kNoNode) roots_[scope] = new_node({});
  const Span span = span_of(prefix);
  std::uint32_t node = roots_[scope];
  for (unsigned depth = 0; depth < span.depth; ++depth) {
    const unsigned at = prefix.address.data()[depth];
    const std::uint32_t word = nodes_[node][at];
    std::uint32_t child = word & kIndexMask;
    if (!is_child(word)) {
      child = new_node({word, infos_[node].origin[at]});
      set_entry(node, depth, at, {kChildTag | child, 0});
      if (depth + 1 == kJumpDepth && is_ipv6(scope)) {
        jumps_.upsert(jump_key(scope, prefix.address.v6.raw_high()),
                      LookupResult::from_word(child));
      }
    }
    node = child;
  }
  push_down(node, span.depth, span.first, span.count,
            {result.word(), static_cast<std::uint8_t>(prefix.len + 1)});
}

// The next shorter prefix around one that goes.
PrefixTrie::Leaf PrefixTrie::covering(TableScope scope, const IpPrefix& prefix) const {
  for (unsigned len = prefix.len; len-- > 0;) {
    if (length_counts_[scope][len] == 0) continue;
    const IpPrefix shorter = IpPrefix{prefix.address, static_cast<std::uint8_t>(len)}.masked();
    const LookupKey key = route_key(scope, shorter);
    LookupResult result;
    if (routes_.find(key, ExactTable::hash(key), &result)) {
      return {result.word(), static_cast<std::uint8_t>(len + 1)};
    }
  }
  return {};
}

bool PrefixTrie::erase(TableScope scope, const IpPrefix& prefix) {
  if (scope >= roots_.size() || !routes_.erase(route_key(scope, prefix))) return false;
  --length_counts_[scope][prefix.len];
  const Span span = span_of(prefix);
  std::array<std::uint32_t, kMaxDepth> path;
  path[0] = roots_[scope];
  for (unsigned depth = 0; depth < span.depth; ++depth) {
    path[depth + 1] = nodes_[path[depth]][prefix.address.data()[depth]] & kIndexMask;
  }
  replace(path[span.depth], span.depth, span.first, span.count,
          static_cast<std::uint8_t>(prefix.len + 1), covering(scope, prefix));
  collapse(scope, prefix, path.data(), span.depth);
  return true;
}

// A node whose entries were all pushed down from above becomes one entry of its parent again.
void PrefixTrie::collapse(TableScope scope, const IpPrefix& prefix, const std::uint32_t* path,
                          unsigned depth) {
  for (; infos_[path[depth]].own_entries == 0; --depth) {
    const std::uint32_t node = path[depth];
    const Leaf leaf{nodes_[node][0], infos_[node].origin[0]};
    if (depth == 0) {
      if (leaf.origin == 0) {
        roots_[scope] = kNoNode;
        free_node(node);
      }
      return;
    }
    set_entry(path[depth - 1], depth - 1, prefix.address.data()[depth - 1], leaf);
    if (depth == kJumpDepth && is_ipv6(scope)) {
      jumps_.erase(jump_key(scope, prefix.address.v6.raw_high()));
    }
    free_node(node);
  }
}

std::size_t PrefixTrie::memory_bytes() const {
  return nodes_.capacity() * sizeof(Node) + infos_.capacity() * sizeof(NodeInfo) +
         free_nodes_.capacity() * sizeof(std::uint32_t) +
         roots_.capacity() * sizeof(std::uint32_t) +
         length_counts_.capacity() * sizeof(LengthCounts) + routes_.memory_bytes() +
         jumps_.memory_bytes();
}

void PrefixTrie::walk_in_step(const LookupKey* const* keys, std::uint16_t* walking, unsigned left,
                              unsigned depth, LookupResult* results) const {
  const Node* const nodes = nodes_.data();
  for (; left != 0; ++depth) {
    unsigned still = 0;
    for (unsigned n = 0; n < left; ++n) {
      const unsigned i = walking[n];
      const auto* const address = reinterpret_cast<const std::uint8_t*>(keys[i]);
      const std::uint32_t word = nodes[results[i].word()][address[depth]];
      results[i] = LookupResult::from_word(word);
      if (is_child(word)) {
        const std::uint32_t child = word & kIndexMask;
        results[i] = LookupResult::from_word(child);
        rte_prefetch0(&nodes[child][address[depth + 1]]);
        walking[still++] = static_cast<std::uint16_t>(i);
      }
    }
    left = still;
  }
}

void PrefixTrie::find_bulk(const LookupKey* const* keys, unsigned count,
                           LookupResult* results) const {
  for (; count > kTurn; count -= kTurn, keys += kTurn, results += kTurn) {
    find_bulk(keys, kTurn, results);
  }
  if (is_small()) {
    for (unsigned i = 0; i < count; ++i)
      results[i] = find(*keys[i]);
    return;
  }
  std::array<std::uint64_t, kTurn> hashes;
  for (unsigned i = 0; i < count; ++i) {
    if (!is_ipv6(keys[i]->scope)) continue;
    hashes[i] = ExactTable::hash(jump_key(keys[i]->scope, keys[i]->high));
    jumps_.prefetch(hashes[i]);
  }
  // While a key is walking its result holds the node it stands on.
  std::array<std::uint16_t, kTurn> jumped;
  std::array<std::uint16_t, kTurn> at_root;
  unsigned jumps = 0;
  unsigned roots = 0;
  for (unsigned i = 0; i < count; ++i) {
    const TableScope scope = keys[i]->scope;
    const auto* const address = reinterpret_cast<const std::uint8_t*>(keys[i]);
    if (is_ipv6(scope) && jumps_.find(jump_key(scope, keys[i]->high), hashes[i], &results[i])) {
      rte_prefetch0(&nodes_[results[i].word()][address[kJumpDepth]]);
      jumped[jumps++] = static_cast<std::uint16_t>(i);
      continue;
    }
    const std::uint32_t root = scope < roots_.size() ? roots_[scope] : kNoNode;
    results[i] = root == kNoNode ? LookupResult() : LookupResult::from_word(root);
    if (root != kNoNode) at_root[roots++] = static_cast<std::uint16_t>(i);
  }
  walk_in_step(keys, at_root.data(), roots, 0, results);
  walk_in_step(keys, jumped.data(), jumps, kJumpDepth, results);
}

}  // namespace sextant
