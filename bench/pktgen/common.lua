-- SPDX-License-Identifier: Apache-2.0
-- Copyright (c) 2026 The Sextant Authors
-- What the scripts share. Settings come from the environment, which bench/pktgen/run fills; results
-- are lines "SEXTANT name=value ...", which it reads back.
local load = {}

load.send = os.getenv("SEXTANT_SEND") or "0"
load.receive = os.getenv("SEXTANT_RECEIVE") or "1"
load.seconds = tonumber(os.getenv("SEXTANT_SECONDS") or "5")
load.rate = tonumber(os.getenv("SEXTANT_RATE") or "100")   -- percent of the link's speed
load.loss = tonumber(os.getenv("SEXTANT_LOSS") or "0")     -- share that may get lost
load.mac = os.getenv("SEXTANT_MAC") or "02:00:00:00:00:0a" -- of the forwarder
-- Plain packets, for what a capture cannot do.
load.source, load.destination = "192.0.2.1", "10.9.0.1"

local settle_ms = 500

function load.say(line)
  print("\nSEXTANT " .. line)
end

-- Packets sent and received since the last clear.
function load.counters()
  local sent = pktgen.portStats(load.send, "port")[tonumber(load.send)]
  local received = pktgen.portStats(load.receive, "port")[tonumber(load.receive)]
  return sent.opackets, received.ipackets
end

-- Sends for so many seconds at percent of the link, and waits for what is on its way.
function load.trial(percent, seconds)
  pktgen.set(load.send, "rate", percent)
  pktgen.delay(settle_ms)
  pktgen.clr()
  pktgen.start(load.send)
  pktgen.delay(math.floor(1000 * seconds))
  pktgen.stop(load.send)
  pktgen.delay(settle_ms)
  return load.counters()
end

-- Before everything else; capture: the packets of -s PORT:FILE.
function load.prepare(capture)
  pktgen.screen("off")
  pktgen.set(load.send, "count", 0)
  pktgen.pcap(load.send, capture and "on" or "off")
  if not capture then
    pktgen.set_mac(load.send, "dst", load.mac)
    pktgen.set_ipaddr(load.send, "src", load.source .. "/24")
    pktgen.set_ipaddr(load.send, "dst", load.destination)
    pktgen.set_type(load.send, "ipv4")
    pktgen.set_proto(load.send, "udp")
  end
end

-- Runs body, says why it failed, and ends Pktgen either way.
function load.run(body)
  local good, why = pcall(body)
  if not good then load.say("error=" .. tostring(why):gsub("%s", "_")) end
  load.say("done=1")
  pktgen.quit()
end

return load
