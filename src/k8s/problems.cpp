// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Problems of services and nodes, in words.
#include "k8s/problems.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sextant::k8s {

namespace {

// Two may be away, and the Event is there.
constexpr std::size_t kReporters = 3;

// Rendezvous hashing: the same choice on all nodes, another one for each service. FNV-1a, then
// mixed: alone it puts names that differ at their end in nearly the same order for every service.
std::uint64_t weight_of(const std::string& service, const std::string& node) {
  std::uint64_t out = 0xcbf29ce484222325;
  for (const char c : service + '\0' + node)
    out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  out = (out ^ (out >> 33)) * 0xff51afd7ed558ccd;
  return out ^ (out >> 33);
}

bool is_reporter(const Cluster& cluster, const std::string& service) {
  const std::uint64_t own = weight_of(service, cluster.node_name);
  std::size_t before = 0;
  for (const auto& [name, node] : cluster.nodes.all()) {
    if (node.planned && weight_of(service, name) > own && ++before == kReporters) return false;
  }
  return true;
}

}  // namespace

ObjectReference reference_to(const Service& service) {
  return {{"", "v1", "services", ""},
          "Service",
          service.meta.namespace_name,
          service.meta.name,
          service.meta.uid};
}

ObjectReference reference_to(const Node& node) {
  return {{"", "v1", "nodes", ""}, "Node", "", node.meta.name, node.meta.uid};
}

ObjectReference reference_to(const ServiceFunctionChain& chain) {
  return {{std::string(kChainGroup), "v1", "servicefunctionchains", ""},
          "ServiceFunctionChain",
          chain.meta.namespace_name,
          chain.meta.name,
          chain.meta.uid};
}

std::vector<Problem> problems_of(const Cluster& cluster, const Service& service,
                                 const ServiceTranslation& translation) {
  std::vector<Problem> out;
  const ClusterNode* const self = cluster.self();
  if (self == nullptr || !self->planned) return out;  // the Node has the Event
  for (const Backend& backend : translation.backends.all) {
    if (backend.why.empty() || !backend.local || !backend.endpoint.ready) continue;
    out.push_back({"BackendNotReachable", "backend " + backend.endpoint.address.to_string() +
                                              " of node " + cluster.node_name +
                                              " gets nothing: " + backend.why});
  }
  std::vector<Problem> shared;
  for (const ServiceAddress& address : translation.addresses) {
    if (address.why.empty()) continue;
    shared.push_back(
        {"AddressNotUsable", address.address.to_string() + " is not programmed: " + address.why});
  }
  for (const std::string& note : translation.notes)
    shared.push_back({"NotSupported", note});
  for (const Backend& backend : translation.backends.all) {
    if (backend.why.empty() || backend.local || !backend.endpoint.ready) continue;
    shared.push_back({"BackendNotReachable", "backend " + backend.endpoint.address.to_string() +
                                                 " gets nothing: " + backend.why});
  }
  if (!shared.empty() && is_reporter(cluster, service.meta.key())) {
    out.insert(out.end(), shared.begin(), shared.end());
  }
  return out;
}

std::vector<Problem> conflicts_of(const Cluster& cluster, const Service& service,
                                  const std::vector<std::string>& lost) {
  std::vector<Problem> out;
  if (lost.empty() || !is_reporter(cluster, service.meta.key())) return out;
  for (const std::string& text : lost)
    out.push_back({"Conflict", text});
  return out;
}

std::vector<Problem> problems_of(const Cluster& cluster, const ClusterNode& node) {
  if (node.name != cluster.node_name) return {};
  if (!node.planned) {
    return {{"NodeNotPlanned", "nothing is programmed for this node: it " + node.problem}};
  }
  if (node.planned->pod_cidrs.empty()) {
    return {
        {"NoPodCIDR", "spec.podCIDRs is empty: pods of this node cannot be reached from others"}};
  }
  return {};
}

ProblemReporter::ProblemReporter(boost::asio::io_context& loop, ApiWriter& writer, Options options)
    : writer_(writer), options_(options), timer_(loop) {}

void ProblemReporter::set(ObjectProblems now) {
  const std::string path = now.object.path();
  const auto before = objects_.find(path);
  if (now.problems.empty()) {
    if (before != objects_.end()) objects_.erase(before);
    return;
  }
  Entry entry{std::move(now.object), {}};
  for (Problem& problem : now.problems) {
    Known known{std::move(problem), Clock::now() + options_.settle};
    if (before != objects_.end()) {
      // What lasts keeps its time.
      for (const Known& old : before->second.known) {
        if (old.problem == known.problem) known.due = old.due;
      }
    }
    if (!wake_ || known.due < *wake_) wake_at(known.due);
    entry.known.push_back(std::move(known));
  }
  objects_.insert_or_assign(path, std::move(entry));
}

std::size_t ProblemReporter::size() const {
  std::size_t out = 0;
  for (const auto& [path, entry] : objects_)
    out += entry.known.size();
  return out;
}

void ProblemReporter::wake_at(Clock::time_point when) {
  wake_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) tell();
  });
}

void ProblemReporter::tell() {
  const auto now = Clock::now();
  wake_.reset();
  std::optional<Clock::time_point> soonest;
  for (auto& [path, entry] : objects_) {
    for (Known& known : entry.known) {
      if (known.due <= now) {
        writer_.record_event(entry.object, EventType::kWarning, known.problem.reason,
                             known.problem.message);
        known.due = now + options_.repeat;
      }
      soonest = std::min(soonest.value_or(known.due), known.due);
    }
  }
  // This reads all of them: not for each of many that came one after the other.
  if (soonest) wake_at(std::max(*soonest, now + options_.settle / 5));
}

}  // namespace sextant::k8s
