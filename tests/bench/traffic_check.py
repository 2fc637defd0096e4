#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""The traffic of the load rigs: sizes, objects and flows of every case, the capture format, and that
sextantd takes the configurations."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from load import sextant_node, traffic  # noqa: E402

# Bytes around a 64 byte inner packet.
OUTER = {"plain": 14, "H.Encaps": 14, "H.Insert": 14, "H.Encaps.L2": 0, "uN": 54, "End": 110,
         "End+PSP": 110, "End.X": 110, "End.T": 110, "End.AD": 110, "End.AM": 110,
         "End.B6.Encaps": 110}
DESTINATION6 = slice(14 + 24, 14 + 40)

for name, case in traffic.CASES.items():
    frames = traffic.frames(case)
    outer = OUTER.get(case.behavior, 54)
    assert {len(frame) for frame in frames} == {outer + 64}, (name, len(frames[0]))
    assert len(frames) == min(max(case.objects, traffic.FLOWS), traffic.MAX_FRAMES), name
    assert len(set(frames)) > 0.6 * len(frames), (name, "frames repeat")
    objects = {frame[DESTINATION6] for frame in frames}
    if case.objects > 1:
        assert len(objects) > 0.6 * min(case.objects, len(frames)), (name, len(objects))
    elif case.is_headend() and case.inner == "IPv6" or case.is_endpoint() and case.behavior != "uN":
        assert len(objects) == 1, name
    # What is looked up differs, unless it is what is steered or a frame goes through unseen.
    if not case.is_headend() and case.behavior != "End.DX2" and case.objects == 1:
        tails = {frame[-64:][16 if case.inner == "IPv4" else 24:][:4 if case.inner == "IPv4" else 16]
                 for frame in frames}
        assert len(tails) > 200, (name, len(tails))
    state = sextant_node.configuration(case, "net_null0", "net_null1", 0)
    for section in ("local_sids", "policies", "steering"):
        assert len(state.get(section, [])) in (0, 1, case.objects), (name, section)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(state, file)
        file.flush()
        subprocess.run([sextant_node.binaries() / "sextantd", "--check", "--config", file.name],
                       check=True)

# The SRH of End: three segments, the last one first, the active one is the destination.
frame = traffic.frame(traffic.CASES["End IPv6"])
srh = frame[54:110]
assert srh[1:5] == bytes([6, 4, 2, 2]) and srh[40:56] == frame[DESTINATION6]
assert srh[8:24] == traffic.addr("a4::2")

with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "a.pcap"
    traffic.write_pcap(file, [b"x" * 60, b"y" * 61])
    data = file.read_bytes()
    assert struct.unpack("<IHHiIII", data[:24]) == (0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    assert len(data) == 24 + 2 * 16 + 121 and data[40:100] == b"x" * 60

assert [traffic.object_prefix(i) for i in (0, 1, 0xffff)] == [
    "fcbb::/48", "fcbb:0:1::/48", "fcbb:1::/48"]
print(f"{len(traffic.CASES)} cases")
