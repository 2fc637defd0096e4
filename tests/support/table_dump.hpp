// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// dump(): everything that lcores can read of a TableSet, as text; two sets compare by it.
#pragma once

#include <string>

#include <sextant/tables/forwarding_tables.hpp>

#include "dataplane/tables/table_set.hpp"

namespace sextant::test {

// One line per object that is present, sorted. universe: tables whose prefixes are looked up,
// because the lookup structures cannot be listed.
std::string dump(const TableSet& set, const ForwardingTables& universe);

}  // namespace sextant::test
