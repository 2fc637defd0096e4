// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Wiring: configuration, compile, data plane, admin socket, and the loop of the control thread.
#include "daemon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "control/compile/compile.hpp"
#include "control/runtime/config_file.hpp"
#include "daemon_view.hpp"
#include "dataplane/ports/dataplane.hpp"
#include "dataplane/ports/dpdk_log.hpp"
#include "dataplane/ports/mempool.hpp"
#include "dataplane/ports/queue_assignment.hpp"
#include "dataplane/slow_path/slow_path.hpp"
#include "introspection.hpp"
#include "log.hpp"

namespace sextant {

namespace {

using std::chrono::microseconds;

// How long the control thread sleeps: shortest while packets keep coming, longest when idle.
constexpr microseconds kMinPoll{1000};
constexpr microseconds kMaxPoll{8000};

// RTE_LOG_ERR.
constexpr unsigned kDpdkErrorLevel = 4;

void say(const std::string& sentence) {
  fmt::print(stderr, "sextantd: {}\n", sentence);
}

// Everything that is wrong with a configuration, as far as can be told without devices.
Diagnostics all_findings(const LoadedConfig& loaded, const CompileResult& compiled) {
  Diagnostics all = loaded.diagnostics;
  for (const Diagnostic& finding : compiled.diagnostics.list()) {
    if (finding.severity == Severity::kError) {
      all.error(finding.where, finding.field, finding.text);
    } else {
      all.warning(finding.where, finding.field, finding.text);
    }
  }
  if (!all.has_errors()) {
    const RuntimeConfig& runtime = loaded.runtime;
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
    fmt::print(stderr, "{}\n", finding.to_string());
  }
}

class Daemon {
 public:
  explicit Daemon(const Options& options)
      : options_(options),
        signals_(loop_, SIGINT, SIGTERM),
        timer_(loop_),
        view_(
            dataplane_, [this]() -> const auto& { return compiled_.policies; }),
        introspection_(loop_, view_) {}

  int run();

 private:
  Status load();
  Status start();
  void wait_for_poll();

  const Options& options_;
  boost::asio::io_context loop_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  microseconds poll_interval_ = kMinPoll;
  LoadedConfig config_;
  CompileResult compiled_;
  Dataplane dataplane_;
  DaemonView view_;
  Introspection introspection_;
};

// Fails with the findings printed already and an empty text.
Status Daemon::load() {
  config_ = load_config_file(options_.config);
  compiled_ = compile(config_.state);
  const Diagnostics findings = all_findings(config_, compiled_);
  print_findings(findings);
  if (findings.has_errors()) {
    return Error{fmt::format("not started: {} is not valid", options_.config)};
  }
  for (const PortConfig& port : config_.runtime.ports) {
    if (!port.device.empty()) continue;
    return Error{
        fmt::format("port '{}' has no device, so it exists in 'sextant replay' only: add "
                    "'device' to it",
                    port.name)};
  }
  return Ok{};
}

Status Daemon::start() {
  if (auto status = load(); !status) return status;
  if (!options_.socket.empty()) {
    if (auto status = introspection_.open_socket(options_.socket); !status) return status;
  }
  DpdkLog::set_sink([](unsigned level, std::string_view line) {
    log(level <= kDpdkErrorLevel ? LogLevel::kError : LogLevel::kDebug, "dpdk", "{}", line);
  });
  if (auto status = dataplane_.start(config_.runtime); !status) return status;
  // Once more, with the addresses of the devices.
  compiled_ = compile(config_.state, {.port_macs = dataplane_.port_macs(),
                                      .kernel_macs = dataplane_.kernel_macs()});
  if (!compiled_.ok()) {
    print_findings(compiled_.diagnostics);
    return Error{"not started: the configuration does not fit the devices"};
  }
  if (auto generation = dataplane_.apply(compiled_.tables); !generation) return generation.error();
  return dataplane_.launch();
}

void Daemon::wait_for_poll() {
  timer_.expires_after(poll_interval_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    poll_interval_ = dataplane_.poll() ? kMinPoll : std::min(poll_interval_ * 2, kMaxPoll);
    wait_for_poll();
  });
}

int Daemon::run() {
  if (auto status = start(); !status) {
    say(status.error().text);
    dataplane_.stop();
    return kExitFailure;
  }
  log(LogLevel::kInfo, "daemon", "sextantd {} runs {}: {}", SEXTANT_VERSION, options_.config,
      dataplane_.summary());
  for (const PortState& port : dataplane_.ports()) {
    log(LogLevel::kInfo, "ports", "{}: {} ({}), MAC {}, MTU {}, {} rx and {} tx queues, link {}",
        port.name, port.device, port.driver, port.mac.to_string(), port.mtu, port.rx_queues,
        port.tx_queues, port.link_up ? "up" : "down");
  }
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    log(LogLevel::kInfo, "daemon", "signal {}: stopping", signal);
    loop_.stop();
  });
  wait_for_poll();
  loop_.run();
  introspection_.close();
  dataplane_.stop();
  log(LogLevel::kInfo, "daemon", "stopped");
  return kExitOk;
}

}  // namespace

int check_config(const Options& options) {
  const LoadedConfig loaded = load_config_file(options.config);
  const CompileResult compiled = compile(loaded.state);
  const Diagnostics findings = all_findings(loaded, compiled);
  print_findings(findings);
  if (findings.has_errors()) return kExitFailure;
  const ForwardingTables& tables = compiled.tables;
  fmt::print("{}: valid: {} interfaces, {} local SIDs, {} policies, {} steering rules, {} routes\n",
             options.config, tables.interfaces.size(), tables.local_sids.size(),
             tables.policies.size(), tables.steerings.size(), tables.fib.size());
  return kExitOk;
}

int run_daemon(const Options& options) {
  set_log_level(options.log_level);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Daemon daemon(options);
    return daemon.run();
  } catch (const std::exception& error) {
    // Out of memory, or a system call of Asio that never fails.
    say(fmt::format("stopped by an unexpected error: {}", error.what()));
    return kExitFailure;
  }
}

}  // namespace sextant
