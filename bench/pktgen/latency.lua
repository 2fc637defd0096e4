-- SPDX-License-Identifier: Apache-2.0
-- Copyright (c) 2026 The Sextant Authors
-- Latency of plain IPv4 packets at a fixed rate: Pktgen writes the time into them and finds it
-- again at the same place, so that they must not be encapsulated or decapsulated.
local load = dofile(os.getenv("SEXTANT_LUA") .. "/common.lua")

load.run(function()
  load.prepare(false)
  pktgen.set(load.send, "size", 128)
  pktgen.latency(load.send, "on")
  pktgen.latency(load.receive, "on")
  local sent, received = load.trial(load.rate, load.seconds)
  -- Only this page computes the average.
  pktgen.page("latency")
  pktgen.screen("on")
  pktgen.delay(1500)
  pktgen.screen("off")
  local seen = pktgen.pktStats(load.receive)[tonumber(load.receive)].latency
  load.say(string.format("sent=%d received=%d measured=%d min_us=%.1f avg_us=%.1f max_us=%.1f",
                         sent, received, seen.num_pkts, seen.min_us, seen.avg_us, seen.max_us))
end)
