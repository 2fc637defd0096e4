// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Pods: what is attached to this node, from the request of the CNI plugin to a port, an interface,
// routes, and a line in a file.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sextant/common/result.hpp>

#include "control/runtime/reconciler.hpp"
#include "dataplane/ports/dataplane.hpp"
#include "pod_link.hpp"

namespace sextant {

// Container and interface name.
using PodKey = std::pair<std::string, std::string>;
[[nodiscard]] PodKey key_of(const Pod& pod);

struct AttachedPod {
  Pod pod;
  PortIndex port = 0;
};

// What went wrong, and whether asking again may help.
struct PodError {
  enum class Kind : std::uint8_t {
    kInvalid,  // what was asked for makes no sense or is taken
    kUnknown,  // there is no such pod
    kBusy,     // it is being attached or detached; ask again
    kFailed,
  };
  Kind kind = Kind::kFailed;
  std::string text;
};

// The pods as a text for the state file, and back. Pure.
[[nodiscard]] std::string write_pods(const std::vector<Pod>& pods);
[[nodiscard]] Result<std::vector<Pod>> read_pods(std::string_view bytes);

// Names and addresses that cannot be; empty: none. Pure.
[[nodiscard]] std::string invalid_part(const Pod& pod);

// What a pod wants in the tables. Pure.
[[nodiscard]] StateChange attachment_change(const AttachedPod& attached);
[[nodiscard]] StateChange detachment_change(const AttachedPod& attached);

// Bytes of a pod's packet that fit when an outer header and an SRH with so many segments come on
// top; never less than 1280, which IPv6 needs. Pure.
[[nodiscard]] std::uint16_t pod_mtu(std::uint16_t fabric_mtu, std::size_t segments);

// Control thread; what enters network namespaces, and the file, are left to a thread of its own.
// Requests are served in the order in which they come, but for attachments whose port is opened.
class Pods {
 public:
  using Attached = std::function<void(const AttachedPod*, const PodError&)>;
  using Done = std::function<void(const std::optional<PodError>&)>;
  using List = std::map<PodKey, AttachedPod>;

  // All outlive it. state_file: empty: nothing is kept.
  Pods(boost::asio::io_context& loop, Dataplane& dataplane, Reconciler& reconciler,
       std::filesystem::path state_file);
  ~Pods();
  Pods(const Pods&) = delete;
  Pods& operator=(const Pods&) = delete;

  // Attaches the pods of the file again, those that are still there. Lcores run. Once, first.
  void restore();

  // All or nothing; the pod is in the file when done is called. A pod that is attached in the same
  // way already stays as it is.
  void attach(Pod pod, Attached done);
  // No error when there is no such pod. netns: where to look for what a failed attachment has left.
  void detach(const PodKey& key, const std::string& netns, Done done);
  void check(const PodKey& key, Attached done);
  // Detaches all pods but these and what belongs to them.
  void collect(const std::set<PodKey>& valid, Done done);

  // The extra interfaces of a main one, attached or about to be attached again.
  [[nodiscard]] std::vector<Pod> extras_of(const PodKey& main) const;
  // Whether a pod ("namespace/name") was attached before the start and is not yet again.
  [[nodiscard]] bool is_restoring(const std::string& name) const;
  // Who is attached; key_of(pod.addresses[i]) leads to pod.interface.
  [[nodiscard]] const List& list() const { return pods_; }
  // Called when one came or went.
  void on_change(std::function<void()> listener) { changed_ = std::move(listener); }
  // What the MTU of a pod's interface should be now.
  [[nodiscard]] std::uint16_t mtu() const;

 private:
  struct Attempt;
  using Work = std::function<void()>;

  // work on the thread of this class, then done on the control thread.
  void in_background(Work work, Work done);
  [[nodiscard]] std::optional<PodError> conflict(const Pod& pod) const;
  void link_made(const std::shared_ptr<Attempt>& attempt);
  void attached(const std::shared_ptr<Attempt>& attempt);
  [[nodiscard]] Status open_port(AttachedPod& attached, int tap);
  [[nodiscard]] bool needs_table(const AttachedPod& attached) const;
  [[nodiscard]] Status publish(const AttachedPod& attached);
  void withdraw(const AttachedPod& attached);
  void close_port(const AttachedPod& attached);
  // The device of a port that was closed goes a little later, and the socket of a memif with it.
  void when_gone(const AttachedPod& attached, Work then);
  void undo(const std::shared_ptr<Attempt>& attempt, const std::string& why);
  void remove_link(const Pod& gone, Done done);
  // Writes the list as it is now; the result comes with done.
  void save(std::function<void(const Status&)> done);
  [[nodiscard]] std::optional<PortIndex> free_port() const;

  boost::asio::io_context& loop_;
  Dataplane& dataplane_;
  Reconciler& reconciler_;
  std::filesystem::path state_file_;
  boost::asio::thread_pool worker_{1};
  List pods_;
  std::map<PodKey, Pod> restoring_;  // of the file, not attached again (yet)
  std::set<PodKey> busy_;
  std::function<void()> changed_;
};

}  // namespace sextant
