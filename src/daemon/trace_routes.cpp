// SPDX-License-Identifier: Apache-2.0
// Copyright (c) 2026 The Sextant Authors
// Requests for traces, captures and explanations: read, start, wait on the loop, answer.
#include "trace_routes.hpp"

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "capture_job.hpp"
#include "dataplane/ports/dataplane.hpp"
#include "packet_clock.hpp"
#include "packet_query.hpp"
#include "trace_json.hpp"
#include "views.hpp"

namespace sextant {

namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr int kBadRequest = 400;
constexpr int kConflict = 409;
constexpr int kUnavailable = 503;

constexpr std::chrono::milliseconds kTurn{5};

void refuse(ApiResponder& responder, const std::string& why) {
  responder.reply(ApiReply::problem(kBadRequest, "Wrong parameter", why));
}

// Null after an answer that says so.
PacketWatch* running(const TraceSource& source, ApiResponder& responder) {
  PacketWatch* const watch = source.watch();
  if (watch == nullptr) {
    responder.reply(ApiReply::problem(kUnavailable, "Not running",
                                      "the data plane does not run: try again later"));
  }
  return watch;
}

// One running trace. Keeps itself alive until it has answered.
class TraceJob : public std::enable_shared_from_this<TraceJob> {
 public:
  TraceJob(boost::asio::io_context& loop, TraceSource source,
           std::shared_ptr<ApiResponder> responder)
      : timer_(loop), source_(std::move(source)), responder_(std::move(responder)) {}

  void start(std::size_t count, std::chrono::seconds timeout) {
    count_ = count;
    deadline_ = steady_clock::now() + timeout;
    wait();
  }

 private:
  void wait() {
    timer_.expires_after(kTurn);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->turn();
    });
  }

  void turn() {
    PacketWatch* const watch = source_.watch();
    if (watch == nullptr) {
      return responder_->reply(ApiReply::problem(kUnavailable, "Not running",
                                                 "the data plane was stopped while the trace ran"));
    }
    if (responder_->gone()) return watch->stop_trace();
    collect(*watch);
    if (packets_.size() < count_ && steady_clock::now() < deadline_) return wait();
    const std::uint64_t lost = watch->traces_lost();
    watch->stop_trace();
    responder_->reply(ApiReply::json({{"packets", std::move(packets_)}, {"lost", lost}}));
  }

  // Words come at once, while the tables are those that the packet met.
  void collect(PacketWatch& watch) {
    std::vector<TracedPacket> found;
    watch.take_traces(found);
    if (found.empty()) return;
    const std::vector<std::string> ports = source_.ports();
    const TraceNames names{source_.tables(), ports};
    for (const TracedPacket& packet : found)
      packets_.push_back(trace_json(packet, names, time_of_tsc(packet.header.tsc)));
  }

  boost::asio::steady_timer timer_;
  TraceSource source_;
  std::shared_ptr<ApiResponder> responder_;
  std::size_t count_ = 0;
  steady_clock::time_point deadline_;
  json packets_ = json::array();
};

class TraceHandlers {
 public:
  TraceHandlers(TraceSource source, boost::asio::io_context& loop)
      : source_(std::move(source)), loop_(loop) {}

  void trace(const ApiRequest& request, const std::shared_ptr<ApiResponder>& responder) const;
  void capture(const ApiRequest& request, const std::shared_ptr<ApiResponder>& responder) const;
  void explain(const ApiRequest& request, const std::shared_ptr<ApiResponder>& responder) const;

 private:
  TraceSource source_;
  boost::asio::io_context& loop_;
};

void TraceHandlers::trace(const ApiRequest& request,
                          const std::shared_ptr<ApiResponder>& responder) const {
  PacketWatch* const watch = running(source_, *responder);
  if (watch == nullptr) return;
  const std::vector<std::string> ports = source_.ports();
  auto filter = read_trace_filter(request.query, {source_.tables(), ports});
  if (!filter) return refuse(*responder, filter.error().text);
  auto count = read_number(request.query, "count", 1, 1, PacketWatch::kMaxTracedPackets);
  if (!count) return refuse(*responder, count.error().text);
  auto timeout = read_number(request.query, "timeout_s", 10, 1, 300);
  if (!timeout) return refuse(*responder, timeout.error().text);
  if (auto status = watch->start_trace(*filter, static_cast<unsigned>(*count)); !status) {
    return responder->reply(
        ApiReply::problem(kConflict, "A trace runs already", status.error().text));
  }
  std::make_shared<TraceJob>(loop_, source_, responder)
      ->start(*count, std::chrono::seconds(*timeout));
}

Result<CaptureLimits> read_limits(const Query& query) {
  CaptureLimits limits;
  auto packets = read_number(query, "packets", limits.packets, 1, 10'000'000);
  if (!packets) return packets.error();
  auto bytes = read_number(query, "bytes", limits.bytes, 1, std::uint64_t{1} << 30);
  if (!bytes) return bytes.error();
  auto time = read_number(query, "seconds", 60, 1, 3600);
  if (!time) return time.error();
  limits.packets = *packets;
  limits.bytes = *bytes;
  limits.time = std::chrono::seconds(*time);
  return limits;
}

void TraceHandlers::capture(const ApiRequest& request,
                            const std::shared_ptr<ApiResponder>& responder) const {
  PacketWatch* const watch = running(source_, *responder);
  if (watch == nullptr) return;
  std::vector<std::string> ports = source_.ports();
  CaptureSettings settings;
  auto filter = read_capture_filter(request.query, {source_.tables(), ports});
  if (!filter) return refuse(*responder, filter.error().text);
  settings.filter = *filter;
  auto limits = read_limits(request.query);
  if (!limits) return refuse(*responder, limits.error().text);
  auto snap = read_number(request.query, "snaplen", settings.snap_length, 64, kMaxSnapLength);
  if (!snap) return refuse(*responder, snap.error().text);
  settings.snap_length = static_cast<std::uint32_t>(*snap);
  auto rate = read_number(request.query, "rate", settings.packets_per_second, 20, 1'000'000);
  if (!rate) return refuse(*responder, rate.error().text);
  settings.packets_per_second = static_cast<std::uint32_t>(*rate);
  auto id = watch->start_capture(settings);
  if (!id) {
    return responder->reply(ApiReply::problem(kConflict, "Too many captures", id.error().text));
  }
  std::make_shared<CaptureJob>(loop_, source_.watch, std::move(ports), responder)
      ->start(*id, *limits, settings.snap_length);
}

void TraceHandlers::explain(const ApiRequest& request,
                            const std::shared_ptr<ApiResponder>& responder) const {
  if (running(source_, *responder) == nullptr) return;
  const std::vector<std::string> ports = source_.ports();
  auto packet = read_packet(request.query, {source_.tables(), ports});
  if (!packet) return refuse(*responder, packet.error().text);
  auto explanation = source_.explain(packet->port, packet->frame);
  if (!explanation) {
    return responder->reply(
        ApiReply::problem(kUnavailable, "Not explained", explanation.error().text));
  }
  responder->reply(
      ApiReply::json(explanation_json(*explanation, packet->frame, {source_.tables(), ports})));
}

const std::vector<ApiParameter> kTraceParameters = {
    {"count", "integer", "packets to trace, 1 to 1000; default 1"},
    {"port", "string", "name of the port that received the packet"},
    {"src", "string", "source address or prefix of any IP header that the packet had here"},
    {"dst", "string", "destination address or prefix, likewise"},
    {"sid", "string", "local SID that acted on the packet"},
    {"reason", "string", "reason of its drop"},
    {"timeout_s", "integer", "seconds until the answer comes with what was found; default 10"}};

const std::vector<ApiParameter> kCaptureParameters = {
    {"point", "string", "ingress, egress, drop or all; default all"},
    {"port", "string", "name of the port that received or sent the frame"},
    {"src", "string", "source address or prefix of the outermost IP header"},
    {"dst", "string", "destination address or prefix of the outermost IP header"},
    {"reason", "string", "reason of the drop; point is drop then"},
    {"snaplen", "integer", "bytes kept of a frame, 64 to 16384; default 256"},
    {"packets", "integer", "end after so many frames; default 10000"},
    {"bytes", "integer", "end after so many captured bytes; default 16777216"},
    {"seconds", "integer", "end after this time, 1 to 3600; default 60"},
    {"rate", "integer", "frames a second at most, 20 to 1000000; default 10000"}};

const std::vector<ApiParameter> kExplainParameters = {
    {"port", "string", "name of the port that receives the packet"},
    {"from", "string", "the same as port"},
    {"hex", "string", "the frame, or the IP packet, as hexadecimal digits"},
    {"pcap", "string", "a pcap or pcapng file as hexadecimal digits; its first packet counts"},
    {"src", "string", "source address"},
    {"dst", "string", "destination address; with segments that of the packet inside"},
    {"proto", "string", "tcp, udp, sctp, icmp or a number; default udp"},
    {"sport", "integer", "source port; default 40000"},
    {"dport", "integer", "destination port; default 40000"},
    {"vlan", "integer", "VLAN id of the frame; default 0, untagged"},
    {"size", "integer", "bytes of the IP packet"},
    {"hop_limit", "integer", "hop limit or TTL; default 64"},
    {"segments", "string", "segments in travel order, with commas"},
    {"segments_left", "integer", "default: one less than there are segments"},
    {"outer_src", "string", "source of the outer header; default src"}};

json schema_of(std::vector<std::string> lists) {
  json properties = json::object();
  for (std::string& list : lists) {
    properties[list] = {{"type", "array"}, {"items", {{"type", "object"}}}};
  }
  return {{"type", "object"}, {"required", lists}, {"properties", properties}};
}

}  // namespace

void add_trace_routes(Api& api, TraceSource source, boost::asio::io_context& loop) {
  auto handlers = std::make_shared<TraceHandlers>(std::move(source), loop);
  const auto handler = [&handlers](auto method) -> ApiHandler {
    return [handlers, method](const ApiRequest& request,
                              const std::shared_ptr<ApiResponder>& responder) {
      ((*handlers).*method)(request, responder);
    };
  };
  json traces = schema_of({"packets"});
  traces["properties"]["lost"] = {{"type", "integer"}};
  api.add({.method = "GET",
           .path = "/v1/trace",
           .summary = "The next packets that match a filter, with what each stage decided.",
           .parameters = kTraceParameters,
           .handler = handler(&TraceHandlers::trace),
           .schema = std::move(traces)});
  api.add({.method = "GET",
           .path = "/v1/capture",
           .summary = "Frames as they come in, leave or are dropped, as a pcapng stream.",
           .parameters = kCaptureParameters,
           .content_type = "application/x-pcapng",
           .handler = handler(&TraceHandlers::capture)});
  api.add({.method = "GET",
           .path = "/v1/explain",
           .summary = "What would happen to a packet, which is not sent.",
           .parameters = kExplainParameters,
           .handler = handler(&TraceHandlers::explain),
           .schema = schema_of({"packets", "frames"})});
}

void add_trace_routes(Api& api, Dataplane& dataplane, const ViewSource& view,
                      boost::asio::io_context& loop) {
  TraceSource source;
  source.watch = [&dataplane] { return dataplane.watch(); };
  source.tables = [&view]() -> const ForwardingTables& { return view.tables(); };
  source.ports = [&dataplane] {
    std::vector<std::string> names;
    for (const PortState& port : dataplane.ports())
      names.push_back(port.name);
    return names;
  };
  source.explain = [&dataplane](PortIndex port, std::span<const std::uint8_t> frame) {
    return dataplane.explain(port, frame);
  };
  add_trace_routes(api, std::move(source), loop);
}

}  // namespace sextant
