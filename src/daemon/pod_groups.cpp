// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Interfaces of one pod, one after the other, and the way back.
#include "pod_groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "k8s/chain_objects.hpp"

namespace sextant {

namespace {

// Ethernet header and one VLAN tag, which travel inside where frames do.
constexpr std::uint16_t kFrameOverhead = 18;
constexpr std::uint16_t kMinMtu = 1280;

std::string socket_of(const PodGroup& group) {
  return fmt::format("{}/{}/memif.sock", group.memif_folder,
                     group.uid.empty() ? group.pod.container : group.uid);
}

// Carries frames of a chain or a bridge, of which routes know nothing.
void make_layer2(Pod& pod) {
  pod.table = k8s::network_table(pod.table, std::string(k8s::kStubNetwork));
  if (pod.mtu >= kMinMtu + kFrameOverhead)
    pod.mtu = static_cast<std::uint16_t>(pod.mtu - kFrameOverhead);
}

}  // namespace

struct PodGroups::Attempt {
  std::vector<Pod> members;
  std::size_t made = 0;
  Attached done;
};

std::set<IpAddress> PodGroups::taken_in(const std::string& table) const {
  std::set<IpAddress> out;
  const auto add = [&](const Pod& pod) {
    if (pod.table == table) out.insert(pod.addresses.begin(), pod.addresses.end());
  };
  for (const auto& [key, attached] : pods_.list())
    add(attached.pod);
  for (const auto& [key, attempt] : attempts_)
    std::for_each(attempt->members.begin(), attempt->members.end(), add);
  return out;
}

// routed: networks that have a route in the pod already.
Status PodGroups::give_network(const PodGroup::Extra& extra, Pod& pod,
                               std::set<std::string>& routed) const {
  pod.network = extra.wanted.network;
  if (pod.network.empty()) {
    if (extra.addresses.empty()) {
      return Error{"it is in the network of all pods and has no address"};
    }
    pod.addresses = extra.addresses;
    return Ok{};
  }
  if (pod.network == k8s::kStubNetwork) {
    make_layer2(pod);
    return Ok{};
  }
  if (!networks_) {
    return Error{
        fmt::format("there is no CustomNetwork {}: this node follows no cluster (section "
                    "kubernetes of the configuration)",
                    pod.network)};
  }
  const auto network = networks_(pod.network);
  if (!network) return network.error();
  if (network->layer2) {
    make_layer2(pod);
    return Ok{};
  }
  pod.table = network->table;
  std::set<IpAddress> taken = taken_in(pod.table);
  for (const IpPrefix& part : network->parts) {
    const auto wish =
        std::find_if(extra.addresses.begin(), extra.addresses.end(),
                     [&](const IpAddress& a) { return part.contains(a) && !taken.contains(a); });
    const std::string& who = pod.pod_name.empty() ? pod.container : pod.pod_name;
    const auto address =
        wish != extra.addresses.end()
            ? std::optional(*wish)
            : free_address(part, taken, pod.pod_namespace + "/" + who + "/" + pod.ifname);
    if (!address) {
      return Error{fmt::format("all addresses of {}, this node's part of network {}, are taken",
                               part.to_string(), pod.network)};
    }
    pod.addresses.push_back(*address);
  }
  // One way to the others of the network, by the first interface.
  if (routed.insert(pod.network).second) pod.routes = network->subnets;
  return Ok{};
}

Result<std::vector<Pod>> PodGroups::members_of(const PodGroup& group) const {
  if (group.uid.find_first_of("/,") != std::string::npos || group.uid.starts_with('.')) {
    return Error{"uid: '" + group.uid + "' is no id of a pod"};
  }
  std::vector<Pod> out{group.pod};
  if (out[0].mtu == 0) out[0].mtu = pods_.mtu();
  if (out[0].type == PodPortType::kMemif && !group.memif_folder.empty())
    out[0].host_link = socket_of(group);
  std::set<std::string> names{group.pod.ifname, "lo"};
  std::set<std::string> routed;
  std::uint8_t memif_id = 0;
  for (const PodGroup::Extra& extra : group.extras) {
    Pod pod = out[0];
    pod.owner = group.pod.ifname;
    pod.ifname = extra.wanted.name;
    pod.type = extra.wanted.type;
    pod.addresses.clear();
    pod.routes.clear();
    pod.host_link.clear();
    if (pod.type == PodPortType::kMemif) {
      pod.host_link = socket_of(group);
      pod.memif_id = ++memif_id;
      pod.memif_uid = extra.wanted.uid;
    }
    const auto fail = [&](const std::string& why) {
      return Error{fmt::format("interface {} of pod {}/{}: {}", pod.ifname, pod.pod_namespace,
                               pod.pod_name, why)};
    };
    if (!names.insert(pod.ifname).second) return fail("the name is taken by another interface");
    if (auto status = give_network(extra, pod, routed); !status) return fail(status.error().text);
    out.push_back(std::move(pod));
  }
  return out;
}

void PodGroups::attach(PodGroup group, Attached done) {
  const PodKey key = key_of(group.pod);
  if (attempts_.contains(key)) {
    return done({}, {PodError::Kind::kBusy, group.pod.title() + " is being attached"});
  }
  std::sort(group.extras.begin(), group.extras.end(),
            [](const auto& a, const auto& b) { return a.wanted.name < b.wanted.name; });
  auto members = members_of(group);
  if (!members) return done({}, {PodError::Kind::kInvalid, members.error().text});
  auto attempt = std::make_shared<Attempt>();
  attempt->members = std::move(members).value();
  attempt->done = std::move(done);
  attempts_.emplace(key, attempt);
  attach_next(attempt);
}

void PodGroups::attach_next(const std::shared_ptr<Attempt>& attempt) {
  const PodKey main = key_of(attempt->members[0]);
  if (attempt->made == attempt->members.size()) {
    attempts_.erase(main);
    return attempt->done(listed(main), {});
  }
  pods_.attach(attempt->members[attempt->made],
               [this, attempt](const AttachedPod* attached, const PodError& error) {
                 if (attached == nullptr) return undo_last(attempt, error);
                 ++attempt->made;
                 attach_next(attempt);
               });
}

void PodGroups::undo_last(const std::shared_ptr<Attempt>& attempt, const PodError& why) {
  if (attempt->made == 0) {
    attempts_.erase(key_of(attempt->members[0]));
    return attempt->done({}, why);
  }
  const Pod& last = attempt->members[--attempt->made];
  pods_.detach(key_of(last), last.netns,
               [this, attempt, why](const std::optional<PodError>&) { undo_last(attempt, why); });
}

void PodGroups::detach(const PodKey& main, const std::string& netns, Done done) {
  if (attempts_.contains(main)) {
    return done(PodError{PodError::Kind::kBusy, "the pod is being attached"});
  }
  // The main one last: as long as it is there, the others are found.
  detach_next(keys_of(main), netns, done);
}

void PodGroups::detach_next(std::vector<PodKey> keys, const std::string& netns, const Done& done) {
  if (keys.empty()) return done(std::nullopt);
  const PodKey key = keys.back();
  keys.pop_back();
  pods_.detach(key, netns,
               [this, keys = std::move(keys), netns, done](const std::optional<PodError>& error) {
                 if (error) return done(error);
                 detach_next(keys, netns, done);
               });
}

// The main interface first.
std::vector<PodKey> PodGroups::keys_of(const PodKey& main) const {
  std::vector<PodKey> out{main};
  for (const Pod& extra : pods_.extras_of(main))
    out.push_back(key_of(extra));
  return out;
}

std::vector<const AttachedPod*> PodGroups::listed(const PodKey& main) const {
  const std::vector<PodKey> keys = keys_of(main);
  std::vector<const AttachedPod*> out;
  for (const PodKey& key : keys) {
    const auto found = pods_.list().find(key);
    if (found != pods_.list().end()) out.push_back(&found->second);
  }
  return out;
}

void PodGroups::check(const PodKey& main, Attached done) {
  check_next(main, keys_of(main), done);
}

void PodGroups::check_next(const PodKey& main, std::vector<PodKey> keys, const Attached& done) {
  if (keys.empty()) return done(listed(main), {});
  const PodKey key = keys.back();
  keys.pop_back();
  pods_.check(key, [this, main, keys = std::move(keys), done](const AttachedPod* attached,
                                                              const PodError& error) {
    if (attached == nullptr) return done({}, error);
    check_next(main, keys, done);
  });
}

}  // namespace sextant
