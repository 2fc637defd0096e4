// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The families. Names and labels are what dashboards see: they do not change without need.
#include "metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <vector>

#include "table_names.hpp"
#include "view_parts.hpp"

namespace sextant {

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsText::write_labels(Labels labels) {
  text_ += name_;
  if (labels.size() == 0) return;
  char before = '{';
  for (const auto& [label, value] : labels) {
    text_ += before;
    before = ',';
    text_ += label;
    text_ += "=\"";
    for (const char c : value) {
      // A name comes from people, and one quote would break the whole page.
      if (c == '\\' || c == '"') {
        text_ += '\\';
        text_ += c;
      } else if (c == '\n') {
        text_ += "\\n";
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }
  text_ += '}';
}

void MetricsText::sample(Labels labels, std::uint64_t value) {
  write_labels(labels);
  text_ += fmt::format(" {}\n", value);
}

void MetricsText::sample(Labels labels, double value) {
  write_labels(labels);
  text_ += fmt::format(" {}\n", value);
}

namespace {

using views::total_of;

constexpr std::string_view kOther = "other";
constexpr auto kStates =
    std::to_array({NeighborState::kIncomplete, NeighborState::kReachable, NeighborState::kStale,
                   NeighborState::kDelay, NeighborState::kProbe, NeighborState::kFailed,
                   NeighborState::kPermanent});

// Everything a family may look at, as it is in one step.
struct Now {
  const MetricsSource& source;
  const ForwardingTables& tables;
  const CountersSnapshot& counters;
};

struct Family {
  const char* name;
  const char* type;
  const char* help;
  void (*write)(const Now& now, MetricsText& out);
};

// A series for each of the first objects (one), and one more with the sum of the others (rest).
template <typename T, typename Value, typename One, typename Rest>
void bounded(const std::vector<T>& objects, Value value, One one, Rest rest) {
  const std::size_t shown = std::min(objects.size(), kMaxSeries);
  for (std::size_t i = 0; i < shown; ++i)
    one(objects[i], value(objects[i]));
  if (shown == objects.size()) return;
  std::uint64_t sum = 0;
  for (std::size_t i = shown; i < objects.size(); ++i)
    sum += value(objects[i]);
  rest(sum);
}

template <std::uint64_t PacketTotal::*kMember, PacketTotal SidTotal::*kKind>
void local_sids(const Now& now, MetricsText& out) {
  const TableNames names(now.tables);
  bounded(
      now.tables.local_sids,
      [&](const LocalSid& sid) {
        return total_of(now.counters.local_sids, sid.id).*kKind.*kMember;
      },
      [&](const auto& sid, std::uint64_t value) {
        out.sample({{"sid", IpPrefix{sid.sid, sid.prefix_len}.to_string()},
                    {"behavior", spec_of(sid.behavior).name},
                    {"table", names.table(sid.table)}},
                   value);
      },
      [&](std::uint64_t value) {
        out.sample({{"sid", kOther}, {"behavior", kOther}, {"table", kOther}}, value);
      });
}

template <std::uint64_t PacketTotal::*kMember>
void policies(const Now& now, MetricsText& out) {
  bounded(
      now.tables.policies,
      [&](const Policy& policy) { return total_of(now.counters.policies, policy.id).*kMember; },
      [&](const auto& policy, std::uint64_t value) {
        out.sample({{"policy", policy.name}}, value);
      },
      [&](std::uint64_t value) {
        out.sample({{"policy", kOther}}, value);
      });
}

// A list belongs to one policy, and its place there names it.
struct NamedList {
  const Policy* policy;
  std::size_t index;
  SegmentListId id;
};

template <std::uint64_t PacketTotal::*kMember>
void segment_lists(const Now& now, MetricsText& out) {
  std::vector<NamedList> lists;
  for (const Policy& policy : now.tables.policies) {
    for (std::size_t i = 0; i < policy.lists.size(); ++i)
      lists.push_back({&policy, i, policy.lists[i]});
  }
  bounded(
      lists,
      [&](const NamedList& list) { return total_of(now.counters.segment_lists, list.id).*kMember; },
      [&](const auto& list, std::uint64_t value) {
        out.sample({{"policy", list.policy->name}, {"list", std::to_string(list.index)}}, value);
      },
      [&](std::uint64_t value) {
        out.sample({{"policy", kOther}, {"list", kOther}}, value);
      });
}

template <std::uint64_t PacketTotal::*kMember>
void drops(const Now& now, MetricsText& out) {
  for (std::size_t i = 0; i < kDropReasonCount; ++i)
    out.sample({{"reason", kDropReasons[i].name}}, now.counters.drops[i].*kMember);
}

std::vector<PortState> open_ports(const Now& now) {
  std::vector<PortState> ports = now.source.views.ports();
  std::erase_if(ports, [](const PortState& port) { return port.name.empty(); });
  return ports;
}

template <PacketTotal PortState::*kDirection, std::uint64_t PacketTotal::*kMember>
void port_traffic(const Now& now, MetricsText& out) {
  for (const PortState& port : open_ports(now))
    out.sample({{"port", port.name}}, port.*kDirection.*kMember);
}

template <std::uint64_t PortState::*kMember>
void port_counter(const Now& now, MetricsText& out) {
  for (const PortState& port : open_ports(now))
    out.sample({{"port", port.name}}, port.*kMember);
}

void port_up(const Now& now, MetricsText& out) {
  for (const PortState& port : open_ports(now))
    out.sample({{"port", port.name}}, std::uint64_t{port.present && port.link_up});
}

template <std::vector<PacketTotal> CountersSnapshot::*kDirection,
          std::uint64_t PacketTotal::*kMember>
void interface_traffic(const Now& now, MetricsText& out) {
  bounded(
      now.tables.interfaces,
      [&](const Interface& interface) {
        return total_of(now.counters.*kDirection, interface.id).*kMember;
      },
      [&](const auto& interface, std::uint64_t value) {
        out.sample({{"interface", interface.name}}, value);
      },
      [&](std::uint64_t value) {
        out.sample({{"interface", kOther}}, value);
      });
}

void neighbors(const Now& now, MetricsText& out) {
  std::map<NeighborState, std::uint64_t> states;
  for (const NeighborInfo& neighbor : now.source.views.neighbors())
    ++states[neighbor.state];
  for (const NeighborState state : kStates)
    out.sample({{"state", name_of(state)}}, states[state]);
}

void objects(const Now& now, MetricsText& out) {
  const ForwardingTables& tables = now.tables;
  const auto add = [&](std::string_view kind, std::size_t count) {
    out.sample({{"kind", kind}}, std::uint64_t{count});
  };
  add("table", tables.tables.size());
  add("interface", tables.interfaces.size());
  add("fib_entry", tables.fib.size());
  add("adjacency", tables.adjacencies.size());
  add("local_sid", tables.local_sids.size());
  add("policy", tables.policies.size());
  add("segment_list", tables.segment_lists.size());
  add("steering", tables.steerings.size());
}

void reloads(const Now& now, MetricsText& out) {
  const GenerationStatus* const status = now.source.generation();
  const GenerationStatus none;
  const GenerationStatus& counts = status == nullptr ? none : *status;
  out.sample({{"result", "published"}}, counts.published);
  out.sample({{"result", "unchanged"}}, counts.unchanged);
  out.sample({{"result", "invalid"}}, counts.invalid);
  out.sample({{"result", "refused"}}, counts.refused);
}

void reload_success(const Now& now, MetricsText& out) {
  const GenerationStatus* const status = now.source.generation();
  out.sample({}, std::uint64_t{status != nullptr && status->last && status->last->ok()});
}

void published_at(const Now& now, MetricsText& out) {
  const GenerationStatus* const status = now.source.generation();
  if (status == nullptr || !status->published_at) return out.sample({}, std::uint64_t{0});
  out.sample({}, std::chrono::duration<double>(status->published_at->time_since_epoch()).count());
}

void durations(const Now& now, MetricsText& out) {
  const GenerationStatus* const status = now.source.generation();
  const auto add = [&](std::string_view step, std::chrono::microseconds time) {
    out.sample({{"step", step}}, std::chrono::duration<double>(time).count());
  };
  add("load", status == nullptr ? std::chrono::microseconds{} : status->load);
  add("compile", status == nullptr ? std::chrono::microseconds{} : status->compile);
  add("apply", status == nullptr ? std::chrono::microseconds{} : status->apply);
}

std::optional<k8s::ClusterStatus> cluster_of(const Now& now) {
  return now.source.cluster ? now.source.cluster() : std::nullopt;
}

template <typename Value>
void informers(const Now& now, MetricsText& out, Value value) {
  const auto cluster = cluster_of(now);
  if (!cluster) return;
  for (const k8s::InformerStatus& one : cluster->resources)
    out.sample({{"resource", one.resource}}, std::uint64_t{value(one)});
}

template <std::uint64_t k8s::InformerStatus::*kMember>
void informer_counter(const Now& now, MetricsText& out) {
  informers(now, out, [](const k8s::InformerStatus& one) { return one.*kMember; });
}

void cluster_synced(const Now& now, MetricsText& out) {
  if (const auto cluster = cluster_of(now)) out.sample({}, std::uint64_t{cluster->synced});
}

void cluster_stale(const Now& now, MetricsText& out) {
  const auto cluster = cluster_of(now);
  if (!cluster || !cluster->stale) return;
  out.sample({}, std::chrono::duration<double>(*cluster->stale).count());
}

void cluster_writes(const Now& now, MetricsText& out) {
  const auto cluster = cluster_of(now);
  if (!cluster || !cluster->writer) return;
  const k8s::ApiWriterStatus& writer = *cluster->writer;
  out.sample({{"result", "written"}}, writer.written);
  out.sample({{"result", "merged"}}, writer.merged);
  out.sample({{"result", "dropped"}}, writer.dropped);
  out.sample({{"result", "rejected"}}, writer.rejected);
  out.sample({{"result", "failed"}}, writer.failures);
}

void cluster_changes(const Now& now, MetricsText& out) {
  const GenerationStatus* const status = now.source.generation();
  out.sample({}, std::uint64_t{status == nullptr ? 0 : status->changes});
}

void left_out(const Now& now, MetricsText& out) {
  const GenerationStatus* const status = now.source.generation();
  out.sample({}, std::uint64_t{status == nullptr ? 0 : status->left_out.size()});
}

using P = PacketTotal;
using I = k8s::InformerStatus;
using C = CountersSnapshot;

constexpr Family kFamilies[] = {
    {"sextant_build_info", "gauge", "Always 1; the label says which version runs.",
     [](const Now&, MetricsText& out) {
       out.sample({{"version", SEXTANT_VERSION}}, std::uint64_t{1});
     }},
    {"sextant_ready", "gauge", "1 when this node forwards what it should.",
     [](const Now& now, MetricsText& out) {
       out.sample({}, std::uint64_t{now.source.health().ready});
     }},
    {"sextant_generation", "gauge",
     "Number of the configuration that runs, as /v1/generation has it.",
     [](const Now& now, MetricsText& out) {
       const GenerationStatus* const status = now.source.generation();
       out.sample({}, std::uint64_t{status == nullptr ? 0 : status->number});
     }},
    {"sextant_table_publications_total", "counter",
     "Changed tables handed to the lcores, those with learned neighbors included.",
     [](const Now& now, MetricsText& out) {
       out.sample({}, std::uint64_t{now.source.views.generation()});
     }},
    {"sextant_generation_published_timestamp_seconds", "gauge",
     "When the running generation was published.", published_at},
    {"sextant_generation_duration_seconds", "gauge",
     "What the steps of the running generation took.", durations},
    {"sextant_reloads_total", "counter", "Attempts to take over a configuration, by result.",
     reloads},
    {"sextant_last_reload_success", "gauge", "1 when the last attempt was taken over.",
     reload_success},
    {"sextant_layer_changes_total", "counter",
     "Changes of attached pods and of the cluster that were published.", cluster_changes},
    {"sextant_layer_left_out", "gauge", "Owners whose objects are wrong and left out.", left_out},
    {"sextant_kubernetes_synced", "gauge",
     "1 when everything that is followed was listed once since the start.", cluster_synced},
    {"sextant_kubernetes_stale_seconds", "gauge",
     "How long ago the oldest part of the state was known to be that of the API server.",
     cluster_stale},
    {"sextant_kubernetes_watching", "gauge", "1 while a watch is open.",
     [](const Now& now, MetricsText& out) {
       informers(now, out, [](const I& one) { return one.watching; });
     }},
    {"sextant_kubernetes_lists_total", "counter", "Complete lists.", informer_counter<&I::lists>},
    {"sextant_kubernetes_watches_total", "counter", "Watches that were opened.",
     informer_counter<&I::watches>},
    {"sextant_kubernetes_events_total", "counter", "Events of watches.",
     informer_counter<&I::events>},
    {"sextant_kubernetes_failures_total", "counter", "Requests that failed.",
     informer_counter<&I::failures>},
    {"sextant_kubernetes_gone_total", "counter", "Watches that had to begin with a new list (410).",
     informer_counter<&I::gone>},
    {"sextant_kubernetes_writes_total", "counter",
     "Statuses and Events for the API server, by what became of them; those that failed are tried "
     "again.",
     cluster_writes},
    {"sextant_kubernetes_undecodable_total", "counter", "Objects that could not be read.",
     informer_counter<&I::undecodable>},
    {"sextant_objects", "gauge", "Objects in the tables, by kind.", objects},
    {"sextant_neighbors", "gauge", "Next hops on links, by state (RFC 4861).", neighbors},
    {"sextant_drop_packets_total", "counter", "Dropped packets by reason.", drops<&P::packets>},
    {"sextant_drop_bytes_total", "counter", "Bytes of dropped packets by reason.",
     drops<&P::bytes>},
    {"sextant_port_up", "gauge", "1 when the device is there and has a link.", port_up},
    {"sextant_port_receive_packets_total", "counter", "Packets that a device received.",
     port_traffic<&PortState::rx, &P::packets>},
    {"sextant_port_receive_bytes_total", "counter", "Bytes that a device received.",
     port_traffic<&PortState::rx, &P::bytes>},
    {"sextant_port_transmit_packets_total", "counter", "Packets that a device sent.",
     port_traffic<&PortState::tx, &P::packets>},
    {"sextant_port_transmit_bytes_total", "counter", "Bytes that a device sent.",
     port_traffic<&PortState::tx, &P::bytes>},
    {"sextant_port_receive_missed_total", "counter", "Packets for which no descriptor was free.",
     port_counter<&PortState::rx_missed>},
    {"sextant_port_receive_errors_total", "counter", "Broken packets that a device received.",
     port_counter<&PortState::rx_errors>},
    {"sextant_port_receive_no_buffer_total", "counter",
     "Packets for which no packet buffer was free.", port_counter<&PortState::rx_no_mbuf>},
    {"sextant_port_transmit_errors_total", "counter", "Packets that a device failed to send.",
     port_counter<&PortState::tx_errors>},
    {"sextant_interface_receive_packets_total", "counter", "Packets by interface.",
     interface_traffic<&C::interfaces_rx, &P::packets>},
    {"sextant_interface_receive_bytes_total", "counter", "Bytes by interface.",
     interface_traffic<&C::interfaces_rx, &P::bytes>},
    {"sextant_interface_transmit_packets_total", "counter", "Packets by interface.",
     interface_traffic<&C::interfaces_tx, &P::packets>},
    {"sextant_interface_transmit_bytes_total", "counter", "Bytes by interface.",
     interface_traffic<&C::interfaces_tx, &P::bytes>},
    {"sextant_localsid_packets_total", "counter",
     "Packets that a local SID processed (RFC 8986 CNT-1).",
     local_sids<&P::packets, &SidTotal::good>},
    {"sextant_localsid_bytes_total", "counter", "Bytes that a local SID processed.",
     local_sids<&P::bytes, &SidTotal::good>},
    {"sextant_localsid_error_packets_total", "counter",
     "Packets that a local SID could not process.", local_sids<&P::packets, &SidTotal::bad>},
    {"sextant_localsid_error_bytes_total", "counter", "Bytes that a local SID could not process.",
     local_sids<&P::bytes, &SidTotal::bad>},
    {"sextant_policy_packets_total", "counter", "Packets into an SR Policy.",
     policies<&P::packets>},
    {"sextant_policy_bytes_total", "counter", "Bytes into an SR Policy.", policies<&P::bytes>},
    {"sextant_segment_list_packets_total", "counter", "Packets by segment list of a policy.",
     segment_lists<&P::packets>},
    {"sextant_segment_list_bytes_total", "counter", "Bytes by segment list of a policy.",
     segment_lists<&P::bytes>},
    {"sextant_translated_packets_total", "counter",
     "Packets of services by their backends on this node.",
     [](const Now& now, MetricsText& out) {
       out.sample({{"direction", "to_backend"}}, now.counters.translated_to_backend.packets);
       out.sample({{"direction", "from_backend"}}, now.counters.translated_from_backend.packets);
     }},
    {"sextant_flows", "gauge", "Flows that are remembered, by table.",
     [](const Now& now, MetricsText& out) {
       const FlowUse use = now.source.views.flow_use();
       out.sample({{"table", "connections"}}, use.connections.used);
       out.sample({{"table", "choices"}}, use.choices.used);
     }},
    {"sextant_flow_places", "gauge", "Places of the tables of flows.",
     [](const Now& now, MetricsText& out) {
       const FlowUse use = now.source.views.flow_use();
       out.sample({{"table", "connections"}}, use.connections.capacity);
       out.sample({{"table", "choices"}}, use.choices.capacity);
     }},
    {"sextant_flow_evictions_total", "counter", "Flows that gave way to others before their time.",
     [](const Now& now, MetricsText& out) {
       const FlowUse use = now.source.views.flow_use();
       out.sample({{"table", "connections"}}, use.connections.evictions);
       out.sample({{"table", "choices"}}, use.choices.evictions);
     }},
    {"sextant_punted_packets_total", "counter", "Packets that lcores gave to the control thread.",
     [](const Now& now, MetricsText& out) { out.sample({}, now.counters.punted.packets); }},
    {"sextant_icmp_errors_sent_total", "counter", "ICMP errors sent.",
     [](const Now& now, MetricsText& out) { out.sample({}, now.counters.icmp_errors.packets); }},
    {"sextant_icmp_errors_suppressed_total", "counter",
     "ICMP errors not sent because of the rate limit.",
     [](const Now& now, MetricsText& out) {
       out.sample({}, now.counters.icmp_errors_suppressed.packets);
     }},
};

class Metrics : public SlicedReply {
 public:
  explicit Metrics(const MetricsSource& source) : source_(source) {}

  bool step(SliceClock::time_point until) override {
    const auto counters = source_.views.counters();
    const Now now{source_, source_.views.tables(), *counters};
    do {
      const Family& family = kFamilies[next_++];
      text_.family(family.name, family.type, family.help);
      family.write(now, text_);
    } while (next_ < std::size(kFamilies) && SliceClock::now() < until);
    return next_ == std::size(kFamilies);
  }

  ApiReply take() override {
    return {.content_type = std::string(kMetricsType), .body = text_.take()};
  }

 private:
  const MetricsSource& source_;
  std::size_t next_ = 0;
  MetricsText text_;
};

}  // namespace

std::unique_ptr<SlicedReply> make_metrics(const MetricsSource& source) {
  return std::make_unique<Metrics>(source);
}

}  // namespace sextant
