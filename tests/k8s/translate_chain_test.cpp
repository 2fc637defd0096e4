// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Chains of one node: Contiv's values, all kinds of chains, and what Contiv could not do.
#include <set>

#include "k8s/chain_sids.hpp"
#include "support/chain_fixture.hpp"

namespace sextant {

using namespace k8s_test;
using Strings = std::vector<std::string>;

namespace {

// client -> fw -> server on nodes 1, 2 and 1 with frames.
void put_frames(ClusterBed& bed) {
  bed.put_nodes();
  bed.put(with_stubs(chain_pod("client-0", "node1", "2001:0:0:1:0:0:1:1")));
  bed.put(with_stubs(chain_pod("fw-0", "node2", "2001:0:0:2:0:0:2:3"), 2));
  bed.put(with_stubs(chain_pod("server-0", "node1", "2001:0:0:1:0:0:1:9")));
  bed.put(chain_of("chain", {pods_of("client", "", "tap1"), pods_of("fw", "tap1", "tap2"),
                             pods_of("server", "tap1")}));
}

const std::vector<std::string> kTaps = {"client-0-tap1", "fw-0-tap1", "fw-0-tap2", "server-0-tap1"};

k8s::ChainTranslation made_of(const ClusterBed& bed, const std::string& key = "default/chain") {
  const auto made = bed.translator.chain(key);
  REQUIRE(made.has_value());
  return *made;
}

std::string said_of(ClusterBed& bed) {
  static_cast<void>(bed.translator.take());
  const k8s::ChainTranslation made = made_of(bed);
  return made.reason + ": " + made.message;
}

k8s::ExternalInterface uplink(const std::string& node, const std::string& address, bool layer2,
                              std::uint16_t vlan = 0) {
  k8s::ExternalInterface out;
  out.meta.namespace_name = "default";
  out.meta.name = "endExtIf";
  out.layer2 = layer2;
  out.nodes.push_back({node, "port1", vlan, {}});
  if (!address.empty()) out.nodes[0].address = prefix(address);
  return out;
}

}  // namespace

TEST_CASE("hashes are those of SHA-256", "[chains]") {
  CHECK(k8s::hash_128("chain").to_string() == "9414:886b:1ebf:25d:b067:a4cb:d13a:903");
}

TEST_CASE("Contiv's example of frames over two nodes", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  CompileResult compiled = bed.compiled();
  CHECK(said_of(bed) == "Rendered: 1 path");
  const StateChange all = bed.translator.all();
  CHECK(lists_of(all, "chain default/chain") ==
        Strings{"9000:f00d::2, 9600:886b:0:2::2:3, 9000:f00d::1, 9310::1:0:0:1:9"});
  CHECK(made_of(bed).binding_sid.value_or(Ipv6Address()).to_string() ==
        "8eee:886b:1ebf:25d:b067:a4cb:d13a:903");
  CHECK(chain_steering_of(all) == Strings{"interface client-0-tap1 -> chain default/chain"});
  CHECK(contains(chain_sids_of(all), "End.DX2 9310::1:0:0:1:9 server-0-tap1"));

  ClusterBed other(contiv_settings(2), file_with(kTaps, "2"), "node2");
  put_frames(other);
  compiled = other.compiled();
  CHECK(contains(chain_sids_of(other.translator.all()),
                 "End.AD 9600:886b:0:2::2:3 fw-0-tap1 > fw-0-tap2"));
  CHECK(chain_steering_of(other.translator.all()).empty());
  CHECK(made_of(other).nodes == std::set<std::string>{"node1", "node2"});
}

TEST_CASE("frames need no table for network stub (contiv B11)", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  bed.put(with_stubs(chain_pod("fw-0", "node1", "2001:0:0:1:0:0:2:3"), 2));
  const CompileResult compiled = bed.compiled();
  const StateChange all = bed.translator.all();
  for (const DesiredLocalSid& sid : all.local_sids.upserts)
    CHECK(sid.table == "main");
  CHECK(contains(chain_sids_of(bed.translator.all()),
                 "End.AD 9600:886b:0:1::2:3 fw-0-tap1 > fw-0-tap2"));
  for (const PolicyStatus& policy : compiled.policies)
    CHECK(policy.valid);
}

TEST_CASE("a chain of two elements has one segment (contiv B8)", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  bed.put(chain_of("chain", {pods_of("client", "", "tap1"), pods_of("server", "tap1")}));
  static_cast<void>(bed.compiled());
  CHECK(lists_of(bed.translator.all(), "chain default/chain") == Strings{"9310::1:0:0:1:9"});
  CHECK(said_of(bed) == "Rendered: 1 path");
}

TEST_CASE("an external interface inside is refused in words (contiv B8)", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  bed.put(uplink("node1", "", true));
  bed.put(chain_of(
      "chain", {pods_of("client", "", "tap1"), external("endExtIf"), pods_of("server", "tap1")}));
  CHECK(bed.compiled().ok());
  CHECK(said_of(bed) ==
        "ExternalInterfaceInside: element 2 is an ExternalInterface between the ends; only a pod "
        "gives traffic back: make it the first or the last element");
  CHECK(policy_of(bed.translator.all(), "chain default/chain") == nullptr);
}

TEST_CASE("each pod at the end gets its own packets (contiv B9)", "[chains]") {
  ClusterBed bed(contiv_settings(2),
                 file_with({"client-0-tap1", "fw-0-tap1", "server-0-tap1", "server-1-tap1"}));
  bed.put_nodes();
  bed.put(with_addresses(chain_pod("client-0", "node1", "10.1.1.2"), {{"10.1.1.130"}}));
  bed.put(with_addresses(chain_pod("fw-0", "node1", "10.1.1.3"), {{"10.1.1.131"}}));
  bed.put(with_addresses(chain_pod("server-0", "node1", "10.1.1.4"), {{"10.1.1.132"}}));
  bed.put(with_addresses(chain_pod("server-1", "node1", "10.1.1.5"), {{"10.1.1.133"}}));
  bed.put(chain_of("chain",
                   {pods_of("client", "tap1"), pods_of("fw", "tap1"), pods_of("server", "tap1")}));
  static_cast<void>(bed.compiled());
  const StateChange all = bed.translator.all();
  CHECK(chain_steering_of(all) ==
        Strings{"main 10.1.1.132/32 -> chain default/chain to 10.1.1.132/32",
                "main 10.1.1.133/32 -> chain default/chain to 10.1.1.133/32"});
  CHECK(lists_of(all, "chain default/chain to 10.1.1.133/32") ==
        Strings{"9600:886b::ffff:a01:103, 9310::ffff:a01:105"});
  CHECK(contains(chain_sids_of(all), "End.DX4 9310::ffff:a01:105 via 10.1.1.133 server-1-tap1"));
  CHECK(contains(chain_sids_of(all), "End.AD 9600:886b::ffff:a01:103 via 10.1.1.131 fw-0-tap1"));
}

TEST_CASE("an IPv4 chain may end at an external interface (contiv B9)", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with({"client-0-tap1", "port1"}));
  bed.put_nodes();
  bed.put(with_addresses(chain_pod("client-0", "node1", "10.1.1.2"), {{"10.1.1.130"}}));
  bed.put(uplink("node1", "192.0.2.7/24", false));
  bed.put(chain_of("chain", {pods_of("client", "tap1"), external("endExtIf")}));
  static_cast<void>(bed.compiled());
  CHECK(chain_steering_of(bed.translator.all()) ==
        Strings{"main 192.0.2.0/24 -> chain default/chain to 192.0.2.0/24"});
  CHECK(
      contains(chain_sids_of(bed.translator.all()), "End.DX4 9310::ffff:c000:207 via link port1"));
}

TEST_CASE("the address of an external interface keeps its host bits (contiv B10)", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with({"client-0-tap1", "port1"}));
  bed.put_nodes();
  bed.put(with_addresses(chain_pod("client-0", "node1", "2001:0:0:1::2"), {{"2001:0:0:1::82"}}));
  bed.put(uplink("node1", "2001:0:0:2:0:0:1:2/64", false));
  bed.put(chain_of("chain", {pods_of("client", "tap1"), external("endExtIf")}));
  static_cast<void>(bed.compiled());
  CHECK(lists_of(bed.translator.all(), "chain default/chain to 2001:0:0:2::/64") ==
        Strings{"9310::2:0:0:1:2"});
  SECTION("without an address its name counts") {
    bed.put(with_stubs(chain_pod("client-0", "node1", "2001:0:0:1::2")));
    bed.put(uplink("node2", "", true, 200));
    static_cast<void>(bed.compiled());
    CHECK(lists_of(bed.translator.all(), "chain default/chain") ==
          Strings{"9000:f00d::2, 9310:fee8:ea85:b54d:edd3:7f42:5aec:e77c"});
  }
}

TEST_CASE("a chain is forgotten as it was made, whatever changed since (contiv B12)", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  bed.put_nodes();
  static_cast<void>(bed.translator.take());
  const StateChange before = bed.translator.all();
  put_frames(bed);
  static_cast<void>(bed.translator.take());
  // The pods move and go; only then the chain.
  bed.put(with_stubs(chain_pod("fw-0", "node1", "2001:0:0:1:0:0:2:4"), 2));
  bed.erase(bed.stores.pods, "default/server-0");
  static_cast<void>(bed.translator.take());
  bed.erase(bed.stores.chains, "default/chain");
  const StateChange last = bed.translator.take();
  CHECK(last.local_sids.removals.size() >= 1);
  CHECK(last.steering.removals.size() == 1);
  CHECK(chain_sids_of(bed.translator.all()) == chain_sids_of(before));
  CHECK(chain_steering_of(bed.translator.all()).empty());
}

TEST_CASE("end and start share a node, both directions share the functions", "[chains]") {
  const bool locator = GENERATE(false, true);
  ClusterBed bed(
      locator ? locator_settings() : contiv_settings(2),
      file_with({"client-0-tap1", "fw-0-tap1", "fw-0-tap2", "dpi-0-tap1", "server-0-tap1"}));
  bed.put_nodes();
  bed.put(with_addresses(chain_pod("client-0", "node1", "2001:0:0:1::2"), {{"fd10::2"}}));
  bed.put(with_addresses(chain_pod("fw-0", "node1", "2001:0:0:1::3"), {{"fd10::3"}, {"fd10::13"}}));
  bed.put(with_addresses(chain_pod("dpi-0", "node1", "2001:0:0:1::4"), {{"fd10::4"}}));
  bed.put(with_addresses(chain_pod("server-0", "node1", "2001:0:0:1::5"), {{"fd10::5"}}));
  k8s::ServiceFunctionChain chain =
      chain_of("chain", {pods_of("client", "tap1"), pods_of("fw", "tap1", "tap2"),
                         pods_of("dpi", "tap1"), pods_of("server", "tap1")});
  chain.bidirectional = true;
  bed.put(chain);
  const CompileResult compiled = bed.compiled();
  const StateChange all = bed.translator.all();
  CHECK(chain_steering_of(all) ==
        Strings{"main fd10::2/128 -> chain default/chain/reverse to fd10::2/128",
                "main fd10::5/128 -> chain default/chain to fd10::5/128"});
  const Strings forth = lists_of(all, "chain default/chain to fd10::5/128");
  const Strings back = lists_of(all, "chain default/chain/reverse to fd10::2/128");
  REQUIRE(forth.size() == 1);
  REQUIRE(back.size() == 1);
  CHECK(forth != back);
  // Mirrored: the second function first, by its output.
  const Strings sids = chain_sids_of(all);
  const auto is_sid = [&](const std::string& list, std::size_t place, const std::string& what) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < place; ++i)
      at = list.find(", ", at) + 2;
    const std::string sid = list.substr(at, list.find(',', at) - at);
    return std::any_of(sids.begin(), sids.end(), [&](const std::string& text) {
      return text.find(" " + sid + " " + what) != std::string::npos;
    });
  };
  CHECK(is_sid(forth[0], 0, "via fd10::3 fw-0-tap1 > fw-0-tap2"));
  CHECK(is_sid(forth[0], 1, "via fd10::4 dpi-0-tap1"));
  CHECK(is_sid(forth[0], 2, "via fd10::5 server-0-tap1"));
  CHECK(is_sid(back[0], 0, "via fd10::4 dpi-0-tap1"));
  CHECK(is_sid(back[0], 1, "via fd10::13 fw-0-tap2 > fw-0-tap1"));
  CHECK(is_sid(back[0], 2, "via fd10::2 client-0-tap1"));
  for (const PolicyStatus& policy : compiled.policies)
    CHECK(policy.valid);
}

TEST_CASE("chains share functions, and equal names in two namespaces differ", "[chains]") {
  const bool locator = GENERATE(false, true);
  ClusterBed bed(locator ? locator_settings() : contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  bed.put(with_stubs(chain_pod("fw-0", "node1", "2001:0:0:1:0:0:2:3"), 2));
  bed.put(with_stubs(chain_pod("client-0", "node2", "2001:0:0:2:0:0:1:1")));
  bed.put(chain_of(
      "chain",
      {pods_of("client", "", "tap1"), pods_of("fw", "tap1", "tap2"), pods_of("server", "tap1")},
      "other"));
  static_cast<void>(bed.compiled());
  const Strings sids = chain_sids_of(bed.translator.all());
  CHECK(std::count_if(sids.begin(), sids.end(),
                      [](const std::string& one) { return one.starts_with("End.AD"); }) == 2);
  CHECK(bed.translator.lost_of_chain("other/chain").empty());
  CHECK(bed.translator.lost_of_chain("default/chain").empty());
  if (locator) return;
  // The first by its namespace has the value of the name alone.
  CHECK(made_of(bed).binding_sid->to_string() == "8eee:886b:1ebf:25d:b067:a4cb:d13a:903");
  CHECK(made_of(bed, "other/chain").binding_sid != made_of(bed).binding_sid);
  bed.erase(bed.stores.chains, "default/chain");
  static_cast<void>(bed.compiled());
  CHECK(made_of(bed, "other/chain").binding_sid->to_string() ==
        "8eee:886b:1ebf:25d:b067:a4cb:d13a:903");
}

TEST_CASE("paths are all combinations, weighted by pod", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  bed.put(with_stubs(chain_pod("fw-1", "node3", "2001:0:0:3::3"), 2));
  k8s::Pod canary = with_stubs(chain_pod("fw-2", "node3", "2001:0:0:3::4"), 2);
  canary.labels.emplace_back("track", "canary");
  bed.put(canary);
  bed.put(with_stubs(chain_pod("nat-0", "node2", "2001:0:0:2::7")));
  bed.put(with_stubs(chain_pod("nat-1", "node2", "2001:0:0:2::8")));
  k8s::ChainElement fw = pods_of("fw", "tap1", "tap2");
  fw.weight = 4;
  fw.branches = {{{{{"track", "canary"}}, {}}, 2}};
  bed.put(chain_of("chain", {pods_of("client", "", "tap1"), fw, pods_of("nat", "tap1"),
                             pods_of("server", "tap1")}));
  static_cast<void>(bed.compiled());
  const Strings before = lists_of(bed.translator.all(), "chain default/chain");
  REQUIRE(before.size() == 6);
  CHECK(before[0] ==
        "9000:f00d::2, 9600:886b:0:2::2:3, 9600:886b:0:2::7, 9000:f00d::1, "
        "9310::1:0:0:1:9 * 2");
  CHECK(before[5] ==
        "9000:f00d::3, 9600:886b:0:3::4, 9000:f00d::2, 9600:886b:0:2::8, "
        "9000:f00d::1, 9310::1:0:0:1:9");
  // When a pod goes, no other path changes: nor do the flows on them.
  bed.erase(bed.stores.pods, "default/fw-1");
  static_cast<void>(bed.compiled());
  const Strings after = lists_of(bed.translator.all(), "chain default/chain");
  CHECK(after == Strings{before[0], before[1], before[4], before[5]});
}

TEST_CASE("a path needs pods that are there and ready", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  k8s::Pod second = with_stubs(chain_pod("fw-1", "node1", "2001:0:0:1::3"), 2);
  const auto lists = [&] {
    static_cast<void>(bed.compiled());
    return lists_of(bed.translator.all(), "chain default/chain").size();
  };
  bed.put(second);
  CHECK(lists() == 2);
  SECTION("not ready") {
    second.ready = false;
    bed.put(second);
    CHECK(lists() == 1);
    // What is on its way still gets through: the SID stays.
    CHECK(made_of(bed).sids.size() == 2);
  }
  SECTION("being deleted") {
    second.deleted = true;
    bed.put(second);
    CHECK(lists() == 1);
  }
  SECTION("an interface is gone") {
    second.interfaces.pop_back();
    bed.put(second);
    CHECK(lists() == 1);
    CHECK(made_of(bed).members[1][1].why ==
          "it has no interface tap2; annotate it with contivpp.io/custom-if: tap2/tap/stub");
  }
  SECTION("its node is gone") {
    second.node = "node9";
    bed.put(second);
    CHECK(lists() == 1);
    CHECK(made_of(bed).members[1][1].why == "node node9 is not known");
  }
  CHECK(said_of(bed) == "Rendered: 1 path");
}

TEST_CASE("without a path traffic is dropped, or goes on with failOpen", "[chains]") {
  const bool open = GENERATE(false, true);
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  k8s::ServiceFunctionChain chain = *bed.stores.chains.find("default/chain");
  chain.fail_open = open;
  bed.put(chain);
  SECTION("frames") {
    k8s::Pod fw = *bed.stores.pods.find("default/fw-0");
    fw.ready = false;
    bed.put(fw);
    const CompileResult compiled = bed.compiled();
    CHECK(said_of(bed) == (open ? "NotReady: element 2 (fw): default/fw-0: it is not ready; "
                                  "traffic bypasses the chain (failOpen)"
                                : "NotReady: element 2 (fw): default/fw-0: it is not ready; "
                                  "traffic of the chain is dropped"));
    const StateChange all = bed.translator.all();
    const SrPolicy* const policy = policy_of(all, "chain default/chain");
    REQUIRE(policy != nullptr);
    if (open) {
      CHECK(lists_of(bed.translator.all(), "chain default/chain") == Strings{"9310::1:0:0:1:9"});
    } else {
      CHECK(policy->candidate_paths.empty());
      CHECK(policy->drop_upon_invalid);
    }
    CHECK(chain_steering_of(bed.translator.all()) ==
          Strings{"interface client-0-tap1 -> chain default/chain"});
    bed.erase(bed.stores.pods, "default/fw-0");
    static_cast<void>(bed.compiled());
    CHECK(said_of(bed).starts_with("NoPods: element 2 (fw) selects no pod; "));
    CHECK(policy_of(bed.translator.all(), "chain default/chain") != nullptr);
  }
  SECTION("packets") {
    bed.put(with_addresses(chain_pod("client-0", "node1", "2001:0:0:1::2"), {{"fd10::2"}}));
    bed.put(with_addresses(chain_pod("server-0", "node1", "2001:0:0:1::5"), {{"fd10::5"}}));
    bed.erase(bed.stores.pods, "default/fw-0");
    static_cast<void>(bed.compiled());
    const Strings steering = chain_steering_of(bed.translator.all());
    if (open) {
      CHECK(steering.empty());
    } else {
      CHECK(steering == Strings{"main fd10::5/128 -> chain default/chain to fd10::5/128"});
    }
  }
}

TEST_CASE("interfaces of a chain must be alike, and the condition says how", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  SECTION("layers") {
    bed.put(with_addresses(chain_pod("server-0", "node1", "2001:0:0:1::5"), {{"fd10::5"}}));
    CHECK(said_of(bed) ==
          "MixedLayers: interface tap1 of default/client-0 is frames only (network stub or type "
          "L2), tap1 of default/server-0 is in the network of all pods; all interfaces of a chain "
          "must be alike");
  }
  SECTION("networks") {
    bed.put(with_addresses(chain_pod("client-0", "node1", "2001:0:0:1::2"), {{"fd10::2"}}));
    bed.put(
        with_addresses(chain_pod("fw-0", "node1", "2001:0:0:1::3"), {{"fd10::3"}, {"fd10::4"}}));
    bed.put(with_addresses(chain_pod("server-0", "node1", "2001:0:0:1::5"), {{"fd11::5"}},
                           "default/blue"));
    CHECK(said_of(bed) ==
          "MixedNetworks: interface tap1 of default/client-0 is in the network of all pods, tap1 "
          "of default/server-0 is in network default/blue; all interfaces of a chain must be "
          "alike");
  }
  SECTION("families") {
    bed.put(with_addresses(chain_pod("client-0", "node1", "2001:0:0:1::2"), {{"fd10::2"}}));
    bed.put(
        with_addresses(chain_pod("fw-0", "node1", "2001:0:0:1::3"), {{"fd10::3"}, {"fd10::4"}}));
    bed.put(with_addresses(chain_pod("server-0", "node1", "2001:0:0:1::5"), {{"10.9.0.5"}}));
    CHECK(said_of(bed).starts_with("NoCommonFamily: "));
  }
  SECTION("an L2 network") {
    k8s::Pod server = chain_pod("server-0", "node1", "2001:0:0:1::5");
    server.interfaces.push_back({"tap1", "default/lan", "server-0-tap1", {}});
    bed.put(server);
    CHECK(said_of(bed) ==
          "NotReady: element 3 (server): default/server-0: interface tap1 is a part of the L2 "
          "network default/lan; frames of chains need network stub; traffic of the chain is "
          "dropped");
  }
  SECTION("no such external interface") {
    bed.put(chain_of("chain", {pods_of("client", "", "tap1"), external("uplink")}));
    CHECK(
        said_of(bed).starts_with("NoSuchInterface: element 2: there is no ExternalInterface "
                                 "default/uplink with nodes; create it"));
  }
  CHECK(bed.compiled().ok());
}

TEST_CASE("chains in a custom network, with both families", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with({"client-0-tap1", "fw-0-tap1", "server-0-tap1"}));
  bed.base.tables.emplace_back().name = "network default/blue";
  bed.put_nodes();
  bed.put(with_addresses(chain_pod("client-0", "node1", "10.1.1.2"), {{"fd20::2", "10.9.0.2"}},
                         "default/blue"));
  bed.put(with_addresses(chain_pod("fw-0", "node1", "10.1.1.3"), {{"fd20::3", "10.9.0.3"}},
                         "default/blue"));
  bed.put(with_addresses(chain_pod("server-0", "node1", "10.1.1.4"), {{"fd20::4", "10.9.0.4"}},
                         "default/blue"));
  bed.put(chain_of("chain",
                   {pods_of("client", "tap1"), pods_of("fw", "tap1"), pods_of("server", "tap1")}));
  static_cast<void>(bed.compiled());
  const StateChange all = bed.translator.all();
  CHECK(chain_steering_of(all) ==
        Strings{"network default/blue 10.9.0.4/32 -> chain default/chain/ipv4 to 10.9.0.4/32",
                "network default/blue fd20::4/128 -> chain default/chain to fd20::4/128"});
  // The first type has Contiv's values, the second others.
  const Strings sids = chain_sids_of(all);
  CHECK(contains(sids, "End.AD 9600:886b::ffff:a01:103 via fd20::3 fw-0-tap1"));
  CHECK(contains(sids, "End.DX6 9310::ffff:a01:104 via fd20::4 server-0-tap1"));
  CHECK(sids.size() >= 4);
  CHECK(lists_of(all, "chain default/chain/ipv4 to 10.9.0.4/32") !=
        lists_of(all, "chain default/chain to fd20::4/128"));
}

TEST_CASE("static and masquerading proxies", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with({"client-0-tap1", "fw-0-tap1", "server-0-tap1"}));
  bed.put_nodes();
  bed.put(with_addresses(chain_pod("client-0", "node1", "2001:0:0:1::2"), {{"fd10::2"}}));
  bed.put(with_addresses(chain_pod("fw-0", "node1", "2001:0:0:1::3"), {{"fd10::3"}}));
  bed.put(with_addresses(chain_pod("server-0", "node2", "2001:0:0:2::5"), {{"fd10::5"}}));
  k8s::ChainElement fw = pods_of("fw", "tap1");
  const auto put_chain = [&] {
    bed.put(chain_of("chain", {pods_of("client", "tap1"), fw, pods_of("server", "tap1")}));
    static_cast<void>(bed.compiled());
    return chain_sids_of(bed.translator.all());
  };
  fw.proxy = k8s::ProxyKind::kStatic;
  CHECK(contains(put_chain(),
                 "End.AS 9600:886b:0:1::3 via fd10::3 fw-0-tap1 | 9000:f00d::2 | "
                 "9310:0:0:2::5"));
  bed.put(with_addresses(chain_pod("server-1", "node2", "2001:0:0:2::6"), {{"fd10::6"}}));
  static_cast<void>(put_chain());
  CHECK(said_of(bed) ==
        "ManyPathsBehindProxy: element 2 (fw) has proxy AS, which knows one way, and element 3 "
        "(server) has several pods; use AD, or one pod; traffic of the chain is dropped");
  fw.proxy = k8s::ProxyKind::kMasquerading;
  CHECK(contains(put_chain(), "End.AM 9600:886b:0:1::3 via fd10::3 fw-0-tap1"));
  CHECK(said_of(bed) == "Rendered: 2 paths");
}

TEST_CASE("the number of paths has a limit, pods beyond it are idle", "[chains]") {
  ClusterBed bed(contiv_settings(2), file_with(kTaps));
  put_frames(bed);
  for (int i = 10; i < 40; ++i) {
    const std::string n = std::to_string(i);
    bed.put(with_stubs(chain_pod("fw-" + n, "node2", "2001:0:0:2::" + n), 2));
    bed.put(with_stubs(chain_pod("nat-" + n, "node2", "2001:0:0:2::1" + n)));
  }
  bed.put(chain_of("chain", {pods_of("client", "", "tap1"), pods_of("fw", "tap1", "tap2"),
                             pods_of("nat", "tap1"), pods_of("server", "tap1")}));
  static_cast<void>(bed.compiled());
  CHECK(made_of(bed).paths == 256);
  CHECK(made_of(bed).members[1].back().why == "idle: a chain has at most 256 paths");
}

}  // namespace sextant
