// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Completion for zsh: one function per command, with _arguments.
#include <fmt/format.h>

#include <algorithm>

#include "completion.hpp"

namespace sextant {

namespace {

// In a specification between single quotes.
std::string in_quotes(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\'') {
      out += "'\\''";
    } else if (letter == '\n') {
      out += ' ';
    } else {
      if (letter == '[' || letter == ']' || letter == ':' || letter == '\\') out += '\\';
      out += letter;
    }
  }
  return out;
}

std::string function_of(const std::string& path) {
  std::string name = "_" + path;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::string action_of(const GrammarOption& option) {
  const std::string source = source_of(option);
  if (source == "file") return "_files";
  if (source == "directory") return "_files -/";
  if (source.empty()) return " ";
  if (source != "choices") return "_sextant_objects " + source;
  std::string values;
  for (const std::string& choice : choices_of(option))
    values += (values.empty() ? "" : " ") + choice;
  return "(" + values + ")";
}

std::string spec_of_option(const GrammarOption& option) {
  if (option.names.empty()) {
    return fmt::format(" \\\n    '{}{}:{}'", option.repeatable ? "*:" : ":", option.value,
                       action_of(option));
  }
  std::string out;
  for (const std::string& name : option.names) {
    const bool is_long = name.compare(0, 2, "--") == 0;
    std::string others;
    if (!option.repeatable) {
      for (const std::string& other : option.names)
        others += (others.empty() ? "" : " ") + other;
      others = "(" + others + ")";
    }
    out += fmt::format(" \\\n    '{}{}{}[{}]{}'", option.repeatable ? "*" : others, name,
                       option.value.empty() ? "" : (is_long ? "=" : "+"), in_quotes(option.help),
                       option.value.empty()
                           ? ""
                           : fmt::format("{}{}:{}", option.value_optional ? "::" : ":",
                                         option.value, action_of(option)));
  }
  return out;
}

void add_function(const GrammarCommand& command, std::string& out) {
  for (const GrammarCommand& sub : command.commands)
    add_function(sub, out);
  out += fmt::format("\n{}() {{\n", function_of(command.path));
  std::string options;
  for (const GrammarOption& option : command.options)
    options += spec_of_option(option);
  if (command.commands.empty()) {
    out += "  _arguments -s" + options + "\n}\n";
    return;
  }
  out += "  local context state state_descr line\n  typeset -A opt_args\n  _arguments -C" +
         options +
         " \\\n    '1: :->command' '*:: :->rest'\n  case $state in\n    command)\n      local -a "
         "commands=(\n";
  for (const GrammarCommand& sub : command.commands)
    out += fmt::format("        '{}:{}'\n", sub.name, in_quotes(sub.help));
  out +=
      "      )\n      _describe command commands\n      ;;\n    rest)\n      case $words[1] in\n";
  for (const GrammarCommand& sub : command.commands)
    out += fmt::format("        {}) {} ;;\n", sub.name, function_of(sub.path));
  out += "      esac\n      ;;\n  esac\n}\n";
}

}  // namespace

std::string zsh_completion(const GrammarCommand& grammar) {
  std::string out =
      "#compdef sextant\n# Made by \"sextant completion zsh\".\n\n"
      "# Names that a running daemon knows; nothing when none answers.\n"
      "_sextant_objects() {\n"
      "  local -a found socket\n"
      "  [[ -z $opt_args[--socket] ]] || socket=(--socket $opt_args[--socket])\n"
      "  found=(${(f)\"$(sextant words $1 $socket 2>/dev/null)\"})\n"
      "  compadd -a found\n"
      "}\n";
  add_function(grammar, out);
  out +=
      "\nif [[ $funcstack[1] == _sextant ]]; then\n  _sextant \"$@\"\nelse\n  compdef _sextant "
      "sextant\nfi\n";
  return out;
}

}  // namespace sextant
