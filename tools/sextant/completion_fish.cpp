// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Completion for fish: one line per command and option.
#include <fmt/format.h>

#include "completion.hpp"

namespace sextant {

namespace {

std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') out += '\\';
    out += letter == '\n' ? ' ' : letter;
  }
  return out + "'";
}

std::string values_of(const GrammarOption& option) {
  const std::string source = source_of(option);
  if (source == "file") return " -F";
  if (source == "directory") return " -xa '(__fish_complete_directories)'";
  if (source.empty()) return " -x";
  if (source != "choices") return fmt::format(" -xa '(__sextant_objects {})'", source);
  std::string values;
  for (const std::string& choice : choices_of(option))
    values += (values.empty() ? "" : " ") + choice;
  return " -xa " + in_quotes(values);
}

void add_command(const GrammarCommand& command, std::string& out) {
  // "show fib": the words behind "sextant".
  const std::string below = command.path.substr(std::min(command.path.size(), std::size_t{8}));
  const std::string start =
      fmt::format("complete -c sextant -n {}", in_quotes("__sextant_at " + below));
  for (const GrammarCommand& sub : command.commands)
    out += fmt::format("{} -a {} -d {}\n", start, sub.name, in_quotes(sub.help));
  for (const GrammarOption& option : command.options) {
    if (option.names.empty()) {
      out += start + values_of(option) + " -d " + in_quotes(option.help) + '\n';
      continue;
    }
    out += start;
    for (const std::string& name : option.names)
      out += name.compare(0, 2, "--") == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
    // A value that may be left out is not asked for.
    if (!option.value.empty() && !option.value_optional) out += values_of(option);
    out += " -d " + in_quotes(option.help) + '\n';
  }
  for (const GrammarCommand& sub : command.commands)
    add_command(sub, out);
}

std::string paths_of(const GrammarCommand& command) {
  std::string out;
  for (const GrammarCommand& sub : command.commands) {
    out += " " + in_quotes(sub.path.substr(8));
    out += paths_of(sub);
  }
  return out;
}

}  // namespace

std::string fish_completion(const GrammarCommand& grammar) {
  std::string out = fmt::format(
      R"FISH(# fish completion for sextant; made by "sextant completion fish".
complete -c sextant -f

set -g __sextant_paths{}

# True when the commands on the line so far are these.
function __sextant_at
    set -l path
    for word in (commandline -opc)[2..-1]
        set -l longer (string join -- ' ' $path $word)
        if contains -- "$longer" $__sextant_paths
            set path $path $word
        end
    end
    test "$path" = "$argv"
end

# Names that a running daemon knows; nothing when none answers.
function __sextant_objects
    set -l words (commandline -opc)
    set -l socket
    if set -l at (contains -i -- --socket $words)
        set socket --socket $words[(math $at + 1)]
    end
    sextant words $argv[1] $socket 2>/dev/null
end

)FISH",
      paths_of(grammar));
  add_command(grammar, out);
  return out;
}

}  // namespace sextant
