// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant completion`, and the hidden `sextant words` that its scripts call.
#include "completion.hpp"

#include <fmt/format.h>

#include <memory>
#include <set>

#include "command.hpp"
#include "pages.hpp"

namespace sextant {

namespace {

using nlohmann::json;

struct Kind {
  const char* name;
  const char* view;
  void (*add)(const json& row, std::set<std::string>& words);
};

const Kind kKinds[] = {
    {"ports", "ports",
     [](const json& row, std::set<std::string>& words) { words.insert(row.at("name")); }},
    {"interfaces", "ports",
     [](const json& row, std::set<std::string>& words) {
       for (const json& interface : row.at("interfaces"))
         words.insert(interface.at("name"));
     }},
    // Of interfaces and SIDs: to ask for all routes would be slow.
    {"tables", "ports",
     [](const json& row, std::set<std::string>& words) {
       for (const json& interface : row.at("interfaces"))
         words.insert(interface.at("table"));
     }},
    {"policies", "policies",
     [](const json& row, std::set<std::string>& words) { words.insert(row.at("name")); }},
    {"sids", "localsids",
     [](const json& row, std::set<std::string>& words) { words.insert(row.at("sid")); }},
};

void print_words(const std::string& kind, const std::string& socket) {
  const DaemonLink link(socket);
  for (const Kind& one : kKinds) {
    if (kind != one.name) continue;
    // One page is enough to choose from.
    const auto reply = link.get(std::string("/v1/") + one.view);
    if (!reply) fail(reply.error().text);
    std::set<std::string> words;
    for (const json& row : reply->at(one.view))
      one.add(row, words);
    std::string out;
    for (const std::string& word : words) {
      // A word with blanks or control characters would become several in a shell.
      if (printable(word) == word && word.find(' ') == std::string::npos) out += word + '\n';
    }
    write_stdout(out);
  }
}

void add_words(CLI::App& app) {
  struct Options {
    std::string socket = kDefaultSocket;
    std::string kind;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand("words", "Names that the daemon knows");
  command->group("");
  command->add_option("kind", options->kind, "What to list")
      ->required()
      ->check(CLI::IsMember({"ports", "interfaces", "tables", "policies", "sids"}));
  add_socket_option(*command, options->socket);
  command->callback(
      [options] { reading_reply([&] { print_words(options->kind, options->socket); }); });
}

}  // namespace

void add_completion(CLI::App& app) {
  CLI::App* const command =
      app.add_subcommand("completion", "Print the completion script of a shell");
  command->footer(
      "The scripts are installed with sextant. Without installation: "
      "source <(sextant completion bash), or sextant completion fish | source.");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "The shell")
      ->type_name("SHELL")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, shell] {
    const GrammarCommand grammar = grammar_of(app);
    write_stdout(*shell == "bash"  ? bash_completion(grammar)
                 : *shell == "zsh" ? zsh_completion(grammar)
                                   : fish_completion(grammar));
  });
  add_words(app);
}

}  // namespace sextant
