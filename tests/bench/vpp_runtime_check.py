#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""What bench/vpp makes of VPP's "show runtime", and what it tells VPP."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from load import traffic, vpp_node  # noqa: E402

# As VPP 26.06 prints it.
TEXT = """\
Thread 0 vpp_main (lcore 0)
Time .5, 10.000000 sec internal node vector rate 0.00 loops/sec 1179822.89
             Name                 State         Calls          Vectors        Suspends      Packet-Clocks   Vectors/Call
ip6-input                        active                  1               7               0          9.99e2            7.00
---------------
Thread 1 vpp_wk_0 (lcore 3)
Time .5, 10.000000 sec internal node vector rate 256.00 loops/sec 66354.38
  vector rates in 1.0922e7, out 1.0922e7, drop 0.0000e0, punt 0.0000e0
             Name                 State         Calls          Vectors        Suspends      Packet-Clocks   Vectors/Call
ethernet-input                   active              21504         5505024               0          1.12e1          256.00
ip6-input                        active              21504         5505024               0          2.21e1          256.00
ip6-lookup                       active              21504        11010048               0          5.00e1          256.00
pg-input                         polling             21504         5505024               0          4.58e1          256.00
pg1-output                       active              21504         5505024               0          6.97e0          256.00
pg1-tx                           active              21504         5505024               0          1.37e1          256.00
"""

nodes = vpp_node.parse_runtime(TEXT)
assert nodes["ip6-input"] == (5505024, 22.1), nodes
clocks, wrong = vpp_node.forwarding_clocks(nodes)
# A node that packets pass twice counts twice; generator and output do not.
assert not wrong and abs(clocks - (11.2 + 22.1 + 2 * 50.0)) < 1e-6, (clocks, wrong)
# Packets that stay behind spoil the row.
assert vpp_node.forwarding_clocks(nodes | {"pg1-tx": (1000000, 1.0)})[1]
assert vpp_node.forwarding_clocks(nodes | {"pg-input": (0, 1.0)})[1]
assert vpp_node.forwarding_clocks(vpp_node.parse_runtime("nonsense"))[1]

for name, case in traffic.CASES.items():
    lines = vpp_node.commands(case, "a.pcap")
    sids = [line for line in lines if line.startswith("sr localsid")]
    policies = [line for line in lines if line.startswith("sr policy")]
    if case.behavior == "End.B6.Encaps":
        assert len(policies) == 1, name
    elif case.is_endpoint():
        assert len(sids) == case.objects, name
    elif case.is_headend():
        assert len(policies) == case.objects * case.lists, name
        assert sum(line.startswith("sr steer") for line in lines) == case.objects, name
