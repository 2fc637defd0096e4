// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Completion for bash, which needs no package beyond bash 4.
#include <fmt/format.h>

#include <map>

#include "completion.hpp"

namespace sextant {

namespace {

struct Tables {
  std::string paths;                           // case words: "sextant show" and so on
  std::string words;                           // path -> subcommands and options
  std::string choices;                         // "path --option" -> allowed values
  std::map<std::string, std::string> sources;  // source -> case words
};

void collect(const GrammarCommand& command, Tables& out) {
  std::string words;
  std::string positional_source;
  for (const GrammarCommand& sub : command.commands) {
    words += sub.name + ' ';
    if (!out.paths.empty()) out.paths += " | ";
    out.paths += '"' + sub.path + '"';
  }
  for (const GrammarOption& option : command.options) {
    const std::string source = source_of(option);
    if (option.names.empty()) {
      if (source == "choices") {
        for (const std::string& choice : choices_of(option))
          words += choice + ' ';
      } else if (!source.empty()) {
        // Behind the path, where a word without '-' stands.
        std::string& cases = out.sources[source];
        cases += fmt::format("{}\"{} *\"", cases.empty() ? "" : " | ", command.path);
      }
      continue;
    }
    std::string cases;
    for (const std::string& name : option.names) {
      words += name + ' ';
      cases += fmt::format("{}\"{} {}\"", cases.empty() ? "" : " | ", command.path, name);
    }
    if (option.value.empty()) continue;
    if (source == "choices") {
      std::string values;
      for (const std::string& choice : choices_of(option))
        values += (values.empty() ? "" : " ") + choice;
      out.choices += fmt::format("    {}) _sextant_values \"{}\" ;;\n", cases, values);
    } else {
      std::string& all = out.sources[source.empty() ? "nothing" : source];
      all += (all.empty() ? "" : " | ") + cases;
    }
  }
  if (!words.empty()) words.pop_back();
  out.words += fmt::format("    \"{}\") _sextant_values \"{}\" ;;\n", command.path, words);
  for (const GrammarCommand& sub : command.commands)
    collect(sub, out);
}

constexpr const char* kFunctions = R"SH(
# _sextant_values WORDS: those that begin with $cur, without what readline keeps before : and =.
_sextant_values() {
    local value
    for value in $1; do
        [[ $value != "$cur"* ]] || COMPREPLY+=("${value#"$kept"}")
    done
}

# Names that a running daemon knows; nothing when none answers.
_sextant_objects() {
    local socket=()
    [[ -z $sextant_socket ]] || socket=(--socket "$sextant_socket")
    _sextant_values "$("${words[0]}" words "$1" "${socket[@]}" 2>/dev/null)"
}

_sextant_files() {
    local value
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do
        COMPREPLY+=("${value#"$kept"}")
    done < <(compgen "$1" -- "$cur")
}
)SH";

}  // namespace

std::string bash_completion(const GrammarCommand& grammar) {
  Tables tables;
  collect(grammar, tables);
  std::string sources;
  // A source of positional words is asked last: its pattern fits options, too.
  std::string positional;
  const std::map<std::string, std::string> actions = {
      {"file", "_sextant_files -f"}, {"directory", "_sextant_files -d"}, {"nothing", ":"}};
  for (const auto& [source, cases] : tables.sources) {
    const auto action = actions.find(source);
    const std::string call =
        action == actions.end() ? "_sextant_objects " + source : action->second;
    std::string options;
    std::size_t at = 0;
    while (at < cases.size()) {
      const std::size_t end = std::min(cases.find(" | ", at), cases.size());
      const std::string word = cases.substr(at, end - at);
      if (word.size() > 2 && word.compare(word.size() - 2, 2, "*\"") == 0) {
        positional += fmt::format("    {}) {} ;;\n", word.substr(0, word.size() - 3) + "\"", call);
      } else {
        options += (options.empty() ? "" : " | ") + word;
      }
      at = end + 3;
    }
    if (!options.empty()) sources += fmt::format("    {}) {} ;;\n", options, call);
  }
  return fmt::format(R"SH(# bash completion for sextant; made by "sextant completion bash".
{}
_sextant() {{
    local line=${{COMP_LINE:0:COMP_POINT}} words=() word cur prev kept path=sextant sextant_socket= i
    read -ra words <<<"$line"
    [[ $line != *[[:space:]] ]] || words+=("")
    cur=${{words[${{#words[@]}} - 1]}}
    prev=${{words[${{#words[@]}} - 2]}}
    COMPREPLY=()
    for ((i = 1; i < ${{#words[@]}} - 1; ++i)); do
        [[ ${{words[i]}} != --socket ]] || sextant_socket=${{words[i + 1]}}
        case "$path ${{words[i]}}" in
        {}) path+=" ${{words[i]}}" ;;
        esac
    done
    if [[ $cur == --*=* ]]; then
        prev=${{cur%%=*}}
        cur=${{cur#*=}}
    fi
    # readline replaces what stands behind the last : or =.
    kept=${{cur%"${{cur##*[:=]}}"}}
    case "$path $prev" in
{}{}    *)
        case "$path" in
{}        *) : ;;
        esac
        [[ $cur == -* ]] || case "$path" in
{}        *) : ;;
        esac
        ;;
    esac
}}

complete -F _sextant sextant
)SH",
                     kFunctions, tables.paths, tables.choices, sources, tables.words, positional);
}

}  // namespace sextant
