"""A client of the control socket for the wire tests: src/control/PROTOCOL.md in thirty lines.

    with control.Control(os.path.join(folder, "tank.sock")) as tank:
        tank.ask("get", names=["LEVEL"])["values"][0]["value"]
        for line in tank.stream("watch", match="*"): ...
"""

import json
import socket


class Refused(Exception):
    """A request that was answered with "ok": false; `kind` says why."""

    def __init__(self, line):
        super().__init__(line["error"])
        self.kind = line["kind"]


class Gone(Exception):
    """The program has closed the connection."""


class Control:
    def __init__(self, path, timeout=30.0):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.lines = self.socket.makefile("rb")
        self.last = 0

    def close(self):
        self.lines.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def send(self, do, **fields):
        """Sends a request and returns its id."""
        self.last += 1
        request = dict(fields, do=do, id=self.last)
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        return self.last

    def receive(self):
        """The next line, whatever it belongs to."""
        line = self.lines.readline()
        if not line:
            raise Gone()
        return json.loads(line)

    def _next(self, number):
        while True:
            line = self.receive()
            if line.get("id") == number:
                if not line["ok"]:
                    raise Refused(line)
                return line

    def ask(self, do, **fields):
        """Asks, passes over lines of other requests, and returns the answer."""
        return self._next(self.send(do, **fields))

    def stream(self, do, **fields):
        """Asks for a stream and yields its lines."""
        number = self.send(do, **fields)
        while True:
            yield self._next(number)

    def value(self, name):
        return self.ask("get", names=[name])["values"][0]["value"]
