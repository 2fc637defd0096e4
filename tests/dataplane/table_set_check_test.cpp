// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// A change with one bad object among good ones is refused, names the object, and changes nothing;
// random changes lead to the same tables as building them at once.
#include <algorithm>
#include <functional>
#include <random>
#include <string>

#include "dataplane/forward.hpp"
#include "dataplane/tables/table_set.hpp"
#include "support/catch.hpp"
#include "support/table_dump.hpp"
#include "support/tables_builder.hpp"

namespace sextant {
namespace {

using test::Prefix;
using test::TablesBuilder;
using test::V6;
using Kind = LookupResult::Kind;

// Some of everything.
ForwardingTables base_tables() {
  TablesBuilder t;
  const InterfaceId a = t.port(0, {"a::1/64", "10.0.0.1/24"});
  const InterfaceId b = t.subinterface(1, 5, {"b::1/64"});
  t.interface(b).trusted = false;
  t.interface(b).allowed_sids = {Prefix("fc00:1::/32")};
  const LookupResult out = t.via(a, "a::2");
  t.route("::/0", out);
  t.route("c::/16", t.ecmp({out, t.via(b, "b::2")}));
  t.local_sid("fc00::1", Behavior::kEnd);
  t.settings().hmac_keys = {{7, {1, 2, 3}}};
  t.settings().sid_space = {Prefix("fc00::/16")};
  const SegmentListId plain = t.segment_list({"c::1", "c::2"});
  const SegmentListId keyed = t.segment_list({"c::3"}, {.hmac_key_id = 7});
  t.steer("d::/16", t.policy({plain, keyed}));
  t.route("e::1/128", t.port_steering({{6, 80, out}, {17, 53, out}}, out));
  t.vlan_table({{5, b}});
  t.bridge({}, {}, {{*MacAddress::parse("02:00:00:00:00:01")}});
  t.table(0, a);
  return t.take();
}

template <typename T>
T changed(const T& object, const std::function<void(T&)>& edit) {
  T copy = object;
  edit(copy);
  return copy;
}

// A change that is good everywhere, so that a bad object comes first, last and in between.
TableDiff good_change() {
  TablesBuilder t;
  t.port(2, {"9::1/64"});
  t.via(0, "9::2");
  t.local_sid("fc00::2", Behavior::kEndDt4);
  t.segment_list({"1::"});
  t.policy({0});
  t.steering(0);
  t.table(3, 0);
  t.bridge({});
  TableDiff change = diff({}, t.take());
  change.interfaces.upserts[0].id = 100;
  change.adjacencies.upserts[0].id = 100;
  change.local_sids.upserts[0].id = 100;
  change.segment_lists.upserts[0].id = 100;
  change.policies.upserts[0].id = 100;
  change.steerings.upserts[0].id = 100;
  change.bridges.upserts[0].id = 100;
  change.fib_removals = {{0, Prefix("::/0")}};
  return change;
}

void require_refused(const std::string& part_of_text,
                     const std::function<void(TableDiff&)>& spoil) {
  CAPTURE(part_of_text);
  const ForwardingTables base = base_tables();
  TableSet set;
  REQUIRE(set.apply(diff({}, base)).ok());
  const std::string before = test::dump(set, base);
  TableDiff change = good_change();
  spoil(change);
  const Status status = set.apply(change);
  REQUIRE_FALSE(status.ok());
  CAPTURE(status.error().text);
  CHECK(status.error().text.find(part_of_text) != std::string::npos);
  CHECK(test::dump(set, base) == before);
  // It was the bad object alone.
  CHECK(set.apply(good_change()).ok());
}

TEST_CASE("table check: interfaces") {
  require_refused("interface 100 \"pg2\": port 256",
                  [](TableDiff& c) { c.interfaces.upserts[0].port = kMaxPorts; });
  require_refused("VLAN id 4096", [](TableDiff& c) { c.interfaces.upserts[0].vlan = 4096; });
  require_refused("unknown role", [](TableDiff& c) {
    c.interfaces.upserts[0].role = static_cast<InterfaceRole>(9);
  });
  require_refused("longer than 32 bits", [](TableDiff& c) {
    c.interfaces.upserts[0].addresses = {IpPrefix{Ipv4Address{}, 33}};
  });
  require_refused("not IPv6", [](TableDiff& c) {
    c.interfaces.upserts[0].allowed_sids = {Prefix("10.0.0.0/8")};
  });
  require_refused("longer than 128 bits", [](TableDiff& c) {
    c.interfaces.upserts[0].allowed_sids = {IpPrefix{Ipv6Address{}, 129}};
  });
  require_refused("interface 65535: id too large",
                  [](TableDiff& c) { c.interfaces.upserts[0].id = kNoInterface; });
  require_refused("interface 65536: id too large",
                  [](TableDiff& c) { c.interfaces.removals = {65536}; });
  require_refused("interface 100: stands twice",
                  [](TableDiff& c) { c.interfaces.upserts.push_back(c.interfaces.upserts[0]); });
  require_refused("interface 100: stands twice",
                  [](TableDiff& c) { c.interfaces.removals = {100}; });
}

TEST_CASE("table check: two interfaces on one port and VLAN") {
  require_refused("port 1 VLAN 5 belongs to interface 1", [](TableDiff& c) {
    c.interfaces.upserts[0].port = 1;
    c.interfaces.upserts[0].vlan = 5;
  });
  require_refused("port 2 VLAN 0 belongs to interface 100", [](TableDiff& c) {
    c.interfaces.upserts.push_back(c.interfaces.upserts[0]);
    c.interfaces.upserts[1].id = 101;
  });
}

TEST_CASE("table check: adjacencies and ECMP groups") {
  require_refused("adjacency 100: no interface",
                  [](TableDiff& c) { c.adjacencies.upserts[0].interface = kNoInterface; });
  require_refused("id too large", [](TableDiff& c) { c.adjacencies.upserts[0].id = kNoObject; });
  for (const std::size_t slots : {0u, 3u, 5u, 6u}) {
    require_refused("not a power of two", [&](TableDiff& c) {
      c.ecmp_groups.upserts.push_back({9, std::vector<LookupResult>(slots)});
    });
  }
  require_refused("ECMP group 9: result has unknown kind 9", [](TableDiff& c) {
    c.ecmp_groups.upserts.push_back({9, {LookupResult::from_word(9u << 28)}});
  });
}

TEST_CASE("table check: local SIDs") {
  require_refused("unknown behavior", [](TableDiff& c) {
    c.local_sids.upserts[0].behavior = static_cast<Behavior>(kBehaviorCount);
  });
  require_refused("End.DT4 does not allow flavors 0x1",
                  [](TableDiff& c) { c.local_sids.upserts[0].flavors = kPsp; });
  require_refused("prefix length 129",
                  [](TableDiff& c) { c.local_sids.upserts[0].prefix_len = 129; });
  require_refused("120+16 bits", [](TableDiff& c) {
    c.local_sids.upserts[0].flavors = kNextCsid;
    c.local_sids.upserts[0].csid = {120, 16};
  });
  require_refused("32+0 bits", [](TableDiff& c) {
    c.local_sids.upserts[0].flavors = kNextCsid;
    c.local_sids.upserts[0].csid = {32, 0};
  });
  require_refused("unknown inner type", [](TableDiff& c) {
    c.local_sids.upserts[0].args.inner = static_cast<InnerType>(3);
  });
  require_refused("segment list id", [](TableDiff& c) {
    c.local_sids.upserts[0].args.static_list = kMaxObjectId + 1;
  });
  require_refused("unknown drop reason", [](TableDiff& c) {
    c.local_sids.upserts[0].args.forward = {Kind::kDrop, 255};
  });
}

TEST_CASE("table check: segment lists") {
  require_refused("segment list 100: 0 segments",
                  [](TableDiff& c) { c.segment_lists.upserts[0].segments.clear(); });
  require_refused("17 segments",
                  [](TableDiff& c) { c.segment_lists.upserts[0].segments.resize(17); });
  require_refused("1 of 1 segments done",
                  [](TableDiff& c) { c.segment_lists.upserts[0].segments_done = 1; });
  require_refused("headend must be",
                  [](TableDiff& c) { c.segment_lists.upserts[0].headend = Headend::kHEncapsL2; });
  require_refused("unknown kind", [](TableDiff& c) {
    c.segment_lists.upserts[0].first_hop = LookupResult::from_word(0xffffffff);
  });
  require_refused("HMAC key 8 does not exist",
                  [](TableDiff& c) { c.segment_lists.upserts[0].outer.hmac_key_id = 8; });
}

TEST_CASE("table check: policies and steering") {
  require_refused("policy 100 \"policy 0\": valid, but",
                  [](TableDiff& c) { c.policies.upserts[0].lists.clear(); });
  require_refused("2 segment lists and no slots", [](TableDiff& c) {
    c.policies.upserts[0].lists = {0, 1};
  });
  require_refused("slot names list 2 of 2", [](TableDiff& c) {
    c.policies.upserts[0].lists = {0, 1};
    c.policies.upserts[0].slots = {0, 1, 2, 0};
  });
  require_refused("3 slots", [](TableDiff& c) {
    c.policies.upserts[0].lists = {0, 1};
    c.policies.upserts[0].slots = {0, 1, 1};
  });
  require_refused("segment list id",
                  [](TableDiff& c) { c.policies.upserts[0].lists = {kMaxObjectId + 1}; });
  require_refused("steering 268435455: id too large",
                  [](TableDiff& c) { c.steerings.upserts[0].id = kNoObject; });
  require_refused("protocol 6 port 80 stands twice", [](TableDiff& c) {
    c.port_steerings.upserts.push_back({9, {{6, 80, {}}, {6, 80, {}}}, {}});
  });
  require_refused("out of order", [](TableDiff& c) {
    c.port_steerings.upserts.push_back({9, {{17, 1, {}}, {6, 80, {}}}, {}});
  });
  require_refused("interface or table", [](TableDiff& c) {
    c.port_steerings.upserts.push_back({9, {}, {Kind::kGlean, 0x10000}});
  });
}

TEST_CASE("table check: VLAN tables and bridges") {
  require_refused("VLAN id 4096", [](TableDiff& c) {
    c.vlan_tables.upserts.push_back({9, "v", {{4096, 0}}});
  });
  require_refused("VLAN id 7 stands twice", [](TableDiff& c) {
    c.vlan_tables.upserts.push_back({9, "v", {{7, 0}, {7, 1}}});
  });
  require_refused("interface 65536", [](TableDiff& c) {
    c.bridges.upserts[0].macs = {{MacAddress{}, false, 65536}};
  });
  require_refused("stands twice or out of order", [](TableDiff& c) {
    c.bridges.upserts[0].macs = {{MacAddress{}}, {MacAddress{}}};
  });
}

TEST_CASE("table check: translations") {
  const auto with = [](const std::function<void(Translation&)>& edit) {
    return [edit](TableDiff& c) {
      Translation translation{9, 0, *IpAddress::parse("2096::1"), {}};
      const IpAddress target = *IpAddress::parse("a::5");
      translation.rules = {{6, 80, target, 8080, false}, {17, 53, target, 53, false}};
      edit(translation);
      c.translations.upserts.push_back(translation);
    };
  };
  require_refused("translation 9: no interface",
                  with([](Translation& t) { t.interface = kNoInterface; }));
  require_refused("protocol 58 has no ports",
                  with([](Translation& t) { t.rules[1].protocol = 58; }));
  require_refused("of another family",
                  with([](Translation& t) { t.rules[0].target = *IpAddress::parse("10.0.0.5"); }));
  require_refused("stands twice or out of order",
                  with([](Translation& t) { std::swap(t.rules[0], t.rules[1]); }));
  require_refused("stands twice or out of order",
                  with([](Translation& t) { t.rules[1] = t.rules[0]; }));
  require_refused("interface 0 has one for 2096::1 already", [&](TableDiff& c) {
    with([](Translation&) {})(c);
    with([](Translation& t) { t.id = 10; })(c);
  });
}

TEST_CASE("table check: routes") {
  require_refused("route a::1/64 in table 2: host bits", [](TableDiff& c) {
    c.fib_upserts.push_back({2, Prefix("a::1/64"), {}});
  });
  require_refused("longer than 128", [](TableDiff& c) {
    c.fib_upserts.push_back({2, IpPrefix{Ipv6Address{}, 129}, {}});
  });
  require_refused("longer than 32", [](TableDiff& c) {
    c.fib_removals.push_back({2, IpPrefix{Ipv4Address{}, 33}});
  });
  require_refused("unknown kind 15", [](TableDiff& c) {
    c.fib_upserts.push_back({2, Prefix("a::/64"), LookupResult::from_word(0xf0000000)});
  });
}

TEST_CASE("table check: settings") {
  const auto with = [](const std::function<void(NodeSettings&)>& edit) {
    return [edit](TableDiff& c) { c.settings = changed(base_tables().settings, edit); };
  };
  require_refused("SID space: 10.0.0.0/8 is not IPv6",
                  with([](NodeSettings& s) { s.sid_space = {Prefix("10.0.0.0/8")}; }));
  require_refused("sources", with([](NodeSettings& s) {
                    s.sources = {IpPrefix{Ipv6Address{}, 200}};
                  }));
  require_refused("HMAC key id 0", with([](NodeSettings& s) { s.hmac_keys.push_back({0, {1}}); }));
  require_refused("secret is empty", with([](NodeSettings& s) { s.hmac_keys.push_back({9, {}}); }));
  // A list that is not in the change still needs its key.
  require_refused("segment list 1: HMAC key 7 does not exist",
                  with([](NodeSettings& s) { s.hmac_keys.clear(); }));
}

TEST_CASE("table check: a key may go together with its list, or come with it") {
  const ForwardingTables base = base_tables();
  TableSet set;
  REQUIRE(set.apply(diff({}, base)).ok());
  ForwardingTables without = base;
  without.settings.hmac_keys.clear();
  std::erase_if(without.segment_lists, [](const SegmentList& l) { return l.id == 1; });
  CHECK(set.apply(diff(base, without)).ok());
  CHECK(set.apply(diff(without, base)).ok());
}

// Half of the objects of some tables, with values that vary.
class RandomTables {
 public:
  explicit RandomTables(std::uint32_t seed) : random_(seed) {}

  ForwardingTables next() {
    TablesBuilder t;
    build(t);
    ForwardingTables out = t.take();
    thin(out.tables), thin(out.interfaces), thin(out.fib), thin(out.adjacencies);
    thin(out.ecmp_groups), thin(out.local_sids), thin(out.segment_lists), thin(out.policies);
    thin(out.steerings), thin(out.port_steerings), thin(out.vlan_tables), thin(out.bridges);
    thin(out.translations);
    return out;
  }

 private:
  static constexpr unsigned kCount = 12;

  std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  LookupResult result() { return {static_cast<Kind>(1 + pick(3)), pick(kCount)}; }
  template <typename T>
  void thin(std::vector<T>& objects) {
    std::erase_if(objects, [&](const T&) { return pick(3) == 0; });
  }
  Ipv6Address address() {
    Ipv6Address a = V6("b::");
    a.bytes[15] = static_cast<std::uint8_t>(pick(6));
    return a;
  }
  std::vector<V6> segments() {
    std::vector<V6> out;
    for (std::uint32_t n = 1 + pick(kMaxSegments); n > 0; --n)
      out.emplace_back(address());
    return out;
  }

  void build_links(TablesBuilder& t) {
    std::vector<unsigned> places(kCount);
    for (unsigned i = 0; i < kCount; ++i)
      places[i] = i;
    std::shuffle(places.begin(), places.end(), random_);
    for (const unsigned place : places) {
      const auto port = static_cast<PortIndex>(place / 4);
      const InterfaceId id = t.subinterface(port, static_cast<std::uint16_t>(place % 4));
      t.interface(id).mtu = static_cast<std::uint16_t>(1280 + pick(3));
      t.interface(id).addresses = {IpPrefix{address(), 64}};
      if (pick(2) == 0) t.interface(id).allowed_sids = {IpPrefix{address(), 48}.masked()};
    }
    for (unsigned i = 0; i < kCount; ++i) {
      t.via(static_cast<InterfaceId>(pick(kCount)), "a::" + std::to_string(i));
      t.ecmp(std::vector<LookupResult>(std::size_t{1} << pick(4), result()));
    }
  }

  void build(TablesBuilder& t) {
    build_links(t);
    t.settings().hmac_keys = {{1, {1}}, {2, {static_cast<std::uint8_t>(pick(2))}}};
    t.settings().icmp_error_burst = pick(3);
    for (unsigned i = 0; i < kCount; ++i) {
      t.local_sid(address(), pick(2) == 0 ? Behavior::kEndX : Behavior::kEndDt6,
                  {.args = {.forward = result(), .table = static_cast<TableId>(pick(3))}});
      t.segment_list(segments(), {.headend = pick(2) == 0 ? Headend::kHEncaps : Headend::kHInsert,
                                  .hmac_key_id = pick(3),
                                  .first_hop = result()});
      // All in egress table 0: that of a list stays when its policy goes, as nobody uses it then.
      t.policy(std::vector<SegmentListId>(1 + pick(4), i));
      t.steering(pick(kCount));
      t.port_steering({{6, static_cast<std::uint16_t>(pick(5)), result()}}, result());
      t.vlan_table({{static_cast<std::uint16_t>(pick(4096)), static_cast<InterfaceId>(i)}});
      t.table(static_cast<TableId>(i), static_cast<InterfaceId>(pick(kCount)));
      std::vector<SteeringId> remotes(pick(4), i);
      t.bridge({}, std::move(remotes), {{MacAddress{{2, 0, 0, 0, 0, 1}}, false, pick(9)}});
      t.route(Prefix(IpPrefix{address(), static_cast<std::uint8_t>(pick(129))}), result());
    }
    std::vector<InterfaceId> places(kCount);
    for (unsigned i = 0; i < kCount; ++i)
      places[i] = static_cast<InterfaceId>(i);
    std::shuffle(places.begin(), places.end(), random_);
    for (const InterfaceId place : places) {
      const IpAddress target = address();
      t.translation(place, address().to_string(),
                    {{6, static_cast<std::uint16_t>(1 + pick(5)), target, 80, pick(2) == 0}});
    }
  }

  std::mt19937 random_;
};

TEST_CASE("table set: differences one after another lead where building at once leads") {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    RandomTables random(seed);
    TableSet set;
    ForwardingTables before;
    for (unsigned step = 0; step < 12; ++step) {
      const ForwardingTables after = step == 11 ? ForwardingTables{} : random.next();
      const Status status = set.apply(diff(before, after));
      INFO((status.ok() ? "" : status.error().text));
      REQUIRE(status.ok());
      TableSet fresh;
      REQUIRE(fresh.apply(diff({}, after)).ok());
      ForwardingTables universe = before;
      universe.fib.insert(universe.fib.end(), after.fib.begin(), after.fib.end());
      REQUIRE(test::dump(set, universe) == test::dump(fresh, universe));
      before = after;
    }
  }
}

}  // namespace
}  // namespace sextant
