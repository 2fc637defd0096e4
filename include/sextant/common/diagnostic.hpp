// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Diagnostic: what is wrong with some input, where, and what to do about it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sextant {

// A place in a text source. Line and column count from 1; 0 means unknown.
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;

  friend bool operator==(const SourceLocation&, const SourceLocation&) = default;
};

enum class Severity { kError, kWarning };

// One finding about one field of one object.
struct Diagnostic {
  Severity severity = Severity::kError;
  SourceLocation where;
  std::string field;  // path to the field: "policies[2].candidate_paths[0].preference"
  std::string text;   // what is wrong and what would be right

  // "file:line:column: field: text", the form compilers use, so that editors can jump to it.
  [[nodiscard]] std::string to_string() const {
    std::string out;
    if (!where.file.empty()) out += where.file + ":";
    if (where.line > 0) {
      out += std::to_string(where.line) + ":" + std::to_string(where.column) + ":";
    }
    if (!out.empty()) out += " ";
    if (severity == Severity::kWarning) out += "warning: ";
    if (!field.empty()) out += field + ": ";
    return out + text;
  }
};

// Findings in the order in which they were made; all of them, not just the first.
class Diagnostics {
 public:
  void error(SourceLocation where, std::string field, std::string text) {
    list_.push_back({Severity::kError, std::move(where), std::move(field), std::move(text)});
    ++errors_;
  }
  void warning(SourceLocation where, std::string field, std::string text) {
    list_.push_back({Severity::kWarning, std::move(where), std::move(field), std::move(text)});
  }
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] const std::vector<Diagnostic>& list() const { return list_; }

 private:
  std::vector<Diagnostic> list_;
  int errors_ = 0;
};

}  // namespace sextant
