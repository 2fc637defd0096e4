// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The sections of the configuration file, one function each; load_config() calls them in turn.
#pragma once

#include <sextant/ports/runtime_config.hpp>

#include "control/model/desired_state.hpp"
#include "control/model/kubernetes_settings.hpp"
#include "control/model/service_config.hpp"
#include "control/runtime/config_reader.hpp"

namespace sextant {

// config_ports.cpp
void read_runtime(const ConfigContext& context, const ConfigValue& value, RuntimeConfig& runtime);
void read_ports(const ConfigContext& context, const std::vector<ConfigValue>& items,
                DesiredState& state, RuntimeConfig& runtime);

// config_network.cpp
void read_tables(const ConfigContext& context, const std::vector<ConfigValue>& items,
                 DesiredState& state);
void read_routes(const ConfigContext& context, const std::vector<ConfigValue>& items,
                 DesiredState& state);
void read_neighbors(const ConfigContext& context, const std::vector<ConfigValue>& items,
                    DesiredState& state);
void read_vlan_tables(const ConfigContext& context, const std::vector<ConfigValue>& items,
                      DesiredState& state);
void read_bridges(const ConfigContext& context, const std::vector<ConfigValue>& items,
                  DesiredState& state);
void read_domain(const ConfigContext& context, const ConfigValue& value, DesiredState& state);
// next_hops: [...], or next_hop and interface of the object itself. The second form leaves the
// origins empty: the caller sets them to that of the object.
std::vector<DesiredNextHop> read_next_hops(const ConfigContext& context, ObjectReader& reader);

// config_srv6.cpp
void read_encapsulation(const ConfigContext& context, const ConfigValue& value,
                        DesiredState& state);
// The keys that the node and a policy share: source, hop_limit, traffic_class, hmac_key.
void read_outer_header(ObjectReader& reader, DesiredEncapsulation& out);
void read_local_sids(const ConfigContext& context, const std::vector<ConfigValue>& items,
                     DesiredState& state);

// config_services.cpp
void read_log(const ConfigContext& context, const ConfigValue& value, LogConfig& log);
void read_introspection(const ConfigContext& context, const ConfigValue& value,
                        IntrospectionConfig& introspection);

// config_kubernetes.cpp. Adds what the section means for the rest of the state.
void read_kubernetes(const ConfigContext& context, const ConfigValue& value,
                     KubernetesSettings& settings, DesiredState& state);

// config_policies.cpp
void read_policies(const ConfigContext& context, const std::vector<ConfigValue>& items,
                   DesiredState& state);
void read_steering(const ConfigContext& context, const std::vector<ConfigValue>& items,
                   DesiredState& state);
// tcp, udp, sctp or a number.
bool read_protocol(const ConfigContext& context, const ConfigValue& value, std::uint8_t& out);

// config_translations.cpp
void read_translations(const ConfigContext& context, const std::vector<ConfigValue>& items,
                       DesiredState& state);

}  // namespace sextant
