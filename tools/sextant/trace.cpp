// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant trace`: what happens to the next packets that match.
#include <memory>
#include <string>

#include "command.hpp"
#include "pages.hpp"
#include "story.hpp"

namespace sextant {

namespace {

struct Options {
  std::string socket = kDefaultSocket;
  ColorMode color = ColorMode::kAuto;
  bool json = false;
  unsigned count = 1;
  unsigned timeout_s = 10;
  Query filters;
};

void trace(const Options& options) {
  Query query = options.filters;
  query["count"] = std::to_string(options.count);
  query["timeout_s"] = std::to_string(options.timeout_s);
  const auto reply =
      DaemonLink(options.socket, options.timeout_s).get(target_of("/v1/trace", query));
  if (!reply) fail(reply.error().text);
  if (options.json) {
    write_stdout(reply->dump(2) + '\n');
  } else {
    write_stdout(trace_text(*reply, stdout_canvas(options.color)));
  }
  // For scripts that wait for a packet.
  if (reply->at("packets").empty()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_trace(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("trace", "Follow the next packets that match through the node");
  command->footer(
      "Prints each decision about a packet: lookups, local SIDs, policies, what was sent or why it "
      "was dropped. All filters must hold. Forwarding goes on, a little slower meanwhile. The exit "
      "code is 1 when "
      "no "
      "packet matched in time.");
  command->add_option("--count", options->count, "How many packets")
      ->type_name("NUMBER")
      ->check(CLI::Range(1u, 1000u, "1 to 1000"))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout_s, "How long to wait for them")
      ->type_name("SECONDS")
      ->check(CLI::Range(1u, 300u, "1 to 300"))
      ->capture_default_str();
  Query& filters = options->filters;
  command->add_option("--port", filters["port"], "Received by this port")->type_name("PORT");
  command
      ->add_option("--src", filters["src"], "Source address, of any IP header that the packet had")
      ->type_name("PREFIX");
  command
      ->add_option("--dst", filters["dst"],
                   "Destination address, of any IP header that the packet had")
      ->type_name("PREFIX");
  command->add_option("--sid", filters["sid"], "A local SID that acted")->type_name("SID");
  command->add_option("--reason", filters["reason"], "Dropped for this reason")
      ->type_name("REASON");
  command->add_flag("--json", options->json, "Print JSON, for scripts");
  add_color_option(*command, options->color);
  add_socket_option(*command, options->socket);
  command->callback([options] { reading_reply([&] { trace(*options); }); });
}

}  // namespace sextant
