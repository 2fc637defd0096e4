// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant explain`: what would happen to a packet, without sending it.
#include <fmt/format.h>

#include <cctype>
#include <memory>
#include <string>

#include "command.hpp"
#include "config_tables.hpp"
#include "daemon/explain_offline.hpp"
#include "dataplane/replay/capture_file.hpp"
#include "pages.hpp"
#include "story.hpp"

namespace sextant {

namespace {

struct Options {
  std::string socket = kDefaultSocket;
  ColorMode color = ColorMode::kAuto;
  bool json = false;
  std::string config;
  std::string hex;
  std::string pcap;
  unsigned packet = 1;
  Query fields;
};

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes)
    out += fmt::format("{:02x}", byte);
  return out;
}

void put_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

// A capture file of this packet alone: it says whether there is a link-layer header.
std::vector<std::uint8_t> capture_of(const CapturedPacket& packet) {
  constexpr std::uint32_t kMagic = 0xa1b2c3d4;
  constexpr std::uint32_t kVersion = 2 | 4 << 16;
  constexpr std::uint32_t kEthernet = 1;
  constexpr std::uint32_t kRaw = 101;
  std::vector<std::uint8_t> out;
  const auto size = static_cast<std::uint32_t>(packet.bytes.size());
  for (const std::uint32_t word : {kMagic, kVersion, 0u, 0u, 262144u,
                                   packet.has_link_layer ? kEthernet : kRaw, 0u, 0u, size, size})
    put_u32(out, word);
  out.insert(out.end(), packet.bytes.begin(), packet.bytes.end());
  return out;
}

Result<std::string> packet_of_capture(const std::string& path, unsigned number) {
  auto reader = CaptureReader::open(path);
  if (!reader) return reader.error();
  CapturedPacket packet;
  for (unsigned i = 0; i < number; ++i) {
    const Result<bool> more = reader->next(packet);
    if (!more) return more.error();
    if (!*more) return Error{fmt::format("{}: has {} packets, no {}.", path, i, number)};
  }
  if (packet.partial) {
    return Error{
        fmt::format("{}: packet {} was captured only in part (capture with a longer snap "
                    "length)",
                    path, number)};
  }
  return to_hex(capture_of(packet));
}

// As tools print it: with blanks, colons or line ends between.
Result<std::string> clean_hex(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    if (std::isspace(static_cast<unsigned char>(letter)) != 0 || letter == ':') continue;
    if (std::isxdigit(static_cast<unsigned char>(letter)) == 0) {
      return Error{fmt::format("--hex: '{}' is no hexadecimal digit", printable({&letter, 1}))};
    }
    out += letter;
  }
  if (out.empty() || out.size() % 2 != 0) return Error{"--hex: must be whole bytes, at least one"};
  return out;
}

Result<nlohmann::json> ask(const Options& options, const Query& query) {
  if (options.config.empty()) {
    return DaemonLink(options.socket).get(target_of("/v1/explain", query));
  }
  const auto config = load_config_tables(options.config);
  if (!config) fail(options.config + " is not valid; nothing was explained");
  // What was not given is an empty field here, and no field at all there.
  Query given = query;
  std::erase_if(given, [](const auto& field) { return field.second.empty(); });
  return explain_offline(config->tables, config->port_names, given);
}

void explain(const Options& options) {
  Query query = options.fields;
  if (!options.hex.empty()) {
    auto hex = clean_hex(options.hex);
    if (!hex) fail(hex.error().text, 2);
    query["hex"] = std::move(hex).value();
  } else if (!options.pcap.empty()) {
    auto hex = packet_of_capture(options.pcap, options.packet);
    if (!hex) fail(hex.error().text);
    query["pcap"] = std::move(hex).value();
  } else if (query["dst"].empty()) {
    fail("which packet? Give --hex, --pcap, or at least --dst; see sextant explain --help", 2);
  }
  const auto reply = ask(options, query);
  if (!reply) fail(reply.error().text);
  if (options.json) {
    write_stdout(reply->dump(2) + '\n');
  } else {
    write_stdout(explain_text(*reply, stdout_canvas(options.color)));
  }
}

}  // namespace

void add_explain(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("explain", "Tell what would happen to a packet, without sending it");
  command->footer(
      "The packet is given by its fields, as bytes, or as a capture. It goes through the tables "
      "that are live, or with --config through those of a file, without a daemon; nothing is sent, "
      "counted or learned.");
  Query& fields = options->fields;
  command->add_option("--from", fields["port"], "The port that receives it")
      ->type_name("PORT")
      ->required();
  command
      ->add_option("--config", options->config, "Explain by this configuration, not by the daemon")
      ->type_name("FILE");
  CLI::Option* const hex =
      command->add_option("--hex", options->hex, "The frame, as hexadecimal digits")
          ->type_name("HEX");
  CLI::Option* const pcap =
      command->add_option("--pcap", options->pcap, "A capture with the packet")->type_name("FILE");
  command->add_option("--packet", options->packet, "Which packet of the capture")
      ->type_name("NUMBER")
      ->check(CLI::Range(1u, 1000000000u, "1 or more"))
      ->capture_default_str()
      ->needs(pcap);
  hex->excludes(pcap);
  const auto field = [&](const char* name, const char* key, const char* value, const char* help) {
    command->add_option(name, fields[key], help)->type_name(value)->excludes(hex)->excludes(pcap);
  };
  field("--src", "src", "ADDRESS", "Source address");
  field("--dst", "dst", "ADDRESS", "Destination address");
  field("--proto", "proto", "PROTOCOL", "tcp, udp, icmp, sctp, or a number");
  field("--sport", "sport", "NUMBER", "Source port");
  field("--dport", "dport", "NUMBER", "Destination port");
  field("--vlan", "vlan", "NUMBER", "VLAN id");
  field("--size", "size", "BYTES", "Size of the IP packet");
  field("--hop-limit", "hop_limit", "NUMBER", "Hop limit, or TTL");
  field("--segments", "segments", "SIDS",
        "Segments of a routing header, in travel order, with commas");
  field("--segments-left", "segments_left", "NUMBER",
        "One less than there are segments, unless given");
  field("--outer-src", "outer_src", "ADDRESS", "Source of the outer header; --src unless given");
  command->add_flag("--json", options->json, "Print JSON, for scripts");
  add_color_option(*command, options->color);
  add_socket_option(*command, options->socket);
  command->callback([options] { reading_reply([&] { explain(*options); }); });
}

}  // namespace sextant
