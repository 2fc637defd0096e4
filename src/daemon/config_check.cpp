// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Findings of the start, and "sextantd --check".
#include "config_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "daemon.hpp"
#include "dataplane/ports/mempool.hpp"
#include "dataplane/ports/queue_assignment.hpp"
#include "log.hpp"

namespace sextant {

Diagnostics all_findings(const Diagnostics& loaded, const RuntimeConfig& runtime,
                         const CompileResult& compiled) {
  Diagnostics all = loaded;
  for (const Diagnostic& finding : compiled.diagnostics.list()) {
    if (finding.severity == Severity::kError) {
      all.error(finding.where, finding.field, finding.text);
    } else {
      all.warning(finding.where, finding.field, finding.text);
    }
  }
  if (!all.has_errors()) {
    const auto lcores = static_cast<unsigned>(std::max<std::size_t>(runtime.lcores.size(), 1));
    const SourceLocation file{runtime.ports.empty() ? "" : runtime.ports.front().where.file, 0, 0};
    if (auto queues = assign_queues(runtime, lcores); !queues) {
      all.error(file, "", queues.error().text);
    }
    if (auto plan = plan_mbufs(runtime, lcores); !plan) all.error(file, "", plan.error().text);
  }
  return in_source_order(all);
}

void print_findings(const Diagnostics& findings) {
  for (const Diagnostic& finding : findings.list()) {
    if (log_format() == LogFormat::kText) {
      fmt::print(stderr, "{}\n", finding.to_string());
    } else {
      write_log(finding.severity == Severity::kError ? LogLevel::kError : LogLevel::kWarning,
                "config", finding.to_string());
    }
  }
}

void say(const std::string& sentence) {
  if (log_format() == LogFormat::kText) {
    fmt::print(stderr, "sextantd: {}\n", sentence);
  } else {
    write_log(LogLevel::kError, "daemon", sentence);
  }
}

int check_config(const Options& options) {
  const LoadedConfig loaded = load_config_file(options.config);
  const CompileResult compiled = compile(loaded.state);
  const Diagnostics findings = all_findings(loaded.diagnostics, loaded.runtime, compiled);
  print_findings(findings);
  if (findings.has_errors()) return kExitFailure;
  const ForwardingTables& tables = compiled.tables;
  fmt::print("{}: valid: {} interfaces, {} local SIDs, {} policies, {} steering rules, {} routes\n",
             options.config, tables.interfaces.size(), tables.local_sids.size(),
             tables.policies.size(), tables.steerings.size(), tables.fib.size());
  return kExitOk;
}

}  // namespace sextant
