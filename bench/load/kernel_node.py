# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""The kernel's seg6 as the forwarder: what it is told for a case, in a network namespace of its own
where veth pairs lead from "gen" to "in" and from "out" to "sink"."""
import pathlib
import subprocess

from . import traffic as t

MISSING = {"End.AD": "no proxies", "End.AS": "no proxies", "End.AM": "no proxies",
           "H.Encaps.L2": "no steering by interface"}
VRF_TABLE = 100


def run(*words, text=None):
    """A command that must succeed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          input=text, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def sysctl(name, value):
    path = pathlib.Path("/proc/sys") / name.replace(".", "/")
    if not path.exists():
        raise RuntimeError(f"this kernel has no {name}")
    path.write_text(f"{value}\n")


def links(cpus):
    """Both pairs anew. cpus: which one deals with what an interface receives; without, that of the
    sender."""
    for near, far in (("gen", "in"), ("out", "sink")):
        subprocess.run(["ip", "link", "delete", near], capture_output=True, check=False)
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far)
    run("ip", "link", "set", "in", "address", t.IN_MAC)
    run("ip", "link", "set", "out", "address", t.OUT_MAC)
    for name in ("gen", "sink"):
        sysctl(f"net.ipv6.conf.{name}.disable_ipv6", 1)
    for name in ("gen", "in", "out", "sink"):
        run("ip", "link", "set", name, "up")
    for name, cpu in cpus.items():
        pathlib.Path(f"/sys/class/net/{name}/queues/rx-0/rps_cpus").write_text(f"{1 << cpu:x}\n")


def counter(name, which):
    return int(pathlib.Path(f"/sys/class/net/{name}/statistics/{which}").read_text())


def settings(case):
    """(sysctl, value)"""
    values = [("net.ipv6.conf.all.forwarding", 1), ("net.ipv4.ip_forward", 1),
              ("net.ipv4.conf.all.rp_filter", 0), ("net.ipv4.conf.in.rp_filter", 0),
              ("net.ipv6.conf.all.seg6_enabled", 1), ("net.ipv6.conf.in.seg6_enabled", 1)]
    if case.behavior == "End.DT4":
        values.append(("net.vrf.strict_mode", 1))
    return values


def _local_sid(case, number):
    base, _, flavor = case.behavior.partition("+")
    action = {"End.X": f"End.X nh6 {t.SINK_ADDRESS}", "End.T": "End.T table main",
              "End.DX6": f"End.DX6 nh6 {t.SINK_ADDRESS}",
              "End.DX4": f"End.DX4 nh4 {t.SINK_ADDRESS4}", "End.DX2": "End.DX2 oif out",
              "End.DT6": "End.DT6 table main", "End.DT4": f"End.DT4 vrftable {VRF_TABLE}",
              "End.B6.Encaps": f"End.B6.Encaps srh segs {','.join(t.segment_list(case))}",
              "uN": "End flavors next-csid lblen 32 nflen 16"}.get(base, base)
    if flavor:
        action += f" flavors {flavor.lower()}"
    sid = t.object_prefix(number) if base == "uN" else t.object_address(number)
    device = "vrf" if base == "End.DT4" else "out"
    return f"route add {sid} encap seg6local action {action} dev {device}"


def _encap(case, index):
    mode = "inline" if case.behavior == "H.Insert" else "encap"
    return f"encap seg6 mode {mode} segs {','.join(t.segment_list(case, index))}"


def _steering(case, number):
    target = t.DESTINATION4 if case.inner == "IPv4" else t.object_address(number)
    route = f"route add {target}"
    if case.lists == 1:
        return f"{route} {_encap(case, 0)} dev out"
    hop = t.SINK_ADDRESS4 if case.inner == "IPv4" else t.SINK_ADDRESS
    return route + "".join(f" nexthop {_encap(case, i)} via {hop} dev out"
                           for i in range(case.lists))


def commands(case):
    """Lines for "ip -batch"."""
    lines = [f"address add {t.IN_ADDRESS}/64 dev in nodad",
             f"address add {t.OUT_ADDRESS}/64 dev out nodad",
             f"address add {t.OUT_ADDRESS4}/24 dev out",
             f"neighbor replace {t.SINK_ADDRESS} lladdr {t.SINK_MAC} dev out nud permanent",
             f"neighbor replace {t.SINK_ADDRESS4} lladdr {t.SINK_MAC} dev out nud permanent",
             f"route add {t.DESTINATIONS} via {t.SINK_ADDRESS}",
             f"route add {t.SEGMENTS} via {t.SINK_ADDRESS}",
             f"route add {t.DESTINATIONS4} via {t.SINK_ADDRESS4}"]
    if case.behavior == "End.DX4":
        # The next hop chooses the interface; the neighbor is the destination itself.
        base = t.DESTINATION4.rpartition(".")[0]
        lines += [f"neighbor replace {base}.{i} lladdr {t.SINK_MAC} dev out nud permanent"
                  for i in range(1, t.FLOWS)]
    if case.behavior == "End.DT4":
        lines += [f"link add vrf type vrf table {VRF_TABLE}", "link set vrf up",
                  f"route add {t.DESTINATIONS4} via {t.SINK_ADDRESS4} dev out table {VRF_TABLE}"]
    if case.behavior == "uN":
        lines.append(f"route add {t.NODES} via {t.SINK_ADDRESS}")
    for number in range(case.objects):
        if case.is_endpoint():
            lines.append(_local_sid(case, number))
        elif case.is_headend():
            lines.append(_steering(case, number))
        elif case.inner == "IPv6":
            lines.append(f"route add {t.object_prefix(number)} via {t.SINK_ADDRESS}")
    return lines


def configure(case):
    for name, value in settings(case):
        sysctl(name, value)
    # Without one the kernel looks for a source address with every packet.
    run("ip", "sr", "tunsrc", "set", t.OUT_ADDRESS)
    run("ip", "-batch", "-", text="\n".join(commands(case)) + "\n")


def clear():
    """What does not go with the links."""
    subprocess.run(["ip", "link", "delete", "vrf"], capture_output=True, check=False)
    for family in ("-4", "-6"):
        subprocess.run(["ip", family, "route", "flush", "table", str(VRF_TABLE)],
                       capture_output=True, check=False)
