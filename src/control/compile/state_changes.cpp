// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Every object becomes a name and a list of fields in words; then lists are compared.
#include "control/compile/state_changes.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <type_traits>
#include <utility>

#include <sextant/srv6/behavior.hpp>

namespace sextant {

namespace {

// In the order of the reference.
constexpr const char* kKinds[] = {
    "node",       "tables",      "ports",   "routes",   "neighbors", "encapsulation",
    "local_sids", "vlan_tables", "bridges", "policies", "steering",  "service_translations",
    "domain",     "icmp"};
enum Kind : std::uint8_t {
  kNode,
  kTables,
  kPorts,
  kRoutes,
  kNeighbors,
  kEncapsulation,
  kLocalSids,
  kVlanTables,
  kBridges,
  kPolicies,
  kSteering,
  kTranslations,
  kDomain,
  kIcmp
};

struct Field {
  std::string name;
  std::string value;
  std::string secret;  // compared, and never shown
};

struct Described {
  Kind kind = kNode;
  std::string name;
  std::vector<Field> fields;
};

template <typename T>
std::string text(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else {
    return std::to_string(value);
  }
}
template <typename T>
std::string list(const std::vector<T>& items) {
  std::string out;
  for (const T& item : items) {
    if (!out.empty()) out += ", ";
    if constexpr (std::is_same_v<T, std::string>) {
      out += item;
    } else {
      out += item.to_string();
    }
  }
  return out;
}
template <typename T>
std::string optional_text(const std::optional<T>& value) {
  if (!value) return "";
  if constexpr (std::is_integral_v<T>) {
    return std::to_string(*value);
  } else {
    return value->to_string();
  }
}

// Collects the objects of one state.
class Description {
 public:
  explicit Description(const DesiredState& state);
  // Sorted by kind and name.
  std::vector<Described> take() && { return std::move(objects_); }

 private:
  void begin(Kind kind, std::string name) { objects_.push_back({kind, std::move(name), {}}); }
  // Fields with nothing to say are left out.
  void add(std::string name, std::string value) {
    if (!value.empty()) objects_.back().fields.push_back({std::move(name), std::move(value), ""});
  }
  void add_next_hops(const std::vector<DesiredNextHop>& next_hops);
  void add_outer_header(const DesiredEncapsulation& encapsulation);

  void describe(const DesiredInterface& interface);
  void describe(const DesiredRoute& route);
  void describe(const DesiredLocalSid& sid);
  void describe(const DesiredVlanTable& table);
  void describe(const DesiredBridge& bridge);
  void describe(const SrPolicy& policy);
  void describe(const SteeringRule& rule);
  void describe(const DesiredTranslation& translation);
  void describe(const DesiredDomain& domain);

  std::vector<Described> objects_;
};

std::string indexed(const char* name, std::size_t index) {
  return std::string(name) + "[" + std::to_string(index) + "]";
}

void Description::add_next_hops(const std::vector<DesiredNextHop>& next_hops) {
  for (std::size_t i = 0; i < next_hops.size(); ++i) {
    const DesiredNextHop& one = next_hops[i];
    std::string value = optional_text(one.address);
    if (!one.interface.empty()) value += (value.empty() ? "on " : " on ") + one.interface;
    if (next_hops.size() > 1 || one.weight != 1) value += " weight " + text(one.weight);
    add(next_hops.size() == 1 ? "next_hop" : indexed("next_hops", i), std::move(value));
  }
}

void Description::add_outer_header(const DesiredEncapsulation& encapsulation) {
  add("source", optional_text(encapsulation.source));
  add("hop_limit", optional_text(encapsulation.hop_limit));
  if (encapsulation.traffic_class) {
    add("traffic_class", *encapsulation.traffic_class == kCopyTrafficClass
                             ? "copy"
                             : text(*encapsulation.traffic_class));
  }
  add("hmac_key", optional_text(encapsulation.hmac_key));
}

void Description::describe(const DesiredInterface& interface) {
  begin(kPorts, interface.name);
  if (interface.vlan != 0) add("vlan", text(interface.vlan));
  add("table", interface.table);
  add("mac", optional_text(interface.mac));
  add("mtu", text(interface.mtu));
  add("trusted", text(interface.trusted));
  add("addresses", list(interface.addresses));
  add("allowed_sids", list(interface.allowed_sids));
  if (!interface.router_advertisement) return;
  const Interface::RouterAdvertisement& ra = *interface.router_advertisement;
  add("router_advertisement.lifetime_s", text(ra.lifetime_s));
  add("router_advertisement.hop_limit", text(ra.hop_limit));
  add("router_advertisement.managed", text(ra.managed));
  add("router_advertisement.other", text(ra.other));
  add("router_advertisement.prefixes", list(ra.prefixes));
}

void Description::describe(const DesiredRoute& route) {
  constexpr const char* kTypes[] = {"forward", "blackhole", "unreachable", "punt"};
  begin(kRoutes, route.prefix.to_string() + " in " + route.table);
  add("type", kTypes[static_cast<std::size_t>(route.type)]);
  add_next_hops(route.next_hops);
}

void Description::describe(const DesiredLocalSid& sid) {
  begin(kLocalSids, sid.sid.to_string() + " in " + sid.table);
  const BehaviorSpec& spec = spec_of(sid.behavior);
  add("behavior", std::string(spec.name));
  add("flavors", flavors_to_string(sid.flavors));
  if ((sid.flavors & kNextCsid) != 0) {
    add("csid", "block " + text(sid.csid.block_bits) + ", CSID " + text(sid.csid.csid_bits));
  }
  if (sid.hmac_required) add("hmac", "required");
  add_next_hops(sid.next_hops);
  add("interface", sid.interface);
  add("lookup_table", sid.lookup_table);
  add("vlan_table", sid.vlan_table);
  add("bridge", sid.bridge);
  add("policy", sid.policy);
  if (spec.argument == ArgumentKind::kProxy) {
    constexpr const char* kInner[] = {"ipv6", "ipv4", "ethernet"};
    add("inner", kInner[static_cast<std::size_t>(sid.inner)]);
  }
  add("return_interface", sid.return_interface);
  add("source", optional_text(sid.source));
  add("segments", list(sid.segments));
  add("segments_done", optional_text(sid.segments_done));
}

void Description::describe(const DesiredVlanTable& table) {
  begin(kVlanTables, table.name);
  for (const DesiredVlanTable::Entry& entry : table.entries) {
    add("vlan " + text(entry.vlan), entry.interface);
  }
}

void Description::describe(const DesiredBridge& bridge) {
  begin(kBridges, bridge.name);
  for (const std::string& member : bridge.members)
    add("member " + member, "yes");
  for (const std::string& remote : bridge.remotes)
    add("remote " + remote, "yes");
  for (const DesiredBridge::Mac& mac : bridge.macs) {
    add("mac " + mac.mac.to_string(),
        mac.policy.empty() ? "on " + mac.interface : "by policy " + mac.policy);
  }
  add("learning", text(bridge.learning));
}

void Description::describe(const SrPolicy& policy) {
  begin(kPolicies, policy.name);
  add("binding_sid", optional_text(policy.binding_sid));
  if (policy.binding_sid_behavior) {
    add("binding_sid_behavior", std::string(spec_of(*policy.binding_sid_behavior).name));
  }
  add("color", text(policy.color));
  add("endpoint", optional_text(policy.policy_endpoint));
  add("headend", std::string(name_of(policy.headend)));
  add_outer_header(policy.encapsulation);
  add("table", policy.table);
  add("spray", text(policy.spray));
  add("drop_upon_invalid", text(policy.drop_upon_invalid));
  if (policy.sticky) add("sticky", text(policy.sticky));
  if (policy.affinity_timeout_s != 0) add("affinity_timeout_s", text(policy.affinity_timeout_s));
  if (policy.path_mtu != 0) add("path_mtu", text(policy.path_mtu));
  for (std::size_t p = 0; p < policy.candidate_paths.size(); ++p) {
    const CandidatePath& path = policy.candidate_paths[p];
    const std::string at = indexed("candidate_paths", p) + ".";
    add(at + "name", path.name);
    add(at + "preference", text(path.preference));
    add(at + "protocol_origin", text(path.protocol_origin));
    add(at + "originator", text(path.originator_asn) + ":" + path.originator_node.to_string());
    add(at + "discriminator", text(path.discriminator));
    for (std::size_t l = 0; l < path.segment_lists.size(); ++l) {
      const std::string list_at = at + indexed("segment_lists", l) + ".";
      add(list_at + "weight", text(path.segment_lists[l].weight));
      add(list_at + "segments", list(path.segment_lists[l].segments));
      if (path.segment_lists[l].draining) add(list_at + "draining", "true");
    }
  }
}

void Description::describe(const SteeringRule& rule) {
  std::string name;
  switch (rule.match) {
    case SteeringRule::Match::kPrefix: name = rule.prefix.to_string() + " in " + rule.table; break;
    case SteeringRule::Match::kInterface: name = "interface " + rule.interface; break;
    case SteeringRule::Match::kPort:
      name = rule.prefix.address.to_string() + " protocol " + text(rule.protocol) + " port " +
             text(rule.port) + " in " + rule.table;
      break;
  }
  begin(kSteering, std::move(name));
  add("policy", rule.policy);
}

void Description::describe(const DesiredTranslation& translation) {
  begin(kTranslations, translation.address.to_string() + " protocol " + text(translation.protocol) +
                           " port " + text(translation.port) + " on " + translation.interface);
  add("target", translation.target.to_string());
  add("target_port", text(translation.target_port));
  if (translation.draining) add("draining", "true");
}

void Description::describe(const DesiredDomain& domain) {
  begin(kDomain, "");
  add("sid_space", list(domain.sid_space));
  add("sources", list(domain.sources));
  for (std::size_t i = 0; i < domain.hmac_keys.size(); ++i) {
    const DesiredHmacKey& key = domain.hmac_keys[i];
    add(indexed("hmac_keys", i) + ".id", text(key.id));
    add(indexed("hmac_keys", i) + ".secret", "(hidden)");
    objects_.back().fields.back().secret.assign(key.secret.begin(), key.secret.end());
  }
}

Description::Description(const DesiredState& state) {
  begin(kNode, "");
  add("name", state.node_name);
  for (const DesiredTable& table : state.tables) {
    begin(kTables, table.name);
    add("exception", table.exception);
  }
  for (const DesiredInterface& interface : state.interfaces)
    describe(interface);
  for (const DesiredRoute& route : state.routes)
    describe(route);
  for (const DesiredNeighbor& neighbor : state.neighbors) {
    begin(kNeighbors, neighbor.address.to_string() + " on " + neighbor.interface);
    add("mac", neighbor.mac.to_string());
  }
  begin(kEncapsulation, "");
  add_outer_header(state.encapsulation);
  for (const DesiredLocalSid& sid : state.local_sids)
    describe(sid);
  for (const DesiredVlanTable& table : state.vlan_tables)
    describe(table);
  for (const DesiredBridge& bridge : state.bridges)
    describe(bridge);
  for (const SrPolicy& policy : state.policies)
    describe(policy);
  for (const SteeringRule& rule : state.steering)
    describe(rule);
  for (const DesiredTranslation& translation : state.translations)
    describe(translation);
  describe(state.domain);
  begin(kIcmp, "");
  add("errors_per_second", text(state.icmp_errors_per_second));
  add("error_burst", text(state.icmp_error_burst));
  std::stable_sort(objects_.begin(), objects_.end(), [](const Described& a, const Described& b) {
    return std::tie(a.kind, a.name) < std::tie(b.kind, b.name);
  });
}

ObjectChange one_sided(const Described& object, ObjectChange::What what) {
  ObjectChange out{kKinds[object.kind], object.name, what, {}};
  for (const Field& field : object.fields) {
    FieldChange change{field.name, "", ""};
    (what == ObjectChange::What::kAdded ? change.after : change.before) = field.value;
    out.fields.push_back(std::move(change));
  }
  return out;
}

bool same(const Field& a, const Field& b) {
  return a.name == b.name && a.value == b.value && a.secret == b.secret;
}

// What differs between two objects of one name; no fields: nothing.
ObjectChange compare(const Described& before, const Described& after) {
  ObjectChange out{kKinds[after.kind], after.name, ObjectChange::What::kChanged, {}};
  if (std::equal(before.fields.begin(), before.fields.end(), after.fields.begin(),
                 after.fields.end(), same)) {
    return out;
  }
  std::map<std::string, const Field*> old;
  for (const Field& field : before.fields)
    old.emplace(field.name, &field);
  for (const Field& field : after.fields) {
    const auto found = old.find(field.name);
    if (found == old.end()) {
      out.fields.push_back({field.name, "", field.value});
      continue;
    }
    if (!same(*found->second, field)) {
      out.fields.push_back({field.name, found->second->value, field.value});
    }
    old.erase(found);
  }
  for (const auto& [name, field] : old)
    out.fields.push_back({name, field->value, ""});
  return out;
}

}  // namespace

std::vector<ObjectChange> state_changes(const DesiredState& before, const DesiredState& after) {
  const std::vector<Described> a = Description(before).take();
  const std::vector<Described> b = Description(after).take();
  const auto less = [](const Described& x, const Described& y) {
    return std::tie(x.kind, x.name) < std::tie(y.kind, y.name);
  };
  std::vector<ObjectChange> out;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && less(a[i], b[j]))) {
      out.push_back(one_sided(a[i++], ObjectChange::What::kRemoved));
    } else if (i == a.size() || less(b[j], a[i])) {
      out.push_back(one_sided(b[j++], ObjectChange::What::kAdded));
    } else {
      ObjectChange change = compare(a[i++], b[j++]);
      if (!change.fields.empty()) out.push_back(std::move(change));
    }
  }
  return out;
}

}  // namespace sextant
