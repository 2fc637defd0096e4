// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sections encapsulation and local_sids.
#include <string>
#include <string_view>
#include <utility>

#include <sextant/srv6/srh.hpp>

#include "control/runtime/config_sections.hpp"

namespace sextant {

namespace {

// RFC 9800: what most networks use, and what a C-SID has when nothing else is said.
constexpr std::uint8_t kDefaultBlockBits = 32;
constexpr std::uint8_t kDefaultNodeBits = 16;

// "copy", or the value of the field.
bool read_traffic_class(const ConfigContext& context, const ConfigValue& value,
                        std::uint16_t& out) {
  if (value.node->kind == YamlNode::Kind::kScalar && value.node->scalar == "copy") {
    out = kCopyTrafficClass;
    return true;
  }
  std::uint64_t number = 0;
  const bool word = value.node->kind == YamlNode::Kind::kScalar && !value.node->scalar.empty() &&
                    (value.node->scalar[0] < '0' || value.node->scalar[0] > '9');
  if (word) {
    context.not_a(value, "\"copy\" or a number from 0 to 255");
    return false;
  }
  if (!read_number(context, value, 0, 255, number)) return false;
  out = static_cast<std::uint16_t>(number);
  return true;
}

// All spellings that parse_behavior() takes.
std::vector<std::string> behavior_names() {
  std::vector<std::string> out;
  for (const BehaviorSpec& spec : kBehaviors)
    out.emplace_back(spec.name);
  out.emplace_back("uN");
  out.emplace_back("uA");
  for (const BehaviorSpec& spec : kBehaviors) {
    if (!spec.name.starts_with("End.")) continue;
    std::string alias = "u" + std::string(spec.name.substr(4));
    if (parse_behavior(alias)) out.push_back(std::move(alias));
  }
  return out;
}

bool read_behavior(const ConfigContext& context, const ConfigValue& value, NamedBehavior& out) {
  if (value.node->kind == YamlNode::Kind::kScalar) {
    if (const auto behavior = parse_behavior(value.node->scalar)) {
      out = *behavior;
      return true;
    }
  }
  static const std::vector<std::string> names = behavior_names();
  const std::vector<std::string_view> words(names.begin(), names.end());
  const std::string_view meant = nearest_word(value.node->scalar, words);
  std::string what = "a behavior";
  if (!meant.empty()) {
    what += "; did you mean \"" + std::string(meant) + "\"?";
  } else {
    what += ":";
    for (const std::string_view word : words)
      what += " " + std::string(word);
  }
  context.not_a(value, what);
  return false;
}

bool read_flavor(const ConfigContext& context, const ConfigValue& value, Flavors& out) {
  if (value.node->kind == YamlNode::Kind::kScalar) {
    if (const auto flavor = parse_flavor(value.node->scalar)) {
      out = *flavor;
      return true;
    }
  }
  context.not_a(value, "a flavor: PSP, USP, USD or NEXT-CSID");
  return false;
}

// The structure of a C-SID, and with it the length of a SID that was written without one.
void read_csid(const ConfigContext& context, ObjectReader& parent, bool has_len,
               DesiredLocalSid& sid) {
  const ConfigValue value = parent.find("csid");
  unsigned block = kDefaultBlockBits;
  std::optional<std::uint8_t> node;
  std::uint8_t function = 0;
  if (value) {
    ObjectReader reader(context, value);
    std::uint8_t block_bits = kDefaultBlockBits;
    reader.get_number("block", block_bits, 8, 120);
    reader.get_number("node", node, 0, 120);
    reader.get_number("function", function, 0, 120);
    reader.finish();
    block = block_bits;
    if ((sid.flavors & kNextCsid) == 0) {
      parent.error("csid", "only with the flavor NEXT-CSID (uN, uA, uDT46, ...)");
    }
  }
  if ((sid.flavors & kNextCsid) == 0) return;
  const unsigned written = sid.sid.len;
  unsigned csid_bits = node.value_or(kDefaultNodeBits) + unsigned{function};
  if (!node && has_len) csid_bits = written > block ? written - block : 0;
  const unsigned total = block + csid_bits;
  if (!has_len && total <= 128) sid.sid.len = static_cast<std::uint8_t>(total);
  if (total > 128 || (has_len && (total != written || csid_bits == 0))) {
    parent.error("sid", "the length of a NEXT-CSID prefix is block + node + function: " +
                            std::to_string(block) + " + " + std::to_string(csid_bits) +
                            " does not make /" + std::to_string(written));
    return;
  }
  if (sid.sid != sid.sid.masked()) {
    parent.error("sid", "has bits set behind /" + std::to_string(sid.sid.len) +
                            ", where the argument of a NEXT-CSID stands; write " +
                            sid.sid.masked().to_string());
  }
  sid.csid = {static_cast<std::uint8_t>(block), static_cast<std::uint8_t>(csid_bits)};
}

void read_proxy_arguments(ObjectReader& reader, DesiredLocalSid& sid) {
  if (const auto word = reader.get_word("inner", {"ipv6", "ipv4", "ethernet"})) {
    sid.inner = static_cast<InnerType>(*word);
  }
  reader.get("return_interface", sid.return_interface, read_name);
  reader.get("source", sid.source, read_ipv6);
  reader.get_list("segments", sid.segments, read_ipv6);
  reader.get_number("segments_done", sid.segments_done, 0, kMaxSegments);
}

void read_local_sid(const ConfigContext& context, const ConfigValue& item, DesiredState& state) {
  ObjectReader reader(context, item);
  DesiredLocalSid sid;
  bool has_len = false;
  if (const ConfigValue value = reader.require("sid", "the address of the SID")) {
    reader.get("sid", sid.sid, read_ipv6_prefix);
    has_len = value.node->scalar.find('/') != std::string::npos;
  }
  NamedBehavior behavior{};
  if (reader.get_required("behavior", behavior, read_behavior)) {
    sid.behavior = behavior.behavior;
    sid.flavors = behavior.implied_flavors;
  }
  std::vector<Flavors> flavors;
  reader.get_list("flavors", flavors, read_flavor);
  for (const Flavors flavor : flavors)
    sid.flavors = static_cast<Flavors>(sid.flavors | flavor);
  reader.get("table", sid.table, read_name);
  read_csid(context, reader, has_len, sid);
  if (const auto word = reader.get_word("hmac", {"optional", "required"})) {
    sid.hmac_required = *word == 1;
  }
  sid.next_hops = read_next_hops(context, reader);
  const bool single = !reader.has("next_hops");
  // Whether "interface" is an L2 interface or belongs to a next hop, the behavior decides.
  if (single && !sid.next_hops.empty()) sid.interface = sid.next_hops[0].interface;
  reader.get("lookup_table", sid.lookup_table, read_name);
  reader.get("vlan_table", sid.vlan_table, read_name);
  reader.get("bridge", sid.bridge, read_name);
  reader.get("policy", sid.policy, read_name);
  read_proxy_arguments(reader, sid);
  sid.origin = reader.finish();
  if (single && !sid.next_hops.empty()) sid.next_hops[0].origin = sid.origin;
  state.local_sids.push_back(std::move(sid));
}

}  // namespace

void read_outer_header(ObjectReader& reader, DesiredEncapsulation& out) {
  reader.get("source", out.source, read_ipv6);
  if (out.source && (out.source->is_unspecified() || out.source->is_multicast() ||
                     out.source->is_loopback() || out.source->is_link_local())) {
    reader.error("source", "must be a global unicast address of this node");
  }
  reader.get_number("hop_limit", out.hop_limit, 1);
  reader.get("traffic_class", out.traffic_class, read_traffic_class);
  reader.get_number("hmac_key", out.hmac_key, 1);
}

void read_encapsulation(const ConfigContext& context, const ConfigValue& value,
                        DesiredState& state) {
  ObjectReader reader(context, value);
  read_outer_header(reader, state.encapsulation);
  state.encapsulation.origin = reader.finish();
}

void read_local_sids(const ConfigContext& context, const std::vector<ConfigValue>& items,
                     DesiredState& state) {
  state.local_sids.reserve(items.size());
  for (const ConfigValue& item : items)
    read_local_sid(context, item, state);
}

}  // namespace sextant
