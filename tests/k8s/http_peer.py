#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# HTTP servers and clients in pods.
#
#   http_peer.py serve NAME PORT            / answers "NAME ADDRESS-OF-CLIENT"; /stream a line every 20 ms
#   http_peer.py parallel ADDRESS PORT N    N connections that are open at once; "COUNT NAME" of the answers
#   http_peer.py stream ADDRESS PORT N S    N connections for S seconds; "NAME complete" or "NAME broken: WHY"
import asyncio
import collections
import ipaddress
import resource
import sys

INTERVAL_S = 0.02
TIMEOUT_S = 15
SILENCE_S = 4


def plain(address):
    parsed = ipaddress.ip_address(address.split('%')[0])
    return str(getattr(parsed, 'ipv4_mapped', None) or parsed)


async def answer(reader, writer, name):
    try:
        request = (await reader.readuntil(b'\r\n\r\n')).decode()
        path = request.split()[1]
        head = b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n'
        writer.write(head)
        if path.startswith('/stream'):
            end = asyncio.get_running_loop().time() + float(path.rpartition('=')[2])
            while asyncio.get_running_loop().time() < end:
                writer.write(f'{name}\n'.encode())
                await writer.drain()
                await asyncio.sleep(INTERVAL_S)
            writer.write(b'end\n')
        else:
            writer.write(f'{name} {plain(writer.get_extra_info("peername")[0])}\n'.encode())
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def serve(name, port):
    server = await asyncio.start_server(lambda r, w: answer(r, w, name), None, port, backlog=2048)
    await server.serve_forever()


async def parallel(address, port, count):
    async def connect():
        return await asyncio.wait_for(asyncio.open_connection(address, port), TIMEOUT_S)

    connections = await asyncio.gather(*(connect() for _ in range(count)))

    async def ask(reader, writer):
        writer.write(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        text = (await asyncio.wait_for(reader.read(), TIMEOUT_S)).decode()
        writer.close()
        return text.split('\r\n\r\n', 1)[1].split()[0]

    names = await asyncio.gather(*(ask(*one) for one in connections))
    for name, times in sorted(collections.Counter(names).items()):
        print(times, name)


async def stream(address, port, count, seconds):
    async def one():
        name = 'nobody'
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(address, port), TIMEOUT_S)
            writer.write(f'GET /stream?seconds={seconds} HTTP/1.1\r\nHost: x\r\n\r\n'.encode())
            await asyncio.wait_for(reader.readuntil(b'\r\n\r\n'), TIMEOUT_S)
            while line := (await asyncio.wait_for(reader.readline(), SILENCE_S)).decode().strip():
                if line == 'end':
                    return f'{name} complete'
                name = line
            return f'{name} broken: ended early'
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
            return f'{name} broken: {error!r}'

    for line in await asyncio.gather(*(one() for _ in range(count))):
        print(line, flush=True)


resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
what, arguments = sys.argv[1], sys.argv[2:]
if what == 'serve':
    asyncio.run(serve(arguments[0], int(arguments[1])))
elif what == 'parallel':
    asyncio.run(parallel(arguments[0], int(arguments[1]), int(arguments[2])))
else:
    asyncio.run(stream(arguments[0], int(arguments[1]), int(arguments[2]), float(arguments[3])))
