# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Generator, forwarder and sink in three processes on three CPUs, with memif between them.

  testpmd: capture in a loop -> memif -> sextantd, or testpmd as the ceiling -> memif -> testpmd
"""
import dataclasses
import os
import pathlib
import time

from . import traffic
from .sextant_node import SextantNode, configuration
from .testpmd import Testpmd

CONNECT_S = 15
SETTLE_S = 5
DESCRIPTORS = 1024
MBUFS = 16384


@dataclasses.dataclass(frozen=True)
class Cpus:
    """control takes everything that does not forward."""
    control: int
    generator: int
    forwarder: int
    sink: int

    @staticmethod
    def parse(text=None):
        """"CONTROL,GENERATOR,FORWARDER,SINK", or what this process may use, the last to forward."""
        if text:
            try:
                return Cpus(*(int(word) for word in text.split(",")))
            except (TypeError, ValueError):
                raise SystemExit(f"--cpus {text}: four numbers are wanted, "
                                 "CONTROL,GENERATOR,FORWARDER,SINK") from None
        own = sorted(os.sched_getaffinity(0))
        return Cpus(own[0], own[1 % len(own)], own[-1], own[2 % len(own)])


def huge_pages_free():
    """Whether there are enough for three processes."""
    needed_kb = 400 * 1024
    free_kb = 0
    for folder in pathlib.Path("/sys/kernel/mm/hugepages").glob("hugepages-*kB"):
        size_kb = int(folder.name.removeprefix("hugepages-").removesuffix("kB"))
        free_kb += size_kb * int((folder / "free_hugepages").read_text())
    return free_kb >= needed_kb


def memif(number, role, folder):
    return (f"net_memif{number},role={role},id={number},socket={folder}/memif.sock,"
            "socket-abstract=no")


class MemifRig:
    """Use it with "with". forwarder is "sextantd", or a forward mode of testpmd ("io")."""

    def __init__(self, folder, case, cpus, forwarder="sextantd", huge_pages=True, listen="off",
                 prefix=(), realtime=False):
        self.realtime = realtime
        self.folder = pathlib.Path(folder)
        self._parts = []
        try:
            self._build(case, cpus, forwarder, huge_pages, listen, prefix)
        except BaseException:
            self.stop()
            raise

    def _build(self, case, cpus, forwarder, huge_pages, listen, prefix):
        servers = [memif(i, "server", self.folder) for i in range(2)]
        if forwarder == "sextantd":
            state = configuration(case, *servers, cpus.forwarder, "on" if huge_pages else "off")
            self.forwarder = SextantNode(self.folder, state, listen, prefix)
            self._parts.append(self.forwarder)
        else:
            self.forwarder = self._testpmd("forwarder", cpus.forwarder, cpus, servers, forwarder,
                                           huge_pages)
            self.forwarder.start()
        self.sink = self._testpmd("sink", cpus.sink, cpus, [memif(1, "client", self.folder)],
                                  "rxonly", huge_pages)
        pcap = self.folder / "traffic.pcap"
        frames = traffic.frames(case)
        traffic.write_pcap(pcap, frames)
        source = f"net_pcap0,rx_pcap={pcap},infinite_rx=1"
        self.generator = self._testpmd("generator", cpus.generator, cpus,
                                       [source, memif(0, "client", self.folder)], "io", huge_pages,
                                       mbufs=MBUFS + len(frames))
        deadline = time.monotonic() + CONNECT_S
        while not (self.sink.link_up() and self.generator.link_up(1)):
            if time.monotonic() > deadline:
                raise SystemExit("memif does not connect; see the end of the forwarder's log: "
                                 + self.forwarder.log.read_text()[-2000:])
            time.sleep(0.05)
        self.sink.start()

    def _testpmd(self, role, cpu, cpus, devices, mode, huge_pages, mbufs=MBUFS):
        part = Testpmd(self.folder, role, cpu, cpus.control, devices, mode, huge_pages,
                       descriptors=DESCRIPTORS, mbufs=mbufs)
        self._parts.append(part)
        return part

    def start(self):
        """Packets flow from here on."""
        self.generator.start()
        if self.realtime:
            self._hold_cpus()

    def _hold_cpus(self):
        """Polling threads before everybody else's work, as far as the kernel lets them."""
        for part in self._parts:
            for task in pathlib.Path(f"/proc/{part.process.pid}/task").iterdir():
                if (task / "comm").read_text().startswith("rte-worker"):
                    os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(1))

    def rate(self, seconds):
        """Packets per second that reach the sink."""
        start, before = time.monotonic(), self.sink.stats()
        time.sleep(seconds)
        after, end = self.sink.stats(), time.monotonic()
        return (after["ipackets"] - before["ipackets"]) / (end - start)

    def halt(self):
        """The generator stops; returns when nothing is on its way any more."""
        self.generator.halt()
        deadline = time.monotonic() + SETTLE_S
        seen = -1
        while time.monotonic() < deadline:
            now = self.sink.stats()["ipackets"]
            if now == seen:
                return
            seen = now
            time.sleep(0.2)
        raise SystemExit("packets still arrive although nothing is sent")

    def accounts(self):
        """Packets by place, after halt(); in_ and out are None when the forwarder is testpmd."""
        counts = {"generated": self.generator.stats(1)["opackets"],
                  "sink": self.sink.stats()["ipackets"], "in": None, "out": None, "drops": {}}
        if isinstance(self.forwarder, SextantNode):
            ports = self.forwarder.ports()
            counts |= {"in": ports["in"]["rx"]["packets"], "out": ports["out"]["tx"]["packets"],
                       "drops": self.forwarder.drops()}
        return counts

    def stop(self):
        for part in reversed(self._parts):
            part.stop()
        self._parts = []
        (self.folder / "memif.sock").unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def imbalance(counts):
    """Why the accounts of a run with sextantd do not agree, or "". What the forwarder could not
    hand on because the sink was slow stands in its drops."""
    if counts["generated"] != counts["in"]:
        return f"{counts['generated']} packets sent, {counts['in']} received by sextantd"
    left = counts["in"] - sum(counts["drops"].values())
    if left != counts["out"] or counts["out"] != counts["sink"]:
        return (f"{counts['in']} packets received by sextantd, drops {counts['drops']}, "
                f"{counts['out']} sent, {counts['sink']} at the sink")
    return ""
