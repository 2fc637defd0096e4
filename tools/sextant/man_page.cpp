// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Roff, and what it wants to be escaped.
#include "man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "terminal.hpp"

namespace sextant {

namespace {

// Of the last change of the text below: a date of the build would make each build differ.
constexpr const char* kDate = "2026-11-21";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '"': out += "\\(dq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      default: out += letter;
    }
  }
  return out;
}

// Text lines; none starts with a control character, and a sentence ends a line.
std::string paragraph(const std::string& text) {
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (line.empty()) return;
    if (line[0] == '.') line.insert(0, "\\&");
    out += line + '\n';
    line.clear();
  };
  std::string words = text;
  std::replace(words.begin(), words.end(), '\n', ' ');
  std::size_t at = 0;
  while (at < words.size()) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    const std::string word = words.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (!line.empty() && line.size() + word.size() > 76) flush();
    line += (line.empty() ? "" : " ") + escaped(word);
    if (word.back() == '.' || word.back() == '?') flush();
  }
  flush();
  return out;
}

// "Print what it knows" as a sentence.
std::string sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

std::string option_text(const GrammarOption& option) {
  std::string tag;
  for (const std::string& name : option.names) {
    if (!tag.empty()) tag += ", ";
    tag += "\\fB" + escaped(name) + "\\fR";
  }
  if (option.names.empty()) {
    tag = "\\fI" + escaped(option.value) + "\\fR";
  } else if (!option.value.empty()) {
    tag += option.value_optional ? " [\\fI" + escaped(option.value) + "\\fR]"
                                 : " \\fI" + escaped(option.value) + "\\fR";
  }
  std::string help = sentence(option.help);
  if (!option.choices.empty()) {
    help += " One of";
    for (std::size_t i = 0; i < option.choices.size(); ++i) {
      help += (i == 0 ? " " : i + 1 == option.choices.size() ? " or " : ", ") + option.choices[i];
    }
    help += '.';
  }
  if (!option.limits.empty()) help += " Allowed: " + sentence(option.limits);
  if (!option.fallback.empty()) help += " Default: " + sentence(option.fallback);
  if (option.required) help += " Required.";
  if (option.repeatable) help += " May be given more than once.";
  return ".TP\n" + tag + '\n' + paragraph(help);
}

std::string options_text(const GrammarCommand& command) {
  std::string out;
  for (const GrammarOption& option : command.options)
    out += option_text(option);
  return out;
}

std::string synopsis(const GrammarCommand& command) {
  std::string out = ".B " + escaped(command.path) + '\n';
  if (!command.commands.empty()) return out + ".I COMMAND\n[options]\n";
  for (const GrammarOption& option : command.options) {
    if (!option.required) continue;
    std::string text = option.names.empty() ? "" : "\\fB" + escaped(option.names.back()) + "\\fR ";
    text += "\\fI" + escaped(option.value) + "\\fR";
    out += text + '\n';
  }
  const bool has_options =
      std::any_of(command.options.begin(), command.options.end(),
                  [](const GrammarOption& option) { return !option.required; });
  return has_options ? out + "[options]\n" : out;
}

std::string capitals(std::string text) {
  for (char& letter : text)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

std::string dashed(std::string path) {
  std::replace(path.begin(), path.end(), ' ', '-');
  return path;
}

// "show fib" within the page of show.
void add_below(const GrammarCommand& command, std::string& out) {
  for (const GrammarCommand& sub : command.commands) {
    out += ".SS " + escaped(sub.path) + '\n' + paragraph(sentence(sub.help));
    if (!sub.footer.empty()) out += ".PP\n" + paragraph(sub.footer);
    out += options_text(sub);
    add_below(sub, out);
  }
}

std::string variables_of(const GrammarCommand& command) {
  const bool has_color =
      std::any_of(command.options.begin(), command.options.end(), [](const GrammarOption& option) {
        return std::find(option.names.begin(), option.names.end(), "--color") != option.names.end();
      });
  std::string out;
  for (const GrammarOption& option : command.options) {
    if (option.variable.empty()) continue;
    out += ".TP\n.B " + escaped(option.variable) + '\n' +
           paragraph("Used when " + option.names.back() + " is not given.");
  }
  if (has_color) {
    out += ".TP\n.B NO_COLOR\n" + paragraph(
                                      "When it is set and not empty, there are no colors "
                                      "unless --color asks for them.");
  }
  return out;
}

std::string exit_status(const GrammarCommand& command) {
  if (command.path == "sextant diff") {
    return ".TP\n.B 0\nNothing would change.\n.TP\n.B 1\nSomething would change.\n.TP\n.B 2\n"
           "The file is wrong, the daemon does not answer, or the command line is wrong.\n";
  }
  return ".TP\n.B 0\nDone.\n.TP\n.B 1\nIt failed; one sentence on standard error says why.\n"
         ".TP\n.B 2\nThe command line is wrong.\n";
}

}  // namespace

std::string man_file_name(const GrammarCommand& command) {
  return dashed(command.path) + ".1";
}

const GrammarCommand* find_command(const GrammarCommand& program,
                                   const std::vector<std::string>& names) {
  const GrammarCommand* found = &program;
  for (const std::string& name : names) {
    const auto next = std::find_if(found->commands.begin(), found->commands.end(),
                                   [&](const GrammarCommand& sub) { return sub.name == name; });
    if (next == found->commands.end()) return nullptr;
    found = &*next;
  }
  return found;
}

std::string man_page(const GrammarCommand& program, const GrammarCommand& command) {
  const bool is_program = &program == &command;
  const std::string name = dashed(command.path);
  std::string help = command.help;
  // "sextant - looks into a running sextantd".
  if (is_program) {
    if (help.rfind("sextant ", 0) == 0) help.erase(0, 8);
  } else if (!help.empty()) {
    help[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(help[0])));
  }
  while (!help.empty() && help.back() == '.')
    help.pop_back();
  std::string out = fmt::format(".TH {} 1 {} \"sextant {}\" \"Sextant\"\n.SH NAME\n{} \\-\n",
                                escaped(capitals(name)), kDate, SEXTANT_VERSION, escaped(name));
  out += paragraph(help) + ".SH SYNOPSIS\n";
  if (command.commands.empty() || is_program) {
    out += synopsis(command);
  } else {
    for (const GrammarCommand& sub : command.commands)
      out += synopsis(sub) + (&sub == &command.commands.back() ? "" : ".br\n");
  }
  out += ".SH DESCRIPTION\n" + paragraph(sentence(command.help));
  if (!command.footer.empty()) out += ".PP\n" + paragraph(command.footer);
  if (is_program) {
    out += ".SH COMMANDS\n";
    for (const GrammarCommand& sub : command.commands) {
      out += ".TP\n.BR " + escaped(dashed(sub.path)) + " (1)\n" + paragraph(sentence(sub.help));
    }
  }
  const std::string options = options_text(command);
  if (!options.empty()) out += ".SH OPTIONS\n" + options;
  if (!is_program && !command.commands.empty()) {
    out += ".SH COMMANDS\n";
    add_below(command, out);
  }
  out += ".SH EXIT STATUS\n" + exit_status(command);
  const std::string variables =
      variables_of(is_program || command.commands.empty() ? command : command.commands.front());
  if (!variables.empty()) out += ".SH ENVIRONMENT\n" + variables;
  out += ".SH SEE ALSO\n";
  if (!is_program) {
    out += ".BR sextant (1)\n";
  } else {
    for (const GrammarCommand& sub : command.commands) {
      out += fmt::format(".BR {} (1){}\n", escaped(dashed(sub.path)),
                         &sub == &command.commands.back() ? "" : ",");
    }
  }
  return out;
}

}  // namespace sextant
