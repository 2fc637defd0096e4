// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Chains under change: after each of many random steps the tables equal those compiled from
// scratch.
#include <random>

#include "control/compile/compiler.hpp"
#include "support/chain_fixture.hpp"

namespace sextant {

using namespace k8s_test;

namespace {

constexpr const char* kFunctions[] = {"client", "fw", "nat", "server"};

class RandomChains {
 public:
  explicit RandomChains(unsigned seed) : random_(seed) {}

  // True: the node's own interfaces changed.
  bool step(ClusterBed& bed) {
    switch (draw(10)) {
      case 0: step_node(bed); break;
      case 1:
      case 2: step_chain(bed); break;
      case 3: step_external(bed); break;
      case 4:
        if (!chance(4)) break;
        bed.set_file(file());
        return true;
      default: step_pod(bed);
    }
    return false;
  }
  std::string file() {
    std::vector<std::string> interfaces = {"port1"};
    for (const char* of : kFunctions) {
      for (const char* n : {"1", "2", "3"}) {
        for (const char* tap : {"-tap1", "-tap2"}) {
          if (!chance(20)) interfaces.push_back(std::string(of) + "-" + n + tap);
        }
      }
    }
    return file_with(interfaces);
  }

 private:
  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }
  bool chance(unsigned of) { return draw(of) == 0; }
  std::string number(unsigned below) { return std::to_string(1 + draw(below)); }

  void step_node(ClusterBed& bed) {
    const std::string n = number(3);
    if (chance(4)) return bed.erase(bed.stores.nodes, "node" + n);
    k8s::Node one = node("node" + n, {"fe10:f00d::" + n}, {"10.1." + n + ".0/24"});
    if (chance(6)) one.internal_addresses = ips({"192.168.16." + n});  // no address in the fabric
    bed.put(one);
  }

  void step_pod(ClusterBed& bed) {
    const std::string name = std::string(kFunctions[draw(4)]) + "-" + number(3);
    if (chance(6)) return bed.erase(bed.stores.pods, "default/" + name);
    const std::string host = std::to_string(2 + draw(60));
    k8s::Pod pod = chain_pod(name, "node" + number(3), "10.1.1." + host);
    // Two kinds of functions: those of chains of frames, and of packets.
    if (frames_) {
      pod = with_stubs(pod, chance(8) ? 1 : 2);
    } else {
      const bool both = chance(2);
      pod = with_addresses(pod, {{"fd10::" + host}, {"fd10::1:" + host}});
      if (both) pod.interfaces[0].addresses.push_back(ip("10.9.1." + host));
    }
    pod.ready = !chance(4);
    pod.deleted = chance(10);
    if (chance(5)) pod.labels = {{"sf", kFunctions[draw(4)]}};
    if (chance(3)) pod.labels.emplace_back("track", "canary");
    bed.put(pod);
  }

  void step_external(ClusterBed& bed) {
    if (chance(4)) return bed.erase(bed.stores.external_interfaces, "default/uplink");
    k8s::ExternalInterface out;
    out.meta.namespace_name = "default";
    out.meta.name = "uplink";
    out.layer2 = frames_ != chance(8);
    for (unsigned n = 1 + draw(2); n <= 3; ++n) {
      out.nodes.push_back({"node" + std::to_string(n), "port1", 0, {}});
      if (!out.layer2) out.nodes.back().address = prefix("192.0.2." + number(3) + "/24");
    }
    bed.put(out);
  }

  void step_chain(ClusterBed& bed) {
    const std::string space = chance(3) ? "other" : "default";
    const std::string name = "c" + number(3);
    if (chance(5)) return bed.erase(bed.stores.chains, space + "/" + name);
    std::vector<k8s::ChainElement> elements = {pods_of("client", "", "tap1")};
    for (const char* function : {"fw", "nat"}) {
      if (chance(3)) continue;
      k8s::ChainElement& one = elements.emplace_back(chance(2) ? pods_of(function, "tap1", "tap2")
                                                               : pods_of(function, "tap1"));
      one.weight = 1 + draw(3);
      if (chance(3)) one.branches = {{{{{"track", "canary"}}, {}}, draw(3)}};
    }
    elements.push_back(chance(4) ? external("uplink") : pods_of("server", "tap1"));
    if (chance(10)) elements.insert(elements.begin() + 1, external("uplink"));
    k8s::ServiceFunctionChain chain = chain_of(name, std::move(elements), space);
    chain.bidirectional = chance(2);
    chain.fail_open = chance(3);
    bed.put(chain);
  }

  std::mt19937 random_;
  bool frames_ = random_() % 2 == 0;
};

// What another node of the same name finds that starts now.
StateChange from_scratch(const ClusterBed& bed, const KubernetesSettings& settings) {
  k8s::Translator fresh(settings, "node1", bed.stores);
  fresh.set_links(k8s::LocalLinks(bed.base, settings.table));
  const auto keys = [](const auto& store) {
    std::set<std::string> out;
    for (const auto& [key, object] : store.objects())
      out.insert(key);
    return out;
  };
  // In another order than the changes came.
  fresh.chains_changed(keys(bed.stores.chains));
  fresh.external_interfaces_changed(keys(bed.stores.external_interfaces));
  fresh.pods_changed(keys(bed.stores.pods));
  fresh.nodes_changed(keys(bed.stores.nodes));
  return fresh.take();
}

DesiredState with(const DesiredState& base, StateChange objects) {
  StateLayers layers;
  layers.set_base(base);
  Diagnostics found;
  static_cast<void>(layers.change(StateLayer::kKubernetes, std::move(objects), found));
  return layers.compose();
}

}  // namespace

TEST_CASE("a thousand random steps of chains, pods and nodes", "[chains]") {
  const unsigned seed = GENERATE(range(1u, 5u));
  CAPTURE(seed);
  const KubernetesSettings settings = seed % 2 == 0 ? contiv_settings(2) : locator_settings();
  RandomChains cluster(seed);
  ClusterBed bed(settings, cluster.file());
  Compiler compiler;
  REQUIRE(compiler.replace(bed.base).ok());
  compiler.commit();
  std::size_t with_chains = 0;
  for (int step = 0; step < 250; ++step) {
    CAPTURE(step);
    const bool other_file = cluster.step(bed);
    StateChange change = bed.translator.take();
    CHECK(bed.translator.take().empty());
    const DesiredState wanted = with(bed.base, from_scratch(bed, settings));
    const CompileUpdate made = other_file ? compiler.replace(with(bed.base, bed.translator.all()))
                                          : compiler.change(std::move(change));
    for (const Diagnostic& finding : made.diagnostics.list())
      UNSCOPED_INFO(finding.to_string());
    REQUIRE(made.ok());
    const CompileResult expected = compile(wanted, {}, compiler.ids());
    REQUIRE(expected.ok());
    compiler.commit();
    REQUIRE(compiler.tables() == expected.tables);
    for (const auto& [key, chain] : bed.stores.chains.objects()) {
      const auto status = bed.translator.chain(key);
      CHECK_FALSE(status->reason.empty());
      with_chains += status->rendered() ? 1u : 0u;
    }
  }
  // The steps must be about something.
  CHECK(with_chains > 50);
}

}  // namespace sextant
