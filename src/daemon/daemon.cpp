// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Wiring: source, reconciler, data plane, routes, and the loop of the control thread.
#include "daemon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster_controller.hpp"
#include "config_check.hpp"
#include "config_routes.hpp"
#include "control/runtime/file_source.hpp"
#include "control/runtime/file_watch.hpp"
#include "control/runtime/reconciler.hpp"
#include "daemon_view.hpp"
#include "dataplane/ports/dataplane.hpp"
#include "dataplane/ports/dpdk_log.hpp"
#include "file_ports.hpp"
#include "health.hpp"
#include "introspection.hpp"
#include "log.hpp"
#include "pod_groups.hpp"
#include "pod_routes.hpp"
#include "pods.hpp"
#include "service_manager.hpp"
#include "trace_routes.hpp"

namespace sextant {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// How long the control thread sleeps: shortest while packets keep coming, longest when idle.
constexpr microseconds kMinPoll{1000};
constexpr microseconds kMaxPoll{8000};
// How often lcores are asked for a sign of life, and how long a stop waits for what is under way.
constexpr milliseconds kProgressInterval{1000};
constexpr milliseconds kDrainTime{200};

// RTE_LOG_ERR.
constexpr unsigned kDpdkErrorLevel = 4;
// Of a file that is wrong from end to end the log gets the beginning.
constexpr std::size_t kMaxLoggedFindings = 20;

class Daemon {
 public:
  explicit Daemon(const Options& options)
      : options_(options),
        signals_(loop_, SIGINT, SIGTERM, SIGHUP),
        poll_timer_(loop_),
        progress_timer_(loop_),
        drain_timer_(loop_),
        source_(options.config),
        view_(dataplane_, reconciler_, cluster_),
        introspection_(loop_, view_,
                       {.reconciler = reconciler_,
                        .health = [this] { return health(); },
                        .cluster = [this] { return cluster_status(); }}) {}

  int run();

 private:
  Result<SourcedState> load();
  Status start();
  Status start_introspection();
  Status start_cluster();
  void apply_log_config(const LogConfig& config);
  void start_watch();
  void log_start() const;

  void wait_for_signal();
  void wait_for_poll();
  void watch_progress();
  void attempt_ended(const Attempt& attempt);
  void change_ended(StateLayer layer, const Diagnostics& found);
  void update_promiscuous();
  void drain();

  [[nodiscard]] Health health() const;
  [[nodiscard]] std::optional<k8s::ClusterStatus> cluster_status() const;
  [[nodiscard]] std::string status_line() const;

  const Options& options_;
  boost::asio::io_context loop_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer poll_timer_;
  boost::asio::steady_timer progress_timer_;
  boost::asio::steady_timer drain_timer_;
  microseconds poll_interval_ = kMinPoll;
  ServiceManager manager_;
  FileSource source_;
  Dataplane dataplane_;
  std::optional<Reconciler> reconciler_;
  std::unique_ptr<ClusterController> cluster_;
  std::optional<FilePorts> file_ports_;
  std::optional<boost::asio::thread_pool> worker_;  // behind what it works for: joined first
  std::optional<Pods> pods_;                        // the same
  std::optional<PodGroups> groups_;
  std::unique_ptr<FileWatch> watch_;
  DaemonView view_;
  Introspection introspection_;
  std::vector<std::string> change_notices_;  // that were logged
  bool lcores_progress_ = true;
  bool draining_ = false;
};

// The findings are printed here; the error says what follows from them.
Result<SourcedState> Daemon::load() {
  SourcedState loaded = source_.load();
  if (source_.latest()) apply_log_config(source_.latest()->config.log);
  const RuntimeConfig runtime =
      source_.latest() ? source_.latest()->config.runtime : RuntimeConfig{};
  const Diagnostics findings = all_findings(loaded.diagnostics, runtime, compile(loaded.state));
  print_findings(findings);
  if (findings.has_errors()) {
    return Error{fmt::format("not started: {} is not valid", options_.config)};
  }
  for (const PortConfig& port : runtime.ports) {
    if (!port.device.empty()) continue;
    return Error{
        fmt::format("port '{}' has no device, so it exists in 'sextant replay' only: add "
                    "'device' to it",
                    port.name)};
  }
  return loaded;
}

void Daemon::apply_log_config(const LogConfig& config) {
  set_log_level(options_.log_level.value_or(config.level));
  set_log_format(options_.log_format.value_or(config.format));
}

// A port or a socket that is taken must stop the start before devices are touched.
Status Daemon::start_introspection() {
  if (!options_.socket.empty()) {
    if (auto status = introspection_.open_socket(options_.socket); !status) return status;
  }
  IntrospectionConfig config = source_.latest()->config.introspection;
  if (options_.listen) {
    config.enabled = options_.listen->enabled;
    config.address = options_.listen->address;
    config.port = options_.listen->port;
  }
  const bool configured = options_.listen || config.where.line > 0;
  return config.enabled ? introspection_.listen(config, configured) : Status(Ok{});
}

Status Daemon::start() {
  const auto begin = std::chrono::steady_clock::now();
  auto loaded = load();
  const auto load_time = std::chrono::steady_clock::now() - begin;
  if (!loaded) return loaded.error();
  // Nobody is answered before the loop runs, and then everything is there.
  if (auto status = start_introspection(); !status) return status;
  DpdkLog::set_sink([](unsigned level, std::string_view line) {
    log(level <= kDpdkErrorLevel ? LogLevel::kError : LogLevel::kDebug, "dpdk", "{}", line);
  });
  if (auto status = dataplane_.start(source_.latest()->config.runtime); !status) return status;
  // Not earlier: it keeps to the CPUs of the control thread, which EAL has chosen.
  worker_.emplace(1);
  reconciler_.emplace(
      loop_, *worker_, source_, dataplane_,
      NodeFacts{.port_macs = dataplane_.port_macs(), .kernel_macs = dataplane_.kernel_macs()},
      Reconciler::Timing{});
  const Attempt& first = reconciler_->apply(std::move(loaded).value(), "start",
                                            std::chrono::duration_cast<microseconds>(load_time));
  if (first.result == AttemptResult::kInvalid) {
    print_findings(first.diagnostics);
    return Error{"not started: the configuration does not fit the devices"};
  }
  if (!first.ok()) return Error{first.error};
  add_config_routes(introspection_.api(), {loop_, *worker_, *reconciler_, source_});
  add_trace_routes(introspection_.api(), dataplane_, view_, loop_);
  // Every daemon has a socket of its own, and pods are asked for there.
  pods_.emplace(loop_, dataplane_, *reconciler_,
                options_.socket.empty() ? "" : options_.socket + ".pods");
  groups_.emplace(*pods_);
  add_pod_routes(introspection_.api(),
                 {*pods_, *groups_, [this](const PodName& pod, PodRoutes::Found found) {
                    if (!cluster_) return found(PodRoutes::Annotations());
                    cluster_->find_pod(pod, std::move(found));
                  }});
  file_ports_.emplace(dataplane_, *reconciler_, source_.running()->config.runtime.ports);
  reconciler_->on_publish(
      [this] { return file_ports_->prepare(source_.latest()->config.runtime.ports); },
      [this](bool taken) { file_ports_->decide(taken); });
  reconciler_->on_begin([this] { manager_.reloading(); });
  reconciler_->on_attempt([this](const Attempt& attempt) { attempt_ended(attempt); });
  reconciler_->on_change(
      [this](StateLayer layer, const Diagnostics& found) { change_ended(layer, found); });
  if (auto status = start_cluster(); !status) return status;
  if (auto status = dataplane_.launch(); !status) return status;
  pods_->restore();
  if (cluster_) {
    cluster_->set_pods(*pods_);
    groups_->set_networks([this](const std::string& key) { return cluster_->network_of(key); });
  }
  return Ok{};
}

Status Daemon::start_cluster() {
  const KubernetesSettings& settings = source_.running()->config.kubernetes;
  if (!settings.enabled()) return Ok{};
  auto cluster = ClusterController::create(loop_, settings, *reconciler_, dataplane_);
  if (!cluster) return cluster.error();
  cluster_ = std::move(cluster).value();
  cluster_->start();
  return Ok{};
}

void Daemon::start_watch() {
  auto watch =
      FileWatch::open(loop_, source_.path(), [this] { reconciler_->request("file changed"); });
  if (watch) {
    watch_ = std::move(watch).value();
  } else {
    log(LogLevel::kWarning, "config", "{}: changes are taken over by SIGHUP and 'reload' only",
        watch.error().text);
  }
}

void Daemon::log_start() const {
  log(LogLevel::kInfo, "daemon", "sextantd {} runs {}: {}", SEXTANT_VERSION, options_.config,
      dataplane_.summary());
  for (const PortState& port : dataplane_.ports()) {
    log(LogLevel::kInfo, "ports", "{}: {} ({}), MAC {}, MTU {}, {} rx and {} tx queues, link {}",
        port.name, port.device, port.driver, port.mac.to_string(), port.mtu, port.rx_queues,
        port.tx_queues, port.link_up ? "up" : "down");
  }
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reconciler_->request("SIGHUP");
    } else if (draining_) {
      log(LogLevel::kWarning, "daemon", "signal {} again: stopping at once", signal);
      loop_.stop();
    } else {
      log(LogLevel::kInfo, "daemon", "signal {}: stopping", signal);
      drain();
    }
    wait_for_signal();
  });
}

void Daemon::wait_for_poll() {
  poll_timer_.expires_after(poll_interval_);
  poll_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const bool worked = dataplane_.poll();
    for (const PortEvent& event : dataplane_.take_port_events()) {
      log(event.good ? LogLevel::kInfo : LogLevel::kWarning, "ports", "{}", event.text);
    }
    poll_interval_ = worked || draining_ ? kMinPoll : std::min(poll_interval_ * 2, kMaxPoll);
    if (draining_ && dataplane_.drained()) return loop_.stop();
    wait_for_poll();
  });
}

// Tells the service manager that all is well, as long as it is.
void Daemon::watch_progress() {
  const bool progress = dataplane_.lcores_progress();
  if (progress != lcores_progress_) {
    log(progress ? LogLevel::kInfo : LogLevel::kError, "lcores", "{}",
        progress ? "all make progress again" : "one of them makes no progress");
    lcores_progress_ = progress;
    manager_.status(status_line());
  }
  if (progress) manager_.watchdog();
  // Thrice per timeout: one late turn of the loop is no reason for a restart.
  const auto timeout = manager_.watchdog_timeout();
  progress_timer_.expires_after(timeout ? std::min<microseconds>(*timeout / 3, kProgressInterval)
                                        : kProgressInterval);
  progress_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watch_progress();
  });
}

void Daemon::attempt_ended(const Attempt& attempt) {
  std::size_t logged = 0;
  for (const Diagnostic& finding : attempt.diagnostics.list()) {
    if (++logged > kMaxLoggedFindings) break;
    log(finding.severity == Severity::kError ? LogLevel::kError : LogLevel::kWarning, "config",
        "{}", finding.to_string());
  }
  const GenerationStatus& status = reconciler_->status();
  if (attempt.ok()) {
    apply_log_config(source_.running()->config.log);
    update_promiscuous();
    if (cluster_) cluster_->ports_changed();
    if (cluster_) cluster_->base_changed();
    log(LogLevel::kInfo, "config", "generation {} {} ({}): load {} us, compile {} us, apply {} us",
        status.number, name_of(attempt.result), attempt.trigger, attempt.load.count(),
        attempt.compile.count(), attempt.apply.count());
  } else {
    log(LogLevel::kError, "config", "{}", status.notice());
  }
  manager_.ready(status_line());
}

// Changes from the cluster come by the hundreds; what is wrong with them is said once.
void Daemon::change_ended(StateLayer layer, const Diagnostics& found) {
  if (layer != StateLayer::kKubernetes && cluster_) cluster_->base_changed();
  for (const Diagnostic& finding : found.list())
    log(LogLevel::kWarning, "config", "{}", finding.to_string());
  const GenerationStatus& status = reconciler_->status();
  std::vector<std::string> notices = status.change_notices();
  for (const std::string& notice : notices) {
    const auto& before = change_notices_;
    if (std::find(before.begin(), before.end(), notice) != before.end()) continue;
    log(LogLevel::kWarning, "config", "{}", notice);
  }
  change_notices_ = std::move(notices);
  log(LogLevel::kDebug, "config", "generation {} (change): compile {} us, apply {} us",
      status.number, status.change_compile.count(), status.change_apply.count());
}

void Daemon::update_promiscuous() {
  const std::vector<PortConfig>& ports = source_.running()->config.runtime.ports;
  const std::vector<PortState> states = dataplane_.ports();
  for (std::size_t i = 0; i < ports.size() && i < states.size(); ++i) {
    if (ports[i].name.empty() || !states[i].present ||
        states[i].promiscuous == ports[i].promiscuous)
      continue;
    const Status done = dataplane_.set_promiscuous(static_cast<PortIndex>(i), ports[i].promiscuous);
    if (!done) log(LogLevel::kError, "ports", "{}", done.error().text);
  }
}

// What was received still leaves; then run() goes on.
void Daemon::drain() {
  draining_ = true;
  manager_.stopping();
  watch_.reset();
  introspection_.close();
  if (cluster_) cluster_->save();
  dataplane_.drain();
  drain_timer_.expires_after(kDrainTime);
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    log(LogLevel::kWarning, "daemon", "packets are still under way after {} ms and are given up",
        kDrainTime.count());
    loop_.stop();
  });
  poll_interval_ = kMinPoll;
  wait_for_poll();
}

std::optional<k8s::ClusterStatus> Daemon::cluster_status() const {
  return cluster_ ? std::optional(cluster_->status()) : std::nullopt;
}

Health Daemon::health() const {
  const auto cluster = cluster_status();
  return make_health(reconciler_->status(), dataplane_.ports(), lcores_progress_,
                     cluster ? &*cluster : nullptr);
}

std::string Daemon::status_line() const {
  const Health now = health();
  if (!now.missing.empty()) return now.missing.front();
  if (!now.notices.empty()) return now.notices.front();
  return fmt::format("generation {}", reconciler_->status().number);
}

int Daemon::run() {
  if (auto status = start(); !status) {
    say(status.error().text);
    dataplane_.stop();
    return kExitFailure;
  }
  manager_.ready(status_line());
  log_start();
  start_watch();
  wait_for_signal();
  wait_for_poll();
  watch_progress();
  loop_.run();
  // From here on the default holds again: who asks twice is obeyed at once.
  signals_.clear();
  introspection_.close();
  cluster_.reset();
  dataplane_.stop();
  log(LogLevel::kInfo, "daemon", "stopped");
  return kExitOk;
}

}  // namespace

int run_daemon(const Options& options) {
  set_log_level(options.log_level.value_or(LogLevel::kInfo));
  set_log_format(options.log_format.value_or(LogFormat::kText));
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
