# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""sextantd as the forwarder of a rig: its configuration for a case, its life, its counters."""
import http.client
import json
import os
import pathlib
import socket
import subprocess
import time

from . import traffic as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_S = 60


def binaries():
    """Where sextantd and sextant are: SEXTANT_BIN, else the newest preset that is built."""
    chosen = os.environ.get("SEXTANT_BIN")
    for folder in [chosen] if chosen else [ROOT / "build" / p / "bin" for p in ("release", "dev")]:
        if os.access(os.path.join(folder, "sextantd"), os.X_OK):
            return pathlib.Path(folder).resolve()
    raise SystemExit("there is no sextantd: tools/build release sextantd, or set SEXTANT_BIN")


def _local_sid(case, number):
    base, _, flavor = case.behavior.partition("+")
    sid = {"sid": t.object_address(number), "behavior": base}
    if flavor:
        sid["flavors"] = [flavor]
    if base == "uN":
        sid["sid"] = t.object_prefix(number)
    elif base in ("End.X", "End.DX6"):
        sid["next_hop"] = t.SINK_ADDRESS
    elif base == "End.DX4":
        sid["next_hop"] = t.SINK_ADDRESS4
    elif base == "End.DX2":
        sid["interface"] = "out"
    elif base == "End.B6.Encaps":
        sid["policy"] = "policy-0"
    elif base in ("End.AD", "End.AS", "End.AM"):
        sid |= {"interface": "out", "next_hop": t.SINK_ADDRESS}
        if base != "End.AM":
            sid["inner"] = "ipv6"
        if base == "End.AS":
            sid |= {"segments": ["a4::1", "a4::2"], "segments_done": 1}
    return sid


def _policy(case, number):
    headend = "H.Insert" if case.behavior == "H.Insert" else "H.Encaps"
    lists = [{"segments": t.segment_list(case, i)} for i in range(case.lists)]
    return {"name": f"policy-{number}", "headend": headend, "segment_lists": lists}


def _steering(case, number):
    if case.inner == "L2":
        return {"interface": "in", "policy": f"policy-{number}"}
    prefix = t.DESTINATION4 + "/32" if case.inner == "IPv4" else t.object_address(number) + "/128"
    return {"prefix": prefix, "policy": f"policy-{number}"}


def configuration(case, in_device, out_device, cpu, huge_pages="auto"):
    """A configuration of sextantd, which forwards the traffic of the case from port in to out."""
    steers_frames = case.is_headend() and case.inner == "L2"
    in_addresses = [] if steers_frames else [t.IN_ADDRESS + "/64"]
    state = {
        "runtime": {"lcores": [cpu], "idle": "poll", "huge_pages": huge_pages},
        "ports": [
            {"name": "in", "device": in_device, "mac": t.IN_MAC, "addresses": in_addresses},
            {"name": "out", "device": out_device, "mac": t.OUT_MAC,
             "addresses": [t.OUT_ADDRESS + "/64", t.OUT_ADDRESS4 + "/24"]}],
        "neighbors": [
            {"interface": "out", "address": address, "mac": t.SINK_MAC}
            for address in (t.SINK_ADDRESS, t.SINK_ADDRESS4)],
        "routes": [{"prefix": prefix, "next_hop": t.SINK_ADDRESS}
                   for prefix in (t.DESTINATIONS, t.SEGMENTS)],
    }
    state["routes"].append({"prefix": t.DESTINATIONS4, "next_hop": t.SINK_ADDRESS4})
    numbers = range(case.objects)
    if case.behavior == "plain" and case.inner == "IPv6":
        state["routes"] += [{"prefix": t.object_prefix(i), "next_hop": t.SINK_ADDRESS}
                            for i in numbers]
    if case.behavior == "uN":
        state["routes"].append({"prefix": t.NODES, "next_hop": t.SINK_ADDRESS})
    if case.is_endpoint():
        state["local_sids"] = [_local_sid(case, i) for i in numbers]
    if case.behavior == "End.B6.Encaps":
        state["policies"] = [_policy(case, 0)]
    if case.is_headend():
        state["policies"] = [_policy(case, i) for i in numbers]
        state["steering"] = [_steering(case, i) for i in numbers]
    return state


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("sextant", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class SextantNode:
    """A running sextantd. folder takes configuration, socket and log."""

    def __init__(self, folder, state, listen="off"):
        self.folder = pathlib.Path(folder)
        self.socket = self.folder / "sextant.sock"
        self.log = self.folder / "sextantd.log"
        config = self.folder / "sextant.yaml"
        # JSON is YAML.
        config.write_text(json.dumps(state))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binaries() / "sextantd", "--config", config, "--socket", self.socket,
                 "--listen", listen], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while True:
            try:
                self.get("/v1/ports")
                return
            except (OSError, http.client.HTTPException):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise SystemExit(f"sextantd does not start: {self.log.read_text()}") from None
                time.sleep(0.05)

    def get(self, path):
        link = _UnixConnection(self.socket)
        try:
            link.request("GET", path)
            return json.load(link.getresponse())
        finally:
            link.close()

    def ports(self):
        """Counters by the name of the port."""
        return {port["name"]: port for port in self.get("/v1/ports")["ports"]}

    def drops(self):
        """Packets by the reason of their drop; only what is not zero."""
        return {drop["reason"]: drop["packets"]
                for drop in self.get("/v1/drops?nonzero=true")["drops"]}

    def busy(self):
        """(cycles, packets) of all lcores since the start; turns that found nothing do not count."""
        lcores = self.get("/v1/lcores")["lcores"]
        return (sum(lcore["busy_cycles"] for lcore in lcores),
                sum(lcore["packets"] for lcore in lcores))

    def describe(self):
        version = subprocess.run([binaries() / "sextantd", "--version"], capture_output=True,
                                 text=True, check=True).stdout.strip()
        return f"{version}, {binaries().parent.name}"

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
