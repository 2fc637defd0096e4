// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// The command line of sextantd.
#include "options.hpp"

#include <rte_version.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <string_view>
#include <system_error>

namespace sextant {

std::optional<IntrospectionConfig> parse_listen(std::string_view text) {
  IntrospectionConfig out;
  if (text == "off") {
    out.enabled = false;
    return out;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (!address || address->is_v6() != brackets || digits.empty() || ec != std::errc{} ||
      end != digits.data() + digits.size() || out.port == 0) {
    return std::nullopt;
  }
  out.address = *address;
  return out;
}

std::optional<int> parse_options(int argc, char* argv[], Options& options) {
  CLI::App app("sextantd forwards SRv6, IPv6 and IPv4 in user space by one configuration file.");
  app.add_option("-c,--config", options.config, "configuration file")->capture_default_str();
  app.add_flag("--check", options.check,
               "validate the configuration, print every finding and exit; needs no privileges");
  app.add_option("--socket", options.socket,
                 "Unix socket for 'sextant show'; one for each daemon; empty: none")
      ->capture_default_str();
  std::string listen;
  app.add_option("--listen", listen,
                 "ADDRESS:PORT of the read-only REST listener, or off; default: "
                 "introspection.listen of the configuration, else 127.0.0.1:9470")
      ->check([](const std::string& text) {
        return parse_listen(text) ? ""
                                  : "'" + text + "' is not ADDRESS:PORT, [ADDRESS]:PORT or off";
      });
  const std::map<std::string, LogLevel> levels = {{"error", LogLevel::kError},
                                                  {"warning", LogLevel::kWarning},
                                                  {"info", LogLevel::kInfo},
                                                  {"debug", LogLevel::kDebug}};
  const std::map<std::string, LogFormat> formats = {{"text", LogFormat::kText},
                                                    {"json", LogFormat::kJson}};
  std::string level;
  std::string format;
  app.add_option(
         "--log-level", level,
         "error, warning, info or debug; default: log.level of the configuration, else info")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}));
  app.add_option(
         "--log-format", format,
         "text or json (one object per line: ts, level, topic, msg); default: log.format of "
         "the configuration, else text")
      ->check(CLI::IsMember({"text", "json"}));
  app.set_version_flag("--version", std::string("sextantd " SEXTANT_VERSION ", ") + rte_version());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (!listen.empty()) options.listen = parse_listen(listen);
  if (!level.empty()) options.log_level = levels.at(level);
  if (!format.empty()) options.log_format = formats.at(format);
  return std::nullopt;
}

}  // namespace sextant
