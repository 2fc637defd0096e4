#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# The API server's TCP port inside network namespaces, and connections that break.
#
#   relay.py PORT CUT-FILE NETNS...
#
# Listens on 127.0.0.1:PORT in each of the namespaces and carries every connection to [::1]:PORT of its own
# one. While CUT-FILE exists, connections break, at random moments up to a second after they began.
import asyncio
import ctypes
import os
import random
import socket
import sys

CLONE_NEWNET = 0x40000000
LONGEST_S = 1.0


def listen_in(netns, port):
    """A socket belongs to the namespace that it was made in."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open('/proc/self/ns/net') as own, open(f'/run/netns/{netns}') as other:
        if libc.setns(other.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f'setns {netns}')
        listener = socket.create_server(('127.0.0.1', port), backlog=256)
        libc.setns(own.fileno(), CLONE_NEWNET)
    return listener


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def cut(writers, file):
    while True:
        await asyncio.sleep(random.uniform(0, LONGEST_S))
        if os.path.exists(file):
            for writer in writers:
                writer.transport.abort()
            return


async def carry(reader, writer, port, file):
    try:
        server_reader, server_writer = await asyncio.open_connection('::1', port)
    except OSError:
        writer.transport.abort()
        return
    cutter = asyncio.create_task(cut((writer, server_writer), file))
    await asyncio.gather(pump(reader, server_writer), pump(server_reader, writer))
    cutter.cancel()


async def main(port, file, namespaces):
    for netns in namespaces:
        await asyncio.start_server(lambda r, w: carry(r, w, port, file), sock=listen_in(netns, port))
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
