# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""dpdk-testpmd as generator, sink or forwarder: started, driven through its prompt, read through
DPDK's telemetry socket."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

START_S = 30
PROMPT = "testpmd> "
_started = 0


def find():
    """Its path, or the end of the program."""
    path = shutil.which(os.environ.get("TESTPMD_BIN", "dpdk-testpmd"))
    if not path:
        raise SystemExit("dpdk-testpmd is not here: apt-get install dpdk-dev, or set TESTPMD_BIN")
    return path


class Testpmd:
    """One process with one forwarding core on CPU cpu. Stopped until start()."""

    def __init__(self, folder, role, cpu, control_cpu, devices, mode, huge_pages, burst=64,
                 descriptors=1024, mbufs=16384, more=()):
        global _started
        _started += 1
        name = f"sextant-bench-{os.getpid()}-{_started}"
        self.role = role
        self._commands = 0
        self.log = pathlib.Path(folder) / f"{role}.log"
        memory = ["--in-memory", "--single-file-segments"] if huge_pages else ["--no-huge", "-m", "256"]
        words = [find(), f"--lcores=0@{control_cpu},1@{cpu}", *memory,
                 f"--file-prefix={name}", "--log-level=*:warning"]
        pci = [device for device in devices if not device.startswith("net_")]
        for device in pci:
            words += ["-a", device]
        if not pci:
            words.append("--no-pci")
        for device in devices:
            if device not in pci:
                words += ["--vdev", device]
        words += ["--", "-i", f"--forward-mode={mode}", "--nb-cores=1", f"--burst={burst}",
                  f"--rxd={descriptors}", f"--txd={descriptors}", f"--total-num-mbufs={mbufs}",
                  "--disable-link-check", "--no-lsc-interrupt", *more]
        self.words = words
        # telemetry makes its socket here
        runtime = pathlib.Path("/var/run" if os.geteuid() == 0 else
                               os.environ.get("XDG_RUNTIME_DIR", "/tmp")) / "dpdk" / name
        self._runtime = runtime
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not self._connect(runtime / "dpdk_telemetry.v2"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SystemExit(f"testpmd ({role}) does not start: {self.log.read_text()}")
            time.sleep(0.05)

    def _connect(self, path):
        """Telemetry answers before the ports are open: the prompt says when they are."""
        if PROMPT not in self.log.read_text(errors="replace"):
            return False
        link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            link.connect(str(path))
            link.settimeout(10)
            link.recv(65536)
        except OSError:
            link.close()
            return False
        self._telemetry = link
        return True

    def _ask(self, question):
        self._telemetry.send(question.encode())
        return json.loads(self._telemetry.recv(65536))[question.partition(",")[0]]

    def stats(self, port=0):
        """Counters of the port: ipackets, opackets, oerrors, imissed, ..."""
        return self._ask(f"/ethdev/stats,{port}")

    def port(self, device):
        """The number of the port that was made of device."""
        name = device.partition(",")[0]
        for number in self._ask("/ethdev/list"):
            if self._ask(f"/ethdev/info,{number}")["name"] == name:
                return number
        raise SystemExit(f"testpmd ({self.role}) has no port {name}")

    def link_up(self, port=0):
        return self._ask(f"/ethdev/link_status,{port}")["status"] == "UP"

    def _command(self, text):
        """Returns when it has been carried out: the prompt comes again."""
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()
        self._commands += 1
        deadline = time.monotonic() + 10
        while self.log.read_text(errors="replace").count(PROMPT) <= self._commands:
            if time.monotonic() > deadline:
                raise SystemExit(f"testpmd ({self.role}) hangs in '{text}': {self.log.read_text()}")
            time.sleep(0.02)

    def start(self):
        self._command("start")

    def halt(self):
        """Stops forwarding; ports and counters stay."""
        self._command("stop")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except OSError:
                pass
        shutil.rmtree(self._runtime, ignore_errors=True)
