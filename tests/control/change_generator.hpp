// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Random changes of a small node in which everything meets everything, and a slow, obvious way to
// apply them.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "control/model/state_change.hpp"
#include "control_fixtures.hpp"

namespace sextant::control_test {

// Two tables, ECMP, SIDs of all sorts, policies that lead into each other.
inline constexpr std::string_view kNode =
    "ports:\n"
    "  - {name: f, addresses: ['2001:db8::1/64', 10.0.0.1/24]}\n"
    "  - {name: g, addresses: ['2001:db8:1::1/64']}\n"
    "  - {name: c, table: red, addresses: ['2001:db8:2::1/64']}\n"
    "  - {name: d}\n"
    "  - {name: e}\n"
    "tables: [{name: red}]\n"
    "routes:\n"
    "  - {prefix: 'a0::/12', next_hop: '2001:db8::4'}\n"
    "  - {prefix: 'ad::/16', type: blackhole}\n"
    "bridges: [{name: br, remotes: [bridged]}]\n"
    "policies: [{name: bridged, segment_lists: [{segments: ['a1::1']}]}]\n";

template <typename T>
std::vector<T> edited(std::vector<T> objects, const auto& edits) {
  for (const auto& key : edits.removals)
    std::erase_if(objects, [&](const T& object) { return key_of(object) == key; });
  for (const T& object : edits.upserts) {
    std::erase_if(objects, [&](const T& old) { return key_of(old) == key_of(object); });
    objects.push_back(object);
  }
  return objects;
}

inline DesiredState edited(DesiredState state, const StateChange& change) {
  state.tables = edited(state.tables, change.tables);
  state.interfaces = edited(state.interfaces, change.interfaces);
  state.bridges = edited(state.bridges, change.bridges);
  state.policies = edited(state.policies, change.policies);
  state.routes = edited(state.routes, change.routes);
  state.local_sids = edited(state.local_sids, change.local_sids);
  state.steering = edited(state.steering, change.steering);
  state.neighbors = edited(state.neighbors, change.neighbors);
  state.translations = edited(state.translations, change.translations);
  return state;
}

class ChangeGenerator {
 public:
  explicit ChangeGenerator(unsigned seed) : random_(seed) {}

  bool chance(unsigned percent) { return number(100) < percent; }

  // Mostly one object, sometimes several, sometimes something that is wrong.
  StateChange next(const DesiredState& state) {
    StateChange out;
    const unsigned objects = chance(70) ? 1 : 1 + number(4);
    for (unsigned i = 0; i < objects; ++i) {
      switch (number(13)) {
        case 10:
        case 11: edit(out.translations, state.translations, translation()); break;
        case 12:
          if (chance(50)) {
            edit(out.tables, state.tables, DesiredTable{{}, chance(90) ? "blue" : "red", ""});
          } else {
            edit(out.bridges, state.bridges, bridge());
          }
          break;
        case 0:
        case 1:
        case 2:
        case 3: edit(out.policies, state.policies, policy()); break;
        case 4:
        case 5: edit(out.routes, state.routes, route()); break;
        case 6: edit(out.local_sids, state.local_sids, sid()); break;
        case 7:
        case 8: edit(out.steering, state.steering, rule()); break;
        default: edit(out.neighbors, state.neighbors, neighbor()); break;
      }
    }
    return out;
  }

 private:
  unsigned number(unsigned below) {
    return std::uniform_int_distribution<unsigned>(0, below - 1)(random_);
  }
  std::string one_of(const std::vector<std::string>& words) {
    return words[number(static_cast<unsigned>(words.size()))];
  }
  std::string table() { return chance(85) ? "main" : "red"; }
  Ipv6Address address(const std::vector<std::string>& words) {
    return *Ipv6Address::parse(one_of(words));
  }

  template <typename T, typename Key>
  void edit(ObjectEdits<T, Key>& edits, const std::vector<T>& there, T object) {
    if (!there.empty() && chance(35)) {
      edits.removals.push_back(key_of(there[number(static_cast<unsigned>(there.size()))]));
    } else if (chance(1)) {
      edits.removals.push_back(key_of(object));  // perhaps it is not there
    } else {
      edits.upserts.push_back(std::move(object));
    }
    if (chance(99)) drop_repeated(edits);  // else perhaps a mistake
  }

  template <typename T, typename Key>
  static void drop_repeated(ObjectEdits<T, Key>& edits) {
    std::vector<Key> seen;
    const auto again = [&](const Key& key) {
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) return true;
      seen.push_back(key);
      return false;
    };
    std::erase_if(edits.removals, again);
    std::erase_if(edits.upserts, [&](const T& object) { return again(key_of(object)); });
  }

  DesiredNextHop hop() {
    DesiredNextHop out;
    switch (number(12)) {
      case 0: out.interface = one_of({"f", "g", "c", "d", "e"}); break;
      case 1:
        out.address = IpAddress(address({"fe80::7"}));
        out.interface = "g";
        break;
      case 2: out.address = IpAddress(address({"ee::1", "2001:db8::1"})); break;  // wrong
      default:
        out.address = IpAddress(address(
            {"2001:db8::4", "2001:db8::5", "2001:db8::6", "2001:db8:1::4", "2001:db8:1::5"}));
    }
    out.weight = 1 + number(2);
    return out;
  }

  std::vector<DesiredNextHop> hops() {
    std::vector<DesiredNextHop> out{hop()};
    while (chance(25))
      out.push_back(hop());
    return out;
  }

  DesiredRoute route() {
    DesiredRoute out;
    out.table = table();
    out.prefix = prefix(one_of({"::/0", "a0::/12", "a1::/16", "a2::/16", "a3::/16", "a1::1/128",
                                "a2::/32", "b0::/16", "b0::1/128", "ad::/16", "ad::/32",
                                "10.1.0.0/16", "0.0.0.0/0", "2001:db8::/64", "2001:db8::7/128"}));
    if (chance(1)) out.prefix = prefix("2001:db8::1/128");  // own address
    out.type = static_cast<RouteType>(chance(75) ? 0 : 1 + number(3));
    if (out.type == RouteType::kForward) out.next_hops = hops();
    if (out.table == "red") {
      for (DesiredNextHop& h : out.next_hops) {
        h.interface = "c";
        if (h.address) h.address->v6.bytes[15] = 9;
      }
      if (out.next_hops.size() > 1) out.next_hops.resize(1);
    }
    return out;
  }

  DesiredLocalSid sid() {
    DesiredLocalSid out;
    out.table = table();
    out.sid = prefix(one_of(
        {"c0::1/128", "c0::2/128", "c0::3/128", "c0::4/128", "b0::1/128", "c1::/32", "a2::2/128"}));
    switch (number(10)) {
      case 0: out.behavior = Behavior::kEndDt6; break;
      case 1:
        out.behavior = Behavior::kEndT;
        out.lookup_table = "red";
        break;
      case 2:
      case 3:
      case 4:
        out.behavior = Behavior::kEndX;
        out.next_hops = hops();
        break;
      case 5:
        out.behavior = Behavior::kEndDx2;
        out.interface = one_of({"d", "e"});
        break;
      case 6:
      case 7:
        out.behavior = Behavior::kEndB6Encaps;
        out.policy = policy_name();
        break;
      case 8:
        if (chance(80)) break;
        out.behavior = Behavior::kEndAs;
        out.interface = "g";
        out.next_hops = {
            DesiredNextHop{.origin = {}, .address = IpAddress(address({"2001:db8:1::9"}))}};
        out.segments = {address({"c0::1", "a1::1", "c5::1"}), address({"a2::1"})};
        out.segments_done = std::uint8_t{0};
        break;
      default: break;
    }
    return out;
  }

  DesiredBridge bridge() {
    DesiredBridge out;
    out.name = one_of({"br", "br2"});
    if (chance(50)) out.members = {one_of({"d", "e"})};
    if (chance(50)) out.remotes = {chance(90) ? "bridged" : policy_name()};
    return out;
  }

  std::string policy_name() { return chance(5) ? "bridged" : "p" + std::to_string(number(12)); }

  WeightedSegmentList list() {
    WeightedSegmentList out;
    out.weight = chance(3) ? 0 : 1 + number(3);
    out.draining = chance(2);
    // Routes, subnets, binding SIDs, SIDs, nowhere, own addresses, what is steered.
    out.segments.push_back(
        address({"a1::1", "a1::2", "a2::1", "a2::2", "a3::1", "a3::2", "b0::1", "2001:db8::7",
                 "2001:db8::9", "2001:db8::1", "c5::1", "c5::2", "c5::3", "c5::4", "c5::5", "c0::1",
                 "c0::2", "ad::1", "ee::1"}));
    if (chance(50)) out.segments.push_back(address({"a1::e", "a2::e"}));
    if (chance(1)) out.segments.push_back(address({"ff02::1"}));  // wrong
    return out;
  }

  SrPolicy policy() {
    SrPolicy out;
    out.name = policy_name();
    // Mostly as it was, so that most changes are about lists.
    const unsigned which = static_cast<unsigned>(std::hash<std::string>()(out.name) % 12);
    if (which < 6 || chance(10)) {
      out.binding_sid =
          *Ipv6Address::parse("c5::" + std::to_string(chance(90) ? which : number(9)));
      if (out.binding_sid->is_unspecified()) out.binding_sid.reset();
    }
    if (chance(8)) out.binding_sid.reset();
    if (chance(4)) out.headend = Headend::kHEncapsRed;
    if (chance(2)) out.headend = Headend::kHInsert;
    if (chance(5)) out.table = "red";
    out.spray = chance(10);
    out.drop_upon_invalid = chance(20);
    out.sticky = !out.spray && chance(60);
    if (out.sticky && chance(30)) out.affinity_timeout_s = 10 + number(2);
    const auto drains = [&] { return out.sticky && chance(25); };
    out.color = number(3);
    if (chance(10)) out.encapsulation.hop_limit = 9;
    if (chance(1)) out.encapsulation.hmac_key = 77;  // there is none
    const unsigned paths = chance(80) ? 1 : number(3);
    for (unsigned i = 0; i < paths; ++i) {
      CandidatePath path;
      path.name = std::to_string(i);
      path.preference = 100 + number(3);
      for (unsigned k = number(4); k > 0; --k) {
        WeightedSegmentList made = list();
        made.draining = made.draining || drains();
        const bool twice =
            std::any_of(path.segment_lists.begin(), path.segment_lists.end(),
                        [&](const WeightedSegmentList& l) { return l.segments == made.segments; });
        if (!twice || chance(2)) path.segment_lists.push_back(made);
      }
      out.candidate_paths.push_back(std::move(path));
    }
    return out;
  }

  SteeringRule rule() {
    SteeringRule out;
    out.policy = policy_name();
    out.table = table();
    switch (number(10)) {
      case 0:
        out.match = SteeringRule::Match::kInterface;
        out.table = "main";
        out.interface = one_of({"d", "e"});
        break;
      case 1:
      case 2:
      case 3:
        out.match = SteeringRule::Match::kPort;
        out.prefix =
            prefix(one_of({"b0::1/128", "b1::1/128", "b2::1/128", "10.1.0.1/32", "c0::4/128"}));
        out.protocol = static_cast<std::uint8_t>(chance(50) ? 6 : 17);
        out.port = static_cast<std::uint16_t>(80 + number(2));
        break;
      default:
        out.prefix = prefix(one_of({"b0::/16", "b1::/16", "b1::1/128", "b2::/16", "a1::/16",
                                    "a3::1/128", "10.1.0.0/16", "2001:db8::/64", "c0::3/128"}));
        if (chance(2)) out.prefix = prefix("::/0");
    }
    return out;
  }

  DesiredTranslation translation() {
    DesiredTranslation out;
    out.interface = one_of({"f", "g", "g", "c"});
    if (chance(1)) out.interface = "d";
    out.address = IpAddress(address({"b1::1", "b1::2", "2001:db8:1::5"}));
    out.protocol = chance(50) ? 6 : 17;
    out.port = static_cast<std::uint16_t>(80 + number(2));
    out.target = IpAddress(address({"2001:db8:1::5", "2001:db8:1::6"}));
    out.target_port = static_cast<std::uint16_t>(80 + number(2));
    out.draining = chance(10);
    return out;
  }

  DesiredNeighbor neighbor() {
    DesiredNeighbor out;
    out.interface = one_of({"f", "f", "g", "c"});
    out.address =
        IpAddress(address({"2001:db8::4", "2001:db8::7", "2001:db8:1::4", "2001:db8::9"}));
    if (chance(1)) out.address = IpAddress(address({"2001:db8::1"}));
    out.mac.bytes = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(1 + number(3))};
    return out;
  }

  std::mt19937 random_;
};

}  // namespace sextant::control_test
