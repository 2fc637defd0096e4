# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Medians, tables and what has to be said about the machine."""
import os
import pathlib
import platform
import statistics
import subprocess


def machine_facts():
    """One line each."""
    cpu = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    huge = [f"{(folder / 'nr_hugepages').read_text().strip()} of {folder.name[10:]}"
            for folder in sorted(pathlib.Path("/sys/kernel/mm/hugepages").glob("hugepages-*"))]
    isolated = pathlib.Path("/sys/devices/system/cpu/isolated").read_text().strip() or "none"
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True,
                          text=True, check=False).stdout.strip() or "unknown"
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return (f"{cpu}, {os.cpu_count()} CPUs, Linux {platform.release()}, DPDK {dpdk}\n"
            f"huge pages: {', '.join(huge) or 'none'}; isolated CPUs: {isolated}; load {load}")


def spread(values):
    """(median, smallest, largest)"""
    return statistics.median(values), min(values), max(values)


def table(head, rows):
    """Markdown, so that it can be kept; numbers to the right."""
    cells = [head] + [[str(cell) for cell in row] for row in rows]
    width = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(
        text.ljust(width[i]) if i == 0 else text.rjust(width[i]) for i, text in enumerate(row)
    ) + " |" for row in cells]
    rule = "|" + "|".join(("-" * (w + 2)) if i == 0 else "-" * (w + 1) + ":"
                          for i, w in enumerate(width)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
