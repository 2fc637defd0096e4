// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Churn: tables, frames and what the frames tell.
#include "churn.hpp"

#include <cstring>
#include <utility>

#include "tables_builder.hpp"

namespace sextant::test {

namespace {

using Kind = LookupResult::Kind;

constexpr AdjacencyId kPlain = 0;     // of what never changes
constexpr AdjacencyId kTagged = 1;    // its MAC address is the tag
constexpr AdjacencyId kEven = 2;      // kEven and kEven + 1: last byte of the MAC address is parity
constexpr std::uint32_t kFirst = 16;  // ids of what comes and goes
constexpr std::uint32_t kFirstLoad = 4'000;  // ids of what is reloaded
constexpr std::uint32_t kChangingAdjacencies = 100;
constexpr std::array<std::uint8_t, 4> kMark{0x5e, 0xc7, 0xa9, 0x7e};

LookupResult to(AdjacencyId id) {
  return {Kind::kAdjacency, id};
}

void put32(std::uint8_t* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i)
    at[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}
std::uint32_t get32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

// value in bytes 4 to 7 of the address, or in its last four.
Ipv6Address upper(const char* base, std::uint32_t value) {
  V6 out(base);
  put32(&out.bytes[4], value);
  return out;
}
Ipv6Address lower(const char* base, std::uint32_t value) {
  V6 out(base);
  put32(&out.bytes[12], value);
  return out;
}
IpPrefix host(const Ipv6Address& address) {
  return {address, 128};
}

MacAddress mac_of(std::uint8_t kind, std::uint32_t value) {
  MacAddress out{{0x02, kind, 0, 0, 0, 0}};
  put32(&out.bytes[2], value);
  return out;
}

Adjacency adjacency(AdjacencyId id, const MacAddress& mac) {
  return {.id = id,
          .interface = 1,
          .next_hop = lower("2001:db8:2::", 0x100 + id),
          .mac = mac,
          .resolved = true,
          .permanent = true};
}

LocalSid dx6(LocalSidId id, const Ipv6Address& sid, AdjacencyId forward) {
  LocalSid out{.id = id, .sid = sid, .behavior = Behavior::kEndDx6};
  out.args.forward = to(forward);
  return out;
}

SegmentList list_to(SegmentListId id, const Ipv6Address& segment) {
  SegmentList out{.id = id, .segments = {segment}};
  out.outer.source = V6("2001:db8:2::1");
  out.first_hop = to(kPlain);
  return out;
}

Ipv6Address coming_sid(std::uint32_t k) {
  return lower("fcbb:1::", k);
}
Ipv6Address coming_route(std::uint32_t k) {
  return lower("2001:db8:d::", k);
}

// With two lists each, in an order that changes.
Policy coming_policy(std::uint32_t k, std::uint32_t turn) {
  Policy out{.id = kFirst + k};
  out.lists = {kFirst + 2 * k, kFirst + 2 * k + 1};
  for (std::uint32_t i = 0; i < 16; ++i)
    out.slots.push_back(static_cast<std::uint16_t>((i + turn) % 3 == 0));
  return out;
}

}  // namespace

ForwardingTables ChurnTables::base() {
  TablesBuilder t;
  t.port(0, {"2001:db8:1::1/64"});
  t.port(1, {"2001:db8:2::1/64"});
  t.settings().icmp_errors_per_second = 0;
  ForwardingTables& tables = t.tables();
  tables.adjacencies = {adjacency(kPlain, mac_of(0xaa, 0)), adjacency(kTagged, mac_of(0xbb, 0)),
                        adjacency(kEven, mac_of(0xcc, 0)), adjacency(kEven + 1, mac_of(0xcc, 1))};
  t.route("2001:db8:a::/48", to(kTagged));
  tables.segment_lists = {list_to(0, upper("fc00::e", 0))};
  t.steer("2001:db8:b::/48", t.policy({0}));
  t.route("2001:db8:c::1/128", to(kEven));
  t.route("2001:db8:100::/48", to(kPlain));
  t.route("fcbb:1::/64", to(kPlain));
  tables.local_sids = {dx6(0, V6("fcbb::e"), kEven)};
  t.route("fcbb::e/128", {Kind::kLocalSid, 0});
  for (std::uint32_t k = 0; k < kChangingAdjacencies; ++k)
    tables.adjacencies.push_back(adjacency(kFirst + k, mac_of(0xdd, 0)));
  for (std::uint32_t k = 0; k < kChurnObjects; ++k) {
    for (std::uint32_t list = 0; list < 2; ++list) {
      tables.segment_lists.push_back(list_to(kFirst + 2 * k + list, upper("fc00::f", k)));
    }
    tables.policies.push_back(coming_policy(k, 0));
  }
  return t.take();
}

void ChurnTables::change_sid(std::uint32_t k, TableDiff& out) {
  const Ipv6Address sid = coming_sid(k);
  if (has_sid_[k]) {
    out.local_sids.removals = {kFirst + k};
    out.fib_removals = {{0, host(sid)}};
  } else {
    out.local_sids.upserts = {dx6(kFirst + k, sid, kPlain)};
    out.fib_upserts = {{0, host(sid), {Kind::kLocalSid, kFirst + k}}};
  }
  has_sid_[k] = !has_sid_[k];
}

void ChurnTables::change_route(std::uint32_t k, TableDiff& out) {
  const IpPrefix one = host(coming_route(k));
  const IpPrefix other{upper("2001:db8::", 0xe0000 + k), 64};
  if (has_route_[k]) {
    out.fib_removals = {{0, one}, {0, other}};
  } else {
    out.fib_upserts = {{0, one, to(kPlain)}, {0, other, to(kPlain)}};
  }
  has_route_[k] = !has_route_[k];
}

TableDiff ChurnTables::next() {
  TableDiff out;
  const std::uint32_t turn = count_ / 5;
  const std::uint32_t k = turn % kChurnObjects;
  switch (count_++ % 5) {
    case 0: change_sid(k, out); break;
    case 1:
      out.segment_lists.upserts = {list_to(kFirst + 2 * k, upper("fc00::f", turn))};
      out.policies.upserts = {coming_policy(k, turn)};
      break;
    case 2: change_route(k, out); break;
    case 3:
      out.adjacencies.upserts = {adjacency(kFirst + k % kChangingAdjacencies, mac_of(0xdd, turn))};
      break;
    default:
      ++tag_;
      out.adjacencies.upserts = {adjacency(kTagged, mac_of(0xbb, tag_))};
      out.segment_lists.upserts = {list_to(0, upper("fc00::e", tag_))};
      out.local_sids.upserts = {dx6(0, V6("fcbb::e"), kEven + tag_ % 2)};
      out.fib_upserts = {{0, Prefix("2001:db8:c::1/128"), to(kEven + tag_ % 2)}};
  }
  return out;
}

TableDiff ChurnTables::reload(const Load& load, unsigned variant) {
  TableDiff out;
  const AdjacencyId adjacency = variant % 2 == 0 ? kPlain : kFirst;
  for (std::uint32_t i = 0; i < load.routes; ++i)
    out.fib_upserts.push_back({0, {upper("2001:db9::", i), 64}, to(adjacency)});
  for (std::uint32_t i = 0; i < load.local_sids; ++i) {
    const Ipv6Address sid = lower("fcbb:2::", i);
    out.local_sids.upserts.push_back(dx6(kFirstLoad + i, sid, adjacency));
    out.fib_upserts.push_back({0, host(sid), {Kind::kLocalSid, kFirstLoad + i}});
  }
  for (std::uint32_t i = 0; i < load.policies; ++i) {
    out.segment_lists.upserts.push_back(list_to(kFirstLoad + i, upper("fc00::d", variant)));
    Policy policy{.id = kFirstLoad + i};
    policy.lists = {kFirstLoad + i};
    policy.slots.assign(variant % 2 == 0 ? 1 : 64, 0);
    out.policies.upserts.push_back(std::move(policy));
  }
  return out;
}

TableDiff ChurnTables::unload(const Load& load) {
  TableDiff out = reload(load, 0);
  for (const FibEntry& entry : out.fib_upserts)
    out.fib_removals.push_back({entry.table, entry.prefix});
  for (const LocalSid& sid : out.local_sids.upserts)
    out.local_sids.removals.push_back(sid.id);
  for (const SegmentList& list : out.segment_lists.upserts)
    out.segment_lists.removals.push_back(list.id);
  for (const Policy& policy : out.policies.upserts)
    out.policies.removals.push_back(policy.id);
  out.fib_upserts.clear();
  out.local_sids.upserts.clear();
  out.segment_lists.upserts.clear();
  out.policies.upserts.clear();
  return out;
}

Bytes churn_frame(ChurnFlow flow, std::uint32_t object) {
  const std::uint32_t k = object % kChurnObjects;
  const std::pair<Ipv6Address, bool> destinations[kChurnFlows] = {
      {lower("2001:db8:100::", object), false},
      {lower("2001:db8:a::", object), false},
      {lower("2001:db8:b::", object), false},
      {V6("fcbb::e"), true},
      {V6("2001:db8:c::1"), false},
      {coming_sid(k), true},
      {coming_route(k), false}};
  const auto& [destination, encapsulated] = destinations[static_cast<unsigned>(flow)];
  PacketBuilder builder;
  builder.ethernet(port_mac(0), peer_mac(0)).ipv6("2001:db8:1::2", destination);
  if (encapsulated) builder.ipv6("2001:db8:1::2", "2001:db8:100::1");
  Bytes out = builder.udp(static_cast<std::uint16_t>(object), 2).payload(16);
  std::memcpy(out.data() + out.size() - 5, kMark.data(), kMark.size());
  out.back() = static_cast<std::uint8_t>(flow);
  return out;
}

std::optional<ChurnFlow> BurstCheck::add(const std::uint8_t* frame, std::size_t bytes) {
  constexpr std::size_t kDestination = 14 + 24;  // of the outer IPv6 header
  if (bytes < 14 + 40 + 8 + 16) return std::nullopt;
  const std::uint8_t* const mark = frame + bytes - 5;
  if (std::memcmp(mark, kMark.data(), kMark.size()) != 0 || mark[4] >= kChurnFlows) {
    return std::nullopt;
  }
  const auto flow = static_cast<ChurnFlow>(mark[4]);
  switch (flow) {
    case ChurnFlow::kTaggedMac: see(get32(frame + 2)); break;
    case ChurnFlow::kTaggedList: see(get32(frame + kDestination + 4)); break;
    case ChurnFlow::kTaggedSid:
    case ChurnFlow::kTaggedRoute: see_parity(frame[5]); break;
    default: break;
  }
  return flow;
}

void BurstCheck::see(std::uint32_t tag) {
  if (tag_ && *tag_ != tag) agrees_ = false;
  tag_ = tag;
  see_parity(tag);
}

bool BurstCheck::finish() {
  bool good = agrees_ && parities_ != 3;
  if (tag_) {
    good = good && *tag_ >= last_;
    last_ = *tag_;
  }
  tag_.reset();
  parities_ = 0;
  agrees_ = true;
  return good;
}

}  // namespace sextant::test
