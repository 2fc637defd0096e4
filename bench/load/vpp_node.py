# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""VPP with its packet generator: the state for a case, its life, its "show runtime"."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from . import traffic as t

PROMPT = b"vpp# "
START_S = 60
PLUGINS = ("srv6ad", "srv6as", "srv6am")
BINDING_SID = "cafe::"
# What is not forwarding: the generator, and the way out of the packet generator's interface.
OUTSIDE = re.compile(r"^(pg-input|.*-output|.*-tx)$")


def find():
    return shutil.which(os.environ.get("VPP_BIN", "vpp"))


def _endpoint(case, number):
    base, _, flavor = case.behavior.partition("+")
    sid = f"sr localsid address {t.object_address(number)} behavior "
    static = "src fc00::1 next a4::1 next a4::2"
    words = {
        "End": "end", "End.X": f"end.x pg1 {t.SINK_ADDRESS}", "End.T": "end.t 0",
        "End.DX6": f"end.dx6 pg1 {t.SINK_ADDRESS}", "End.DX4": f"end.dx4 pg1 {t.SINK_ADDRESS4}",
        "End.DX2": "end.dx2 pg1", "End.DT6": "end.dt6 0", "End.DT4": "end.dt4 0",
        "End.AD": f"end.ad nh {t.SINK_ADDRESS} oif pg1 iif pg1",
        "End.AS": f"end.as nh {t.SINK_ADDRESS} oif pg1 iif pg1 {static}",
        "End.AM": f"end.am nh {t.SINK_ADDRESS} oif pg1 iif pg1"}
    if base == "uN":
        return [f"sr localsid prefix {t.object_prefix(number)} behavior un 16",
                f"ip route add {t.NODES} via {t.SINK_ADDRESS} pg1"]
    if base == "End.B6.Encaps":
        return _policy(case, number, t.object_address(number), "encap")
    return [sid + words[base] + (f" {flavor.lower()}" if flavor else "")]


def _policy(case, number, binding_sid, kind):
    lines = []
    for index in range(case.lists):
        hops = " ".join(f"next {segment}" for segment in t.segment_list(case, index))
        lines.append(f"sr policy add bsid {binding_sid} {hops} {kind}" if index == 0 else
                     f"sr policy mod bsid {binding_sid} add sl {hops} weight 1")
    return lines


def _headend(case, number):
    binding_sid = f"{BINDING_SID}{number + 1:x}"
    lines = _policy(case, number, binding_sid, "insert" if case.behavior == "H.Insert" else "encap")
    if case.inner == "L2":
        return lines + [f"sr steer l2 pg0 via bsid {binding_sid}"]
    prefix = t.DESTINATION4 + "/32" if case.inner == "IPv4" else t.object_address(number) + "/128"
    return lines + [f"sr steer l3 {prefix} via bsid {binding_sid}"]


def commands(case, pcap):
    """What VPP is told: packets of the capture come in by pg0, everything leaves by pg1."""
    lines = []
    for number, mac in enumerate((t.IN_MAC, t.OUT_MAC)):
        lines += [f"create packet-generator interface pg{number}",
                  f"set interface mac address pg{number} {mac}",
                  f"set interface state pg{number} up"]
    if not (case.is_headend() and case.inner == "L2"):
        lines += [f"set interface ip address pg0 {t.IN_ADDRESS}/64",
                  f"set interface ip address pg0 {t.SOURCE4.rpartition('.')[0]}.254/24"]
    lines += [f"set interface ip address pg1 {t.OUT_ADDRESS}/64",
              f"set interface ip address pg1 {t.OUT_ADDRESS4}/24",
              f"set ip neighbor static pg1 {t.SINK_ADDRESS} {t.SINK_MAC}",
              f"set ip neighbor static pg1 {t.SINK_ADDRESS4} {t.SINK_MAC}",
              "set sr encaps source addr fc00::1",
              f"ip route add {t.DESTINATIONS} via {t.SINK_ADDRESS} pg1",
              f"ip route add {t.SEGMENTS} via {t.SINK_ADDRESS} pg1",
              f"ip route add {t.DESTINATIONS4} via {t.SINK_ADDRESS4} pg1"]
    for number in range(case.objects):
        if case.is_endpoint():
            lines += _endpoint(case, number)
        elif case.is_headend():
            lines += _headend(case, number)
        elif case.inner == "IPv6":
            lines.append(f"ip route add {t.object_prefix(number)} via {t.SINK_ADDRESS} pg1")
    lines.append(f"packet-generator new pcap {pcap} name load source pg0 worker 0 limit -1 "
                 "node ethernet-input")
    return lines


class VppNode:
    """A running VPP whose worker has CPU cpu."""

    def __init__(self, folder, case, cpu, control_cpu):
        folder = pathlib.Path(folder)
        self.log = folder / "vpp.log"
        pcap, script, config = folder / "t.pcap", folder / "state.vpp", folder / "startup.conf"
        t.write_pcap(pcap, t.frames(case))
        script.write_text("\n".join(commands(case, pcap)) + "\n")
        self._cli_path = folder / "cli.sock"
        plugins = " ".join(f"plugin {name}_plugin.so {{ enable }}" for name in PLUGINS)
        self.configuration = f"""\
unix {{
  nodaemon nosyslog cli-listen {self._cli_path}
  cli-no-banner cli-no-pager
  runtime-dir {folder}
}}
cpu {{ main-core {control_cpu} corelist-workers {cpu} }}
buffers {{ buffers-per-numa 32768 }}
memory {{ main-heap-size 1G }}
statseg {{ socket-name {folder}/stats.sock size 64M }}
api-segment {{ prefix sextant-bench-{os.getpid()} }}
plugins {{ plugin default {{ disable }} {plugins} }}
"""
        config.write_text(self.configuration)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([find(), "-c", config], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        try:
            self._connect()
            self.version = self.ask("show version").strip()
            refused = self.ask(f"exec {script}").strip()
            if refused:
                raise SystemExit(f"VPP refuses the state of {case.name()}: {refused[:1000]}")
        except BaseException:
            self.stop()
            raise

    def _connect(self):
        deadline = time.monotonic() + START_S
        self._cli = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self._cli.connect(str(self._cli_path))
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"VPP does not start: {self.log.read_text()}") from None
                time.sleep(0.05)
        self._cli.settimeout(300)
        self._read()

    def _read(self):
        data = b""
        while not data.endswith(PROMPT):
            part = self._cli.recv(65536)
            if not part:
                raise SystemExit(f"VPP ended: {self.log.read_text()}")
            data += part
        return data

    def ask(self, command):
        """The answer without echo and prompt."""
        self._cli.sendall(command.encode() + b"\n")
        text = self._read()[:-len(PROMPT)].replace(b"\r", b"").replace(b"\0", b"")
        return text.decode(errors="replace").removeprefix(command).lstrip("\n")

    def measure(self, seconds):
        """Nodes of the worker and what they cost: {name: (packets, clocks per packet)}."""
        self.ask("packet-generator enable-stream load")
        time.sleep(0.2)
        self.ask("clear runtime")
        time.sleep(seconds)
        text = self.ask("show runtime")
        self.ask("packet-generator disable-stream load")
        return parse_runtime(text)

    def errors(self):
        return self.ask("show errors")

    def pause(self):
        """The worker polls: it would take the CPU from whoever is measured next."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process.poll() is None:
            self.go_on()
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def parse_runtime(text):
    """The table of the first worker: name, state, calls, vectors, suspends, clocks, vectors/call."""
    worker = text.partition("vpp_wk_0")[2]
    nodes = {}
    for line in worker.splitlines():
        match = re.match(r"(\S+)\s+(?:active|polling|interrupt wait)\s+\d+\s+(\d+)\s+\d+\s+"
                         r"([\d.e+-]+)\s+[\d.]+$", line.strip())
        if match and int(match[2]) > 0:
            nodes[match[1]] = (int(match[2]), float(match[3]))
    return nodes


def forwarding_clocks(nodes):
    """(clocks per packet of all nodes that forward, why the figure does not count or "")."""
    sent = nodes.get("pg-input", (0, 0))[0]
    if sent == 0:
        return 0.0, "nothing was generated"
    left = nodes.get("pg1-tx", (0, 0))[0]
    # The table is not read at one instant.
    if abs(sent - left) > 0.01 * sent + 1024:
        return 0.0, f"{sent} packets generated, {left} left: {sorted(nodes)}"
    return sum(packets * clocks for name, (packets, clocks) in nodes.items()
               if not OUTSIDE.match(name)) / sent, ""
