# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Generator, forwarder and sink in three processes on three CPUs, with memif (or virtio) between.

  testpmd: capture in a loop -> link -> sextantd, or testpmd as the ceiling -> link -> testpmd
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


def link_devices(link, folder):
    """The two ports of the forwarder, and what the other end of each is; the forwarder starts
    first."""
    if link == "virtio_user":
        return ([f"net_vhost{i},iface={folder}/vhost{i}.sock" for i in range(2)],
                [f"net_virtio_user{i},path={folder}/vhost{i}.sock" for i in range(2)])
    return tuple([f"net_memif{i},role={role},id={i},socket={folder}/memif.sock,socket-abstract=no"
                  for i in range(2)] for role in ("server", "client"))


class LoadRig:
    """Use it with "with". forwarder is "sextantd", or a forward mode of testpmd ("io"). With ports
    (two PCI addresses) the forwarder is another machine, and forwarder None."""

    def __init__(self, folder, case, cpus, forwarder="sextantd", huge_pages=True, link="memif",
                 frames=None, ports=None):
        self.folder = pathlib.Path(folder)
        self.forwarder = None
        self._parts = []
        try:
            if ports:
                clients = ports
            else:
                servers, clients = link_devices(link, self.folder)
                self._start_forwarder(case, cpus, forwarder, huge_pages, servers)
            self._start_ends(cpus, huge_pages, clients, frames or traffic.frames(case))
        except BaseException:
            self.stop()
            raise

    def _start_forwarder(self, case, cpus, forwarder, huge_pages, devices):
        if forwarder == "sextantd":
            state = configuration(case, *devices, cpus.forwarder, "on" if huge_pages else "off")
            self.forwarder = SextantNode(self.folder, state)
            self._parts.append(self.forwarder)
        else:
            self.forwarder = self._testpmd("forwarder", cpus.forwarder, cpus, devices, forwarder,
                                           huge_pages)
            self.forwarder.start()

    def _start_ends(self, cpus, huge_pages, devices, frames):
        self.sink = self._testpmd("sink", cpus.sink, cpus, [devices[1]], "rxonly", huge_pages)
        pcap = self.folder / "traffic.pcap"
        traffic.write_pcap(pcap, frames)
        source = f"net_pcap0,rx_pcap={pcap},infinite_rx=1"
        self.generator = self._testpmd("generator", cpus.generator, cpus, [source, devices[0]],
                                       "io", huge_pages, mbufs=MBUFS + len(frames))
        self._out = self.generator.port(devices[0])
        deadline = time.monotonic() + CONNECT_S
        while not (self.sink.link_up() and self.generator.link_up(self._out)):
            if time.monotonic() > deadline:
                log = self.forwarder or self.generator
                raise SystemExit(f"the link does not come up: {log.log.read_text()[-2000:]}")
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
        counts = {"generated": self.generator.stats(self._out)["opackets"],
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
