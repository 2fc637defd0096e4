// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Rib: insertion by source and exact find.
#include "control/compile/rib.hpp"

namespace sextant {

bool Rib::add(TableId table, const IpPrefix& prefix, Entry entry) {
  const auto [at, fresh] = entries_.try_emplace({table, prefix}, entry);
  if (fresh) {
    ++lengths_[{table, prefix.address.family}][prefix.len];
    return true;
  }
  if (entry.source <= at->second.source) return false;
  at->second = entry;
  return true;
}

void Rib::replace(TableId table, const IpPrefix& prefix, Entry entry) {
  if (!add(table, prefix, entry)) entries_.at({table, prefix}) = entry;
}

const Rib::Entry* Rib::find(TableId table, const IpPrefix& prefix) const {
  const auto at = entries_.find({table, prefix});
  return at == entries_.end() ? nullptr : &at->second;
}

}  // namespace sextant
