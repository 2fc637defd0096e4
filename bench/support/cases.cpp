// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Cases: which rows there are.
#include "support/cases.hpp"

#include <iterator>

namespace sextant::bench {

namespace {

// Which numbers of objects a row makes sense with.
enum class Scale {
  kOne,     // one interface, one flow cache: no more than one object of a kind
  kFlows,   // no more than flows that a proxy cache keeps
  kAny,     // up to 100,000 SIDs or policies
  kRoutes,  // any number, also a million
  kMany,    // only from 1,000 on
};

struct Kind {
  const char* name;
  const char* inner;
  Scale scale = Scale::kAny;
  unsigned segments = 1;
  unsigned lists = 1;
};

constexpr Kind kKinds[] = {
    {"plain", "IPv6", Scale::kRoutes},
    {"plain", "IPv4", Scale::kRoutes},
    {"Internet", "IPv6", Scale::kMany},
    {"Internet", "IPv4", Scale::kMany},
    {"End", "IPv6"},
    {"End+PSP", "IPv6"},
    {"End.X", "IPv6"},
    {"End.T", "IPv6"},
    {"uN", "IPv6"},
    {"End.DX6", "IPv6"},
    {"End.DX4", "IPv4"},
    {"End.DT6", "IPv6"},
    {"End.DT4", "IPv4"},
    {"End.DT46", "IPv6"},
    {"End.DT46", "IPv4"},
    {"End.DX2", "L2"},
    {"End.DX2V", "L2"},
    {"End.DT2U", "L2"},
    {"End.B6.Encaps", "IPv6"},
    {"End.B6.Insert", "IPv6"},
    {"End.AD", "IPv6", Scale::kFlows},
    {"End.AD", "IPv4", Scale::kFlows},
    {"End.AD", "L2", Scale::kFlows},
    {"End.AD back", "IPv6", Scale::kOne},
    {"End.AD back", "IPv4", Scale::kOne},
    {"End.AD back", "L2", Scale::kOne},
    {"End.AS", "IPv6"},
    {"End.AS", "IPv4"},
    {"End.AS", "L2"},
    {"End.AS back", "IPv6", Scale::kOne},
    {"End.AS back", "IPv4", Scale::kOne},
    {"End.AS back", "L2", Scale::kOne},
    {"End.AM", "IPv6"},
    {"End.AM back", "IPv6", Scale::kOne},
    {"H.Encaps", "IPv6", Scale::kAny, 1},
    {"H.Encaps", "IPv6", Scale::kAny, 2},
    {"H.Encaps", "IPv6", Scale::kAny, 3},
    {"H.Encaps", "IPv6", Scale::kAny, 2, 8},
    {"H.Encaps", "IPv4", Scale::kAny, 2},
    {"H.Encaps", "IPv4", Scale::kAny, 2, 8},
    {"H.Encaps.Red", "IPv6", Scale::kAny, 3},
    {"H.Encaps.Red", "IPv4", Scale::kAny, 3},
    {"H.Insert", "IPv6", Scale::kAny, 2},
    {"H.Encaps.L2", "L2", Scale::kOne, 2},
    {"H.Encaps.L2.Red", "L2", Scale::kOne, 2},
};

bool has_row(Scale scale, unsigned objects) {
  switch (scale) {
    case Scale::kOne: return objects == 1;
    case Scale::kFlows: return objects <= kFlows;
    case Scale::kAny: return objects <= 100'000;
    case Scale::kRoutes: return true;
    case Scale::kMany: return objects >= 1000;
  }
  return false;
}

}  // namespace

std::string Case::id() const {
  return name + " " + inner + " " + std::to_string(bytes) + "B x" + std::to_string(objects) +
         (name.starts_with("H.") ? " s" + std::to_string(segments) + " l" + std::to_string(lists)
                                 : "") +
         (flows == Flows::kRandom ? " random" : "");
}

std::vector<Case> all_cases(const Grid& grid) {
  std::vector<Case> cases;
  for (const unsigned size : grid.bytes) {
    for (const unsigned count : grid.objects) {
      for (const Kind& kind : kKinds) {
        if (!has_row(kind.scale, count)) continue;
        for (const Flows flows : grid.flows) {
          const Case c{kind.name, kind.inner, size, count, kind.segments, kind.lists, flows};
          if (c.id().find(grid.filter) != std::string::npos) cases.push_back(c);
        }
      }
    }
  }
  return cases;
}

}  // namespace sextant::bench
