// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// `sextant show`: lists of a running sextantd as tables, or as JSON; once, or again and again.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "command.hpp"
#include "live_screen.hpp"
#include "pages.hpp"
#include "view.hpp"

namespace sextant {

namespace {

using nlohmann::json;

struct Options {
  std::string socket = kDefaultSocket;
  ColorMode color = ColorMode::kAuto;
  bool json = false;
  bool all = false;
  bool watch = false;
  double seconds = 2;
  Query query;
};

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Show {
 public:
  Show(const View& view, const Options& options)
      : view_(view), options_(options), link_(options.socket) {}

  void once() {
    const auto reply = fetch();
    if (!reply) fail(reply.error().text);
    write_stdout(text_of(*reply, stdout_canvas(options_.color), nullptr));
  }

  // Ends by a signal, or by q on a terminal.
  void watch() {
    const auto reply = fetch();
    if (!reply) fail(reply.error().text);
    if (isatty(STDOUT_FILENO) == 1 && !options_.json) {
      watch_on_terminal();
    } else {
      watch_in_pipe();
    }
  }

 private:
  Result<json> fetch() {
    if (is_lookup()) return link_.get(target_of("/v1/fib", options_.query));
    if (!view_.is_list) return link_.get(std::string("/v1/") + view_.name);
    return fetch_view([this](const std::string& target) { return link_.get(target); }, view_.name,
                      options_.query);
  }

  std::string text_of(const json& reply, const Canvas& canvas, const Rates* rates) {
    if (options_.json) return reply.dump(options_.watch ? -1 : 2) + '\n';
    if (is_lookup()) return print_lookup(reply, {canvas, nullptr, false});
    return view_.print(rows_of(reply), {canvas, rates, options_.all});
  }

  // A lookup answers with one object, not with rows.
  bool is_lookup() const {
    if (view_.print != print_fib) return false;
    const auto found = options_.query.find("lookup");
    return found != options_.query.end() && !found->second.empty();
  }

  const json& rows_of(const json& reply) const {
    return view_.is_list && !is_lookup() ? reply.at(view_.name) : reply;
  }

  std::string heading() const {
    return fmt::format("sextant show {}, every {} s, {:%H:%M:%S}\n", view_.name, options_.seconds,
                       fmt::localtime(std::time(nullptr)));
  }

  void watch_in_pipe() {
    for (;;) {
      const auto reply = fetch();
      if (reply) {
        rates_.sample(rows_of(*reply), now_s());
        if (!options_.json) write_stdout(heading());
        write_stdout(text_of(*reply, stdout_canvas(options_.color), &rates_));
        if (!options_.json) write_stdout("\n");
      } else {
        // The daemon may come back.
        fmt::print(stderr, "sextant: {}\n", reply.error().text);
      }
      std::this_thread::sleep_for(std::chrono::duration<double>(options_.seconds));
    }
  }

  void watch_on_terminal() {
    LiveScreen screen;
    json rows;
    std::string error;
    double next_s = 0;
    for (;;) {
      if (now_s() >= next_s) {
        next_s = now_s() + options_.seconds;
        auto reply = fetch();
        if (reply) {
          rows = std::move(reply).value();
          rates_.sample(rows_of(rows), now_s());
          error.clear();
        } else {
          error = reply.error().text;
        }
      }
      draw(screen, rows, error);
      const auto event = screen.wait(std::max(0.0, next_s - now_s()));
      if (event.kind == LiveScreen::Event::Kind::kKey && (event.key == 'q' || event.key == 'Q')) {
        return;
      }
    }
  }

  void draw(LiveScreen& screen, const json& rows, const std::string& error) {
    Canvas canvas = stdout_canvas(options_.color);
    std::string text = heading();
    if (!error.empty()) text += canvas.paint(Style::kBad, printable(error)) + '\n';
    text += '\n';
    if (!rows.is_null()) text += text_of(rows, canvas, &rates_);
    const std::size_t height = LiveScreen::size().rows;
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    if (lines > height) {
      std::size_t end = 0;
      for (std::size_t line = 0; line + 1 < height; ++line)
        end = text.find('\n', end) + 1;
      text.erase(end);
      text += canvas.paint(Style::kDim, fmt::format("{} more lines", lines - height + 1)) + '\n';
    }
    screen.draw(text);
  }

  const View& view_;
  const Options& options_;
  DaemonLink link_;
  Rates rates_;
};

void add_watch_option(CLI::App& command, Options& options) {
  command
      .add_option_function<std::string>(
          "--watch",
          [&options](const std::string& text) {
            options.watch = true;
            if (text.empty() || text == "true") return;
            double seconds = 0;
            if (!CLI::detail::lexical_cast(text, seconds) || !(seconds >= 0.1) ||
                !(seconds <= 86400)) {
              throw CLI::ValidationError("--watch", "must be 0.1 to 86400 seconds, not " + text);
            }
            options.seconds = seconds;
          },
          "Show it again every SECONDS, with rates; Ctrl-C or q ends it")
      ->type_name("SECONDS")
      ->expected(0, 1)
      ->default_str("2");
}

}  // namespace

void add_show(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("show", "Print what a running sextantd knows");
  command->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  for (const View& view : all_views()) {
    CLI::App* const sub = command->add_subcommand(view.name, view.help);
    for (const ViewFilter& filter : view.filters) {
      const char* const option = filter.option == nullptr ? filter.name : filter.option;
      // CLI11 takes one option by both ways: "--name,name".
      std::string names = std::string("--") + option;
      if (filter.positional) names += std::string(",") + option;
      sub->add_option(names, options->query[filter.name], filter.help)->type_name(filter.value);
    }
    if (view.print == print_drops) {
      sub->add_flag("--all", options->all, "Print reasons that never happened, too");
    }
    sub->add_flag("--json", options->json,
                  "Print JSON, for scripts; with --watch a line each time");
    add_watch_option(*sub, *options);
    add_color_option(*sub, options->color);
    add_socket_option(*sub, options->socket);
    sub->callback([&view, options] {
      reading_reply([&] {
        Show show(view, *options);
        options->watch ? show.watch() : show.once();
      });
    });
  }
}

}  // namespace sextant
