-- SPDX-License-Identifier: Apache-2.0
-- Copyright (c) 2026 The Sextant Authors
-- Packets per second, second by second, at a fixed share of the link's speed; from the capture.
local load = dofile(os.getenv("SEXTANT_LUA") .. "/common.lua")

load.run(function()
  load.prepare(true)
  pktgen.set(load.send, "rate", load.rate)
  pktgen.clr()
  pktgen.start(load.send)
  local sent, received = 0, 0
  for _ = 1, math.max(1, math.floor(load.seconds)) do
    pktgen.delay(1000)
    local now_sent, now_received = load.counters()
    load.say(string.format("sent_pps=%d received_pps=%d", now_sent - sent, now_received - received))
    sent, received = now_sent, now_received
  end
  pktgen.stop(load.send)
  pktgen.delay(500)
  sent, received = load.counters()
  load.say(string.format("sent=%d received=%d pps=%.0f", sent, received, received / load.seconds))
end)
