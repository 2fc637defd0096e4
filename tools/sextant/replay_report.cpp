// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The report of `sextant replay`.
#include "replay_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace sextant {

namespace {

using Json = nlohmann::ordered_json;

template <typename Total>
Total total_of(const std::vector<Total>& totals, std::uint32_t id) {
  return id < totals.size() ? totals[id] : Total{};
}

std::string sid_text(const LocalSid& sid) {
  return fmt::format("{}/{}", sid.sid.to_string(), sid.prefix_len);
}

std::string behavior_text(const LocalSid& sid) {
  std::string out(spec_of(sid.behavior).name);
  const std::string flavors = flavors_to_string(sid.flavors);
  return flavors.empty() ? out : out + " " + flavors;
}

std::string table_name(const ForwardingTables& tables, TableId id) {
  for (const Table& table : tables.tables) {
    if (table.id == id) return table.name;
  }
  return std::to_string(id);
}

std::string policy_name(const ForwardingTables& tables, PolicyId id) {
  for (const Policy& policy : tables.policies) {
    if (policy.id == id) return policy.name;
  }
  return "";
}

std::string policy_of_list(const ForwardingTables& tables, SegmentListId id) {
  for (const Policy& policy : tables.policies) {
    if (std::find(policy.lists.begin(), policy.lists.end(), id) != policy.lists.end()) {
      return policy.name;
    }
  }
  return "";
}

std::vector<std::string> segment_texts(const SegmentList& list) {
  std::vector<std::string> out;
  for (const Ipv6Address& segment : list.segments)
    out.push_back(segment.to_string());
  return out;
}

// One block of the table: its head appears with its first line.
class Block {
 public:
  Block(std::string& out, std::string head) : out_(out), head_(std::move(head)) {}
  void add(std::string_view line) {
    if (!head_.empty()) {
      out_ += (out_.empty() ? "" : "\n") + head_ + "\n";
      head_.clear();
    }
    out_ += line;
    out_ += "\n";
  }

 private:
  std::string& out_;
  std::string head_;
};

constexpr auto kCountLine = "{:<44} {:>10} {:>14}";

void add_counted(Block& block, std::string_view name, const PacketTotal& total) {
  if (total.packets != 0) block.add(fmt::format(kCountLine, name, total.packets, total.bytes));
}

std::string count_head(std::string_view title) {
  return fmt::format(kCountLine, title, "packets", "bytes");
}

void add_ports_and_sids(std::string& out, const ReplayReport& report) {
  Block ports(out, fmt::format("{:<22} {:>10} {:>14} {:>10} {:>14}", "port", "in", "bytes", "out",
                               "bytes"));
  for (const ReplayPortTotal& port : report.ports) {
    ports.add(fmt::format("{:<22} {:>10} {:>14} {:>10} {:>14}", port.name, port.in.packets,
                          port.in.bytes, port.out.packets, port.out.bytes));
  }
  Block sids(out, fmt::format("{:<32} {:<20} {:>8} {:>8}", "local SID", "behavior", "good", "bad"));
  for (const LocalSid& sid : report.tables.local_sids) {
    const SidTotal total = total_of(report.counters.local_sids, sid.id);
    if (total == SidTotal{}) continue;
    sids.add(fmt::format("{:<32} {:<20} {:>8} {:>8}", sid_text(sid), behavior_text(sid),
                         total.good.packets, total.bad.packets));
  }
}

Json json_of(const PacketTotal& total) {
  return Json{{"packets", total.packets}, {"bytes", total.bytes}};
}

}  // namespace

std::string to_text(const ReplayReport& report) {
  const ForwardingTables& tables = report.tables;
  const CountersSnapshot& counters = report.counters;
  std::string out;
  add_ports_and_sids(out, report);

  Block policies(out, count_head("policy"));
  for (const Policy& policy : tables.policies) {
    add_counted(policies, policy.name, total_of(counters.policies, policy.id));
  }
  Block lists(out, count_head("segment list"));
  for (const SegmentList& list : tables.segment_lists) {
    add_counted(lists, fmt::format("{}", fmt::join(segment_texts(list), ",")),
                total_of(counters.segment_lists, list.id));
  }
  Block steerings(out, count_head("steering"));
  for (const Steering& steering : tables.steerings) {
    add_counted(steerings, steering.name, total_of(counters.steerings, steering.id));
  }
  Block drops(out, count_head("drop reason"));
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    add_counted(drops, kDropReasons[i].name, counters.drops[i]);
  }
  Block errors(out, count_head("ICMP errors"));
  add_counted(errors, "sent", counters.icmp_errors);
  add_counted(errors, "suppressed by the rate limit", counters.icmp_errors_suppressed);
  return out;
}

std::string to_json(const ReplayReport& report) {
  const ForwardingTables& tables = report.tables;
  const CountersSnapshot& counters = report.counters;
  Json out;
  out["ports"] = out["local_sids"] = out["policies"] = out["segment_lists"] = out["steerings"] =
      Json::array();
  out["drops"] = Json::object();
  for (const ReplayPortTotal& port : report.ports) {
    out["ports"].push_back(
        {{"name", port.name}, {"in", json_of(port.in)}, {"out", json_of(port.out)}});
  }
  for (const LocalSid& sid : tables.local_sids) {
    const SidTotal total = total_of(counters.local_sids, sid.id);
    out["local_sids"].push_back({{"sid", sid_text(sid)},
                                 {"table", table_name(tables, sid.table)},
                                 {"behavior", spec_of(sid.behavior).name},
                                 {"flavors", flavors_to_string(sid.flavors)},
                                 {"good", json_of(total.good)},
                                 {"bad", json_of(total.bad)}});
  }
  const auto counted = [](Json object, const PacketTotal& total) {
    object.update(json_of(total));
    return object;
  };
  for (const Policy& policy : tables.policies) {
    out["policies"].push_back(
        counted({{"name", policy.name}}, total_of(counters.policies, policy.id)));
  }
  for (const SegmentList& list : tables.segment_lists) {
    out["segment_lists"].push_back(
        counted({{"policy", policy_of_list(tables, list.id)}, {"segments", segment_texts(list)}},
                total_of(counters.segment_lists, list.id)));
  }
  for (const Steering& steering : tables.steerings) {
    out["steerings"].push_back(
        counted({{"name", steering.name}, {"policy", policy_name(tables, steering.policy)}},
                total_of(counters.steerings, steering.id)));
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (counters.drops[i].packets == 0) continue;
    out["drops"][std::string(kDropReasons[i].name)] = json_of(counters.drops[i]);
  }
  out["icmp_errors"] = json_of(counters.icmp_errors);
  out["icmp_errors_suppressed"] = json_of(counters.icmp_errors_suppressed);
  out["punted"] = json_of(counters.punted);
  return out.dump(2) + "\n";
}

}  // namespace sextant
