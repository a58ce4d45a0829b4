"""A browser's side of the pages, for the wire tests: requests and streams over http.client.

    web = Web(msm)                        # of a program that was started with "--http", "0"
    web.login("kim", "correct horse")     # where there are users; add_user makes one
    web.ask("set", name="SP", value=5)    # the answer; Refusal where it was refused
    with web.stream("match=*") as stream:
        event, data = stream.next()
"""

import http.client
import json
import re
import ssl
import subprocess

from msm import BINARY, DEADLINE

PAGES = re.compile(r"pages at (https?)://(\[[^]]*\]|[^:/]*):(\d+)/$")


def add_user(folder, program, user, role, password="correct horse"):
    """What msm passwd says; a Folder's users for a program that keeps its state there."""
    return subprocess.run([BINARY, "passwd", user, "--role", role, "--state", folder, "--name", program],
                          input=password + "\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=DEADLINE)


class Refusal(Exception):
    def __init__(self, status, answer):
        super().__init__(answer.get("error"))
        self.status = status
        self.kind = answer.get("kind")


class Stream:
    def __init__(self, connection, path, headers):
        self.connection = connection
        connection.request("GET", path, headers=headers)
        self.response = connection.getresponse()
        self.status = self.response.status
        self.type = self.response.getheader("Content-Type")

    def next(self):
        """(event, data); None at the stream's end."""
        event, data = None, None
        while True:
            line = self.response.readline()
            if not line:
                return None
            line = line.decode().rstrip("\n")
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif event:
                return event, data

    def wait(self, event, condition=lambda data: True):
        """The next event of that name that is meant."""
        while True:
            found = self.next()
            if found is None:
                raise AssertionError("the stream ended before %s" % event)
            if found[0] == event and condition(found[1]):
                return found[1]

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class Web:
    def __init__(self, msm):
        found = msm.wait_line(PAGES)
        self.host, self.port = found.group(2), int(found.group(3))
        self.host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(self.host, self.host)
        self.origin = "%s://%s:%d" % (found.group(1), self.host, self.port)
        self.cookie = None
        self.context = ssl._create_unverified_context()

    def connection(self, timeout=30.0):
        if self.origin.startswith("https"):
            return http.client.HTTPSConnection(self.host.strip("[]"), self.port, timeout=timeout,
                                               context=self.context)
        return http.client.HTTPConnection(self.host.strip("[]"), self.port, timeout=timeout)

    def request(self, method, path, body=None, **headers):
        """(status, headers, body as bytes) of one request; headers of None are left out."""
        connection = self.connection()
        headers = {"Cookie": self.cookie, **headers}
        try:
            connection.request(method, path, body,
                               {k.replace("_", "-"): v for k, v in headers.items() if v is not None})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        status, _, body = self.request("GET", path, **headers)
        answer = json.loads(body)
        if status != 200:
            raise Refusal(status, answer)
        return answer

    def post(self, path, fields, **headers):
        body = fields if isinstance(fields, (bytes, str)) else json.dumps(fields)
        headers = {"Content_Type": "application/json", "Origin": self.origin, **headers}
        status, _, body = self.request("POST", path, body, **headers)
        answer = json.loads(body)
        if status != 200:
            raise Refusal(status, answer)
        return answer

    def ask(self, do, **fields):
        return self.post("/api/ask", {"do": do, **fields})

    def login(self, user, password="correct horse"):
        """The cookie of a new session, which is sent from here on; Refusal where there is none."""
        body = json.dumps({"user": user, "password": password})
        status, headers, answer = self.request("POST", "/api/login", body, Content_Type="application/json",
                                               Origin=self.origin)
        if status != 200:
            raise Refusal(status, json.loads(answer))
        self.cookie = headers["Set-Cookie"].split(";")[0]
        return headers["Set-Cookie"]

    def logout(self):
        return self.post("/api/logout", {})

    def stream(self, query="", **headers):
        headers = {"Cookie": self.cookie, **headers} if self.cookie else headers
        return Stream(self.connection(), "/api/stream?" + query, headers)
