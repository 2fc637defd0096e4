-- SPDX-License-Identifier: Apache-2.0
-- Copyright (c) 2026 The Sextant Authors
-- Throughput (RFC 2544 section 26.1): the highest rate at which no more than the allowed share of
-- packets is lost, by halving the interval; packets come from the capture.
local load = dofile(os.getenv("SEXTANT_LUA") .. "/common.lua")

local resolution = 0.5 -- percent of the link

load.run(function()
  load.prepare(true)
  load.trial(1, 1) -- so that caches and neighbors are there
  local low, high, try = 0, load.rate, load.rate
  local best = 0
  while true do
    local sent, received = load.trial(try, load.seconds)
    local lost = sent == 0 and 1 or (sent - received) / sent
    load.say(string.format("trial_percent=%.2f sent=%d received=%d loss=%.6f", try, sent, received,
                           lost))
    if lost <= load.loss then
      low, best = try, received / load.seconds
    else
      high = try
    end
    if try == low and try == load.rate or high - low <= resolution then break end
    try = (low + high) / 2
  end
  load.say(string.format("throughput_percent=%.2f pps=%.0f", low, best))
end)
