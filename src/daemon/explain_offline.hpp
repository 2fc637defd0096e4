// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Explanations without a daemon: compiled tables, and the data path in this process.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/tables/forwarding_tables.hpp>

#include "packet_query.hpp"

namespace sextant {

// The reply of GET /v1/explain for the tables of a configuration: for `sextant explain --config`.
// Needs no privileges; starts a private EAL when none runs. ports: names by PortIndex; query: the
// parameters of /v1/explain. Neighbors are those of the configuration: towards others a packet
// waits for its next hop. A frame given as hex or pcap comes from another machine, maybe: on a
// routed interface its unicast destination becomes the port's. An error is one sentence.
[[nodiscard]] Result<nlohmann::json> explain_offline(const ForwardingTables& tables,
                                                     const std::vector<std::string>& ports,
                                                     const Query& query);

}  // namespace sextant
