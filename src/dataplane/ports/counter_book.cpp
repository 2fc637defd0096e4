// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// CounterBook: ids in use, and what is taken off each.
#include "counter_book.hpp"

#include <utility>

namespace sextant {

namespace {

PacketTotal total(const PacketCounter& counter) {
  const PacketCounter now = counter.read();
  return {now.packets, now.bytes};
}

SidTotal total(const SidCounter& counter) {
  return {total(counter.good), total(counter.bad)};
}

void add(PacketTotal& to, const PacketTotal& more) {
  to += more;
}
void add(SidTotal& to, const SidTotal& more) {
  to.good += more.good;
  to.bad += more.bad;
}

// Never below zero, should a counter be read before what was written down of it.
PacketTotal without(const PacketTotal& all, const PacketTotal& former) {
  return {all.packets > former.packets ? all.packets - former.packets : 0,
          all.bytes > former.bytes ? all.bytes - former.bytes : 0};
}
SidTotal without(const SidTotal& all, const SidTotal& former) {
  return {without(all.good, former.good), without(all.bad, former.bad)};
}

// span_of: the counters of the kind.
template <typename Total, typename T, typename SpanOf>
void write_down(const std::vector<bool>& used, std::unordered_map<std::uint32_t, Total>& former,
                const ObjectChanges<T>& change, std::span<const Counters* const> counters,
                SpanOf span_of) {
  for (const T& object : change.upserts) {
    if (object.id < used.size() && used[object.id]) continue;
    Total sum;
    for (const Counters* one : counters) {
      const auto span = span_of(*one);
      if (object.id < span.size()) add(sum, total(span[object.id]));
    }
    if (sum == Total{}) {
      former.erase(object.id);
    } else {
      former[object.id] = sum;
    }
  }
}

template <typename T>
void mark(std::vector<bool>& used, const ObjectChanges<T>& change) {
  for (const std::uint32_t id : change.removals) {
    if (id < used.size()) used[id] = false;
  }
  for (const T& object : change.upserts) {
    if (object.id >= used.size()) used.resize(object.id + std::size_t{1});
    used[object.id] = true;
  }
}

template <typename Total>
void take_off(std::vector<Total>& sums, const std::vector<bool>& used,
              const std::unordered_map<std::uint32_t, Total>& former) {
  for (const auto& [id, before] : former) {
    if (id < sums.size()) sums[id] = without(sums[id], before);
  }
  // What is left behind on a free id belongs to nobody.
  for (std::size_t id = 0; id < sums.size(); ++id) {
    if (!used[id]) sums[id] = Total{};
  }
}

}  // namespace

void CounterBook::open(const TableDiff& change, std::span<const Counters* const> counters) {
  write_down(local_sids_.used, local_sids_.former, change.local_sids, counters,
             [](const Counters& c) { return c.local_sids; });
  write_down(policies_.used, policies_.former, change.policies, counters,
             [](const Counters& c) { return c.policies; });
  write_down(segment_lists_.used, segment_lists_.former, change.segment_lists, counters,
             [](const Counters& c) { return c.segment_lists; });
  write_down(steerings_.used, steerings_.former, change.steerings, counters,
             [](const Counters& c) { return c.steerings; });
  write_down(interfaces_rx_.used, interfaces_rx_.former, change.interfaces, counters,
             [](const Counters& c) { return c.interfaces_rx; });
  write_down(interfaces_tx_.used, interfaces_tx_.former, change.interfaces, counters,
             [](const Counters& c) { return c.interfaces_tx; });
}

void CounterBook::commit(const TableDiff& change) {
  mark(local_sids_.used, change.local_sids);
  mark(policies_.used, change.policies);
  mark(segment_lists_.used, change.segment_lists);
  mark(steerings_.used, change.steerings);
  mark(interfaces_rx_.used, change.interfaces);
  mark(interfaces_tx_.used, change.interfaces);
}

CountersSnapshot CounterBook::snapshot(std::span<const Counters* const> counters) const {
  const CounterLimits limits{.local_sids = local_sids_.used.size(),
                             .policies = policies_.used.size(),
                             .segment_lists = segment_lists_.used.size(),
                             .steerings = steerings_.used.size(),
                             .interfaces = interfaces_rx_.used.size()};
  CountersSnapshot sum;
  for (const Counters* one : counters)
    add_counters(sum, *one, limits);
  take_off(sum.local_sids, local_sids_.used, local_sids_.former);
  take_off(sum.policies, policies_.used, policies_.former);
  take_off(sum.segment_lists, segment_lists_.used, segment_lists_.former);
  take_off(sum.steerings, steerings_.used, steerings_.former);
  take_off(sum.interfaces_rx, interfaces_rx_.used, interfaces_rx_.former);
  take_off(sum.interfaces_tx, interfaces_tx_.used, interfaces_tx_.former);
  return sum;
}

}  // namespace sextant
