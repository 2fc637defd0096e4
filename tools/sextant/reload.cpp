// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant reload`: the daemon reads its configuration file again.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "change_view.hpp"
#include "command.hpp"
#include "json_fields.hpp"

namespace sextant {

namespace {

// A first compile of a very large file takes its time.
constexpr unsigned kReloadTime_s = 60;

struct Options {
  std::string socket = kDefaultSocket;
  bool json = false;
};

void reload(const Options& options) {
  const auto reply = DaemonLink(options.socket, kReloadTime_s).post("/v1/reload", "");
  if (!reply) fail(reply.error().text);
  const auto body = nlohmann::json::parse(reply->body, nullptr, false);
  if (reply->status == 200 && !body.is_object()) fail("the reply is not JSON");
  if (reply->status != 200) {
    const auto findings = body.is_object() ? findings_of(body) : std::vector<std::string>();
    if (options.json && body.is_object()) write_stdout(body.dump(2) + '\n');
    for (const std::string& finding : findings)
      fmt::print(stderr, "{}\n", finding);
    if (findings.empty()) fail(DaemonLink::refusal(*reply, "/v1/reload").text);
    fail("not reloaded: " + printable(text_of(body, "title")));
  }
  if (options.json) {
    write_stdout(body.dump(2) + '\n');
    return;
  }
  const auto& generation = body.at("generation");
  if (generation.contains("last") && generation.at("last").is_object()) {
    for (const std::string& finding : findings_of(generation.at("last")))
      fmt::print(stderr, "{}\n", finding);
  }
  const bool unchanged = text_of(body, "result") == "unchanged";
  write_stdout(fmt::format("generation {}{}\n", number_of(generation, "number"),
                           unchanged ? ", unchanged" : ""));
}

}  // namespace

void add_reload(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("reload", "Let the daemon read its configuration file again");
  command->footer(
      "The file is taken over as a whole or not at all. When it is wrong, all findings are "
      "printed, "
      "the exit code is 1, and the node goes on as before.");
  command->add_flag("--json", options->json, "Print JSON, for scripts");
  add_socket_option(*command, options->socket);
  command->callback([options] { reading_reply([&] { reload(*options); }); });
}

}  // namespace sextant
