-- SPDX-License-Identifier: Apache-2.0
-- Copyright (c) 2026 The Sextant Authors
-- IMIX: plain IPv4 packets of 64, 594 and 1518 bytes, 7:4:1, at a fixed rate.
local load = dofile(os.getenv("SEXTANT_LUA") .. "/common.lua")

local mix = {{64, 7}, {594, 4}, {1518, 1}}

load.run(function()
  load.prepare(false)
  local count = 0
  for _, entry in ipairs(mix) do
    for _ = 1, entry[2] do
      pktgen.seqTable(count, load.send, {
        eth_dst_addr = load.mac, eth_src_addr = "02:00:00:00:00:99",
        ip_dst_addr = load.destination, ip_src_addr = load.source .. "/24",
        sport = 1024 + count, dport = 80, ethType = "ipv4", ipProto = "udp", vlanid = 1,
        pktSize = entry[1], gtpu_teid = 0})
      count = count + 1
    end
  end
  pktgen.set(load.send, "seq_cnt", count)
  local sent, received = load.trial(load.rate, load.seconds)
  local sizes = pktgen.portSizes(load.receive)[tonumber(load.receive)]
  load.say(string.format("sent=%d received=%d pps=%.0f small=%d middle=%d large=%d", sent, received,
                         received / load.seconds, sizes._64, sizes._512_1023, sizes._1024_1518))
end)
