// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Section service_translations.
#include <string>
#include <utility>

#include "control/runtime/config_sections.hpp"

namespace sextant {

void read_translations(const ConfigContext& context, const std::vector<ConfigValue>& items,
                       DesiredState& state) {
  for (const ConfigValue& item : items) {
    ObjectReader reader(context, item);
    DesiredTranslation translation;
    reader.get_required("interface", translation.interface, read_name);
    reader.get_required("address", translation.address, read_ip);
    reader.get_required("protocol", translation.protocol, read_protocol);
    reader.require("port", "the destination port before");
    reader.get_number("port", translation.port, 1);
    reader.get_required("target", translation.target, read_ip);
    translation.target_port = translation.port;
    reader.get_number("target_port", translation.target_port, 1);
    reader.get("draining", translation.draining, read_bool);
    translation.origin = reader.finish();
    state.translations.push_back(std::move(translation));
  }
}

}  // namespace sextant
