// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The table of lists: path, filters, and what a row consists of.
#include "routes.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "pages.hpp"

namespace sextant {

namespace {

using nlohmann::json;

json object_of(std::initializer_list<std::pair<const char*, const char*>> members) {
  json properties = json::object();
  json required = json::array();
  for (const auto& [name, type] : members) {
    properties[name] = {{"type", type}};
    required.push_back(name);
  }
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

// What a list answers.
json page_schema(const std::string& name, json row) {
  return {
      {"type", "object"},
      {"properties",
       {{name, {{"type", "array"}, {"items", std::move(row)}}},
        {"total", {{"type", "integer"}, {"description", "objects there are, before any filter"}}},
        {"generation", {{"type", "integer"}, {"description", "of the tables"}}},
        {"next",
         {{"type", "string"}, {"description", "'after' of the next page; none: the last"}}}}},
      {"required", json::array({name, "total", "generation"})}};
}

struct List {
  const char* name;
  const char* summary;
  OpenList open;
  std::vector<ApiParameter> filters;
  json row;
};

std::vector<List> lists() {
  return {
      {"localsids",
       "SIDs of this node and what they processed.",
       open_localsids,
       {{"behavior", "string", "only this one: End.DT46"},
        {"prefix", "string", "only SIDs inside this prefix"},
        {"table", "string", "only SIDs installed in this table"}},
       object_of({{"sid", "string"},
                  {"table", "string"},
                  {"behavior", "string"},
                  {"title", "string"},
                  {"flavors", "array"},
                  {"arguments", "string"},
                  {"interface", "string"},
                  {"next_hop", "string"},
                  {"kubernetes", "string"},
                  {"hmac_required", "boolean"},
                  {"good", "object"},
                  {"bad", "object"}})},
      {"policies",
       "SR Policies, their segment lists, and why a path is not active.",
       open_policies,
       {{"name", "string", "only the policy of this name"},
        {"match", "string", "only policies whose name contains this"},
        {"color", "integer", "only this color"},
        {"binding_sid", "string", "only the policy bound to this SID"},
        {"valid", "boolean", "only policies that are valid, or that are not"}},
       object_of({{"name", "string"},
                  {"binding_sid", "string"},
                  {"binding_sid_behavior", "string"},
                  {"headend", "string"},
                  {"color", "integer"},
                  {"endpoint", "string"},
                  {"valid", "boolean"},
                  {"drop_upon_invalid", "boolean"},
                  {"reason", "string"},
                  {"type", "string"},
                  {"table", "string"},
                  {"lists", "array"},
                  {"paths", "array"},
                  {"packets", "integer"},
                  {"bytes", "integer"}})},
      {"steering",
       "Traffic that enters policies.",
       open_steering,
       {{"policy", "string", "only rules into this policy"},
        {"match", "string", "only rules whose text contains this"}},
       object_of({{"match", "string"},
                  {"policy", "string"},
                  {"packets", "integer"},
                  {"bytes", "integer"}})},
      {"neighbors",
       "Link-layer addresses of next hops.",
       open_neighbors,
       {{"interface", "string", "only of this interface"},
        {"prefix", "string", "only addresses inside this prefix"},
        {"state", "string", "only in this state: reachable"}},
       object_of({{"interface", "string"},
                  {"address", "string"},
                  {"mac", "string"},
                  {"state", "string"},
                  {"router", "boolean"},
                  {"in_use", "boolean"},
                  {"held_packets", "integer"}})},
      {"ports",
       "Devices, links and interfaces.",
       open_ports,
       {{"name", "string", "only the port of this name"}},
       object_of({{"name", "string"},
                  {"device", "string"},
                  {"link", "string"},
                  {"mac", "string"},
                  {"mtu", "integer"},
                  {"present", "boolean"},
                  {"rx", "object"},
                  {"tx", "object"},
                  {"interfaces", "array"}})},
      {"connections",
       "Connections of service backends on this node. total counts fragments, too.",
       open_connections,
       {{"interface", "string", "only of the backend behind this interface"},
        {"protocol", "string", "only tcp, udp or sctp"},
        {"client", "string", "only clients inside this prefix"},
        {"service", "string", "only virtual IPs inside this prefix"},
        {"backend", "string", "only backends inside this prefix"},
        {"state", "string", "only in this state: established"}},
       object_of({{"interface", "string"},
                  {"protocol", "string"},
                  {"client", "string"},
                  {"client_port", "integer"},
                  {"client_kubernetes", "string"},
                  {"service", "string"},
                  {"service_port", "integer"},
                  {"service_kubernetes", "string"},
                  {"backend", "string"},
                  {"backend_port", "integer"},
                  {"backend_kubernetes", "string"},
                  {"peer", "string"},
                  {"peer_port", "integer"},
                  {"peer_kubernetes", "string"},
                  {"state", "string"},
                  {"idle_s", "integer"}})},
      {"chains",
       "Service function chains: elements, pods, SIDs, paths, what this node counted, and why one "
       "is not rendered.",
       open_chains,
       {{"name", "string", "only the chain NAMESPACE/NAME"},
        {"namespace", "string", "only chains of this namespace"},
        {"rendered", "boolean", "only chains that are rendered, or that are not"}},
       object_of({{"name", "string"},
                  {"rendered", "boolean"},
                  {"reason", "string"},
                  {"message", "string"},
                  {"binding_sid", "string"},
                  {"bidirectional", "boolean"},
                  {"fail_open", "boolean"},
                  {"nodes", "array"},
                  {"notes", "array"},
                  {"elements", "array"},
                  {"flows", "array"}})},
      {"services",
       "Services of the cluster: addresses, ports, backends, the policies behind them, and why one "
       "is not programmed.",
       open_services,
       {{"name", "string", "only the service NAMESPACE/NAME"},
        {"namespace", "string", "only services of this namespace"},
        {"programmed", "boolean", "only services that are programmed, or that are not"}},
       object_of({{"name", "string"},
                  {"type", "string"},
                  {"programmed", "boolean"},
                  {"why", "string"},
                  {"notes", "array"},
                  {"affinity_timeout_s", "integer"},
                  {"addresses", "array"},
                  {"ports", "array"},
                  {"backends", "array"},
                  {"policies", "array"}})},
      {"lcores",
       "Cycles per packet and stage, sizes of bursts and idle time of each forwarding lcore.",
       open_lcores,
       {},
       object_of({{"lcore", "integer"},
                  {"cpu", "integer"},
                  {"running", "boolean"},
                  {"packets", "integer"},
                  {"cycles_per_packet", "number"},
                  {"idle_share", "number"},
                  {"longest_turn_us", "number"},
                  {"stage_cycles_per_packet", "object"},
                  {"bursts_by_size", "array"}})},
      {"drops",
       "Dropped packets by reason, in the order of the stages.",
       open_drops,
       {{"reason", "string", "only this reason"},
        {"nonzero", "boolean", "true: only reasons that happened"}},
       object_of({{"reason", "string"},
                  {"help", "string"},
                  {"packets", "integer"},
                  {"bytes", "integer"}})},
  };
}

std::string cache_key(const ViewSource& source, const ApiRequest& request) {
  std::string key = fmt::format("{} {}", request.path, source.generation());
  for (const auto& [name, value] : request.query)
    key += fmt::format(" {}:{}={}:{}", name.size(), name, value.size(), value);
  return key;
}

std::vector<ApiParameter> with_paging(std::vector<ApiParameter> filters) {
  filters.push_back(
      {"limit", "integer",
       fmt::format("rows of the page, 1 to {}; {} unless given", kMaxPage, kDefaultPage)});
  filters.push_back({"after", "string", "the 'next' of the page before"});
  return filters;
}

ApiHandler list_handler(const ViewSource& source, ReplyQueue& replies, const std::string& name,
                        OpenList open) {
  return [&source, &replies, name, open](const ApiRequest& request,
                                         std::shared_ptr<ApiResponder> responder) {
    replies.answer(
        cache_key(source, request), [&] { return make_page(source, name, open, request.query); },
        std::move(responder));
  };
}

void answer_lookup(const ViewSource& source, const ApiRequest& request,
                   const std::shared_ptr<ApiResponder>& responder) {
  std::string table;
  for (const auto& [name, value] : request.query) {
    if (name == "table") {
      table = value;
    } else if (name != "lookup") {
      return responder->reply(ApiReply::problem(
          400, "Wrong parameter",
          fmt::format("parameter '{}' does not go together with 'lookup'", name)));
    }
  }
  const auto found = fib_lookup(source, table, request.query.at("lookup"));
  if (!found) {
    return responder->reply(ApiReply::problem(400, "Wrong parameter", found.error().text));
  }
  responder->reply(ApiReply::json(*found));
}

void add_fib_route(Api& api, const ViewSource& source, ReplyQueue& replies) {
  const ApiHandler list = list_handler(source, replies, "fib", open_fib);
  const json row = object_of(
      {{"table", "string"}, {"prefix", "string"}, {"type", "string"}, {"target", "string"}});
  json lookup = object_of({{"table", "string"}, {"address", "string"}, {"chain", "array"}});
  lookup["properties"]["match"] = {{"description", "the entry; null: none, packets are dropped"}};
  api.add({.method = "GET",
           .path = "/v1/fib",
           .summary = "Where prefixes lead, or what happens to one destination.",
           .parameters = with_paging(
               {{"table", "string", "only this table"},
                {"prefix", "string", "only prefixes inside this one"},
                {"type", "string", "only entries of this type: policy"},
                {"lookup", "string",
                 "the entry for this address (table: where, else the first), and the chain of "
                 "decisions behind it"}}),
           .handler =
               [&source, list](const ApiRequest& request, std::shared_ptr<ApiResponder> responder) {
                 if (request.query.contains("lookup")) {
                   return answer_lookup(source, request, responder);
                 }
                 list(request, std::move(responder));
               },
           .schema = {{"oneOf", json::array({page_schema("fib", row), lookup})}}});
}

}  // namespace

void add_list_routes(Api& api, const ViewSource& source, ReplyQueue& replies) {
  for (List& list : lists()) {
    api.add({.method = "GET",
             .path = std::string("/v1/") + list.name,
             .summary = list.summary,
             .parameters = with_paging(std::move(list.filters)),
             .handler = list_handler(source, replies, list.name, list.open),
             .schema = page_schema(list.name, std::move(list.row))});
  }
  add_fib_route(api, source, replies);
}

}  // namespace sextant
