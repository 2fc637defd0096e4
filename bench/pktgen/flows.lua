-- SPDX-License-Identifier: Apache-2.0
-- Copyright (c) 2026 The Sextant Authors
-- A ramp of flows: plain IPv4 packets with 1, 16, 256, ... UDP source ports, at a fixed rate.
local load = dofile(os.getenv("SEXTANT_LUA") .. "/common.lua")

load.run(function()
  load.prepare(false)
  local range = pktgen.range
  range.dst_mac(load.send, "start", load.mac)
  for _, end_ in ipairs({{"src_ip", load.source}, {"dst_ip", load.destination}}) do
    for _, bound in ipairs({"start", "min", "max"}) do range[end_[1]](load.send, bound, end_[2]) end
    range[end_[1]](load.send, "inc", "0.0.0.0")
  end
  range.ip_proto(load.send, "udp")
  range.src_port(load.send, "inc", 1)
  for _, bound in ipairs({"start", "min", "max"}) do range.pkt_size(load.send, bound, 64) end
  range.pkt_size(load.send, "inc", 0)
  range.src_port(load.send, "start", 1024)
  range.src_port(load.send, "min", 1024)
  pktgen.set_range(load.send, "on")
  for power = 0, 15, 4 do
    local flows = 2 ^ power
    range.src_port(load.send, "max", math.floor(1024 + flows - 1))
    local sent, received = load.trial(load.rate, load.seconds)
    load.say(string.format("flows=%d sent=%d received=%d pps=%.0f", flows, sent, received,
                           received / load.seconds))
  end
end)
