// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// NeighborTable: the state of every next hop (RFC 4861 section 7.3) and the packets that wait for
// it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/net/ip_address.hpp>
#include <sextant/tables/lookup_result.hpp>

struct rte_mbuf;

namespace sextant {

struct NeighborSettings {
  std::size_t hold_packets = 64;      // per unresolved next hop
  std::size_t max_neighbors = 8192;   // permanent ones not counted
  std::size_t max_unresolved = 1024;  // of them: bounds what an address scan can fill (RFC 6583)
  std::uint64_t reachable_ns = 30'000'000'000;
  std::uint64_t retransmit_ns = 1'000'000'000;
  std::uint64_t delay_ns = 5'000'000'000;
  std::uint64_t unused_ns = 600'000'000'000;  // a stale entry that carries no traffic
  std::uint64_t failed_ns = 20'000'000'000;   // how long a failure stays visible
  unsigned max_probes = 3;
};

// kFailed: solicited without an answer; the next packet starts over.
enum class NeighborState : std::uint8_t {
  kIncomplete,
  kReachable,
  kStale,
  kDelay,
  kProbe,
  kFailed,
  kPermanent,
};
[[nodiscard]] std::string_view name_of(NeighborState state);

struct NeighborKey {
  InterfaceId interface = kNoInterface;
  IpAddress address;

  friend auto operator<=>(const NeighborKey&, const NeighborKey&) = default;
};

// A packet that waits for a MAC address. The table never looks inside.
struct HeldPacket {
  rte_mbuf* packet = nullptr;
  // True: made by this node for this link; the owner writes the Ethernet header and sends it.
  // False: punted by an lcore, to be sent again through forwarding.
  bool own = false;
};

// For show commands.
struct NeighborInfo {
  NeighborKey key;
  NeighborState state = NeighborState::kIncomplete;
  MacAddress mac;
  bool router = false;
  bool in_use = false;  // forwarding uses it
  std::size_t held = 0;
  std::uint64_t since_ns = 0;  // of this state
};

// What the owner has to do, in order.
struct NeighborAction {
  enum class Kind : std::uint8_t {
    kSolicitMulticast,  // ask everybody on the link for the key
    kSolicitUnicast,    // ask the owner of mac
    kResolved,          // forwarding may use mac from now on (also when it changed)
    kRelease,           // packet can go to mac
    kUnresolved,        // forwarding must not use the key any longer
    kRefuse,            // packet is dropped: hold queue or table full
    kUnreachable,       // packet is dropped: no answer
  };
  Kind kind = Kind::kSolicitMulticast;
  NeighborKey key;
  MacAddress mac;
  HeldPacket packet;
};

// A neighbor or an advertisement as ND and ARP read it from a message.
struct NeighborAdvertised {
  std::optional<MacAddress> mac;  // target link-layer address option
  bool router = false;
  bool solicited = false;
  bool override_flag = false;
};

// The state machine. Times are arguments and actions are values: it sends nothing. lcores do not
// tell which next hops carry traffic, so an entry that forwarding uses counts as always used: it
// skips STALE and is probed whenever its reachable time ends.
class NeighborTable {
 public:
  explicit NeighborTable(const NeighborSettings& settings = {});
  NeighborTable(const NeighborTable&) = delete;
  NeighborTable& operator=(const NeighborTable&) = delete;

  // A packet for the key. Ends in kRelease now, or in kRelease, kRefuse or kUnreachable later.
  // for_forwarding: the entry is to be used by lcores, too.
  void send(const NeighborKey& key, HeldPacket packet, bool for_forwarding, std::uint64_t now_ns);

  // Source link-layer address of NS, RS, ARP request (RFC 4861 7.2.3, 6.2.6). create: an unknown
  // neighbor becomes a stale entry.
  void learned(const NeighborKey& key, const MacAddress& mac, bool create, std::uint64_t now_ns);
  // NA or ARP reply (RFC 4861 7.2.5). Never creates an entry.
  void advertised(const NeighborKey& key, const NeighborAdvertised& what, std::uint64_t now_ns);

  // Makes the key permanent with this MAC; what waits for it is released.
  void set_permanent(const NeighborKey& key, const MacAddress& mac);
  // Forgets a permanent entry that is no longer configured; others stay.
  void clear_permanent(const NeighborKey& key);
  // Whether the next hop has an adjacency in compile()'s tables: forwarding uses those as soon as
  // their MAC is known.
  void configure(const NeighborKey& key);
  void unconfigure(const NeighborKey& key) { configured_.erase(key); }
  // Forwarding does not use the key any longer.
  void disuse(const NeighborKey& key);
  // Forgets the entry; what waits for it becomes kUnreachable.
  void remove(const NeighborKey& key);

  // Runs the timers that are due.
  void tick(std::uint64_t now_ns);
  // When tick() is due next; max() when never.
  [[nodiscard]] std::uint64_t next_deadline() const;

  // What has to be done since the last call.
  [[nodiscard]] std::vector<NeighborAction> take_actions();
  [[nodiscard]] bool has_actions() const { return !actions_.empty(); }
  // Packets still held, for the owner to free; the table is empty afterwards.
  [[nodiscard]] std::vector<HeldPacket> clear();

  [[nodiscard]] std::optional<NeighborInfo> find(const NeighborKey& key) const;
  [[nodiscard]] std::vector<NeighborInfo> list() const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    NeighborState state = NeighborState::kFailed;
    MacAddress mac;
    bool router = false;
    bool in_use = false;
    unsigned probes = 0;
    std::uint64_t deadline = 0;
    std::uint64_t since = 0;
    std::deque<HeldPacket> held;
  };
  using Entries = std::map<NeighborKey, Entry>;
  using Timers = std::set<std::pair<std::uint64_t, NeighborKey>>;

  Entry* create(const NeighborKey& key);
  bool make_room();
  void start(const NeighborKey& key, Entry& entry);
  void enter(const NeighborKey& key, Entry& entry, NeighborState state);
  void resolve(const NeighborKey& key, Entry& entry, const MacAddress& mac, bool reachable);
  void suspect(const NeighborKey& key, Entry& entry);
  void fail(const NeighborKey& key, Entry& entry);
  void use(const NeighborKey& key, Entry& entry);
  void expire(const NeighborKey& key);
  void erase(const NeighborKey& key);
  void hold(const NeighborKey& key, Entry& entry, HeldPacket packet);
  void give_up_held(const NeighborKey& key, Entry& entry);
  void act(NeighborAction::Kind kind, const NeighborKey& key, const MacAddress& mac = {},
           HeldPacket packet = {});
  [[nodiscard]] Timers& timers_of(NeighborState state);
  [[nodiscard]] std::uint64_t lifetime_of(NeighborState state) const;

  NeighborSettings settings_;
  std::uint64_t now_ = 0;  // of the last call that had a time
  Entries entries_;
  Timers timers_;  // of entries that somebody needs
  Timers idle_;    // of stale and failed ones: the first of them makes room for a new neighbor
  std::set<NeighborKey> configured_;
  std::size_t unresolved_ = 0;
  std::size_t permanent_ = 0;
  std::vector<NeighborAction> actions_;
};

}  // namespace sextant
