#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`sextant top` and `sextant show --watch` on a terminal: terminal_check.py SEXTANT SOCKET

A pseudo-terminal is the screen. What must hold: the screen is redrawn, fits after a resize, reacts to keys, and is left
as it was found: by q, by Ctrl-C, by SIGTERM, and while the job is stopped.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

sextant, socket = sys.argv[1:]
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


class Screen:
    def __init__(self, *arguments, rows=24, columns=80, environment=None):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""
        self.process = subprocess.Popen(
            [sextant, *arguments, "--socket", socket], stdin=slave, stdout=slave, stderr=slave,
            env={"TERM": "xterm", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], **(environment or {})},
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.0):
        end = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([self.master], [], [], max(0.05, end - time.monotonic()))
            if ready:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    return
            elif time.monotonic() >= end:
                return
            if ready and time.monotonic() >= end:
                return

    def until(self, pattern, seconds=10):
        """Waits for something new on the screen."""
        end = time.monotonic() + seconds
        start = len(self.output)
        while not re.search(pattern, self.output[start:]):
            if time.monotonic() > end:
                sys.exit(f"nothing like {pattern!r} in {self.output[-3000:]!r}")
            self.read(0.1)

    def type(self, keys):
        os.write(self.master, keys)

    def end(self, expected):
        code = self.process.wait(10)
        self.read(0.2)
        if code != expected:
            sys.exit(f"ended with {code} instead of {expected}: {self.output[-2000:]!r}")
        self.clean()
        os.close(self.slave)
        os.close(self.master)

    def clean(self):
        if self.output.count(ENTER) != self.output.count(LEAVE) or not self.output.rstrip().endswith(LEAVE):
            sys.exit(f"the screen is not left: {self.output[-300:]!r}")
        if termios.tcgetattr(self.slave) != self.before:
            sys.exit("the modes of the terminal are not what they were")
        if b"\x1b[?25h" not in self.output or b"\x1b[?7h" not in self.output:
            sys.exit("cursor or wrap are not restored")

    def frame(self):
        """The lines of the last drawing, without control sequences."""
        last = self.output.rsplit(b"\x1b[H", 1)[-1].split(b"\x1b[J")[0].decode()
        return [line.rstrip("\r") for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", last).split("\n")]


def step(text):
    print("   ", text)


step("top draws, sorts by keys, chooses sections, ends by q")
top = Screen("top", "--interval", "0.2")
top.until(rb"rx packets/s")
top.type(b"n")
top.until(rb"by name")
top.type(b"b")
top.until(rb"by bit/s")
top.type(b"2")
top.until(rb"local SID")
top.read(0.5)
assert "port" not in "".join(top.frame()).replace("ports", ""), top.frame()
top.type(b"0\x1b[A\x00\xff?")  # arrow keys and rubbish do nothing
top.until(rb"rx packets/s")
top.type(b"q")
top.end(0)

step("top fits after a resize")
top = Screen("top", "--interval", "0.2", rows=30, columns=120)
top.until(rb"rx packets/s")
for rows, columns in ((10, 40), (3, 20), (50, 200), (24, 60)):
    top.resize(rows, columns)
    time.sleep(0.6)
    top.read(0.3)
    frame = top.frame()
    assert len(frame) <= rows, (rows, frame)
    # An address is never cut; everything else fits.
    assert all(len(line) <= max(columns, 48) for line in frame), (columns, frame)
top.type(b"q")
top.end(0)

for keys, number, name in ((b"\x03", signal.SIGINT, "Ctrl-C"), (b"\x1c", signal.SIGQUIT, "Ctrl-\\"),
                           (None, signal.SIGTERM, "SIGTERM"), (None, signal.SIGHUP, "SIGHUP")):
    for arguments in (("top", "--interval", "0.2"), ("show", "ports", "--watch", "0.2")):
        step(f"{arguments[0]} leaves the terminal clean on {name}")
        screen = Screen(*arguments)
        screen.until(rb"rx (packets|bytes)")
        if keys:
            screen.type(keys)
        else:
            screen.process.send_signal(number)
        screen.end(-number)

step("a stopped job gives the terminal back, and takes it again")
top = Screen("top", "--interval", "0.2")
top.until(rb"rx packets/s")
top.process.send_signal(signal.SIGTSTP)
time.sleep(0.5)
top.read(0.2)
with open(f"/proc/{top.process.pid}/stat") as file:
    state = file.read().rsplit(")", 1)[1].split()[0]
assert state == "T", state
top.clean()
top.process.send_signal(signal.SIGCONT)
top.until(rb"rx packets/s")
top.type(b"q")
top.end(0)

step("--watch shows rates from the second look on")
screen = Screen("show", "ports", "--watch", "0.2", columns=250)
screen.until(rb"rx packets/s")
screen.until(rb"every 0.2 s")
screen.read(1.0)
screen.type(b"q")
screen.end(0)

step("colors: on a terminal, but not with NO_COLOR, --color never, or a dumb terminal")
for arguments, environment, wanted in ((("show", "ports"), {}, True), (("show", "ports"), {"NO_COLOR": "1"}, False),
                                       (("show", "ports"), {"NO_COLOR": ""}, True),
                                       (("show", "ports"), {"TERM": "dumb"}, False),
                                       (("show", "ports", "--color", "never"), {}, False),
                                       (("show", "ports", "--color", "always"), {"NO_COLOR": "1"}, True)):
    screen = Screen(*arguments, environment=environment)
    screen.process.wait(10)
    screen.read(0.3)
    assert (b"\x1b[" in screen.output) == wanted, (arguments, environment, screen.output)

step("tables fit the terminal")
for columns in (40, 60, 80, 100, 132, 200):
    for view in ("ports", "localsids", "fib", "drops"):
        screen = Screen("show", view, "--color", "never", columns=columns)
        screen.process.wait(10)
        screen.read(0.3)
        lines = screen.output.decode().split("\r\n")
        assert all(len(line) <= max(columns, 48) for line in lines), (view, columns, lines)
