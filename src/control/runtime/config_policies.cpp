// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sections policies and steering.
#include <charconv>
#include <string>
#include <utility>

#include <sextant/net/headers.hpp>

#include "control/runtime/config_sections.hpp"

namespace sextant {

namespace {

// As much as Kubernetes allows for sessionAffinity.
constexpr std::uint64_t kMaxAffinity_s = 86400;

struct Originator {
  std::uint32_t asn = 0;
  IpAddress node;
};

// RFC 9256 section 2.4: AS number and node address, written "64500:192.0.2.1".
bool read_originator(const ConfigContext& context, const ConfigValue& value, Originator& out) {
  if (value.node->kind == YamlNode::Kind::kScalar && value.node->scalar.size() <= 64) {
    const std::string_view text = value.node->scalar;
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && colon > 0) {
      std::uint32_t asn = 0;
      const auto [end, ec] = std::from_chars(text.data(), text.data() + colon, asn);
      const auto node = IpAddress::parse(text.substr(colon + 1));
      if (ec == std::errc{} && end == text.data() + colon && node) {
        out = {asn, *node};
        return true;
      }
    }
  }
  context.not_a(value, "an originator: AS number and node address (64500:192.0.2.1)");
  return false;
}

std::vector<WeightedSegmentList> read_segment_lists(const ConfigContext& context,
                                                    ObjectReader& parent) {
  std::vector<WeightedSegmentList> out;
  for (const ConfigValue& item : parent.items("segment_lists")) {
    ObjectReader reader(context, item);
    WeightedSegmentList list;
    reader.get_number("weight", list.weight, 0);
    reader.get("draining", list.draining, read_bool);
    reader.require("segments", "the SIDs of the path, the first one to visit first");
    reader.get_list("segments", list.segments, read_ipv6);
    list.origin = reader.finish();
    out.push_back(std::move(list));
  }
  return out;
}

CandidatePath read_candidate_path(const ConfigContext& context, const ConfigValue& item) {
  ObjectReader reader(context, item);
  CandidatePath path;
  reader.get("name", path.name, read_name);
  reader.get_number("preference", path.preference, 0);
  if (const auto word = reader.get_word("protocol_origin", {"config", "bgp", "pcep"})) {
    constexpr std::uint8_t kValues[] = {30, 20, 10};  // RFC 9256 section 2.3
    path.protocol_origin = kValues[*word];
  }
  Originator originator;
  if (reader.get("originator", originator, read_originator)) {
    path.originator_asn = originator.asn;
    path.originator_node = originator.node;
  }
  reader.get_number("discriminator", path.discriminator, 0);
  reader.require("segment_lists");
  path.segment_lists = read_segment_lists(context, reader);
  path.origin = reader.finish();
  return path;
}

// H.Encaps serves frames as H.Encaps.L2 does; which of both it is follows from the traffic.
constexpr Headend base_headend(std::size_t word) {
  constexpr Headend kValues[] = {Headend::kHEncaps, Headend::kHEncapsRed, Headend::kHEncaps,
                                 Headend::kHEncapsRed, Headend::kHInsert};
  return kValues[word];
}

void read_candidate_paths(const ConfigContext& context, ObjectReader& reader, SrPolicy& policy) {
  reader.exclusive("segment_lists", "candidate_paths");
  if (!reader.has("segment_lists") && !reader.has("candidate_paths")) {
    reader.error("", "needs segment_lists (one path) or candidate_paths");
  }
  for (const ConfigValue& path : reader.items("candidate_paths")) {
    policy.candidate_paths.push_back(read_candidate_path(context, path));
  }
  if (!reader.has("segment_lists")) {
    reader.find("segment_lists");
    return;
  }
  CandidatePath path;
  path.segment_lists = read_segment_lists(context, reader);
  if (policy.candidate_paths.empty()) policy.candidate_paths.push_back(std::move(path));
}

void read_policy(const ConfigContext& context, const ConfigValue& item, DesiredState& state) {
  ObjectReader reader(context, item);
  SrPolicy policy;
  reader.get("binding_sid", policy.binding_sid, read_ipv6);
  policy.name = policy.binding_sid ? policy.binding_sid->to_string()
                                   : "policy-" + std::to_string(state.policies.size() + 1);
  reader.get("name", policy.name, read_name);
  if (const auto word = reader.get_word("binding_sid_behavior",
                                        {"End.B6.Encaps", "End.B6.Encaps.Red", "End.B6.Insert"})) {
    constexpr Behavior kValues[] = {Behavior::kEndB6Encaps, Behavior::kEndB6EncapsRed,
                                    Behavior::kEndB6Insert};
    policy.binding_sid_behavior = kValues[*word];
    if (!reader.has("binding_sid")) reader.error("binding_sid_behavior", "needs binding_sid");
  }
  reader.get_number("color", policy.color, 0);
  reader.get("endpoint", policy.policy_endpoint, read_ip);
  if (const auto word = reader.get_word(
          "headend", {"H.Encaps", "H.Encaps.Red", "H.Encaps.L2", "H.Encaps.L2.Red", "H.Insert"})) {
    policy.headend = base_headend(*word);
  }
  read_outer_header(reader, policy.encapsulation);
  reader.get("table", policy.table, read_name);
  reader.get("spray", policy.spray, read_bool);
  reader.get("drop_upon_invalid", policy.drop_upon_invalid, read_bool);
  reader.get("sticky", policy.sticky, read_bool);
  reader.get_number("affinity_timeout_s", policy.affinity_timeout_s, 0, kMaxAffinity_s);
  reader.get_number("path_mtu", policy.path_mtu, 1280);
  read_candidate_paths(context, reader, policy);
  policy.origin = reader.finish();
  policy.encapsulation.origin = policy.origin;
  for (CandidatePath& path : policy.candidate_paths) {
    if (path.origin.where.line == 0) path.origin = policy.origin;
  }
  state.policies.push_back(std::move(policy));
}

void read_steering_rule(const ConfigContext& context, const ConfigValue& item,
                        DesiredState& state) {
  ObjectReader reader(context, item);
  SteeringRule rule;
  reader.exclusive("prefix", "interface");
  reader.exclusive("prefix", "destination");
  reader.exclusive("interface", "destination");
  reader.get_required("policy", rule.policy, read_name);
  reader.get("table", rule.table, read_name);
  reader.get("prefix", rule.prefix, read_prefix);
  IpAddress destination;
  if (reader.get("interface", rule.interface, read_name)) {
    rule.match = SteeringRule::Match::kInterface;
    if (reader.has("table")) reader.error("table", "does not count for an interface");
  } else if (reader.get("destination", destination, read_ip)) {
    rule.match = SteeringRule::Match::kPort;
    rule.prefix = {destination, static_cast<std::uint8_t>(destination.bits())};
    reader.require("protocol", "tcp, udp, sctp or a number");
    reader.require("port", "the destination port");
  } else if (!reader.has("prefix") && !reader.has("interface") && !reader.has("destination")) {
    reader.error("", "needs prefix, interface, or destination with protocol and port");
  }
  reader.get("protocol", rule.protocol, read_protocol);
  reader.get_number("port", rule.port, 1);
  if (rule.match != SteeringRule::Match::kPort && !reader.has("destination")) {
    if (reader.has("protocol")) reader.error("protocol", "only with destination");
    if (reader.has("port")) reader.error("port", "only with destination");
  }
  rule.origin = reader.finish();
  state.steering.push_back(std::move(rule));
}

}  // namespace

bool read_protocol(const ConfigContext& context, const ConfigValue& value, std::uint8_t& out) {
  if (value.node->kind == YamlNode::Kind::kScalar) {
    const std::string& text = value.node->scalar;
    if (text == "tcp" || text == "udp" || text == "sctp") {
      out = text == "tcp"   ? ip_protocol::kTcp
            : text == "udp" ? ip_protocol::kUdp
                            : ip_protocol::kSctp;
      return true;
    }
    unsigned number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec == std::errc{} && end == text.data() + text.size() && number <= 255) {
      out = static_cast<std::uint8_t>(number);
      return true;
    }
  }
  context.not_a(value, "tcp, udp, sctp or a protocol number from 0 to 255");
  return false;
}

void read_policies(const ConfigContext& context, const std::vector<ConfigValue>& items,
                   DesiredState& state) {
  for (const ConfigValue& item : items)
    read_policy(context, item, state);
}

void read_steering(const ConfigContext& context, const std::vector<ConfigValue>& items,
                   DesiredState& state) {
  for (const ConfigValue& item : items)
    read_steering_rule(context, item, state);
}

}  // namespace sextant
