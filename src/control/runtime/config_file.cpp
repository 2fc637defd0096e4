// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// load_config(): the sections of the file in the order in which they stand in the reference.
#include "control/runtime/config_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "control/compile/compile.hpp"
#include "control/runtime/config_sections.hpp"

namespace sextant {

namespace {

void read_node(const ConfigContext& context, const ConfigValue& value, DesiredState& state) {
  ObjectReader reader(context, value);
  reader.get("name", state.node_name, read_name);
  reader.finish();
}

void read_icmp(const ConfigContext& context, const ConfigValue& value, DesiredState& state) {
  ObjectReader reader(context, value);
  reader.get_number("errors_per_second", state.icmp_errors_per_second, 0, 1000000);
  reader.get_number("error_burst", state.icmp_error_burst, 1, 1000000);
  reader.finish();
}

void read_sections(const ConfigContext& context, const YamlNode& root, LoadedConfig& out) {
  ObjectReader reader(context, {&root, ""});
  if (const auto value = reader.find("node")) read_node(context, value, out.state);
  if (const auto value = reader.find("runtime")) read_runtime(context, value, out.runtime);
  read_tables(context, reader.items("tables"), out.state);
  reader.require("ports", "a forwarder needs at least one port");
  read_ports(context, reader.items("ports"), out.state, out.runtime);
  read_routes(context, reader.items("routes"), out.state);
  read_neighbors(context, reader.items("neighbors"), out.state);
  if (const auto value = reader.find("encapsulation")) {
    read_encapsulation(context, value, out.state);
  }
  read_vlan_tables(context, reader.items("vlan_tables"), out.state);
  read_bridges(context, reader.items("bridges"), out.state);
  read_local_sids(context, reader.items("local_sids"), out.state);
  read_policies(context, reader.items("policies"), out.state);
  read_steering(context, reader.items("steering"), out.state);
  read_translations(context, reader.items("service_translations"), out.state);
  if (const auto value = reader.find("domain")) read_domain(context, value, out.state);
  if (const auto value = reader.find("kubernetes")) {
    read_kubernetes(context, value, out.kubernetes, out.state);
  }
  if (const auto value = reader.find("icmp")) read_icmp(context, value, out.state);
  if (const auto value = reader.find("log")) read_log(context, value, out.log);
  if (const auto value = reader.find("introspection")) {
    read_introspection(context, value, out.introspection);
  }
  reader.finish();
}

// Interfaces that take frames which are not addressed to them need the port to deliver those.
void set_promiscuous(const DesiredState& state, RuntimeConfig& runtime) {
  std::set<std::string> layer2;
  for (const SteeringRule& rule : state.steering)
    layer2.insert(rule.interface);
  for (const DesiredBridge& bridge : state.bridges) {
    layer2.insert(bridge.members.begin(), bridge.members.end());
  }
  for (const DesiredLocalSid& sid : state.local_sids) {
    if (spec_of(sid.behavior).argument != ArgumentKind::kProxy) continue;
    if (sid.inner != InnerType::kEthernet) continue;
    layer2.insert(sid.return_interface.empty() ? sid.interface : sid.return_interface);
  }
  for (const DesiredInterface& interface : state.interfaces) {
    if (interface.port < runtime.ports.size() && layer2.contains(interface.name)) {
      runtime.ports[interface.port].promiscuous = true;
    }
  }
}

}  // namespace

LoadedConfig parse_config(std::string_view text, const std::string& file_name) {
  LoadedConfig out;
  const YamlNode root = parse_yaml(text, file_name, out.diagnostics);
  if (out.diagnostics.has_errors()) return out;
  out.is_yaml = true;
  read_sections({file_name, out.diagnostics}, root, out);
  set_promiscuous(out.state, out.runtime);
  out.diagnostics = in_source_order(out.diagnostics);
  return out;
}

void add_compile_errors(LoadedConfig& config) {
  if (!config.is_yaml) return;
  // Warnings are left to the caller's own compile().
  const CompileResult compiled = compile(config.state);
  for (const Diagnostic& found : compiled.diagnostics.list()) {
    if (found.severity == Severity::kError) {
      config.diagnostics.error(found.where, found.field, found.text);
    }
  }
  config.diagnostics = in_source_order(config.diagnostics);
}

LoadedConfig load_config(std::string_view text, const std::string& file_name) {
  LoadedConfig out = parse_config(text, file_name);
  add_compile_errors(out);
  return out;
}

Result<std::string> read_config_text(const std::filesystem::path& path) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) return Error{"is a directory, not a file"};
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Error{std::string("cannot be opened: ") + std::strerror(errno)};
  // One byte more than the limit: load_config() sees that it is too large; devices end, too.
  std::string text(std::size_t{1} << 16, '\0');
  std::string all;
  while (all.size() <= kMaxConfigBytes && stream) {
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    all.append(text, 0, static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) return Error{"cannot be read to its end"};
  return all;
}

LoadedConfig load_config_file(const std::filesystem::path& path) {
  const std::string name = path.string();
  auto text = read_config_text(path);
  if (text) return load_config(*text, name);
  LoadedConfig out;
  out.diagnostics.error({name, 0, 0}, "", text.error().text);
  return out;
}

}  // namespace sextant
