// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Views: what the daemon knows and counted, with names instead of ids, as rows of JSON.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <sextant/common/result.hpp>
#include <sextant/tables/forwarding_tables.hpp>
#include <sextant/tables/table_publisher.hpp>
#include <sextant/telemetry/connections.hpp>
#include <sextant/telemetry/counters.hpp>
#include <sextant/telemetry/lcore_statistics.hpp>

#include "control/compile/compile.hpp"
#include "dataplane/slow_path/neighbor_table.hpp"

namespace sextant {

namespace k8s {
class Translator;
}  // namespace k8s

// Where views read. Control thread; what a call returns by reference holds until the thread does
// something else.
class ViewSource {
 public:
  virtual ~ViewSource() = default;
  [[nodiscard]] virtual const ForwardingTables& tables() const = 0;
  // Sorted by name.
  [[nodiscard]] virtual const std::vector<PolicyStatus>& policies() const = 0;
  [[nodiscard]] virtual Generation generation() const = 0;
  // May be some ms old: to sum up over lcores costs time.
  [[nodiscard]] virtual std::shared_ptr<const CountersSnapshot> counters() const = 0;
  [[nodiscard]] virtual std::vector<PortState> ports() const = 0;
  // Sorted by key.
  [[nodiscard]] virtual std::vector<NeighborInfo> neighbors() const = 0;
  [[nodiscard]] virtual std::vector<LcoreStatistics> lcores() const = 0;
  // Connections of service backends: see Dataplane.
  [[nodiscard]] virtual std::size_t connection_places() const = 0;
  [[nodiscard]] virtual std::optional<ConnectionInfo> connection(std::size_t place) const = 0;
  [[nodiscard]] virtual FlowUse flow_use() const = 0;
  // Null: no cluster is followed.
  [[nodiscard]] virtual const k8s::Translator* cluster() const { return nullptr; }
};

// Parameters of a request by name.
using ViewQuery = std::map<std::string, std::string>;

// One list as it is now, filters applied: a page is made of its rows from some place on. Keeps
// references into the source.
struct ListReader {
  std::size_t size = 0;
  // Objects there are, before any filter; null: size. For lists whose rows may be empty.
  std::function<std::size_t()> total;
  // Where the rows behind a cursor begin, whether its own row still exists or not; empty: that is
  // no cursor of this list.
  std::function<std::optional<std::size_t>(const std::string& cursor)> after;
  // Names row i: stable over updates of other rows.
  std::function<std::string(std::size_t i)> cursor;
  std::function<bool(std::size_t i)> matches;  // the filters
  std::function<nlohmann::json(std::size_t i)> row;
};

// An Error names the parameter that has no such value.
using OpenList = Result<ListReader> (*)(const ViewSource& source, const ViewQuery& query);

// Filters are in the routes' tables of parameters (routes.cpp).
[[nodiscard]] Result<ListReader> open_localsids(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_policies(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_steering(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_fib(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_neighbors(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_ports(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_drops(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_connections(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_services(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_chains(const ViewSource& source, const ViewQuery& query);
[[nodiscard]] Result<ListReader> open_lcores(const ViewSource& source, const ViewQuery& query);

// The entry that a packet to address takes in a table, and each decision that follows from it, by
// the tables and the neighbors. An Error for a table or an address that does not exist.
[[nodiscard]] Result<nlohmann::json> fib_lookup(const ViewSource& source, const std::string& table,
                                                const std::string& address);

}  // namespace sextant
