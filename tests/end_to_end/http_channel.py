"""A channel over HTTP on loopback that counts, and that fails where it is told to."""

import base64
import http.server
import re
import threading
from collections import Counter


class _QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Clients that are killed or that hang up are part of the tests."""


class HttpChannel:
    """Serves a folder while entered. `faults` maps the end of a path to a list of faults, one taken for each request:
    a status to answer with, `cut` to break off in the middle, or `spoil` to change one byte. With `user`, as
    `name:password`, nobody else is let in."""

    def __init__(self, folder, faults=None, user=None):
        self._wanted = user and "Basic " + base64.b64encode(user.encode()).decode()
        self._served, self._ranges, self._lock = Counter(), [], threading.Lock()
        faults = {end: list(kinds) for end, kinds in (faults or {}).items()}
        channel = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                channel._answer(self, folder, faults)

            def log_message(self, *_):
                pass

        self._server = _QuietServer(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def served(self):
        with self._lock:
            return dict(self._served)

    def ranges(self):
        with self._lock:
            return list(self._ranges)

    def forget(self):
        with self._lock:
            self._served.clear()
            self._ranges.clear()

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request, folder, faults):
        path = request.path
        if self._wanted and request.headers.get("Authorization") != self._wanted:
            request.send_response(401)
            request.send_header("WWW-Authenticate", "Basic")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        with self._lock:
            self._served[path] += 1
            kinds = next((kinds for end, kinds in faults.items() if path.endswith(end)), [])
            fault = kinds.pop(0) if kinds else None
        file = folder / path.lstrip("/")
        if isinstance(fault, int) or not file.is_file():
            request.send_response(fault or 404)
            if fault in (429, 503):
                request.send_header("Retry-After", "0")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        content = file.read_bytes()
        if fault == "spoil":
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:]
        start = self._start(request, len(content))
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(content) - start))
        request.send_header("Accept-Ranges", "bytes")
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.end_headers()
        end = start + (len(content) - start) // 2 if fault == "cut" else len(content)
        try:
            request.wfile.write(content[start:end])
        except ConnectionError:
            return
        if fault == "cut":
            request.close_connection = True

    def _start(self, request, size):
        match = re.match(r"bytes=(\d+)-$", request.headers.get("Range", ""))
        if match is None or int(match[1]) >= size:
            return 0
        with self._lock:
            self._ranges.append((request.path, int(match[1])))
        return int(match[1])
