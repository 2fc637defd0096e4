// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Records of lcores in words: one function per stage.
#include "trace_json.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <string_view>
#include <tuple>

#include "packet_text.hpp"
#include "table_names.hpp"

namespace sextant {

namespace {

using nlohmann::json;
using Kind = LookupResult::Kind;

std::string_view name_of(TraceStage stage) {
  switch (stage) {
    case TraceStage::kParse: return "parse";
    case TraceStage::kInject: return "inject";
    case TraceStage::kLookup: return "lookup";
    case TraceStage::kBehavior: return "behavior";
    case TraceStage::kPolicy: return "policy";
    case TraceStage::kDispatch: return "dispatch";
    case TraceStage::kRewrite: return "rewrite";
    case TraceStage::kCopy: return "copy";
    case TraceStage::kTx: return "tx";
    case TraceStage::kPunt: return "punt";
    case TraceStage::kDrop: return "drop";
  }
  return "?";
}

std::string_view name_of(Next next) {
  switch (next) {
    case Next::kDrop: return "drop";
    case Next::kLookup: return "lookup";
    case Next::kDispatch: return "dispatch";
    case Next::kTransmit: return "transmit";
    case Next::kTransmitFrame: return "transmit_frame";
    case Next::kPunt: return "punt";
    case Next::kConsumed: return "consumed";
  }
  return "?";
}

std::string_view name_of(PacketKind kind) {
  switch (kind) {
    case PacketKind::kIpv6: return "ipv6";
    case PacketKind::kIpv4: return "ipv4";
    case PacketKind::kFrame: return "frame";
    case PacketKind::kArp: return "arp";
  }
  return "?";
}

std::string_view name_of(PuntReason reason) {
  switch (reason) {
    case PuntReason::kLocal: return "local";
    case PuntReason::kArp: return "arp";
    case PuntReason::kResolve: return "resolve";
    case PuntReason::kGlean: return "glean";
    case PuntReason::kLearn: return "learn";
  }
  return "?";
}

std::string_view help_of(PuntReason reason) {
  switch (reason) {
    case PuntReason::kLocal: return "it is for this node: the control thread answers it";
    case PuntReason::kArp: return "ARP: the control thread answers it and learns from it";
    case PuntReason::kResolve: return "the MAC address of the next hop is not known yet: it waits";
    case PuntReason::kGlean: return "the destination is a neighbor that is not known yet: it waits";
    case PuntReason::kLearn: return "copy that tells the control thread a source MAC address";
  }
  return "?";
}

std::string_view name_of(IcmpError error) {
  switch (error) {
    case IcmpError::kNone: return "";
    case IcmpError::kTimeExceeded: return "time exceeded";
    case IcmpError::kPacketTooBig: return "packet too big";
    case IcmpError::kNoRoute: return "destination unreachable: no route";
    case IcmpError::kAdminProhibited: return "destination unreachable: prohibited";
    case IcmpError::kAddressUnreachable: return "destination unreachable: address unreachable";
    case IcmpError::kPortUnreachable: return "destination unreachable: port unreachable";
    case IcmpError::kErroneousHeader: return "parameter problem: erroneous header field";
    case IcmpError::kUnrecognizedNextHeader: return "parameter problem: unrecognized next header";
    case IcmpError::kSrUpperLayer: return "parameter problem: SR upper-layer header error";
  }
  return "?";
}

// The route that a lookup must have found; null when the tables changed since, or the destination
// is a neighbor that was learned.
const FibEntry* find_route(const ForwardingTables& tables, TableId table, const IpAddress& address,
                           LookupResult result) {
  for (int len = address.bits(); len >= 0; --len) {
    const IpPrefix prefix = IpPrefix{address, static_cast<std::uint8_t>(len)}.masked();
    const auto at = std::lower_bound(tables.fib.begin(), tables.fib.end(), std::tie(table, prefix),
                                     [](const FibEntry& entry, const auto& wanted) {
                                       return std::tie(entry.table, entry.prefix) < wanted;
                                     });
    if (at == tables.fib.end() || at->table != table || at->prefix != prefix) continue;
    return at->result == result ? &*at : nullptr;
  }
  return nullptr;
}

class Teller {
 public:
  explicit Teller(const TraceNames& context) : context_(context), names_(context.tables) {}

  json step(const TraceStep& step);
  [[nodiscard]] std::string port(PortIndex index) const {
    if (index == kNoPort) return "";
    return index < context_.ports.size() ? context_.ports[index] : "#" + std::to_string(index);
  }

 private:
  using Row = json;

  std::string parse(const TraceStep& step, Row& row);
  std::string lookup(const TraceStep& step, Row& row);
  std::string behavior(const TraceStep& step, Row& row);
  std::string policy(const TraceStep& step, Row& row);
  std::string dispatch(const TraceStep& step, Row& row);
  std::string rewrite(const TraceStep& step, Row& row);
  std::string tx(const TraceStep& step, Row& row);
  static std::string punt(const TraceStep& step, Row& row);
  std::string drop(const TraceStep& step, Row& row);

  [[nodiscard]] std::string what_next(const TraceStep& step) const;
  [[nodiscard]] std::string result_text(LookupResult result) const;
  [[nodiscard]] std::string pushed(const TraceStep& step, Row& row) const;
  [[nodiscard]] std::string way() const;

  const TraceNames& context_;
  TableNames names_;
  PacketText packet_;  // of the step that is told
};

// "2001:db8::1 > fc00::1", or the first line of what is no IP packet.
std::string Teller::way() const {
  if (packet_.source && packet_.destination) {
    return packet_.source->to_string() + " > " + packet_.destination->to_string();
  }
  return packet_.headers.empty() ? "a packet without a header" : packet_.headers.front();
}

std::string Teller::result_text(LookupResult result) const {
  std::string text = names_.kind(result) + " " + names_.target(result);
  if (result.kind() == Kind::kLocalSid) {
    const LocalSid* const sid = find_by_id(context_.tables.local_sids, result.index());
    const std::string arguments = sid == nullptr ? "" : names_.arguments(*sid);
    if (!arguments.empty()) text += " (" + arguments + ")";
  }
  return text;
}

std::string Teller::what_next(const TraceStep& step) const {
  switch (step.next) {
    case Next::kDrop: return "it is dropped";
    case Next::kLookup:
      return fmt::format("{} is looked up in table {}",
                         packet_.destination ? packet_.destination->to_string() : "it",
                         names_.table(step.table));
    case Next::kDispatch: return "where it goes is known without a lookup";
    case Next::kTransmit: return "it is forwarded";
    case Next::kTransmitFrame: return "it leaves by " + names_.interface(step.interface);
    case Next::kPunt: return "it goes to the control thread";
    case Next::kConsumed: return "nothing is left to do";
  }
  return "?";
}

std::string Teller::parse(const TraceStep& step, Row& row) {
  const std::string interface = names_.interface(step.interface);
  row["interface"] = interface;
  row["kind"] = name_of(step.kind);
  if (!step.destination_mac.is_zero() || !step.source_mac.is_zero()) {
    row["source_mac"] = step.source_mac.to_string();
    row["destination_mac"] = step.destination_mac.to_string();
  }
  if (step.vlan != 0) row["vlan"] = step.vlan;
  const std::string on = interface.empty() ? "on no interface" : "on interface " + interface;
  const std::string first = packet_.headers.empty() ? way() : packet_.headers.front();
  std::string text = fmt::format("received {}: {}", on, first);
  if (row.contains("srh")) {
    text += fmt::format("; SRH with segments left {}", row["srh"]["segments_left"].dump());
  }
  return text;
}

std::string Teller::lookup(const TraceStep& step, Row& row) {
  const std::string table = names_.table(step.table);
  const std::string destination = packet_.destination ? packet_.destination->to_string() : "?";
  row["table"] = table;
  row["result"] = names_.kind(step.result);
  row["target"] = names_.target(step.result);
  const FibEntry* const route = packet_.destination ? find_route(context_.tables, step.table,
                                                                 *packet_.destination, step.result)
                                                    : nullptr;
  if (route == nullptr) {
    if (step.result == LookupResult(DropReason::lookup_no_route)) {
      return fmt::format("destination {} in table {}: no route", destination, table);
    }
    return fmt::format("destination {} in table {}: {}", destination, table,
                       result_text(step.result));
  }
  row["prefix"] = route->prefix.to_string();
  return fmt::format("destination {} in table {} matches {}: {}", destination, table,
                     route->prefix.to_string(), result_text(step.result));
}

// What a policy put in front.
std::string Teller::pushed(const TraceStep& step, Row& row) const {
  const SegmentList* const list = find_by_id(context_.tables.segment_lists, step.list);
  if (list == nullptr) return "";
  json segments = json::array();
  std::string text;
  for (const Ipv6Address& segment : list->segments) {
    segments.push_back(segment.to_string());
    text += (text.empty() ? "" : ", ") + segment.to_string();
  }
  row["segment_list"] = std::move(segments);
  row["headend"] = sextant::name_of(list->headend);
  return fmt::format("{} with segments {}", sextant::name_of(list->headend), text);
}

std::string Teller::behavior(const TraceStep& step, Row& row) {
  const LocalSid* const sid = find_by_id(context_.tables.local_sids, step.result.index());
  if (sid == nullptr) return "a local SID that is gone: " + what_next(step);
  const std::string prefix = IpPrefix{sid->sid, sid->prefix_len}.to_string();
  const auto name = spec_of(sid->behavior).name;
  row["sid"] = prefix;
  row["behavior"] = name;
  row["flavors"] = json::array();
  for (const Flavors one : {kPsp, kUsp, kUsd, kNextCsid}) {
    if ((sid->flavors & one) != 0) row["flavors"].push_back(flavors_to_string(one));
  }
  std::string text = fmt::format("local SID {} {}", prefix, name);
  if (sid->flavors != 0) text += " with " + flavors_to_string(sid->flavors);
  if (const std::string arguments = names_.arguments(*sid); !arguments.empty()) {
    text += " (" + arguments + ")";
  }
  if (const std::string push = pushed(step, row); !push.empty()) text += ", " + push;
  return text + ": " + what_next(step);
}

std::string Teller::policy(const TraceStep& step, Row& row) {
  const Steering* const steering = find_by_id(context_.tables.steerings, step.result.index());
  const std::string name = names_.target(step.result);
  row["policy"] = name;
  if (steering != nullptr) row["steering"] = steering->name;
  const std::string push = pushed(step, row);
  return fmt::format("steered into policy {}{}: {}", name, push.empty() ? "" : ", " + push,
                     what_next(step));
}

std::string Teller::dispatch(const TraceStep& step, Row& row) {
  if (step.from_function) {
    const LocalSid* const sid = find_by_id(context_.tables.local_sids, step.object);
    row["result"] = "back from a service function";
    return fmt::format("back from the service function of {}: {}",
                       sid == nullptr ? "a SID that is gone" : sid->sid.to_string(),
                       what_next(step));
  }
  if (step.kind == PacketKind::kFrame && step.result.kind() == Kind::kDrop) {
    row["result"] = "frame";
    return "frame of a bridge or a service function: " + what_next(step);
  }
  row["result"] = names_.kind(step.result);
  row["target"] = names_.target(step.result);
  return fmt::format("{}: {}", result_text(step.result), what_next(step));
}

std::string Teller::rewrite(const TraceStep& step, Row& row) {
  const bool glean = step.result.kind() == Kind::kGlean;
  std::string by = names_.target(step.result);
  // One that was learned is not among the compiled ones; its interface is known all the same.
  const bool unnamed = !by.empty() && by.front() == '#';
  if (unnamed && step.interface != kNoInterface) by = names_.interface(step.interface);
  row[glean ? "connected" : "adjacency"] = by;
  if (step.next == Next::kDrop) return fmt::format("towards {}: it is dropped", by);
  if (step.next == Next::kPunt) {
    return fmt::format("towards {}: the MAC address of the next hop is not known", by);
  }
  row["interface"] = names_.interface(step.interface);
  if (step.translated) row["translated"] = true;
  return fmt::format("towards {}{}: {}", by, step.translated ? ", to the backend of a service" : "",
                     packet_.headers.empty() ? "no header" : packet_.headers.front());
}

std::string Teller::tx(const TraceStep& step, Row& row) {
  const Interface* const interface = find_by_id(context_.tables.interfaces, step.interface);
  row["interface"] = names_.interface(step.interface);
  row["port"] = interface == nullptr ? "" : port(interface->port);
  return fmt::format("leaves by port {}, {} bytes", row["port"].get<std::string>(), step.length);
}

std::string Teller::punt(const TraceStep& step, Row& row) {
  row["reason"] = name_of(step.punt_reason);
  return fmt::format("to the control thread: {}", help_of(step.punt_reason));
}

std::string Teller::drop(const TraceStep& step, Row& row) {
  const DropReasonSpec& spec = kDropReasons[static_cast<std::size_t>(step.reason)];
  row["reason"] = spec.name;
  row["help"] = spec.help;
  std::string text = fmt::format("dropped, {}: {}", spec.name, spec.help);
  if (step.error != IcmpError::kNone) {
    row["icmp_error"] = name_of(step.error);
    if (step.parameter != 0) row["icmp_parameter"] = step.parameter;
    text += fmt::format("; to be answered with ICMP {}", name_of(step.error));
  }
  return text;
}

json Teller::step(const TraceStep& step) {
  packet_ = packet_text({step.bytes.data(), step.byte_count}, step.has_link_layer, step.length,
                        step.kind == PacketKind::kArp);
  json row = packet_.fields;
  row["stage"] = name_of(step.stage);
  row["length"] = step.length;
  switch (step.stage) {
    case TraceStage::kParse: row["text"] = parse(step, row); return row;
    case TraceStage::kInject: row["text"] = "made by the control thread: " + way(); return row;
    case TraceStage::kLookup: row["text"] = lookup(step, row); break;
    case TraceStage::kBehavior: row["text"] = behavior(step, row); break;
    case TraceStage::kPolicy: row["text"] = policy(step, row); break;
    case TraceStage::kDispatch: row["text"] = dispatch(step, row); break;
    case TraceStage::kRewrite: row["text"] = rewrite(step, row); break;
    case TraceStage::kCopy: row["text"] = "copy of the packet: " + way(); return row;
    case TraceStage::kTx: row["text"] = tx(step, row); return row;
    case TraceStage::kPunt: row["text"] = punt(step, row); return row;
    case TraceStage::kDrop: row["text"] = drop(step, row); return row;
  }
  row["next"] = name_of(step.next);
  return row;
}

json outcome_of(const TraceHeader& header, const Teller& teller) {
  switch (header.outcome) {
    case TraceOutcome::kSent: return {{"sent", teller.port(header.sent_by)}};
    case TraceOutcome::kPunted: return {{"punted", name_of(header.punt_reason)}};
    case TraceOutcome::kDropped: {
      json out = {{"dropped", sextant::name_of(header.reason)}};
      if (header.sent_by != kNoPort) out["answered"] = teller.port(header.sent_by);
      return out;
    }
    case TraceOutcome::kNone: break;
  }
  return json::object();
}

}  // namespace

std::string time_text(std::uint64_t time_ns) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const auto seconds = static_cast<std::time_t>(time_ns / kSecond);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", fmt::gmtime(seconds), time_ns % kSecond);
}

json trace_json(const TracedPacket& packet, const TraceNames& names, std::uint64_t time_ns) {
  Teller teller(names);
  json out = {{"lcore", packet.header.lcore},
              {"port", teller.port(packet.header.port)},
              {"length", packet.header.length},
              {"position", packet.header.position},
              {"outcome", outcome_of(packet.header, teller)},
              {"steps", json::array()}};
  if (time_ns != 0) out["time"] = time_text(time_ns);
  if (packet.header.copy) out["copy"] = true;
  if (packet.header.steps_lost != 0) out["steps_lost"] = packet.header.steps_lost;
  for (const TraceStep& step : packet.steps)
    out["steps"].push_back(teller.step(step));
  return out;
}

json explanation_json(const Explanation& explanation, std::span<const std::uint8_t> frame,
                      const TraceNames& names) {
  const Teller teller(names);
  json out = {
      {"packet",
       {{"hex", to_hex(frame)}, {"headers", packet_text(frame, true, frame.size()).headers}}},
      {"packets", json::array()},
      {"frames", json::array()}};
  for (const TracedPacket& packet : explanation.packets) {
    out["packets"].push_back(trace_json(packet, names, 0));
  }
  for (const ExplainedFrame& leaving : explanation.frames) {
    const std::span<const std::uint8_t> bytes(leaving.bytes);
    out["frames"].push_back({{"port", teller.port(leaving.port)},
                             {"length", bytes.size()},
                             {"hex", to_hex(bytes)},
                             {"headers", packet_text(bytes, true, bytes.size()).headers}});
  }
  return out;
}

}  // namespace sextant
