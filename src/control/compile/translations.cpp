// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Translations at service backends: rules by interface and address; targets get rules of their own.
#include <sextant/net/headers.hpp>
#include <string>
#include <tuple>
#include <utility>

#include "control/compile/compile_context.hpp"

namespace sextant {

namespace {

using Rule = Translation::Rule;

bool has_ports(std::uint8_t protocol) {
  return protocol == ip_protocol::kTcp || protocol == ip_protocol::kUdp ||
         protocol == ip_protocol::kSctp;
}

// The cells of an address, about to be changed.
TranslationCells& cells_at(CompileContext& context, const TranslationPlace& place) {
  context.keep(context.translations, place);
  if (context.change != nullptr) context.change->translations.push_back(place);
  return context.translations[place];
}

template <typename Edit>
void edit_cell(CompileContext& context, const TranslationPlace& place, std::uint8_t protocol,
               std::uint16_t port, Edit edit) {
  TranslationCells& cells = cells_at(context, place);
  const auto at = cells.try_emplace({protocol, port}).first;
  edit(at->second);
  if (!at->second.rule && at->second.targeted == 0) cells.erase(at);
  if (cells.empty()) context.translations.erase(place);
}

}  // namespace

std::string translation_key(const CompileContext& context, const TranslationPlace& place) {
  return context.adjacency_key(place.first, place.second);
}

std::optional<Translation> make_translation(CompileContext& context,
                                            const TranslationPlace& place) {
  const auto at = context.translations.find(place);
  if (at == context.translations.end()) return std::nullopt;
  Translation out;
  out.id = context.ids.id(IdKind::kTranslation, translation_key(context, place));
  out.interface = place.first;
  out.address = place.second;
  for (const auto& [where, cell] : at->second) {
    const auto& [protocol, port] = where;
    out.rules.push_back(cell.rule.value_or(Rule{protocol, port, place.second, port, false}));
  }
  return out;
}

void add_translation(CompileContext& context, const DesiredTranslation& translation) {
  const Interface* interface =
      context.interface(translation.origin, "interface", translation.interface);
  if (interface == nullptr) return;
  if (interface->role != InterfaceRole::kRouted) {
    context.error(translation.origin, "interface",
                  "the frames of " + translation.interface + " are not routed");
    return;
  }
  if (translation.address.family != translation.target.family) {
    context.error(translation.origin, "target",
                  translation.target.to_string() + " is of another family than " +
                      translation.address.to_string());
    return;
  }
  if (!has_ports(translation.protocol) || translation.port == 0 || translation.target_port == 0) {
    context.error(translation.origin, "", "needs protocol tcp, udp or sctp, port and target_port");
    return;
  }
  edit_cell(context, {interface->id, translation.address}, translation.protocol, translation.port,
            [&](TranslationCell& cell) {
              cell.rule = Rule{translation.protocol, translation.port, translation.target,
                               translation.target_port, translation.draining};
            });
  edit_cell(context, {interface->id, translation.target}, translation.protocol,
            translation.target_port, [](TranslationCell& cell) { ++cell.targeted; });
}

void remove_translation(CompileContext& context, const DesiredTranslation& translation) {
  const InterfaceId interface = context.interface_ids.at(translation.interface);
  edit_cell(context, {interface, translation.address}, translation.protocol, translation.port,
            [](TranslationCell& cell) { cell.rule.reset(); });
  edit_cell(context, {interface, translation.target}, translation.protocol, translation.target_port,
            [](TranslationCell& cell) { --cell.targeted; });
}

void compile_translations(CompileContext& context) {
  const auto order = [](const DesiredTranslation& t) {
    return std::tie(t.interface, t.address, t.protocol, t.port);
  };
  const DesiredTranslation* before = nullptr;
  for (const DesiredTranslation* translation : sorted_by(context.state.translations, order)) {
    if (before != nullptr && order(*before) == order(*translation)) {
      context.error(translation->origin, "",
                    "the same interface, address, protocol and port stand " +
                        place_of(before->origin) + " already");
      continue;
    }
    before = translation;
    add_translation(context, *translation);
  }
}

}  // namespace sextant
