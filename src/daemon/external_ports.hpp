// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// ExternalPorts: what the ExternalInterface objects of a cluster mean for this node's ports.
#pragma once

#include <map>
#include <string>

#include "control/runtime/reconciler.hpp"
#include "dataplane/ports/dataplane.hpp"
#include "k8s/object_owners.hpp"
#include "k8s/store.hpp"

namespace sextant {

// Gives every ExternalInterface of this node an interface: a port of the configuration, a VLAN of
// one, or a device of the kernel, which is opened for it. All of them are untrusted. Control
// thread.
class ExternalPorts {
 public:
  // All outlive it. table: that of all pods.
  ExternalPorts(Dataplane& dataplane, Reconciler& reconciler, const k8s::ClusterStores& stores,
                std::string node_name, std::string table);
  ExternalPorts(const ExternalPorts&) = delete;

  // Objects, or ports of the configuration, may have changed.
  void update();
  // Why objects have no interface, by "namespace/name".
  [[nodiscard]] const std::map<std::string, std::string>& problems() const { return problems_; }

 private:
  struct Opened {
    PortIndex port = 0;
    std::uint16_t mtu = 1500;
    bool wanted = true;
  };
  using FilePorts = std::map<std::string, DesiredInterface>;

  [[nodiscard]] Result<StateChange> objects_of(const FilePorts& ports,
                                               const k8s::ExternalInterface& external,
                                               const k8s::ExternalInterface::OnNode& entry);
  [[nodiscard]] Result<Opened> open_device(const std::string& name);
  void set(const std::string& key, const Result<StateChange>& objects);
  void close_unwanted();

  Dataplane& dataplane_;
  Reconciler& reconciler_;
  const k8s::ClusterStores& stores_;
  const std::string node_name_;
  const std::string table_;
  k8s::ObjectOwners owners_;
  std::set<std::string> known_;  // objects with an entry for this node
  std::map<std::string, Opened> opened_;
  std::map<std::string, std::string> problems_;
};

}  // namespace sextant
