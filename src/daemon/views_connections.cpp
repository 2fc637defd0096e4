// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Connections of service backends, straight from the table that lcores share.
#include <memory>
#include <utility>

#include <sextant/net/headers.hpp>

#include "k8s/translator.hpp"
#include "table_names.hpp"
#include "view_parts.hpp"
#include "views.hpp"

namespace sextant {

namespace {

using nlohmann::json;

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case ip_protocol::kTcp: return "tcp";
    case ip_protocol::kUdp: return "udp";
    case ip_protocol::kSctp: return "sctp";
    default: return std::to_string(protocol);
  }
}

struct ConnectionFilter {
  std::optional<InterfaceId> interface;
  std::optional<IpPrefix> client;
  std::optional<IpPrefix> service;
  std::optional<IpPrefix> backend;
  std::optional<std::string> protocol;
  std::optional<std::string> state;

  [[nodiscard]] bool matches(const ConnectionInfo& connection) const {
    const auto in = [](const std::optional<IpPrefix>& prefix, const ConnectionInfo::End& end) {
      return !prefix || prefix->contains(end.address);
    };
    return (!interface || *interface == connection.interface) && in(client, connection.client) &&
           in(service, connection.service) && in(backend, connection.backend) &&
           (!protocol || *protocol == protocol_name(connection.protocol)) &&
           (!state || *state == connection.state);
  }
};

Result<ConnectionFilter> read_filter(const ViewSource& source, const ViewQuery& query) {
  ConnectionFilter out;
  for (const auto& [name, to] :
       {std::pair("client", &out.client), std::pair("service", &out.service),
        std::pair("backend", &out.backend)}) {
    auto prefix = views::prefix_filter(query, name);
    if (!prefix) return prefix.error();
    *to = *prefix;
  }
  if (const std::string* name = views::filter(query, "interface")) {
    for (const Interface& interface : source.tables().interfaces) {
      if (interface.name == *name) out.interface = interface.id;
    }
    if (!out.interface) return views::no_such("interface", *name, "an interface of this node");
  }
  if (const std::string* protocol = views::filter(query, "protocol")) {
    if (*protocol != "tcp" && *protocol != "udp" && *protocol != "sctp") {
      return views::no_such("protocol", *protocol, "tcp, udp or sctp");
    }
    out.protocol = *protocol;
  }
  if (const std::string* state = views::filter(query, "state")) out.state = *state;
  return out;
}

void add_end(json& row, const std::string& name, const ConnectionInfo::End& end,
             const k8s::Translator* cluster) {
  row[name] = end.address.to_string();
  row[name + "_port"] = end.port;
  row[name + "_kubernetes"] = cluster == nullptr ? "" : cluster->name_of(end.address);
}

}  // namespace

Result<ListReader> open_connections(const ViewSource& source, const ViewQuery& query) {
  const auto filter = read_filter(source, query);
  if (!filter) return filter.error();
  ListReader reader;
  views::cursors_by_position(reader, source.connection_places());
  reader.total = [&source] { return source.flow_use().connections.used; };
  // Rows are read twice, and may go in between.
  const auto seen = std::make_shared<std::optional<ConnectionInfo>>();
  reader.matches = [&source, seen, wanted = *filter](std::size_t place) {
    *seen = source.connection(place);
    return *seen && wanted.matches(**seen);
  };
  reader.row = [&source, seen](std::size_t) {
    const ConnectionInfo& connection = **seen;
    json row = {{"interface", TableNames(source.tables()).interface(connection.interface)},
                {"protocol", protocol_name(connection.protocol)},
                {"state", connection.state},
                {"idle_s", connection.idle_s}};
    add_end(row, "client", connection.client, source.cluster());
    add_end(row, "service", connection.service, source.cluster());
    add_end(row, "backend", connection.backend, source.cluster());
    add_end(row, "peer", connection.peer, source.cluster());
    return row;
  };
  return reader;
}

}  // namespace sextant
