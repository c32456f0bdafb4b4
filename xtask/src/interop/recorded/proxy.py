"""A way to the server on which every request is kept."""

import threading
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 60
# What a connection is about, not a request.
_CONNECTION = {"host", "connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Request:
    method: str
    # With its query, as it was written.
    path: str
    content_type: str
    body: bytes


class _Pass(BaseHTTPRequestHandler):
    def _pass(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = Request(self.command, self.path, self.headers.get("Content-Type", ""), body)
        self.server.requests.append(told)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _CONNECTION}
        connection = HTTPConnection(self.server.target, timeout=PATIENCE)
        try:
            connection.request(self.command, self.path, body or None, kept)
            self._answer(connection.getresponse())
        finally:
            connection.close()

    def _answer(self, answer):
        content = answer.read()
        self.send_response(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _CONNECTION | {"date", "server"}:
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _pass

    def log_message(self, *_):
        pass


class Recorder(ThreadingHTTPServer):
    """Passes everything on to the server at `target`."""

    daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), _Pass)
        self.target = target
        self.requests = []
        self.authority = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def taken(self):
        """What came since the last time."""
        taken, self.requests = self.requests, []
        return taken

    def close(self):
        self.shutdown()
        self.server_close()
