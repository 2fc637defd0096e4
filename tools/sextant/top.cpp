// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant top`: what the node forwards now.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <thread>

#include "command.hpp"
#include "live_screen.hpp"
#include "pages.hpp"
#include "top_view.hpp"

namespace sextant {

namespace {

using nlohmann::json;

struct Options {
  std::string socket = kDefaultSocket;
  ColorMode color = ColorMode::kAuto;
  double interval_s = 1;
  bool once = false;
  bool json = false;
  TopSort sort = TopSort::kPackets;
};

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Top {
 public:
  explicit Top(const Options& options)
      : options_(options), link_(options.socket), sort_(options.sort) {}

  void run() {
    if (Status first = sample(); !first) fail(first.error().text);
    if (!options_.once && !options_.json && isatty(STDOUT_FILENO) == 1) {
      on_terminal();
      return;
    }
    do {
      std::this_thread::sleep_for(std::chrono::duration<double>(options_.interval_s));
      if (Status next = sample(); !next) fail(next.error().text);
      write_stdout(text());
    } while (!options_.once);
  }

 private:
  Status sample() {
    const Fetch fetch = [this](const std::string& target) { return link_.get(target); };
    for (const char* const view : {"ports", "localsids", "policies", "drops"}) {
      auto reply = fetch_view(fetch, view, {});
      if (!reply) return reply.error();
      samples_.add(view, std::move(reply->at(view)), now_s());
    }
    return Ok{};
  }

  std::string text() {
    json rates = top_rates(samples_, sort_);
    if (options_.json) {
      rates["interval_s"] = options_.interval_s;
      return rates.dump(options_.once ? 2 : -1) + '\n';
    }
    TopScreen screen;
    screen.canvas = stdout_canvas(options_.color);
    screen.heading = heading("");
    return top_text(rates, screen);
  }

  std::string heading(const char* keys) const {
    static constexpr std::array<const char*, 3> kNames = {"packets/s", "bit/s", "name"};
    return fmt::format("sextant top, every {} s, {:%H:%M:%S}, by {}{}\n", options_.interval_s,
                       fmt::localtime(std::time(nullptr)), kNames[static_cast<std::size_t>(sort_)],
                       keys);
  }

  void draw(LiveScreen& screen, const std::string& error) {
    TopScreen what;
    what.canvas = stdout_canvas(options_.color);
    what.rows = LiveScreen::size().rows;
    what.section = section_;
    what.heading =
        shorten(heading("   q quit  p b n sort  1-4 section  0 all"), what.canvas.width, true);
    if (what.heading.back() != '\n') what.heading += '\n';
    if (!error.empty()) {
      what.heading +=
          what.canvas.paint(Style::kBad, shorten(printable(error), what.canvas.width, true)) + '\n';
    }
    screen.draw(top_text(top_rates(samples_, sort_), what));
  }

  // False: the user has had enough.
  bool on_key(char key) {
    switch (key) {
      case 'q':
      case 'Q': return false;
      case 'p': sort_ = TopSort::kPackets; break;
      case 'b': sort_ = TopSort::kBits; break;
      case 'n': sort_ = TopSort::kName; break;
      default:
        if (key >= '0' && key <= '4') section_ = key - '0';
        break;
    }
    return true;
  }

  void on_terminal() {
    LiveScreen screen;
    std::string error;
    double next_s = now_s() + options_.interval_s;
    for (;;) {
      draw(screen, error);
      const auto event = screen.wait(std::max(0.0, next_s - now_s()));
      if (event.kind == LiveScreen::Event::Kind::kKey && !on_key(event.key)) return;
      if (now_s() < next_s) continue;
      const Status next = sample();
      error = next ? std::string() : next.error().text;
      next_s = now_s() + options_.interval_s;
    }
  }

  const Options& options_;
  DaemonLink link_;
  TopSamples samples_;
  TopSort sort_;
  int section_ = 0;
};

}  // namespace

void add_top(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("top", "Live rates of ports, local SIDs, policies and drops");
  command->footer(
      "On a terminal: q ends; p, b and n sort by packets, bits and name; 1 to 4 show ports, local "
      "SIDs, policies or drops alone, 0 all. Into a pipe one report is printed after the other.");
  command->add_option("--interval", options->interval_s, "Time between two looks")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  static const std::map<std::string, TopSort> sorts = {
      {"packets", TopSort::kPackets}, {"bits", TopSort::kBits}, {"name", TopSort::kName}};
  command
      ->add_option_function<std::string>(
          "--sort", [options](const std::string& name) { options->sort = sorts.at(name); },
          "What comes first")
      ->type_name("KEY")
      ->check(CLI::IsMember({"packets", "bits", "name"}))
      ->default_str("packets");
  command->add_flag("--once", options->once, "One report after one interval, then end");
  command->add_flag("--json", options->json, "Print JSON, for scripts; a line each time");
  add_color_option(*command, options->color);
  add_socket_option(*command, options->socket);
  command->callback([options] { reading_reply([&] { Top(*options).run(); }); });
}

}  // namespace sextant
