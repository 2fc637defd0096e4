// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Services of the cluster: addresses, ports, backends, and the policies behind them.
#include <fmt/format.h>

#include <map>
#include <set>

#include "json_fields.hpp"
#include "view.hpp"

namespace sextant {

using nlohmann::json;

namespace {

class ServiceText {
 public:
  ServiceText(const json& row, const ViewContext& context) : row_(row), context_(context) {}

  std::string text() {
    out_ = context_.canvas.paint(Style::kTitle, printable(text_of(row_, "name")));
    out_ += "  " + printable(text_of(row_, "type"));
    if (!is_true(row_, "programmed")) {
      out_ += context_.canvas.paint(
          Style::kBad, "  NOT PROGRAMMED: " + printable(or_dash(text_of(row_, "why"))));
    }
    out_ += '\n';
    for (const json& note : row_.at("notes"))
      line("note: " + note.get<std::string>());
    for (const json& address : row_.at("addresses")) {
      const std::string why = text_of(address, "why");
      line(fmt::format("{} {}{}", text_of(address, "kind"), text_of(address, "address"),
                       why.empty() ? "" : ": not used, " + why));
    }
    for (const json& port : row_.at("ports"))
      add_port(port);
    for (const json& backend : row_.at("backends"))
      add_backend(backend);
    for (const json& policy : row_.at("policies"))
      add_policy(policy);
    return std::move(out_);
  }

 private:
  void line(const std::string& text) {
    out_ += wrap(printable(text), context_.canvas.width, "    ", "        ");
  }

  void add_port(const json& port) {
    const std::string name = text_of(port, "name");
    std::string text = fmt::format("port {}{}/{}", name.empty() ? "" : name + " ",
                                   number_of(port, "port"), text_of(port, "protocol"));
    if (count_of(port, "node_port") != 0) text += ", node port " + number_of(port, "node_port");
    text += fmt::format(", {} {}: ", text_of(port, "family"), text_of(port, "traffic"));
    const json& backends = port.at("backends");
    text += backends.empty()
                ? "nobody serves it"
                : fmt::format("{} backend{} by policy {}", backends.size(),
                              backends.size() == 1 ? "" : "s", text_of(port, "policy"));
    line(text);
    for (const json& backend : backends) {
      targets_[text_of(backend, "address")].insert(number_of(backend, "port"));
    }
  }

  void add_backend(const json& backend) {
    const std::string address = text_of(backend, "address");
    const std::string pod = text_of(backend, "pod");
    const std::string node = text_of(backend, "node");
    std::string text = fmt::format("backend {}", address);
    for (const std::string& target : targets_[address])
      text += " :" + target;
    if (!pod.empty()) text += ", pod " + pod;
    if (!node.empty()) text += " on " + node;
    if (is_true(backend, "local")) text += " (this node)";
    if (is_true(backend, "host_network")) text += ", host network";
    text += is_true(backend, "ready") ? ", ready" : ", not ready";
    if (is_true(backend, "terminating")) {
      text += is_true(backend, "serving") ? ", terminating but serving" : ", terminating";
    }
    const std::string why = text_of(backend, "why");
    if (!why.empty()) text += ": not used, " + why;
    line(text);
    const json& segments = backend.at("segments");
    if (!segments.empty()) names_[joined(segments, ", ")] = pod.empty() ? address : pod;
  }

  void add_policy(const json& policy) {
    const std::string sid = text_of(policy, "binding_sid");
    std::string text = fmt::format("policy {}{}: {} packets, {} bytes", text_of(policy, "name"),
                                   sid.empty() ? "" : " (BSID " + sid + ")",
                                   number_of(policy, "packets"), number_of(policy, "bytes"));
    if (!is_true(policy, "valid")) text += ", INVALID: " + text_of(policy, "reason");
    line(text);
    for (const json& list : policy.at("lists")) {
      const std::string segments = joined(list.at("segments"), ", ");
      line(fmt::format("<{}> weight {}{}: {} packets, {} bytes", segments,
                       number_of(list, "weight"),
                       names_.contains(segments) ? " to " + names_[segments] : "",
                       number_of(list, "packets"), number_of(list, "bytes")));
    }
  }

  const json& row_;
  const ViewContext& context_;
  std::string out_;
  std::map<std::string, std::set<std::string>> targets_;  // ports by address
  std::map<std::string, std::string> names_;              // backends by segments
};

}  // namespace

std::string print_services(const json& rows, const ViewContext& context) {
  std::string out;
  for (const json& row : rows)
    out += ServiceText(row, context).text();
  return out.empty() ? "no services\n" : out;
}

}  // namespace sextant
