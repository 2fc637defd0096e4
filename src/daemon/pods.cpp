// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The course of an attachment: link, port, tables, file; and the way back from each step.
#include "pods.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstring>

#include "control/runtime/file_io.hpp"
#include "custom_interfaces.hpp"
#include "dataplane/forward.hpp"
#include "log.hpp"

namespace sextant {

namespace {

constexpr std::size_t kMaxStateBytes = std::size_t{16} << 20;
// Lists that are not in use yet may be as long as this: the node and the pod behind it.
constexpr std::size_t kUsualSegments = 2;
// A veth's port has a device of DPDK, whose rings are memory of the process.
constexpr std::uint16_t kVethDescriptors = 256;
// How often to look whether a device is closed.
constexpr std::chrono::milliseconds kCloseInterval{2};

// Of the kernel's name of a veth, which is short: FNV-1a, the same in every process.
std::uint64_t hash_of(const PodKey& key) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : key.first + "/" + key.second)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

void choose_names(Pod& pod) {
  pod.interface = fmt::format("pod-{}-{}", pod.container.substr(0, 12), pod.ifname);
  if (pod.type != PodPortType::kMemif) {
    pod.mac = mac_of_forwarder(pod.container, pod.ifname);
    pod.pod_mac = mac_in_pod(pod.container, pod.ifname);
  }
  if (pod.type == PodPortType::kVeth) {
    pod.host_link = fmt::format("sx{:012x}", hash_of(key_of(pod)) >> 16);
  }
}

}  // namespace

PodKey key_of(const Pod& pod) {
  return {pod.container, pod.ifname};
}

struct Pods::Attempt {
  AttachedPod attached;
  bool again = false;  // of the state file
  Result<PodLink> link = Error{};
  Attached done;
};

Pods::Pods(boost::asio::io_context& loop, Dataplane& dataplane, Reconciler& reconciler,
           std::filesystem::path state_file)
    : loop_(loop),
      dataplane_(dataplane),
      reconciler_(reconciler),
      state_file_(std::move(state_file)) {}

Pods::~Pods() {
  worker_.join();
}

void Pods::in_background(Work work, Work done) {
  boost::asio::post(worker_, [this, work = std::move(work), done = std::move(done),
                              guard = boost::asio::make_work_guard(loop_)] {
    work();
    boost::asio::post(loop_, done);
  });
}

void Pods::restore() {
  if (state_file_.empty() || !std::filesystem::exists(state_file_)) return;
  const auto bytes = read_file(state_file_, kMaxStateBytes);
  const auto pods = bytes ? read_pods(*bytes) : Result<std::vector<Pod>>(bytes.error());
  if (!pods) {
    log(LogLevel::kError, "pods",
        "{}: {}; pods that were attached stay without a network until "
        "they are made anew",
        state_file_.string(), pods.error().text);
    return;
  }
  for (const Pod& pod : *pods) {
    auto attempt = std::make_shared<Attempt>();
    attempt->attached.pod = pod;
    attempt->again = true;
    attempt->done = [title = pod.title()](const AttachedPod* attached, const PodError& error) {
      if (attached != nullptr) {
        log(LogLevel::kInfo, "pods", "{}: attached again", title);
      } else {
        log(LogLevel::kError, "pods", "{}: not attached again: {}", title, error.text);
      }
    };
    busy_.insert(key_of(pod));
    restoring_.emplace(key_of(pod), pod);
    in_background([attempt] { attempt->link = make_pod_link(attempt->attached.pod, true); },
                  [this, attempt] { link_made(attempt); });
  }
}

// What the lists say against a new pod.
std::optional<PodError> Pods::conflict(const Pod& pod) const {
  const auto invalid = [](std::string text) {
    return PodError{PodError::Kind::kInvalid, std::move(text)};
  };
  if (std::string text = invalid_part(pod); !text.empty()) return invalid(std::move(text));
  if (busy_.contains(key_of(pod))) {
    return PodError{PodError::Kind::kBusy, pod.title() + " is being attached or detached"};
  }
  for (const auto& [key, other] : pods_) {
    if (other.pod.interface == pod.interface) {
      return invalid(fmt::format("{} is attached already", other.pod.title()));
    }
    if (other.pod.table != pod.table) continue;
    for (const IpAddress& address : pod.addresses) {
      if (std::find(other.pod.addresses.begin(), other.pod.addresses.end(), address) !=
          other.pod.addresses.end()) {
        return invalid(
            fmt::format("{} has the address {} already", other.pod.title(), address.to_string()));
      }
    }
  }
  return std::nullopt;
}

void Pods::attach(Pod pod, Attached done) {
  choose_names(pod);
  if (pod.mtu == 0) pod.mtu = mtu();
  if (auto refusal = conflict(pod)) return done(nullptr, *refusal);
  auto attempt = std::make_shared<Attempt>();
  attempt->attached.pod = std::move(pod);
  attempt->done = std::move(done);
  restoring_.erase(key_of(attempt->attached.pod));
  busy_.insert(key_of(attempt->attached.pod));
  in_background([attempt] { attempt->link = make_pod_link(attempt->attached.pod, false); },
                [this, attempt] { link_made(attempt); });
}

void Pods::link_made(const std::shared_ptr<Attempt>& attempt) {
  AttachedPod& attached = attempt->attached;
  Pod& pod = attached.pod;
  const PodKey key = key_of(pod);
  // One that is there and cannot be opened stays in the file, until it is detached.
  const bool keep = attempt->again && !attempt->link && std::filesystem::exists(pod.netns);
  if (!keep) restoring_.erase(key);
  if (!attempt->link) {
    busy_.erase(key);
    if (attempt->again) save([](const Status&) {});
    return attempt->done(nullptr, {PodError::Kind::kFailed, attempt->link.error().text});
  }
  pod.pod_mac = attempt->link->pod_mac;
  if (pod.type == PodPortType::kVeth) pod.mac = attempt->link->host_mac;
  if (auto status = open_port(attached, attempt->link->tap); !status) {
    return undo(attempt, status.error().text);
  }
  if (auto status = publish(attached); !status) {
    withdraw(attached);
    close_port(attached);
    return undo(attempt, status.error().text);
  }
  pods_.emplace(key, attached);
  if (attempt->again) return this->attached(attempt);
  save([this, attempt, key](const Status& saved) {
    if (!saved) {
      withdraw(attempt->attached);
      close_port(attempt->attached);
      pods_.erase(key);
      return undo(attempt, saved.error().text);
    }
    this->attached(attempt);
  });
}

void Pods::attached(const std::shared_ptr<Attempt>& attempt) {
  const PodKey key = key_of(attempt->attached.pod);
  busy_.erase(key);
  attempt->done(&pods_.at(key), {});
  if (changed_) changed_();
}

// The link is there and nothing else any more.
void Pods::undo(const std::shared_ptr<Attempt>& attempt, const std::string& why) {
  when_gone(attempt->attached, [this, attempt, why] {
    in_background([attempt] { static_cast<void>(remove_pod_link(attempt->attached.pod)); },
                  [this, attempt, why] {
                    busy_.erase(key_of(attempt->attached.pod));
                    attempt->done(nullptr, {PodError::Kind::kFailed, why});
                  });
  });
}

std::vector<Pod> Pods::extras_of(const PodKey& main) const {
  std::vector<Pod> out;
  for (const auto& [key, attached] : pods_) {
    if (key.first == main.first && attached.pod.owner == main.second) out.push_back(attached.pod);
  }
  for (const auto& [key, pod] : restoring_) {
    if (key.first == main.first && pod.owner == main.second) out.push_back(pod);
  }
  return out;
}

bool Pods::is_restoring(const std::string& name) const {
  return std::any_of(restoring_.begin(), restoring_.end(), [&](const auto& entry) {
    return entry.second.pod_namespace + "/" + entry.second.pod_name == name;
  });
}

std::optional<PortIndex> Pods::free_port() const {
  // Those below belong to the configuration file.
  for (PortIndex port = kFirstPodPort; port < kMaxPorts; ++port) {
    if (dataplane_.is_free(port)) return port;
  }
  return std::nullopt;
}

Status Pods::open_port(AttachedPod& attached, int tap) {
  Pod& pod = attached.pod;
  const auto port = free_port();
  if (!port) {
    if (tap >= 0) close(tap);
    return Error{fmt::format("{} ports for pods are in use, which is all there are",
                             kMaxPorts - kFirstPodPort)};
  }
  attached.port = *port;
  PortConfig config{.name = pod.interface, .mtu = pod.mtu};
  if (pod.type == PodPortType::kTap) {
    config.device = fmt::format("tap {} of {}", pod.ifname, pod.netns);
    config.mac = pod.mac;
    return dataplane_.add_tap(*port, config, tap);
  }
  config.rx_descriptors = config.tx_descriptors = kVethDescriptors;
  config.device =
      pod.type == PodPortType::kVeth
          ? fmt::format("net_af_packet_pod{},iface={}", *port, pod.host_link)
          : fmt::format("net_memif_pod{},role=server,id={},socket-abstract=no,socket={}", *port,
                        pod.memif_id, pod.host_link);
  if (auto status = dataplane_.add_port(*port, config); !status) return status;
  if (pod.type == PodPortType::kMemif && pod.memif_uid != 0 &&
      lchown(pod.host_link.c_str(), pod.memif_uid, static_cast<gid_t>(-1)) != 0) {
    dataplane_.remove_port(*port);
    return Error{fmt::format("owner of {}: {}", pod.host_link, std::strerror(errno))};
  }
  pod.mac = dataplane_.port_macs()[*port];
  return Ok{};
}

void Pods::close_port(const AttachedPod& attached) {
  dataplane_.remove_port(attached.port);
}

void Pods::when_gone(const AttachedPod& attached, Work then) {
  if (attached.pod.type != PodPortType::kMemif || attached.port < kFirstPodPort ||
      dataplane_.is_free(attached.port)) {
    return then();
  }
  auto timer = std::make_shared<boost::asio::steady_timer>(loop_, kCloseInterval);
  timer->async_wait([this, attached, then = std::move(then), timer](const auto& error) {
    if (!error) when_gone(attached, then);
  });
}

Status Pods::publish(const AttachedPod& attached) {
  reconciler_.set_facts(
      {.port_macs = dataplane_.port_macs(), .kernel_macs = dataplane_.kernel_macs()});
  const std::string owner = attached.pod.title();
  StateChange change = attachment_change(attached);
  if (needs_table(attached)) {
    DesiredTable table;
    table.origin.where.file = "table " + attached.pod.table;
    table.name = attached.pod.table;
    change.tables.upserts.push_back(std::move(table));
  }
  reconciler_.change(StateLayer::kPods, std::move(change));
  const GenerationStatus& status = reconciler_.status();
  if (const auto why = status.left_out.find(owner); why != status.left_out.end()) {
    return Error{why->second};
  }
  if (!status.change_error.empty()) return Error{status.change_error};
  return Ok{};
}

// A table comes with the first of its pods and goes with the last.
bool Pods::needs_table(const AttachedPod& attached) const {
  return attached.pod.table != Pod().table &&
         std::none_of(pods_.begin(), pods_.end(), [&](const auto& entry) {
           return entry.first != key_of(attached.pod) &&
                  entry.second.pod.table == attached.pod.table;
         });
}

void Pods::withdraw(const AttachedPod& attached) {
  StateChange change = detachment_change(attached);
  if (needs_table(attached)) change.tables.removals.push_back({attached.pod.table});
  reconciler_.change(StateLayer::kPods, std::move(change));
}

void Pods::detach(const PodKey& key, const std::string& netns, Done done) {
  if (busy_.contains(key)) {
    return done(PodError{PodError::Kind::kBusy, "the pod is being attached or detached"});
  }
  AttachedPod gone{.pod = {.container = key.first, .ifname = key.second, .netns = netns}};
  const auto found = pods_.find(key);
  if (found != pods_.end()) {
    gone = found->second;
    withdraw(found->second);
    close_port(found->second);
    pods_.erase(found);
    if (changed_) changed_();
  } else if (const auto lost = restoring_.find(key); lost != restoring_.end()) {
    gone.pod = lost->second;
    restoring_.erase(lost);
  }
  busy_.insert(key);
  when_gone(gone, [this, gone, done = std::move(done)] { remove_link(gone.pod, done); });
}

void Pods::remove_link(const Pod& gone, Done done) {
  auto removed = std::make_shared<Status>(Ok{});
  in_background([gone, removed] { *removed = remove_pod_link(gone); },
                [this, key = key_of(gone), removed, done = std::move(done)] {
                  save([this, key, removed, done](const Status& saved) {
                    busy_.erase(key);
                    const Status& failed = *removed ? saved : *removed;
                    if (failed) return done(std::nullopt);
                    done(PodError{PodError::Kind::kFailed, failed.error().text});
                  });
                });
}

void Pods::check(const PodKey& key, Attached done) {
  const auto found = pods_.find(key);
  if (found == pods_.end()) {
    return done(nullptr, {PodError::Kind::kUnknown,
                          fmt::format("no interface {} of container {} is attached", key.second,
                                      key.first)});
  }
  auto checked = std::make_shared<Status>(Ok{});
  in_background([pod = found->second.pod, checked] { *checked = check_pod_link(pod); },
                [checked, attached = found->second, done = std::move(done)] {
                  if (*checked) return done(&attached, {});
                  done(nullptr, {PodError::Kind::kFailed, checked->error().text});
                });
}

void Pods::collect(const std::set<PodKey>& valid, Done done) {
  std::vector<PodKey> gone;
  for (const auto& [key, attached] : pods_) {
    const PodKey main(key.first, attached.pod.is_extra() ? attached.pod.owner : key.second);
    if (!valid.contains(main) && !busy_.contains(key)) gone.push_back(key);
  }
  if (gone.empty()) return done(std::nullopt);
  struct Rest {
    std::size_t count;
    std::optional<PodError> error;
  };
  auto rest = std::make_shared<Rest>(Rest{gone.size(), std::nullopt});
  for (const PodKey& key : gone) {
    detach(key, "", [rest, done](const std::optional<PodError>& error) {
      if (error) rest->error = error;
      if (--rest->count == 0) done(rest->error);
    });
  }
}

void Pods::save(std::function<void(const Status&)> done) {
  if (state_file_.empty()) return done(Ok{});
  std::vector<Pod> pods;
  for (const auto& [key, attached] : pods_)
    pods.push_back(attached.pod);
  for (const auto& [key, pod] : restoring_)
    pods.push_back(pod);
  auto saved = std::make_shared<Status>(Ok{});
  in_background([path = state_file_, pods = std::move(pods),
                 saved] { *saved = replace_file(path, write_pods(pods)); },
                [saved, done = std::move(done)] { done(*saved); });
}

std::uint16_t Pods::mtu() const {
  std::uint16_t fabric = UINT16_MAX;
  const ForwardingTables& tables = reconciler_.compiler().tables();
  const auto leads_to_host = [&](const Interface& interface) {
    return std::any_of(tables.tables.begin(), tables.tables.end(),
                       [&](const auto& table) { return table.exception == interface.id; });
  };
  for (const Interface& interface : tables.interfaces) {
    if (interface.trusted && !leads_to_host(interface)) fabric = std::min(fabric, interface.mtu);
  }
  if (fabric == UINT16_MAX) fabric = 1500;
  std::size_t segments = kUsualSegments;
  for (const SegmentList& list : tables.segment_lists)
    segments = std::max(segments, list.segments.size());
  return pod_mtu(fabric, segments);
}

}  // namespace sextant
