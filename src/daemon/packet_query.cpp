// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Filters and packets from queries; whatever does not make sense is refused in words.
#include "packet_query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "packet_bytes.hpp"

namespace sextant {

namespace {

const std::string* find(const Query& query, const std::string& key) {
  const auto at = query.find(key);
  return at == query.end() || at->second.empty() ? nullptr : &at->second;
}

Result<PortIndex> port_named(const std::string& name, const QueryContext& context) {
  const auto at = std::find(context.ports.begin(), context.ports.end(), name);
  if (at != context.ports.end()) return static_cast<PortIndex>(at - context.ports.begin());
  return Error{fmt::format("port: there is no port '{}'; there are: {}", name,
                           fmt::join(context.ports, ", "))};
}

Result<IpPrefix> prefix_of(const std::string& key, const std::string& text) {
  const auto prefix = IpPrefix::parse(text);
  if (prefix) return prefix->masked();
  return Error{fmt::format(
      "{}: '{}' is not an address or prefix such as 2001:db8::/32 or 192.0.2.1", key, text)};
}

Result<DropReason> reason_named(const std::string& name) {
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (kDropReasons[i].name == name) return static_cast<DropReason>(i);
  }
  return Error{
      fmt::format("reason: '{}' is not a drop reason; 'sextant show drops' has the list", name)};
}

Result<Ipv6Address> sid_of(const std::string& text, const ForwardingTables& tables) {
  const auto prefix = IpPrefix::parse(text);
  if (!prefix || !prefix->address.is_v6()) {
    return Error{fmt::format("sid: '{}' is not an IPv6 address", text)};
  }
  const bool known =
      std::any_of(tables.local_sids.begin(), tables.local_sids.end(), [&](const LocalSid& sid) {
        return IpPrefix{sid.sid, sid.prefix_len}.contains(prefix->address);
      });
  if (known) return prefix->address.v6;
  return Error{fmt::format(
      "sid: '{}' is no local SID of this node; 'sextant show localsids' has the list", text)};
}

// The conditions that traces and captures share.
template <typename Filter>
Status read_common(const Query& query, const QueryContext& context, Filter& filter) {
  if (const std::string* const name = find(query, "port")) {
    auto port = port_named(*name, context);
    if (!port) return port.error();
    filter.has_port = true;
    filter.port = *port;
  }
  if (const std::string* const text = find(query, "src")) {
    auto prefix = prefix_of("src", *text);
    if (!prefix) return prefix.error();
    filter.has_source = true;
    filter.source = *prefix;
  }
  if (const std::string* const text = find(query, "dst")) {
    auto prefix = prefix_of("dst", *text);
    if (!prefix) return prefix.error();
    filter.has_destination = true;
    filter.destination = *prefix;
  }
  if (const std::string* const name = find(query, "reason")) {
    auto reason = reason_named(*name);
    if (!reason) return reason.error();
    filter.has_reason = true;
    filter.reason = *reason;
  }
  return Ok{};
}

}  // namespace

Result<std::uint64_t> read_number(const Query& query, const std::string& key,
                                  std::uint64_t fallback, std::uint64_t min, std::uint64_t max) {
  const std::string* const text = find(query, key);
  if (text == nullptr) return fallback;
  std::uint64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [at, code] = std::from_chars(text->data(), end, value);
  if (code == std::errc{} && at == end && value >= min && value <= max) return value;
  return Error{fmt::format("{}: '{}' is not a number from {} to {}", key, *text, min, max)};
}

Result<TraceFilter> read_trace_filter(const Query& query, const QueryContext& context) {
  TraceFilter filter;
  if (auto status = read_common(query, context, filter); !status) return status.error();
  if (const std::string* const text = find(query, "sid")) {
    auto sid = sid_of(*text, context.tables);
    if (!sid) return sid.error();
    filter.has_sid = true;
    filter.sid = *sid;
  }
  return filter;
}

Result<CaptureFilter> read_capture_filter(const Query& query, const QueryContext& context) {
  CaptureFilter filter;
  if (auto status = read_common(query, context, filter); !status) return status.error();
  const std::string* const point = find(query, "point");
  const std::string name = point == nullptr ? (filter.has_reason ? "drop" : "all") : *point;
  if (name == "ingress") {
    filter.points = static_cast<std::uint8_t>(CapturePoint::kIngress);
  } else if (name == "egress") {
    filter.points = static_cast<std::uint8_t>(CapturePoint::kEgress);
  } else if (name == "drop") {
    filter.points = static_cast<std::uint8_t>(CapturePoint::kDrop);
  } else if (name != "all") {
    return Error{fmt::format("point: '{}' is none of ingress, egress, drop, all", name)};
  }
  if (filter.has_reason && name != "drop") {
    return Error{
        fmt::format("reason: goes with point=drop only, since frames at {} have none yet", name)};
  }
  return filter;
}

Result<PacketQuery> read_packet(const Query& query, const QueryContext& context) {
  const std::string* name = find(query, "port");
  if (name == nullptr) name = find(query, "from");
  if (name == nullptr) {
    return Error{fmt::format("port: say by which port the packet comes in: {}",
                             fmt::join(context.ports, ", "))};
  }
  auto port = port_named(*name, context);
  if (!port) return port.error();
  const std::string* const hex = find(query, "hex");
  const std::string* const pcap = find(query, "pcap");
  const bool has_fields = std::any_of(query.begin(), query.end(), [](const auto& entry) {
    return !entry.second.empty() && entry.first != "port" && entry.first != "from" &&
           entry.first != "hex" && entry.first != "pcap" && entry.first != "vlan";
  });
  if ((hex != nullptr) + (pcap != nullptr) + has_fields != 1) {
    return Error{"give the packet once: as hex, as pcap, or by fields such as src and dst"};
  }
  auto vlan = read_number(query, "vlan", 0, 0, 4094);
  if (!vlan) return vlan.error();
  const LinkLayer link = link_layer_of(context.tables, *port, static_cast<std::uint16_t>(*vlan));
  Result<std::vector<std::uint8_t>> frame =
      hex != nullptr
          ? frame_from_hex(*hex, link)
          : (pcap != nullptr ? frame_from_pcap(*pcap, link) : frame_from_fields(query, link));
  if (!frame) return frame.error();
  return PacketQuery{*port, std::move(frame).value()};
}

}  // namespace sextant
