// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant replay`: captures through the forwarding code, without ports, privileges or huge pages.
#include "command.hpp"
#include "config_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/burst.hpp"
#include "dataplane/replay/capture_file.hpp"
#include "dataplane/replay/replay.hpp"
#include "replay_report.hpp"

namespace sextant {

namespace {

struct Options {
  std::string config;
  std::vector<std::string> inputs;  // PORT=FILE
  std::string out;
  bool json = false;
  bool raw = false;
  bool strict_mac = false;
  unsigned burst = 64;
};

// A capture with its next packet; inputs are merged by time.
struct Input {
  PortIndex port = 0;
  CaptureReader reader;
  CapturedPacket packet;
  bool ended = false;
  std::uint64_t partial = 0;

  Status advance() {
    const Result<bool> more = reader.next(packet);
    if (!more) return more.error();
    ended = !*more;
    if (!ended && packet.partial) ++partial;
    return Ok{};
  }
};

Result<Input> open_input(const std::string& text, const ConfigTables& loaded) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return Error{fmt::format("--in {}: must be PORT=FILE", text)};
  }
  const std::string name = text.substr(0, equals);
  const auto& names = loaded.port_names;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return Error{fmt::format("--in {}: the configuration has no port \"{}\"; its ports are {}",
                             text, name, fmt::join(names, ", "))};
  }
  auto reader = CaptureReader::open(text.substr(equals + 1));
  if (!reader) return reader.error();
  Input input{static_cast<PortIndex>(found - names.begin()), std::move(reader).value(), {}};
  if (Status first = input.advance(); !first) return first.error();
  return input;
}

Result<std::vector<Input>> open_inputs(const Options& options, const ConfigTables& loaded) {
  std::vector<Input> inputs;
  for (const std::string& text : options.inputs) {
    auto input = open_input(text, loaded);
    if (!input) return input.error();
    inputs.push_back(std::move(input).value());
  }
  return inputs;
}

// Frames of a port can be cut down to IP packets only when all its interfaces are routed.
bool is_routed(const ForwardingTables& tables, PortIndex port) {
  return std::all_of(tables.interfaces.begin(), tables.interfaces.end(), [&](const Interface& i) {
    return i.port != port || i.role == InterfaceRole::kRouted;
  });
}

Result<std::vector<CaptureWriter>> create_outputs(const Options& options,
                                                  const ConfigTables& loaded,
                                                  const std::vector<Input>& inputs) {
  const std::filesystem::path folder(options.out);
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error{fmt::format("cannot create {}: {}", options.out, failed.message())};
  std::vector<CaptureWriter> writers;
  for (std::size_t port = 0; port < loaded.port_names.size(); ++port) {
    std::string file = loaded.port_names[port] + ".pcap";
    std::replace(file.begin(), file.end(), '/', '_');
    const std::filesystem::path path = folder / file;
    for (const Input& input : inputs) {
      if (std::filesystem::equivalent(path, input.reader.path(), failed)) {
        return Error{fmt::format("{} is an input and would be overwritten; choose another --out",
                                 path.string())};
      }
    }
    const bool raw = options.raw && is_routed(loaded.tables, static_cast<PortIndex>(port));
    auto writer = CaptureWriter::create(path.string(), raw ? LinkType::kRaw : LinkType::kEthernet);
    if (!writer) return writer.error();
    writers.push_back(std::move(writer).value());
  }
  return writers;
}

// The IP packet of a frame; empty when it holds none.
std::span<const std::uint8_t> ip_packet_of(std::span<const std::uint8_t> frame) {
  const auto type_at = [&](std::size_t at) {
    return at + 2 > frame.size() ? 0 : frame[at] << 8 | frame[at + 1];
  };
  const std::size_t at = type_at(12) == ether_type::kVlan ? 16 : 12;
  const int type = type_at(at);
  if (type != ether_type::kIpv6 && type != ether_type::kIpv4) return {};
  return frame.subspan(at + 2);
}

// Writes what leaves; keeps the first error, because a sink has nobody to tell.
class Outputs {
 public:
  explicit Outputs(std::vector<CaptureWriter> writers) : writers_(std::move(writers)) {}

  void write(const ReplayFrame& frame) {
    if (!status_) return;
    CaptureWriter& writer = writers_[frame.port];
    std::span<const std::uint8_t> bytes = frame.bytes;
    if (writer.link_type() == LinkType::kRaw) {
      bytes = ip_packet_of(bytes);
      if (bytes.empty()) {
        ++left_out_;
        return;
      }
    }
    status_ = writer.write(frame.time_ns, bytes);
  }
  Status close() {
    for (CaptureWriter& writer : writers_) {
      if (!status_) break;
      status_ = writer.close();
    }
    return status_;
  }
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  std::vector<CaptureWriter> writers_;
  Status status_ = Ok{};
  std::uint64_t left_out_ = 0;  // frames without an IP packet, on raw ports
};

// The input whose packet is next: the earliest, the first on the command line among equals.
Input* next_input(std::vector<Input>& inputs) {
  Input* next = nullptr;
  for (Input& input : inputs) {
    if (input.ended) continue;
    if (next == nullptr || input.packet.time_ns < next->packet.time_ns) next = &input;
  }
  return next;
}

Status feed(std::vector<Input>& inputs, Replay& replay, const Outputs& outputs) {
  while (Input* input = next_input(inputs)) {
    const CapturedPacket& packet = input->packet;
    replay.receive({input->port, packet.time_ns, packet.bytes, packet.has_link_layer});
    if (!outputs.status()) return outputs.status();
    if (Status more = input->advance(); !more) return more;
  }
  replay.finish();
  return Ok{};
}

void warn(const std::vector<Input>& inputs, const Outputs& outputs) {
  for (const Input& input : inputs) {
    if (input.partial == 0) continue;
    fmt::print(
        stderr,
        "sextant replay: warning: {} of {} packets in {} were captured only in part (capture "
        "with a longer snap length)\n",
        input.partial, input.reader.packets(), input.reader.path());
  }
  if (outputs.left_out() != 0) {
    fmt::print(stderr, "sextant replay: {} frames without an IP packet are left out by --raw\n",
               outputs.left_out());
  }
}

Status run(const Options& options, const ConfigTables& loaded) {
  auto inputs = open_inputs(options, loaded);
  if (!inputs) return inputs.error();
  auto writers = create_outputs(options, loaded, *inputs);
  if (!writers) return writers.error();
  if (Status memory = Replay::start_memory(); !memory) return memory;

  ReplayOptions settings;
  settings.burst = options.burst;
  settings.strict_mac = options.strict_mac;
  settings.proxy_cache_entries = loaded.runtime.proxy_cache_entries;
  settings.proxy_cache_timeout_s = loaded.runtime.proxy_cache_timeout_s;
  settings.flows = loaded.runtime.flows;
  settings.neighbor_hold_packets = loaded.runtime.neighbor_hold_packets;
  Outputs outputs(std::move(writers).value());
  auto replay = Replay::create(loaded.tables, loaded.port_names, settings,
                               [&](const ReplayFrame& frame) { outputs.write(frame); });
  if (!replay) return replay.error();

  const Status fed = feed(*inputs, **replay, outputs);
  const Status closed = outputs.close();
  if (!fed) return fed;
  if (!closed) return closed;
  warn(*inputs, outputs);
  const CountersSnapshot counters = (*replay)->counters();
  const ReplayReport report{loaded.tables, (*replay)->ports(), counters};
  fmt::print("{}", options.json ? to_json(report) : to_text(report));
  return Ok{};
}

void execute(const Options& options) {
  const std::optional<ConfigTables> loaded = load_config_tables(options.config);
  if (!loaded) throw CLI::RuntimeError(1);
  if (const Status done = run(options, *loaded); !done) {
    fmt::print(stderr, "sextant replay: {}\n", done.error().text);
    throw CLI::RuntimeError(1);
  }
}

}  // namespace

void add_replay(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "replay", "Send captures through the forwarding code, without ports or privileges");
  command->footer(
      "Packets of all inputs are merged by time; equal times go in the order of the command line.\n"
      "Packets of one port within 0.1 ms travel as one burst. Rate limits and timers run in the "
      "time\n"
      "of the captures. Devices in the configuration are ignored. Each port gets DIR/PORT.pcap.\n"
      "The same input gives the same bytes.");
  command->add_option("--config", options->config, "Configuration file (YAML)")->required();
  command
      ->add_option(
          "--in", options->inputs,
          "PORT=FILE: a pcap or pcapng capture (Ethernet, raw IP or Linux cooked) that the "
          "port receives; repeatable")
      ->required();
  command->add_option("--out", options->out, "Directory for the captures of what leaves")
      ->required();
  command->add_flag("--json", options->json, "Print the counters as JSON");
  command->add_flag("--raw", options->raw,
                    "Write raw IP packets, without link-layer header, for ports that only route");
  command->add_flag("--strict-mac", options->strict_mac,
                    "Drop unicast frames for other stations on routed interfaces, as a port does; "
                    "else they count as sent to the port");
  command->add_option("--burst", options->burst, "Packets in a burst, at most")
      ->check(CLI::Range(1u, kMaxRxBurst))
      ->capture_default_str();
  command->callback([options] { execute(*options); });
}

}  // namespace sextant
