// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Sentences of the daemon, in lines.
#include "story.hpp"

#include <fmt/format.h>

#include "json_fields.hpp"

namespace sextant {

using nlohmann::json;

namespace {

constexpr std::size_t kStageWidth = 10;

std::string text_or(const json& object, const char* key, const std::string& otherwise) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_string() ? otherwise : found->get<std::string>();
}

Style style_of(const std::string& stage) {
  if (stage == "drop") return Style::kBad;
  if (stage == "tx") return Style::kGood;
  if (stage == "punt") return Style::kWarn;
  return Style::kTitle;
}

// A label in the left column and text that is wrapped right of it.
std::string labelled(const std::string& label, Style style, const std::string& text,
                     const Canvas& canvas) {
  const std::string plain = printable(label);
  const std::size_t pad = plain.size() < kStageWidth ? kStageWidth - plain.size() : 1;
  const std::string indent(2 + kStageWidth, ' ');
  // Colors take no columns: they come in after the lines are made.
  std::string lines =
      wrap(printable(text), canvas.width, "  " + plain + std::string(pad, ' '), indent);
  return lines.replace(2, plain.size(), canvas.paint(style, plain));
}

std::string outcome_text(const json& packet, const Canvas& canvas) {
  const auto found = packet.find("outcome");
  if (found == packet.end() || !found->is_object()) return "";
  const json& outcome = *found;
  if (outcome.contains("sent")) {
    return labelled("=>", Style::kGood, "sent by port " + text_of(outcome, "sent"), canvas);
  }
  if (outcome.contains("punted")) {
    return labelled("=>", Style::kWarn, "to the control thread: " + text_of(outcome, "punted"),
                    canvas);
  }
  if (outcome.contains("dropped")) {
    std::string text = "dropped: " + text_of(outcome, "dropped");
    if (outcome.contains("answered")) {
      text += ", answered with an ICMP error by port " + text_of(outcome, "answered");
    }
    return labelled("=>", Style::kBad, text, canvas);
  }
  return labelled("=>", Style::kPlain, outcome.dump(), canvas);
}

std::string headers_text(const json& packet, const Canvas& canvas) {
  std::string out;
  for (const json& header : packet.at("headers"))
    out += wrap(printable(header.get<std::string>()), canvas.width, "  ", "    ");
  return out;
}

}  // namespace

std::string packet_story(const json& packet, std::size_t number, const Canvas& canvas) {
  std::string title = fmt::format("packet {}", number);
  if (packet.value("copy", false)) title += " (a copy)";
  if (packet.contains("port")) title += " from port " + printable(text_of(packet, "port"));
  if (packet.contains("length")) title += fmt::format(", {} bytes", number_of(packet, "length"));
  if (packet.contains("lcore")) title += ", lcore " + packet.at("lcore").dump();
  const std::string time = text_or(packet, "time", "");
  if (!time.empty()) title += ", " + printable(time);
  std::string out = canvas.paint(Style::kTitle, title) + '\n';
  for (const json& step : packet.at("steps")) {
    const std::string stage = text_of(step, "stage");
    out += labelled(stage, style_of(stage), text_of(step, "text"), canvas);
  }
  if (packet.contains("steps_lost")) {
    out += labelled("...", Style::kWarn,
                    number_of(packet, "steps_lost") + " more steps were not kept", canvas);
  }
  return out + outcome_text(packet, canvas);
}

std::string trace_text(const json& reply, const Canvas& canvas) {
  std::string out;
  std::size_t number = 0;
  for (const json& packet : reply.at("packets"))
    out += (number == 0 ? "" : "\n") + packet_story(packet, number + 1, canvas), ++number;
  if (number == 0) out = "no packet matched in this time\n";
  if (const auto lost = reply.value("lost", std::uint64_t{0}); lost != 0) {
    out += canvas.paint(Style::kWarn,
                        fmt::format("{} more packets matched and were not kept: the memory for "
                                    "traces was full",
                                    lost)) +
           '\n';
  }
  return out;
}

std::string explain_text(const json& reply, const Canvas& canvas) {
  std::string out = canvas.paint(Style::kTitle, "in") + '\n';
  out += headers_text(reply.at("packet"), canvas);
  std::size_t number = 0;
  for (const json& packet : reply.at("packets"))
    out += '\n' + packet_story(packet, ++number, canvas);
  for (const json& frame : reply.at("frames")) {
    out += '\n' +
           canvas.paint(Style::kTitle,
                        fmt::format("out by port {}, {} bytes", printable(text_of(frame, "port")),
                                    number_of(frame, "length"))) +
           '\n' + headers_text(frame, canvas);
  }
  if (reply.at("frames").empty()) out += "\nnothing would leave\n";
  return out;
}

}  // namespace sextant
