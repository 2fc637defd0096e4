// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Routes -> paths and operations.
#include "openapi.hpp"

#include <cctype>
#include <string>

namespace sextant {

namespace {

using nlohmann::json;

// "GET", "/v1/localsids" -> "getV1Localsids"
std::string operation_id(const ApiRoute& route) {
  std::string out;
  for (const char c : route.method)
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  bool word = true;
  for (const char c : route.path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0) {
      word = true;
    } else {
      out += word ? static_cast<char>(std::toupper(byte)) : c;
      word = false;
    }
  }
  return out;
}

json problem(const char* description) {
  return {
      {"description", description},
      {"content",
       {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
}

json operation(const ApiRoute& route) {
  json parameters = json::array();
  for (const ApiParameter& parameter : route.parameters) {
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"required", false},
                          {"description", parameter.help},
                          {"schema", {{"type", parameter.type}}}});
  }
  // What is no JSON is text or bytes, which a schema does not describe.
  const json media = route.schema.is_null() ? json::object() : json{{"schema", route.schema}};
  json responses = {
      {"200", {{"description", "as asked"}, {"content", {{route.content_type, media}}}}},
      {"400", problem("a parameter that is unknown or makes no sense")},
      {"503", problem("too busy, or not ready; try again")}};
  if (route.privileged) responses["403"] = problem("only over the daemon's Unix socket");
  json out = {{"operationId", operation_id(route)},
              {"summary", route.summary},
              {"parameters", parameters},
              {"responses", responses}};
  if (route.method == "POST") {
    out["requestBody"] = {{"required", false}, {"content", {{"*/*", json::object()}}}};
  }
  if (route.privileged) {
    out["x-sextant-privileged"] = true;
    out["description"] = "Only over the daemon's Unix socket.";
  }
  return out;
}

json problem_schema() {
  return {{"type", "object"},
          {"description", "RFC 9457"},
          {"properties",
           {{"type", {{"type", "string"}}},
            {"title", {{"type", "string"}, {"description", "what kind of problem"}}},
            {"status", {{"type", "integer"}}},
            {"detail", {{"type", "string"}, {"description", "what, where, what to do"}}},
            {"instance", {{"type", "string"}, {"description", "path of the request"}}}}},
          {"required", json::array({"type", "title", "status"})}};
}

}  // namespace

json openapi_document(const Api& api) {
  json paths = json::object();
  for (const ApiRoute& route : api.routes()) {
    std::string method;
    for (const char c : route.method)
      method += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    paths[route.path][method] = operation(route);
  }
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "sextantd"},
            {"version", SEXTANT_VERSION},
            {"description",
             "What a sextantd knows and counts. The REST listener only reads; what changes state "
             "goes over the Unix socket."},
            {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
          {"servers", json::array({{{"url", "/"}}})},
          {"security", json::array({json::object(), {{"token", json::array()}}})},
          {"paths", paths},
          {"components",
           {{"schemas", {{"Problem", problem_schema()}}},
            {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace sextant
