// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// One chain: what kind of traffic it takes, its paths, and what of it stands on this node.
#include "k8s/translate_chain.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "k8s/chain_sids.hpp"

namespace sextant::k8s {

namespace {

// What policies take.
constexpr std::uint64_t kMaxListWeight = 1u << 20;

Family family_of(InnerType inner) {
  return inner == InnerType::kIpv4 ? Family::kIpv4 : Family::kIpv6;
}

// Why a chain cannot be, whatever members there are: reason and sentence.
struct Problem {
  std::string reason;
  std::string message;
};

class Translation {
 public:
  Translation(const Cluster& cluster, const ServiceFunctionChain& chain, bool first_of_name,
              ChainTranslation& out)
      : cluster_(cluster), chain_(chain), first_of_name_(first_of_name), out_(out) {}

  void run() {
    for (const auto& element : out_.members) {
      for (const ChainMember& member : element) {
        if (member.present) out_.nodes.insert(member.node);
      }
    }
    check_masquerading();
    drop_surplus();
    static_problem_ = static_problem();
    std::optional<Problem> problem = shape_problem();
    if (!problem) {
      const std::vector<InnerType> types = inner_types(problem);
      for (const InnerType inner : types) {
        const bool second = inner != types[0];
        direction(false, inner, second);
        if (chain_.bidirectional) direction(true, inner, second);
      }
    }
    if (!problem) problem = missing_problem();
    if (!problem) problem = static_problem_;
    if (!problem) problem = member_problem();
    conclude(problem);
  }

 private:
  // A member as one direction sees it.
  struct Place {
    std::size_t element;
    std::size_t index;
    const ChainMember* member;
    const ChainSide* towards;  // where traffic enters it
    const ChainSide* away;     // where it leaves
  };
  using Places = std::vector<Place>;

  [[nodiscard]] std::size_t last() const { return chain_.elements.size() - 1; }

  // One pod after the other of the element that has the most, until what is left can be done.
  void drop_surplus() {
    for (;;) {
      std::size_t paths = 1;
      std::vector<ChainMember*> most;
      for (std::size_t i = 1; i < out_.members.size(); ++i) {
        std::vector<ChainMember*> used;
        for (ChainMember& member : out_.members[i]) {
          if (member.takes_traffic()) used.push_back(&member);
        }
        paths *= std::max<std::size_t>(1, used.size());
        if (used.size() > most.size()) most = used;
      }
      if (paths <= kMaxChainPaths) return;
      most.back()->why = "idle: a chain has at most " + std::to_string(kMaxChainPaths) + " paths";
    }
  }

  // The function of a masquerading proxy gets the SRv6 packet itself.
  void check_masquerading() {
    for (std::size_t i = 1; i < last(); ++i) {
      if (chain_.elements[i].proxy != ProxyKind::kMasquerading) continue;
      for (ChainMember& member : out_.members[i]) {
        for (const ChainSide* side : {&member.input, &member.output}) {
          const bool entered = side == &member.input || chain_.bidirectional;
          if (!member.present || !entered || side->address(Family::kIpv6) != nullptr) continue;
          member.present = false;
          member.why = "proxy AM needs an IPv6 address of interface " + side->name;
        }
      }
    }
  }

  // End.AS pushes one list, whatever came.
  [[nodiscard]] std::optional<Problem> static_problem() const {
    const auto several = [&](std::size_t i) {
      const auto& members = out_.members[i];
      return std::count_if(members.begin(), members.end(),
                           [](const ChainMember& member) { return member.takes_traffic(); }) > 1;
    };
    for (std::size_t i = 1; i < last(); ++i) {
      if (chain_.elements[i].proxy != ProxyKind::kStatic) continue;
      for (std::size_t j = 0; j <= last(); ++j) {
        const bool behind = j > i || (chain_.bidirectional && j < i);
        if (!behind || !several(j)) continue;
        return Problem{"ManyPathsBehindProxy",
                       title_of(chain_, i) + " has proxy AS, which knows one way, and " +
                           title_of(chain_, j) + " has several pods; use AD, or one pod"};
      }
    }
    return std::nullopt;
  }

  // What schemas and people can get wrong.
  [[nodiscard]] std::optional<Problem> shape_problem() const {
    for (std::size_t i = 0; i < chain_.elements.size(); ++i) {
      const ChainElement& element = chain_.elements[i];
      const bool external = element.type == ChainElement::Type::kExternalInterface;
      if (external && i != 0 && i != last()) {
        return Problem{"ExternalInterfaceInside",
                       title_of(chain_, i) +
                           " is an ExternalInterface between the ends; only a pod gives traffic "
                           "back: make it the first or the last element"};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Problem> missing_problem() const {
    for (std::size_t i = 0; i < chain_.elements.size(); ++i) {
      const ChainElement& element = chain_.elements[i];
      const bool external = element.type == ChainElement::Type::kExternalInterface;
      if (!out_.members[i].empty()) continue;
      if (external) {
        const std::string& name =
            element.input_interface.empty() ? element.output_interface : element.input_interface;
        return Problem{"NoSuchInterface", title_of(chain_, i) + ": there is no ExternalInterface " +
                                              chain_.meta.namespace_name + "/" + name +
                                              " with nodes; create it"};
      }
      return Problem{"NoPods", title_of(chain_, i) +
                                   " selects no pod; label one as its "
                                   "podSelector says"};
    }
    return std::nullopt;
  }

  // Calls f for each side that traffic can cross.
  template <typename F>
  void each_side(F f) const {
    for (std::size_t i = 0; i < out_.members.size(); ++i) {
      for (const ChainMember& member : out_.members[i]) {
        if (!member.present) continue;
        if (i != 0) f(i, member, member.input);
        if (i != last()) f(i, member, member.output);
      }
    }
  }

  // Frames, or the families that every element has.
  std::vector<InnerType> inner_types(std::optional<Problem>& problem) const {
    const ChainSide* first = nullptr;
    std::string first_name;
    each_side([&](std::size_t, const ChainMember& member, const ChainSide& side) {
      if (first == nullptr) {
        first = &side;
        first_name = member.name;
      }
      if (problem || side.network == first->network) return;
      const auto words = [](const ChainSide& one) {
        return one.frames()          ? "frames only (network stub or type L2)"
               : one.network.empty() ? "in the network of all pods"
                                     : "in network " + one.network;
      };
      problem = Problem{side.frames() != first->frames() ? "MixedLayers" : "MixedNetworks",
                        "interface " + first->name + " of " + first_name + " is " + words(*first) +
                            ", " + side.name + " of " + member.name + " is " + words(side) +
                            "; all interfaces of a chain must be alike"};
    });
    if (problem || first == nullptr) return {};
    if (first->frames()) return {InnerType::kEthernet};
    std::vector<InnerType> out;
    for (const InnerType inner : {InnerType::kIpv6, InnerType::kIpv4}) {
      std::set<std::size_t> missing;
      for (std::size_t i = 0; i < out_.members.size(); ++i)
        missing.insert(i);
      each_side([&](std::size_t i, const ChainMember&, const ChainSide& side) {
        if (side.address(family_of(inner)) != nullptr) missing.erase(i);
      });
      std::erase_if(missing, [&](std::size_t i) {
        return std::none_of(out_.members[i].begin(), out_.members[i].end(),
                            [](const ChainMember& member) { return member.present; });
      });
      if (missing.empty()) out.push_back(inner);
    }
    if (out.empty()) {
      problem = Problem{"NoCommonFamily",
                        "no family of addresses that every element has; give the interfaces "
                        "addresses of one family, by their network"};
    }
    return out;
  }

  // Members that there are and that all fail.
  [[nodiscard]] std::optional<Problem> member_problem() const {
    for (std::size_t i = 0; i < out_.members.size(); ++i) {
      const auto& members = out_.members[i];
      if (std::any_of(members.begin(), members.end(),
                      [](const ChainMember& member) { return member.takes_traffic(); })) {
        continue;
      }
      return Problem{"NotReady", title_of(chain_, i) + ": " + members[0].name + ": " +
                                     members[0].why + (members.size() > 1 ? " (and others)" : "")};
    }
    if (out_.paths == 0) {
      return Problem{"NoPath", "no path leads from the first element to the last"};
    }
    return std::nullopt;
  }

  void conclude(const std::optional<Problem>& problem) {
    if (!problem) {
      out_.reason = ChainTranslation::kRendered;
      out_.message = std::to_string(out_.paths) + (out_.paths == 1 ? " path" : " paths");
      return;
    }
    out_.reason = problem->reason;
    out_.message = problem->message;
    const bool blocks = !out_.flows.empty();
    if (blocks) {
      out_.message += chain_.fail_open ? "; traffic bypasses the chain (failOpen)"
                                       : "; traffic of the chain is dropped";
    }
  }

  [[nodiscard]] Places places_of(std::size_t element, bool reverse, InnerType inner) const {
    Places out;
    for (std::size_t i = 0; i < out_.members[element].size(); ++i) {
      const ChainMember& member = out_.members[element][i];
      if (!member.present) continue;
      const ChainSide& input = reverse ? member.output : member.input;
      const ChainSide& output = reverse ? member.input : member.output;
      const bool is_start = element == (reverse ? last() : 0);
      const ChainSide& entry = is_start ? output : input;
      if (inner != InnerType::kEthernet && entry.address(family_of(inner)) == nullptr) continue;
      out.push_back({element, i, &member, &input, &output});
    }
    return out;
  }

  void direction(bool reverse, InnerType inner, bool second) {
    std::string variant = reverse ? "/reverse" : "";
    if (second) variant += "/ipv4";
    const ChainSids sids(cluster_, chain_, first_of_name_ ? chain_.meta.name : chain_.meta.key(),
                         variant, inner);
    std::vector<Places> elements;
    for (std::size_t i = 0; i < chain_.elements.size(); ++i)
      elements.push_back(places_of(reverse ? last() - i : i, reverse, inner));
    // Pods at one destination, or everything at the end of frames.
    std::map<std::optional<IpPrefix>, Places> destinations;
    if (inner == InnerType::kEthernet) destinations[std::nullopt] = {};
    for (const Place& end : elements.back()) {
      if (inner == InnerType::kEthernet) {
        destinations[std::nullopt].push_back(end);
        continue;
      }
      for (const IpPrefix& subnet : end.towards->subnets) {
        if (subnet.address.family == family_of(inner)) destinations[subnet].push_back(end);
      }
    }
    bool first = true;
    for (const auto& [destination, ends] : destinations) {
      elements.back() = ends;
      ChainFlow flow;
      flow.policy = "chain " + chain_.meta.key() + variant;
      if (destination) flow.policy += " to " + destination->to_string();
      flow.reverse = reverse;
      flow.inner = inner;
      flow.destination = destination;
      find_paths(elements, sids, flow);
      if (!reverse && !second) out_.paths += flow.bypass ? 0 : flow.paths.size();
      std::optional<Ipv6Address> binding_sid;
      if (std::exchange(first, false)) binding_sid = sids.binding_sid();
      if (variant.empty() && binding_sid) out_.binding_sid = binding_sid;
      start(elements[0], binding_sid, flow);
      out_.flows.push_back(std::move(flow));
    }
    elements.back() = places_of(reverse ? 0 : last(), reverse, inner);
    for (std::size_t i = 1; i < elements.size(); ++i) {
      for (const Place& place : elements[i]) {
        if (place.member->node == cluster_.node_name) {
          make_sid(elements, i, place, sids, reverse, inner);
        }
      }
    }
  }

  // Every combination of members that take traffic: when one goes, no other path changes.
  void find_paths(const std::vector<Places>& elements, const ChainSids& sids,
                  ChainFlow& flow) const {
    std::vector<std::uint64_t> weights;
    std::vector<const Place*> way;
    const auto walk = [&](auto self, std::size_t i, std::uint64_t weight) -> void {
      if (i == elements.size()) {
        ChainPath path;
        for (const Place* place : way)
          path.members.push_back(place->index);
        path.segments = segments_of(way, sids);
        flow.paths.push_back(std::move(path));
        weights.push_back(weight);
        return;
      }
      for (const Place& place : elements[i]) {
        if (!place.member->takes_traffic()) continue;
        way.push_back(&place);
        self(self, i + 1, weight * place.member->weight);
        way.pop_back();
      }
    };
    if (!static_problem_) walk(walk, 1, 1);
    if (flow.paths.empty() && chain_.fail_open && flow.inner == InnerType::kEthernet) {
      // Frames without a chain would go nowhere.
      flow.bypass = true;
      for (const Place& place : elements.back()) {
        way = {&place};
        flow.paths.push_back({{place.index}, 1, segments_of(way, sids)});
        weights.push_back(1);
      }
    }
    std::uint64_t common = 0;
    for (const std::uint64_t weight : weights)
      common = std::gcd(common, weight);
    std::uint64_t most = 0;
    for (const std::uint64_t weight : weights)
      most = std::max(most, weight / common);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      std::uint64_t weight = weights[i] / common;
      if (most > kMaxListWeight)
        weight = std::max<std::uint64_t>(1, weight * kMaxListWeight / most);
      flow.paths[i].weight = static_cast<std::uint32_t>(weight);
    }
  }

  // From this node: an End SID wherever the node changes.
  [[nodiscard]] std::vector<Ipv6Address> segments_of(const std::vector<const Place*>& way,
                                                     const ChainSids& sids,
                                                     const std::string* from = nullptr) const {
    std::vector<Ipv6Address> out;
    std::string node = from != nullptr ? *from : cluster_.node_name;
    for (std::size_t i = 0; i < way.size(); ++i) {
      const ChainMember& member = *way[i]->member;
      if (member.node != node) out.push_back(cluster_.nodes.find(member.node)->sids.end);
      node = member.node;
      const ChainSide& towards = *way[i]->towards;
      out.push_back(i + 1 == way.size() ? sids.end(member, towards)
                                        : sids.function(member, towards));
    }
    return out;
  }

  // Steering and policy where traffic begins.
  void start(const Places& starts, const std::optional<Ipv6Address>& binding_sid, ChainFlow& flow) {
    std::set<std::string> interfaces;
    std::string network;
    for (const Place& place : starts) {
      if (place.member->node != cluster_.node_name) continue;
      flow.starts_here = true;
      network = place.away->network;
      interfaces.insert(interface_of(*place.away, flow.inner));
    }
    if (!flow.starts_here || (flow.paths.empty() && chain_.fail_open)) return;
    SrPolicy policy;
    policy.name = flow.policy;
    policy.binding_sid = binding_sid;
    policy.headend = Headend::kHEncapsRed;
    policy.table = cluster_.settings.table;
    policy.drop_upon_invalid = !chain_.fail_open;
    CandidatePath candidate;
    std::map<std::vector<Ipv6Address>, std::uint32_t> lists;
    for (const ChainPath& path : flow.paths)
      lists[path.segments] += path.weight;
    for (const auto& [segments, weight] : lists) {
      WeightedSegmentList list;
      list.segments = segments;
      list.weight = weight;
      candidate.segment_lists.push_back(std::move(list));
    }
    if (!flow.paths.empty()) policy.candidate_paths.push_back(std::move(candidate));
    out_.objects.policies.upserts.push_back(std::move(policy));
    if (flow.destination) {
      SteeringRule rule = steer(cluster_, *flow.destination, flow.policy);
      rule.table = network_table(cluster_.settings.table, network);
      out_.objects.steering.upserts.push_back(std::move(rule));
      return;
    }
    for (const std::string& interface : interfaces) {
      if (!cluster_.links.has_interface(interface)) continue;
      SteeringRule rule;
      rule.match = SteeringRule::Match::kInterface;
      rule.interface = interface;
      rule.policy = flow.policy;
      out_.objects.steering.upserts.push_back(std::move(rule));
    }
  }

  // What this node calls it; empty: it is not there (yet).
  [[nodiscard]] std::string interface_of(const ChainSide& side, InnerType inner) const {
    if (!side.interface.empty()) return side.interface;
    const IpAddress* const address =
        inner == InnerType::kEthernet ? nullptr : side.address(family_of(inner));
    const LocalLinks::Way* const way =
        address != nullptr ? cluster_.links.way_to(*address) : nullptr;
    return way != nullptr ? way->interface : "";
  }

  void make_sid(const std::vector<Places>& elements, std::size_t at, const Place& place,
                const ChainSids& sids, bool reverse, InnerType inner) {
    const bool is_end = at + 1 == elements.size();
    const ChainElement& element = chain_.elements[place.element];
    DesiredLocalSid sid;
    sid.table = cluster_.settings.table;
    const Ipv6Address address = is_end ? sids.end(*place.member, *place.towards)
                                       : sids.function(*place.member, *place.towards);
    sid.sid = {address, 128};
    std::string why = is_end ? make_end(place, inner, sid)
                             : make_proxy(elements, at, place, sids, element.proxy, inner, sid);
    for (const std::string* name : {&sid.interface, &sid.return_interface}) {
      if (why.empty() && !name->empty() && !cluster_.links.has_interface(*name)) {
        why = "there is no interface " + *name + " on this node";
      }
    }
    out_.sids.push_back({address, sid.behavior, place.element, place.index, reverse, why});
    if (why.empty()) out_.objects.local_sids.upserts.push_back(std::move(sid));
  }

  [[nodiscard]] std::string make_end(const Place& place, InnerType inner,
                                     DesiredLocalSid& sid) const {
    const std::string interface = interface_of(*place.towards, inner);
    sid.behavior = inner == InnerType::kEthernet ? Behavior::kEndDx2
                   : inner == InnerType::kIpv4   ? Behavior::kEndDx4
                                                 : Behavior::kEndDx6;
    if (interface.empty()) return "the pod is not attached to this node";
    if (!cluster_.links.has_interface(interface)) {
      return "there is no interface " + interface + " on this node";
    }
    if (inner == InnerType::kEthernet) {
      sid.interface = interface;
      return "";
    }
    DesiredNextHop hop;
    hop.interface = interface;
    // Behind a port there may be many: whoever has the address.
    if (!place.member->external) hop.address = *place.towards->address(family_of(inner));
    sid.next_hops.push_back(std::move(hop));
    return "";
  }

  [[nodiscard]] std::string make_proxy(const std::vector<Places>& elements, std::size_t at,
                                       const Place& place, const ChainSids& sids, ProxyKind kind,
                                       InnerType inner, DesiredLocalSid& sid) const {
    sid.behavior = kind == ProxyKind::kDynamic  ? Behavior::kEndAd
                   : kind == ProxyKind::kStatic ? Behavior::kEndAs
                                                : Behavior::kEndAm;
    // A masquerading proxy's function sees the SRv6 packet itself.
    sid.inner = kind == ProxyKind::kMasquerading ? InnerType::kIpv6 : inner;
    sid.interface = interface_of(*place.towards, sid.inner);
    const std::string back = interface_of(*place.away, inner);
    if (sid.interface.empty() || back.empty()) return "the pod is not attached to this node";
    if (back != sid.interface) sid.return_interface = back;
    if (sid.inner != InnerType::kEthernet) {
      DesiredNextHop hop;
      hop.address = *place.towards->address(family_of(sid.inner));
      sid.next_hops.push_back(std::move(hop));
    }
    return kind == ProxyKind::kStatic ? make_static_list(elements, at, place, sids, sid) : "";
  }

  [[nodiscard]] std::string make_static_list(const std::vector<Places>& elements, std::size_t at,
                                             const Place& place, const ChainSids& sids,
                                             DesiredLocalSid& sid) const {
    if (static_problem_) return static_problem_->message;
    std::vector<const Place*> way;
    for (std::size_t i = at + 1; i < elements.size(); ++i) {
      const auto next = std::find_if(elements[i].begin(), elements[i].end(),
                                     [](const Place& one) { return one.member->takes_traffic(); });
      if (next == elements[i].end()) return "nothing behind it takes traffic";
      way.push_back(&*next);
    }
    sid.source = cluster_.self()->planned->address;
    sid.segments = segments_of(way, sids, &place.member->node);
    sid.segments_done = 0;
    return "";
  }

  const Cluster& cluster_;
  const ServiceFunctionChain& chain_;
  const bool first_of_name_;
  ChainTranslation& out_;
  std::optional<Problem> static_problem_;
};

}  // namespace

ChainTranslation translate_chain(const Cluster& cluster, const ClusterStores& stores,
                                 const ServiceFunctionChain& chain,
                                 const ChainSelections::Selected& pods, bool first_of_name) {
  ChainTranslation out;
  out.members = collect_members(cluster, stores, chain, pods);
  if (cluster.self() == nullptr || !cluster.self()->planned) {
    out.reason = "NoSids";
    out.message = cluster.self() == nullptr
                      ? "there is no Node object " + cluster.node_name + " for this node"
                      : "this node has no SIDs: " + cluster.self()->problem;
    return out;
  }
  Translation(cluster, chain, first_of_name, out).run();
  return out;
}

}  // namespace sextant::k8s
