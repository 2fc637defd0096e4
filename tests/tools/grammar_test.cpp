// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Completion and manual pages hold the whole grammar, and text that would break them is escaped.
#include "sextant/grammar.hpp"

#include <CLI/CLI.hpp>

#include "sextant/command.hpp"
#include "sextant/completion.hpp"
#include "sextant/man_page.hpp"
#include "support/catch.hpp"

using namespace sextant;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_all(const GrammarCommand& command, const std::string& pages, const std::string& bash,
               const std::string& zsh, const std::string& fish) {
  INFO(command.path);
  CHECK_FALSE(command.help.empty());
  CHECK(has(bash, '"' + command.path + '"'));
  for (const GrammarOption& option : command.options) {
    CHECK_FALSE(option.help.empty());
    for (const std::string& name : option.names) {
      INFO(name);
      CHECK(has(bash, name));
      CHECK(has(zsh, name));
      CHECK(has(fish,
                name.compare(0, 2, "--") == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1)));
      std::string roff;
      for (const char letter : name)
        roff += letter == '-' ? "\\-" : std::string(1, letter);
      CHECK(has(pages, roff));
    }
  }
  for (const GrammarCommand& sub : command.commands)
    check_all(sub, pages, bash, zsh, fish);
}

}  // namespace

TEST_CASE("Every command and option is in the manual and in each completion") {
  CLI::App app;
  add_commands(app);
  const GrammarCommand grammar = grammar_of(app);
  std::string pages = man_page(grammar, grammar);
  for (const GrammarCommand& command : grammar.commands)
    pages += man_page(grammar, command);
  check_all(grammar, pages, bash_completion(grammar), zsh_completion(grammar),
            fish_completion(grammar));
}

TEST_CASE("Hidden commands stay hidden") {
  CLI::App app;
  add_commands(app);
  const GrammarCommand grammar = grammar_of(app);
  CHECK(find_command(grammar, {"words"}) == nullptr);
  CHECK(find_command(grammar, {"show", "nonsense"}) == nullptr);
  CHECK(find_command(grammar, {"show", "fib"}) != nullptr);
  CHECK(find_command(grammar, {}) == &grammar);
}

TEST_CASE("Options know where their values come from") {
  CLI::App app;
  add_commands(app);
  const GrammarCommand grammar = grammar_of(app);
  const auto option = [&](const std::vector<std::string>& path, const std::string& name) {
    for (const GrammarOption& one : find_command(grammar, path)->options) {
      for (const std::string& candidate : one.names) {
        if (candidate == name) return one;
      }
    }
    FAIL("no option " << name);
    return GrammarOption();
  };
  CHECK(source_of(option({"show", "fib"}, "--table")) == "tables");
  CHECK(source_of(option({"show", "fib"}, "--lookup")).empty());
  CHECK(source_of(option({"show", "fib"}, "--socket")) == "file");
  CHECK(choices_of(option({"show", "fib"}, "--color")) ==
        std::vector<std::string>{"auto", "always", "never"});
  CHECK(choices_of(option({"show", "localsids"}, "--behavior")).size() > 10);
  CHECK(option({"show", "fib"}, "--watch").value_optional);
  CHECK(option({"show", "fib"}, "--json").value.empty());
  CHECK(option({"trace"}, "--count").limits == "1 to 1000");
  CHECK(option({"capture"}, "-w").required);
}

TEST_CASE("Signs that shells and roff would take for theirs are escaped") {
  GrammarCommand program;
  program.name = program.path = "sextant";
  program.help = "It's";
  program.options.push_back({{"--odd"}, "FILE", "a 'quote', [brackets], a:colon and \\backslash"});
  program.footer = ".TH is no macro here";
  const std::string page = man_page(program, program);
  CHECK(has(page, "\n\\&.TH is no macro here"));
  CHECK(has(page, "\\ebackslash"));
  CHECK(has(page, "\\(aqquote\\(aq"));
  CHECK(has(zsh_completion(program), "\\[brackets\\], a\\:colon"));
  CHECK(has(zsh_completion(program), "'\\''quote'\\''"));
  CHECK(has(fish_completion(program), "\\'quote\\'"));
}
