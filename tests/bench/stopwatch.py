#!/usr/bin/python3
"""stopwatch.py PORTS LOG NAME=URL... - passes bytes through to each URL, and notes when words came by.

Writes NAME=http://127.0.0.1:PORT for each into PORTS, and a line "seconds NAME way word" into LOG whenever a chunk holds a
word such as "Prompt 17": "answer" is what the server says, "question" what the client does.
"""
import asyncio
import re
import sys
import time
from urllib.parse import urlsplit

WORD = re.compile(rb'Prompt \d+')


async def pump(reader, writer, name, way, log):
    try:
        while chunk := await reader.read(1 << 16):
            now = time.clock_gettime(time.CLOCK_MONOTONIC)
            if way == 'question':
                # Answers are to be read here, so they may not be packed.
                chunk = re.sub(rb'(?i)\r\naccept-encoding:', b'\r\nx-not-encoding :', chunk).replace(b'x-not-encoding :', b'x-not-encoding:')
            for word in set(WORD.findall(chunk)):
                print(f'{now:.6f} {name} {way} {word.decode()}', file=log, flush=True)
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main(ports, log, targets):
    lines = []
    for name, url in targets:
        host, port = urlsplit(url).hostname, urlsplit(url).port

        async def serve(reader, writer, name=name, host=host, port=port):
            try:
                back_reader, back_writer = await asyncio.open_connection(host, port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(pump(reader, back_writer, name, 'question', log), pump(back_reader, writer, name, 'answer', log))
        server = await asyncio.start_server(serve, '127.0.0.1', 0)
        lines.append(f'{name}=http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n')
    with open(ports, 'w') as file:
        file.write(''.join(lines))
    await asyncio.Event().wait()


if __name__ == '__main__':
    with open(sys.argv[2], 'w') as out:
        asyncio.run(main(sys.argv[1], out, [argument.split('=', 1) for argument in sys.argv[3:]]))
