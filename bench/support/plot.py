# SPDX-License-Identifier: Apache-2.0
"""The picture of a result of bench/run: an SVG file, with nothing but Python."""
import math
import re
from xml.sax.saxutils import escape

COLORS = ("#2166ac", "#d6604d", "#4d9221", "#8073ac", "#b8860b", "#35978f", "#c51b7d", "#666666")
WIDTH, ROW, LABEL = 1180, 17, 190


class Svg:
    def __init__(self):
        self.parts = []

    def add(self, text):
        self.parts.append(text)

    def line(self, x1, y1, x2, y2, color="#ddd", width=1):
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" '
                 f'stroke-width="{width}"/>')

    def rect(self, x, y, width, height, color):
        self.add(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>')

    def text(self, x, y, text, anchor="start", size=11, color="#333", weight="normal"):
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{color}" '
                 f'font-weight="{weight}">{escape(text)}</text>')

    def path(self, points, color):
        self.add(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" '
                 f'stroke="{color}" stroke-width="2"/>')
        for x, y in points:
            self.add(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>')

    def write(self, path, height):
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
                       f'viewBox="0 0 {WIDTH} {height:.0f}" font-family="DejaVu Sans, Helvetica, sans-serif">\n'
                       f'<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(self.parts) + "\n</svg>\n")


def round_up(value):
    """The next of 1, 2, 5, 10, 20, 50, ... steps that gives at most six ticks."""
    step = 10 ** math.floor(math.log10(max(value, 1e-9) / 6))
    step = next(step * factor for factor in (1, 2, 5, 10) if value / (step * factor) <= 6)
    return step * math.ceil(value / step), step


def name_of(row):
    segments = f", {row['segments']} seg" if row["behavior"].startswith("H.") else ""
    lists = f", {row['lists']} lists" if row["lists"] > 1 else ""
    return f"{row['behavior']} {row['inner']}{segments}{lists}"


def bars(svg, x, y, width, rows):
    """Cycles of each behavior with both kinds of flows; whiskers: smallest and largest round."""
    svg.text(x, y, "Cycles per packet, 64 B inner packets, one object", size=14, weight="bold")
    for i, (flows, note) in enumerate((("repeated", "a burst is one flow"), ("random", "every packet another flow"))):
        svg.rect(x + 220 * i, y + 10, 10, 10, COLORS[i])
        svg.text(x + 15 + 220 * i, y + 19, f"{flows}: {note}")
    names = list(dict.fromkeys(name_of(row) for row in rows))
    end, step = round_up(max((row["forward"]["max"] for row in rows), default=1))
    top, left = y + 34, x + LABEL
    scale = (width - LABEL - 40) / end
    bottom = top + len(names) * ROW
    for tick in range(int(end / step) + 1):
        at = left + tick * step * scale
        svg.line(at, top, at, bottom)
        svg.text(at, bottom + 14, f"{tick * step:g}", "middle")
    for i, name in enumerate(names):
        svg.text(left - 6, top + i * ROW + 12, name, "end")
        for row in (row for row in rows if name_of(row) == name):
            second = row["flows"] == "random"
            at = top + i * ROW + (9 if second else 2)
            figure = row["forward"]
            svg.rect(left, at, figure["median"] * scale, 6, COLORS[second])
            svg.line(left + figure["min"] * scale, at + 3, left + figure["max"] * scale, at + 3, "#111")
            if second or len(rows) == len(names):
                most = max(row["forward"]["max"] for row in rows if name_of(row) == name)
                svg.text(left + most * scale + 5, top + i * ROW + 12,
                         f"{figure['median']:.0f}", size=10)
    return bottom + 30


def curves(svg, x, y, size, title, series, ticks, top_value=None):
    """Series of (x position, value) over named ticks."""
    width, height = size
    svg.text(x, y, title, size=14, weight="bold")
    if not any(points for _, points in series):
        svg.text(x, y + 20, "not measured", color="#888")
        return
    end, step = round_up(top_value or max(value for _, points in series for _, value in points))
    left, right, top, bottom = x + 36, x + width - 170, y + 16, y + height - 24
    for tick in range(int(round(end / step)) + 1):
        at = bottom - (bottom - top) * tick * step / end
        svg.line(left, at, right, at)
        svg.text(left - 5, at + 4, f"{tick * step:g}", "end")
    place = {tick: left + (right - left) * (i + 0.5) / len(ticks) for i, tick in enumerate(ticks)}
    for tick in ticks:
        svg.text(place[tick], bottom + 16, f"{tick:,}", "middle")
    labels = []
    for i, (name, points) in enumerate(series):
        line = [(place[at], bottom - (bottom - top) * value / end) for at, value in points]
        if line:
            svg.path(line, COLORS[i % len(COLORS)])
            labels.append((line[-1][1], name, COLORS[i % len(COLORS)]))
    # In the order of the curves' ends, without covering each other.
    below = top - 20
    for at, name, color in sorted(labels):
        below = max(at + 4, below + 13)
        svg.text(right + 8, below, name, color=color)


SCALES = (("plain IPv6", 1, 1), ("Internet IPv6", 1, 1), ("Internet IPv4", 1, 1), ("End IPv6", 1, 1),
          ("End.DT6 IPv6", 1, 1), ("H.Encaps IPv6", 2, 1), ("H.Encaps IPv6", 2, 8), ("H.Encaps IPv4", 2, 1))


def object_series(rows):
    out = []
    for name, segments, lists in SCALES:
        points = sorted((row["objects"], row["forward"]["median"]) for row in rows
                        if f"{row['behavior']} {row['inner']}" == name and row["bytes"] == 64 and
                        row["flows"] == "random" and (row["segments"], row["lists"]) == (segments, lists))
        if len(points) > 1:
            out.append((name + (f", {lists} lists" if lists > 1 else ""), points))
    return out


def lcore_series(scaling):
    out = {}
    for row in scaling:
        name = re.sub(r" (64B|x\d+|s\d+|l\d+|random)\b", "", row["id"])
        out.setdefault(name, []).append((row["lcores"], row["efficiency"]["median"]))
    return list(out.items())


def draw(result, path):
    svg = Svg()
    machine = result["machine"]
    svg.text(20, 28, "Sextant: what a packet costs", size=18, weight="bold")
    svg.text(20, 46, f"{machine['cpu']}, TSC {machine['tsc_hz'] / 1e9:.2f} GHz, {machine['huge_pages']}, compiler "
             f"{machine['compiler']}, commit {machine['commit']}, load average {machine['load_average'][0]:.1f} to "
             f"{machine['load_average_after'][0]:.1f}, {result['rounds']} rounds", color="#666")
    rows = result["rows"]
    small = [row for row in rows if row["bytes"] == 64 and row["objects"] == 1]
    bottom = bars(svg, 20, 78, 620, small)
    x, size = 660, (WIDTH - 670, 360)
    objects = object_series(rows)
    curves(svg, x, 78, size, "With more objects (routes, SIDs or policies), random flows", objects,
           sorted({at for _, points in objects for at, _ in points}))
    lcores = lcore_series(result.get("scaling", []))
    curves(svg, x, 78 + 385, size, "Speed of each of N lcores, to one alone", lcores,
           sorted({at for _, points in lcores for at, _ in points}), 1.2)
    svg.write(path, max(bottom, 78 + 760))
