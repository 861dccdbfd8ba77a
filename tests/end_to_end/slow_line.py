"""A line to a server that delays what goes towards it: `slow_line.py PORT SECONDS` prints the port to connect to."""

import asyncio
import subprocess
import sys


class SlowLine:
    """Such a line in a process of its own, until left: the one that measures does not wait for it."""

    def __init__(self, port, seconds):
        self._command = [sys.executable, __file__, str(port), str(seconds)]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        self.host = f"127.0.0.1:{self._process.stdout.readline().strip()}"
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()


async def _carry(reader, writer, seconds):
    """Bytes in their order, each `seconds` after it came."""
    clock = asyncio.get_running_loop()
    waiting = asyncio.Queue()

    async def read():
        data = b"more"
        while data:
            data = await reader.read(1 << 18)
            await waiting.put((clock.time() + seconds, data))

    reading = asyncio.create_task(read())
    try:
        data = b"more"
        while data:
            due, data = await waiting.get()
            await asyncio.sleep(max(0, due - clock.time()))
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        reading.cancel()
        writer.close()


async def _serve(port, seconds):
    async def join(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_carry(reader, far_writer, seconds), _carry(far_reader, writer, 0))

    server = await asyncio.start_server(join, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
    except KeyboardInterrupt:
        pass
