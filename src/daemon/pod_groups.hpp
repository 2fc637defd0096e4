// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// PodGroups: a pod with its main interface and the extra ones, as one thing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "custom_interfaces.hpp"
#include "pods.hpp"

namespace sextant {

// What one CNI ADD asks for.
struct PodGroup {
  struct Extra {
    WantedInterface wanted;
    // Network of all pods: by the IPAM plugin. L3 network: wishes; those that are free and of this
    // node count.
    std::vector<IpAddress> addresses;
  };
  Pod pod;
  std::string memif_folder;  // of all pods; each gets its own in it
  std::string uid;           // of Kubernetes; may be empty
  std::vector<Extra> extras;
};

// A CustomNetwork as this node sees it.
struct PodNetwork {
  bool layer2 = false;
  std::string table;              // L3
  std::vector<IpPrefix> subnets;  // L3: of the whole network
  std::vector<IpPrefix> parts;    // L3: what this node gives addresses from
};

// Control thread.
class PodGroups {
 public:
  using NetworkOf = std::function<Result<PodNetwork>(const std::string& name)>;
  using Done = Pods::Done;
  // The main interface first, then the extra ones by name.
  using Attached = std::function<void(const std::vector<const AttachedPod*>&, const PodError&)>;

  // pods outlives it.
  explicit PodGroups(Pods& pods) : pods_(pods) {}
  PodGroups(const PodGroups&) = delete;

  // "namespace/name" of a CustomNetwork; without this there are none.
  void set_networks(NetworkOf networks) { networks_ = std::move(networks); }

  // All or nothing; see Pods::attach().
  void attach(PodGroup group, Attached done);
  void detach(const PodKey& main, const std::string& netns, Done done);
  void check(const PodKey& main, Attached done);

 private:
  struct Attempt;

  [[nodiscard]] Result<std::vector<Pod>> members_of(const PodGroup& group) const;
  [[nodiscard]] Status give_network(const PodGroup::Extra& extra, Pod& pod,
                                    std::set<std::string>& routed) const;
  [[nodiscard]] std::set<IpAddress> taken_in(const std::string& table) const;
  [[nodiscard]] std::vector<PodKey> keys_of(const PodKey& main) const;
  [[nodiscard]] std::vector<const AttachedPod*> listed(const PodKey& main) const;
  void attach_next(const std::shared_ptr<Attempt>& attempt);
  void undo_last(const std::shared_ptr<Attempt>& attempt, const PodError& why);
  void detach_next(std::vector<PodKey> keys, const std::string& netns, const Done& done);
  void check_next(const PodKey& main, std::vector<PodKey> keys, const Attached& done);

  Pods& pods_;
  NetworkOf networks_;
  std::map<PodKey, std::shared_ptr<Attempt>> attempts_;
};

}  // namespace sextant
