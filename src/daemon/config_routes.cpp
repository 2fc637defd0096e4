// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Handlers of the configuration's routes. The keys are what scripts see: they do not change without
// need.
#include "config_routes.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "control/runtime/yaml_text.hpp"

namespace sextant {

namespace {

using nlohmann::json;
using std::chrono::system_clock;

// Of a file that is wrong from end to end a person reads the beginning.
constexpr std::size_t kMaxFindings = 1000;

std::string timestamp(system_clock::time_point at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(at)),
                     ms.count() % 1000);
}

template <typename Timed>
json durations(const Timed& timed) {
  return {{"load", timed.load.count()},
          {"compile", timed.compile.count()},
          {"apply", timed.apply.count()}};
}

json attempt_json(const Attempt& attempt) {
  return {{"result", name_of(attempt.result)},
          {"trigger", attempt.trigger},
          {"at", timestamp(attempt.at)},
          {"durations_us", durations(attempt)},
          {"error", attempt.error},
          {"diagnostics", findings_json(attempt.diagnostics)}};
}

// RFC 9457 with the findings as extension member.
ApiReply refusal(int status, std::string_view title, const std::string& detail,
                 const Diagnostics& diagnostics) {
  ApiReply reply = ApiReply::json({{"type", "about:blank"},
                                   {"title", title},
                                   {"status", status},
                                   {"detail", detail},
                                   {"diagnostics", findings_json(diagnostics)}},
                                  status);
  reply.content_type = "application/problem+json";
  return reply;
}

std::string all_errors(const Diagnostics& diagnostics) {
  std::string out;
  std::size_t count = 0;
  for (const Diagnostic& finding : diagnostics.list()) {
    if (finding.severity != Severity::kError || ++count > kMaxFindings) continue;
    out += (out.empty() ? "" : "\n") + finding.to_string();
  }
  return out;
}

ApiReply reload_reply(const Attempt& attempt, const GenerationStatus& status) {
  switch (attempt.result) {
    case AttemptResult::kInvalid:
      return refusal(422, "The configuration is not valid; the running one is untouched",
                     all_errors(attempt.diagnostics), attempt.diagnostics);
    case AttemptResult::kRefused:
      return refusal(500, "The data plane did not take the change; the running one is untouched",
                     attempt.error, attempt.diagnostics);
    case AttemptResult::kPublished:
    case AttemptResult::kUnchanged: break;
  }
  return ApiReply::json({{"result", name_of(attempt.result)},
                         {"generation", generation_json(status, system_clock::now())}});
}

// What the worker finds out about a candidate.
struct Candidate {
  SourcedState loaded;
  std::vector<ObjectChange> changes;
};

// Both states are made of their texts: the one that runs belongs to the control thread.
Candidate examine(const FileSource& source, const std::string& running, const std::string& text) {
  Candidate out{source.check(text, "candidate"), {}};
  if (!out.loaded.diagnostics.has_errors()) {
    out.changes = state_changes(parse_config(running, source.name()).state, out.loaded.state);
  }
  return out;
}

ApiReply diff_reply(Candidate candidate, Reconciler& reconciler) {
  constexpr std::string_view kTitle = "The candidate is not valid";
  const Diagnostics& found = candidate.loaded.diagnostics;
  if (found.has_errors()) return refusal(422, kTitle, all_errors(found), found);
  const CompileUpdate update = reconciler.preview(std::move(candidate.loaded.state));
  if (!update.ok()) {
    return refusal(422, kTitle, all_errors(update.diagnostics), update.diagnostics);
  }
  return ApiReply::json({{"changes", changes_json(candidate.changes)},
                         {"tables", table_changes_json(update.diff)},
                         {"diagnostics", findings_json(update.diagnostics)}});
}

ApiReply no_config() {
  return ApiReply::problem(503, "No configuration runs", "none was published yet; see /readyz");
}

ApiReply config_reply(const std::string& path, system_clock::time_point loaded_at,
                      const std::string& text) {
  Diagnostics ignored;
  const YamlNode tree = parse_yaml(text, path, ignored);
  return ApiReply::json(
      {{"path", path}, {"loaded_at", timestamp(loaded_at)}, {"yaml", yaml_text(tree)}});
}

// Calls make() on the worker and then take(result) on the control thread. Without memory for that,
// take is destroyed there, and with it the responder, which says so.
template <typename Make, typename Take>
void in_background(const ConfigRoutes& parts, Make make, Take take) {
  boost::asio::post(parts.worker,
                    [&loop = parts.loop, make = std::move(make), take = std::move(take)]() mutable {
                      std::shared_ptr<decltype(make())> result;
                      try {
                        result = std::make_shared<decltype(make())>(make());
                      } catch (const std::bad_alloc&) {
                        result.reset();
                      }
                      boost::asio::post(loop, [take = std::move(take), result] {
                        if (result) take(std::move(*result));
                      });
                    });
}

template <typename T>
void count(json& out, const char* name, const ObjectChanges<T>& changes) {
  if (changes.empty()) return;
  out[name] = {{"written", changes.upserts.size()}, {"removed", changes.removals.size()}};
}

// Schemas say what clients may rely on; OpenAPI shows them.
json object_schema(json properties) {
  json required = json::array();
  for (const auto& [name, schema] : properties.items())
    required.push_back(name);
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", required}};
}

const json kString = {{"type", "string"}};
const json kInteger = {{"type", "integer"}};
const json kList = {{"type", "array"}};

json generation_schema() {
  return object_schema({{"number", kInteger},
                        {"published_at", {{"type", {"string", "null"}}}},
                        {"age_seconds", {{"type", {"number", "null"}}}},
                        {"durations_us", {{"type", "object"}}},
                        {"attempts", {{"type", "object"}}},
                        {"last", {{"type", {"object", "null"}}}},
                        {"ready", {{"type", "boolean"}}},
                        {"missing", kList},
                        {"notice", kString}});
}

}  // namespace

json findings_json(const Diagnostics& diagnostics) {
  json out = json::array();
  for (const Diagnostic& finding : diagnostics.list()) {
    if (out.size() >= kMaxFindings) break;
    out.push_back({{"severity", finding.severity == Severity::kError ? "error" : "warning"},
                   {"file", finding.where.file},
                   {"line", finding.where.line},
                   {"column", finding.where.column},
                   {"field", finding.field},
                   {"text", finding.text},
                   {"message", finding.to_string()}});
  }
  return out;
}

json generation_json(const GenerationStatus& status, system_clock::time_point now) {
  json out = {{"number", status.number},
              {"published_at", nullptr},
              {"age_seconds", nullptr},
              {"durations_us", durations(status)},
              {"attempts",
               {{"published", status.published},
                {"unchanged", status.unchanged},
                {"invalid", status.invalid},
                {"refused", status.refused},
                {"coalesced", status.coalesced}}},
              {"last", nullptr},
              {"ready", status.missing().empty()},
              {"missing", status.missing()},
              {"notice", status.notice()}};
  if (status.published_at) {
    out["published_at"] = timestamp(*status.published_at);
    out["age_seconds"] = std::chrono::duration<double>(now - *status.published_at).count();
  }
  if (status.last) out["last"] = attempt_json(*status.last);
  return out;
}

json changes_json(const std::vector<ObjectChange>& changes) {
  json out = json::object();
  for (const ObjectChange& change : changes) {
    json& section = out[change.kind];
    if (section.is_null()) {
      section = {{"added", json::array()}, {"removed", json::array()}, {"changed", json::array()}};
    }
    json fields = json::array();
    for (const FieldChange& field : change.fields) {
      fields.push_back({{"field", field.field}, {"before", field.before}, {"after", field.after}});
    }
    const char* const list = change.what == ObjectChange::What::kAdded     ? "added"
                             : change.what == ObjectChange::What::kRemoved ? "removed"
                                                                           : "changed";
    section[list].push_back({{"name", change.name}, {"fields", std::move(fields)}});
  }
  return out;
}

json table_changes_json(const TableDiff& diff) {
  json out = json::object();
  count(out, "tables", diff.tables);
  count(out, "interfaces", diff.interfaces);
  count(out, "adjacencies", diff.adjacencies);
  count(out, "ecmp_groups", diff.ecmp_groups);
  count(out, "local_sids", diff.local_sids);
  count(out, "segment_lists", diff.segment_lists);
  count(out, "policies", diff.policies);
  count(out, "steerings", diff.steerings);
  count(out, "port_steerings", diff.port_steerings);
  count(out, "vlan_tables", diff.vlan_tables);
  count(out, "bridges", diff.bridges);
  count(out, "translations", diff.translations);
  if (!diff.fib_upserts.empty() || !diff.fib_removals.empty()) {
    out["fib"] = {{"written", diff.fib_upserts.size()}, {"removed", diff.fib_removals.size()}};
  }
  if (diff.settings) out["settings"] = {{"written", 1}, {"removed", 0}};
  return out;
}

void add_config_routes(Api& api, const ConfigRoutes& parts) {
  using Responder = std::shared_ptr<ApiResponder>;
  ApiRoute route;
  route.method = "POST";
  route.path = "/v1/reload";
  route.summary = "Reads the configuration file and takes it over, whole or not at all.";
  route.privileged = true;
  route.handler = [parts](const ApiRequest&, const Responder& to) {
    parts.reconciler.reconcile("API", [parts, to](const Attempt& attempt) {
      to->reply(reload_reply(attempt, parts.reconciler.status()));
    });
  };
  route.schema = object_schema({{"result", kString}, {"generation", generation_schema()}});
  api.add(route);

  route.path = "/v1/diff";
  route.summary = "What a configuration, sent as YAML, would change; nothing is changed.";
  route.handler = [parts](const ApiRequest& request, const Responder& to) {
    if (!parts.source.running()) return to->reply(no_config());
    in_background(
        parts,
        [parts, running = parts.source.running()->text, text = request.body] {
          return examine(parts.source, running, text);
        },
        [parts, to](Candidate candidate) {
          to->reply(diff_reply(std::move(candidate), parts.reconciler));
        });
  };
  route.schema = object_schema({{"changes", {{"type", "object"}}},
                                {"tables", {{"type", "object"}}},
                                {"diagnostics", kList}});
  api.add(route);

  route.method = "GET";
  route.privileged = false;
  route.path = "/v1/generation";
  route.summary = "The running generation, and how the last attempt to change it ended.";
  route.handler = [parts](const ApiRequest&, const Responder& to) {
    to->reply(ApiReply::json(generation_json(parts.reconciler.status(), system_clock::now())));
  };
  route.schema = generation_schema();
  api.add(route);

  route.path = "/v1/config";
  route.summary = "The running configuration as YAML, without its secrets and comments.";
  route.handler = [parts](const ApiRequest&, const Responder& to) {
    const auto& running = parts.source.running();
    if (!running) return to->reply(no_config());
    in_background(
        parts,
        [path = parts.source.name(), at = running->loaded_at, text = running->text] {
          return config_reply(path, at, text);
        },
        [to](ApiReply reply) { to->reply(std::move(reply)); });
  };
  route.schema = object_schema({{"path", kString}, {"loaded_at", kString}, {"yaml", kString}});
  api.add(route);
}

}  // namespace sextant
