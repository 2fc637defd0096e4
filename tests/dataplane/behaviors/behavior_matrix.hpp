// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Matrix: the cases of behavior x flavors x packet, and what the RFCs want of each.
#pragma once

#include <cstdio>
#include <cstring>

#include "behavior_fixture.hpp"

namespace sextant::test::matrix {

enum class Payload { kIpv6, kIpv4, kFrame, kEcho, kUdp, kNone, kEnd };
enum class Headers { kPlain, kHopByHop, kDestOptions, kEnd };
// Where the packet is in its list of three segments.
enum class Place { kNoSrh, kLast, kOneLeft, kTwoLeft, kReduced, kBeyond, kEnd };

struct Case {
  LocalSidId sid;
  Behavior behavior;
  Flavors flavors;
  Payload payload;
  Headers headers;
  Place place;
  std::uint8_t hops;
  bool argument;  // C-SIDs are left in the container
};

// What becomes of a packet. bytes: the IP packet or frame that is sent, punted or quoted.
struct Wanted {
  enum class Kind { kSent, kFrame, kPunted, kError, kDropped } kind;
  Bytes bytes;
  PortIndex port = 0;
  std::string reason;
  std::uint8_t type = 0, code = 0;
  std::uint32_t parameter = 0;
};

inline constexpr const char* kNext = "a4::";
inline constexpr const char* kAfter = "a5::";
inline constexpr const char* kContainerRest = "bbbb:cccc::";
inline const std::vector<V6> kPolicyPath = {"a6::1", "a6::2"};

class Matrix : public BehaviorFixture {
 public:
  Matrix() {
    use_mempool(4095);
    // Bridges flood to one member here: copies have their own tests.
    const InterfaceId member = port(kMember);
    bridge_id_ = bridge({member}, {}, {}, false);
    vlans_ = vlan_table({{0, l2}});
    for (const BehaviorSpec& spec : kBehaviors) {
      if (spec.argument == ArgumentKind::kProxy) continue;
      for (unsigned flavors = 0; flavors < 16; ++flavors) {
        if ((flavors & ~spec.flavors) == 0) add_sid(spec, static_cast<Flavors>(flavors));
      }
    }
  }

  static constexpr PortIndex kMember = 6;
  const std::vector<Case>& cases() const { return cases_; }

  Bytes packet(const Case& c) const {
    return build(c, destination(c), segments_left(c), c.hops, c.place != Place::kNoSrh);
  }

  Wanted wanted(const Case& c) const {
    if (c.argument) {
      if (!is_endpoint(c.behavior)) return dropped(c, "end_argument_nonzero");
      if (c.hops <= 1) return error(c, "end_hop_limit_exceeded", icmp6::kTimeExceeded, 0, 0);
      return sent(c, build(c, shifted_, segments_left(c), c.hops - 1, c.place != Place::kNoSrh));
    }
    const bool left = c.place != Place::kNoSrh && c.place != Place::kLast;
    if (is_endpoint(c.behavior) || is_binding(c.behavior)) return left ? next(c) : last(c);
    if (left) {
      return error(c, "end_segments_left_nonzero", icmp6::kParameterProblem, 0, srh_at(c) + 3);
    }
    return accepts(c) ? exposed(c) : upper_layer(c, "end_upper_layer_unexpected");
  }

 private:
  static bool is_endpoint(Behavior b) {
    return b == Behavior::kEnd || b == Behavior::kEndX || b == Behavior::kEndT;
  }
  static bool is_binding(Behavior b) {
    return b == Behavior::kEndB6Encaps || b == Behavior::kEndB6EncapsRed ||
           b == Behavior::kEndB6Insert;
  }

  void add_sid(const BehaviorSpec& spec, Flavors flavors) {
    SidOptions options{.flavors = flavors};
    const bool inner_v4 = spec.behavior == Behavior::kEndDx4;
    options.args = {.forward = inner_v4 ? cross4 : cross6,
                    .table = 1,
                    .interface = l2,
                    .vlan_table = vlans_,
                    .bridge = bridge_id_};
    if (is_binding(spec.behavior)) {
      const Headend headend = spec.behavior == Behavior::kEndB6Insert      ? Headend::kHInsert
                              : spec.behavior == Behavior::kEndB6EncapsRed ? Headend::kHEncapsRed
                                                                           : Headend::kHEncaps;
      options.args.policy = policy({segment_list(kPolicyPath, {.headend = headend})});
    }
    const unsigned number = static_cast<unsigned>(sids_.size());
    char text[64];
    if ((flavors & kNextCsid) != 0) {
      std::snprintf(text, sizeof text, "1111:2222:a%03x::", number);
      options.prefix_len = 48;
    } else {
      std::snprintf(text, sizeof text, "a3::%x", number);
    }
    sids_.push_back(V6(text));
    const LocalSidId id = local_sid(sids_.back(), spec.behavior, options);
    for (int payload = 0; payload < static_cast<int>(Payload::kEnd); ++payload) {
      for (int headers = 0; headers < static_cast<int>(Headers::kEnd); ++headers) {
        for (int place = 0; place < static_cast<int>(Place::kEnd); ++place) {
          for (const std::uint8_t hops : {0, 1, 2, 64}) {
            for (const bool argument : {false, true}) {
              if (argument && (flavors & kNextCsid) == 0) continue;
              cases_.push_back({id, spec.behavior, flavors, static_cast<Payload>(payload),
                                static_cast<Headers>(headers), static_cast<Place>(place), hops,
                                argument});
            }
          }
        }
      }
    }
  }

  V6 destination(const Case& c) const {
    V6 to = sids_.at(c.sid);
    if (c.argument) std::memcpy(&to.bytes[6], V6(kContainerRest).bytes.data(), 4);
    return to;
  }
  static std::uint8_t segments_left(const Case& c) {
    switch (c.place) {
      case Place::kOneLeft: return 1;
      case Place::kTwoLeft: return 2;
      case Place::kReduced: return 2;
      case Place::kBeyond: return 4;
      default: return 0;
    }
  }
  std::vector<V6> segments(const Case& c) const {
    const V6 sid = destination(c);
    switch (c.place) {
      case Place::kLast: return {"a1::", "a2::", sid};
      case Place::kOneLeft: return {"a1::", sid, kNext};
      default: return {sid, kNext, kAfter};
    }
  }
  static std::size_t srh_bytes_of(const Case& c) { return c.place == Place::kReduced ? 40 : 56; }
  static std::uint32_t srh_at(const Case& c) {
    return c.headers == Headers::kHopByHop ? 48 : (c.headers == Headers::kDestOptions ? 48 : 40);
  }
  static std::uint32_t upper_layer_at(const Case& c) {
    const std::uint32_t behind = c.headers == Headers::kDestOptions ? 8 : 0;
    const auto srh = static_cast<std::uint32_t>(c.place == Place::kNoSrh ? 0 : srh_bytes_of(c));
    return srh_at(c) + srh + behind;
  }

  static PacketBuilder& add_payload(PacketBuilder& p, Payload payload, std::uint8_t hops) {
    switch (payload) {
      case Payload::kIpv6: return inner::ipv6_hops(p, hops);
      case Payload::kIpv4: return inner::ipv4_hops(p, hops);
      case Payload::kFrame: return inner::frame(p);
      // Fixed checksums: they cover the final destination, which the builder cannot know of a
      // packet on its way.
      case Payload::kEcho: return p.icmp6(icmp6::kEchoRequest, 0, {.checksum = std::uint16_t{1}});
      case Payload::kUdp: return p.udp(1234, 33434, {.checksum = std::uint16_t{1}}).payload(4);
      default: return p;
    }
  }

  Bytes build(const Case& c, const V6& to, unsigned left, unsigned hops, bool with_srh) const {
    return append(PacketBuilder(), c, to, left, hops, with_srh, nullptr);
  }
  // inserted: one more SRH, where End.B6.Insert puts it.
  Bytes append(PacketBuilder p, const Case& c, const V6& to, unsigned left, unsigned hops,
               bool with_srh, const std::vector<V6>* inserted) const {
    p.ipv6(kSource, to, {.hop_limit = static_cast<std::uint8_t>(hops)});
    if (c.headers == Headers::kHopByHop) p.hop_by_hop();
    if (inserted != nullptr) p.srh(*inserted, static_cast<std::uint8_t>(inserted->size() - 1));
    if (c.headers == Headers::kDestOptions) p.dest_options();
    if (with_srh) {
      p.srh(segments(c), static_cast<std::uint8_t>(left), {.reduced = c.place == Place::kReduced});
    }
    if (c.headers == Headers::kDestOptions) p.dest_options();
    return add_payload(p, c.payload, 64);
  }

  PortIndex out_port(const Case& c) const {
    if (c.behavior == Behavior::kEndX || c.behavior == Behavior::kEndDx6 ||
        c.behavior == Behavior::kEndDx4) {
      return kCross;
    }
    const bool by_table = c.behavior == Behavior::kEndT || c.behavior == Behavior::kEndDt6 ||
                          c.behavior == Behavior::kEndDt4 || c.behavior == Behavior::kEndDt46;
    return by_table ? kVrf : kOut;
  }
  Wanted sent(const Case& c, Bytes bytes) const {
    return {Wanted::Kind::kSent, std::move(bytes), out_port(c), "", 0, 0, 0};
  }
  Wanted dropped(const Case& c, const char* reason) const {
    return {Wanted::Kind::kDropped, packet(c), 0, reason, 0, 0, 0};
  }
  Wanted error(const Case& c, const char* reason, std::uint8_t type, std::uint8_t code,
               std::uint32_t parameter) const {
    return {Wanted::Kind::kError, packet(c), kIn, reason, type, code, parameter};
  }
  Wanted upper_layer(const Case& c, const char* reason) const {
    if (c.payload == Payload::kEcho) {
      const bool popped = (c.flavors & kUsp) != 0 || c.place == Place::kNoSrh;
      return {Wanted::Kind::kPunted, build(c, destination(c), 0, c.hops, !popped), 0, "", 0, 0, 0};
    }
    return error(c, reason, icmp6::kParameterProblem, 4, upper_layer_at(c));
  }

  // RFC 8986 section 4.1 with a segment left.
  Wanted next(const Case& c) const {
    if (c.hops <= 1) return error(c, "end_hop_limit_exceeded", icmp6::kTimeExceeded, 0, 0);
    if (c.place == Place::kBeyond) {
      return error(c, "end_srh_malformed", icmp6::kParameterProblem, 0, srh_at(c) + 3);
    }
    const unsigned left = segments_left(c) - 1u;
    const unsigned hops = c.hops - 1u;
    if (c.behavior == Behavior::kEndB6Insert) {
      return sent(c,
                  append(PacketBuilder(), c, kPolicyPath[0], left + 1, hops, true, &kPolicyPath));
    }
    if (is_binding(c.behavior)) {
      const bool reduced = c.behavior == Behavior::kEndB6EncapsRed;
      PacketBuilder p;
      p.ipv6("a0::1", kPolicyPath[0]).srh(kPolicyPath, 1, {.reduced = reduced});
      return sent(c, append(p, c, kNext, left, hops, true, nullptr));
    }
    const bool popped = left == 0 && (c.flavors & kPsp) != 0;
    return sent(c, build(c, kNext, left, hops, !popped));
  }
  // The same without one.
  Wanted last(const Case& c) const {
    const bool ip = c.payload == Payload::kIpv6 || c.payload == Payload::kIpv4;
    if (ip && (c.flavors & kUsd) != 0) return exposed(c);
    return upper_layer(
        c, is_binding(c.behavior) ? "end_segments_left_zero" : "end_upper_layer_unexpected");
  }

  static bool accepts(const Case& c) {
    switch (c.behavior) {
      case Behavior::kEndDx6:
      case Behavior::kEndDt6: return c.payload == Payload::kIpv6;
      case Behavior::kEndDx4:
      case Behavior::kEndDt4: return c.payload == Payload::kIpv4;
      case Behavior::kEndDt46: return c.payload == Payload::kIpv6 || c.payload == Payload::kIpv4;
      default: return c.payload == Payload::kFrame;
    }
  }
  Wanted exposed(const Case& c) const {
    PacketBuilder p;
    add_payload(p, c.payload, 63);
    if (c.payload != Payload::kFrame) return sent(c, p);
    const bool bridged = c.behavior == Behavior::kEndDt2u || c.behavior == Behavior::kEndDt2m;
    return {Wanted::Kind::kFrame, p, bridged ? kMember : kL2, "", 0, 0, 0};
  }

  const V6 shifted_ = "1111:2222:bbbb:cccc::";
  std::vector<V6> sids_;
  std::vector<Case> cases_;
  BridgeId bridge_id_ = 0;
  VlanTableId vlans_ = 0;
};

}  // namespace sextant::test::matrix
