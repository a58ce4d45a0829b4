"""Proves that nothing comes in over HTTP but what may: each way of posting is refused without a
session, with too small a role, from another page, under another name and as another type; that
nonsense gets an answer or a closed connection and nothing else; and that slow, many and greedy
browsers harm neither the scan, nor a Modbus master, nor one another."""

import http.client
import json
import os
import random
import resource
import socket
import unittest

from msm import DEADLINE, SANITIZERS, Folder, Msm, eventually
from web import Refusal, Web, add_user

SCRIPT = """
mem.SP = holding.uint16(2, { min = 0, max = 100, default = 50 })
mem.COUNT = input.uint16(0)
server.tcp { port = 0 }
every("10ms", function() mem.COUNT = (mem.COUNT + 1) % 1000 end)
"""

POSTS = ("/api/ask", "/api/feed", "/api/login", "/api/logout")
OPERATORS = {"set": {"name": "SP", "value": 7}, "ack": {"all": True}, "shelve": {}, "unshelve": {}, "source": {}}
ENGINEERS = {"force": {"name": "SP", "value": 7}, "unforce": {"all": True}, "reload": {}, "stop": {},
             "eval": {"code": "mem.SP = 7"}, "edit": {"text": ""}, "compare": {}, "complete": {"code": "m"}}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def program(self, *users):
        for role in users:
            done = add_user(self.folder.path, "tank", role, role)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.msm = Msm(SCRIPT, "--http", "0", "--state", self.folder.path, name="tank")
        self.addCleanup(self.msm.stop)
        return Web(self.msm)

    def refused(self, status, function, *args, **options):
        with self.assertRaises(Refusal, msg=(args, options)) as refusal:
            function(*args, **options)
        self.assertEqual(refusal.exception.status, status, (args, options, str(refusal.exception)))

    def goes_on(self):
        """The scan scans and a master is answered."""
        with self.msm.connect() as wire:
            self.assertEqual(wire.holding(2), 50)
            before = wire.input(0)
            eventually(lambda: wire.input(0) != before, "a scan")


class Doors(Case):
    def test_without_a_session(self):
        """nobody sees or does anything, whatever cookie he makes up"""
        web = self.program("engineer")
        for cookie in (None, "msm-%d=" % web.port, "msm-%d=%s" % (web.port, "A" * 43), "x=y", ";;=;"):
            web.cookie = cookie
            for do, fields in {**OPERATORS, **ENGINEERS, "get": {"names": ["SP"]}, "status": {}}.items():
                self.refused(401, web.ask, do, **fields)
            self.refused(401, web.post, "/api/feed", {"stream": "x", "names": []})
            for path in ("status", "names", "values", "values/SP", "alarms", "trend", "journal", "pages", "stream",
                         "nothing"):
                self.refused(401, web.get, "/api/" + path)
        self.goes_on()

    def test_roles(self):
        """too small a role is told so, before anything of the request is looked at"""
        web = self.program("viewer", "operator")
        for role, more in (("viewer", {**OPERATORS, **ENGINEERS}), ("operator", ENGINEERS)):
            web.login(role)
            for do, fields in more.items():
                self.refused(403, web.ask, do, **fields)
        self.goes_on()

    def test_foreign(self):
        """each path refuses what the page of another site could make a browser send"""
        web = self.program("engineer")
        web.login("engineer")
        body = json.dumps({"do": "set", "name": "SP", "value": 7, "user": "engineer", "password": "correct horse"})
        for path in POSTS:
            for status, headers in (
                    (403, {"Origin": None}), (403, {"Origin": "null"}), (403, {"Origin": "http://evil.example"}),
                    (403, {"Origin": "https" + web.origin[4:]}), (403, {"Origin": web.origin + "0"}),
                    (403, {"Host": "evil.example:%d" % web.port, "Origin": "http://evil.example:%d" % web.port}),
                    (403, {"Host": "localhost.evil.example"}), (403, {"Sec_Fetch_Site": "cross-site"}),
                    (403, {"Sec_Fetch_Site": "same-site"}), (415, {"Content_Type": None}),
                    (415, {"Content_Type": "text/plain"}), (415, {"Content_Type": "multipart/form-data"})):
                self.refused(status, web.post, path, body, **headers)
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            status, headers, _ = web.request(method, "/api/ask", body, Content_Type="application/json",
                                             Origin=web.origin)
            self.assertEqual(status, 405)
            self.assertFalse([name for name in headers if name.lower().startswith("access-control")])
        self.assertEqual(web.get("/api/session")["user"], "engineer")  # nor was anybody logged out
        self.goes_on()


class Nonsense(Case):
    def test_bodies(self):
        """a body that is too long, or no JSON object, is refused with its reason"""
        web = self.program("engineer")
        long = b'{"do": "get", "names": ["' + b"x" * (1 << 20) + b'"]}'
        self.refused(413, web.post, "/api/login", b" " * 5000)
        self.refused(401, web.post, "/api/ask", long)
        web.login("engineer")
        self.refused(413, web.post, "/api/ask", long)
        for body in (b"", b"{", b"[]", b"1", b"null", b"\xff\xfe", b'{"do": "get"} x', b"[" * 100000,
                     b'{"do": "\xc3\x28"}', b'{"do": null}', b'{"do": "get", "do": "set"}', b"\0"):
            self.refused(400, web.post, "/api/ask", body)
        self.goes_on()

    def test_ambiguous(self):
        """what a proxy could read in another way than we do is refused, and ends the connection"""
        web = self.program("engineer")
        head = "POST /api/login HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\n" % (
            web.origin[7:], web.origin)
        behind = "GET /api/session HTTP/1.1\r\nHost: %s\r\n\r\n" % web.origin[7:]
        for more, body in (("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
                           ("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
                           ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                           ("Content-Length: 2\r\nHost: evil.example\r\n", "{}"),
                           ("host: %s\r\nContent-Length: 2\r\n" % web.origin[7:], "{}"),
                           ("Origin: http://evil.example\r\nContent-Length: 2\r\n", "{}"),
                           ("Content-Length: 2\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n", "{}")):
            with socket.create_connection((web.host, web.port)) as peer:
                peer.settimeout(DEADLINE)
                peer.sendall((head + more + "\r\n" + body + behind).encode())
                answers = b""
                try:
                    while data := peer.recv(4096):
                        answers += data
                except ConnectionResetError:
                    pass  # what it had not read
            self.assertTrue(answers.startswith(b"HTTP/1.1 400 "), (more, answers))
            self.assertEqual(answers.count(b"HTTP/1.1"), 1, (more, answers))
        self.assertEqual(web.get("/api/session")["role"], "none")

    def test_random(self):
        """whatever comes gets an answer that is no failure of ours, or a closed connection"""
        web = self.program("viewer")
        web.login("viewer")
        dice = random.Random(1)
        letters = [b"/", b"api", b"values", b"..", b"%2e", b"%00", b"%", b"?", b"&", b"=", b"a", b"\xff", b"%c3%28",
                   b"names", b"match", b"*", b"stream", b"page", b";", b"#", b"\\", b"[", b" ", b"x" * 300]
        for _ in range(400):
            path = b"/" + b"".join(dice.choice(letters) for _ in range(dice.randrange(12)))
            lines = [dice.choice([b"GET ", b"POST ", b"HEAD ", b"G\xc3T ", b"get ", b""]) + path +
                     dice.choice([b" HTTP/1.1", b" HTTP/1.0", b"", b" HTTP/9.9", b" x"]),
                     b"Host: " + dice.choice([web.origin[7:].encode(), b"", b"\xff", b"[", b"x" * 300]),
                     b"Connection: close"]
            for name in (b"Cookie", b"Origin", b"Content-Type", b"Content-Length", b"Transfer-Encoding", b"\x01", b"",
                         b"If-None-Match", b"Sec-Fetch-Site", b"Expect", b"Range"):
                if dice.random() < 0.4:
                    lines.append(name + b": " + (b"chunked" if name[:1] == b"T" else dice.choice([
                        web.cookie.encode(), web.origin.encode(), b"application/json", b"-1", b"5", b"chunked", b"",
                        b"99999999999999999999", b"\xff" * 20, b"; " * 50, b"msm-%d=" % web.port, b"100-continue"])))
            data = dice.choice([b"\r\n", b"\r\n", b"\n"]).join(lines) + b"\r\n\r\n" + dice.choice(
                [b"", b"{}", b"5\r\n{\"a\":\r\n0\r\n\r\n", bytes(dice.randrange(256) for _ in range(40))])
            with socket.create_connection((web.host, web.port)) as peer:
                peer.settimeout(0.2)  # what is not whole is waited for, which is the other test's
                peer.sendall(data)
                try:
                    peer.shutdown(socket.SHUT_WR)
                    answer = peer.recv(64)
                except OSError:
                    answer = b""
            if answer:
                self.assertTrue(answer.startswith(b"HTTP/1."), answer)
                self.assertIn(answer[9:10], (b"1", b"2", b"3", b"4", b"5"), data)
                self.assertNotEqual(answer[9:12], b"500", data)
        self.assertEqual(web.get("/api/session")["user"], "viewer")
        self.goes_on()


class Crowds(Case):
    def test_slow(self):
        """a request that comes byte by byte has its time and no more; others do not notice"""
        web = self.program("viewer")
        web.login("viewer")
        slow = []
        for i in range(60):
            peer = socket.create_connection((web.host, web.port))
            peer.sendall((b"GET /api/status HTTP/1.1\r\nX: ", b"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                          b"Content-Length: 1000\r\n\r\n", b"G")[i % 3])
            peer.setblocking(False)
            slow.append(peer)

        def is_closed(peer):
            try:
                peer.send(b"a")
                return peer.recv(4096) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True

        def all_closed():
            web.get("/api/status")
            return all([is_closed(peer) for peer in slow])
        with self.msm.connect() as wire, web.stream("match=*") as stream:
            stream.wait("hello")
            eventually(lambda: wire.holding(2) == 50 and all_closed(), "the end of the slow ones", 200)
            stream.wait("beat")
        for peer in slow:
            peer.close()
        self.goes_on()

    def test_many(self):
        """thousands of connections are bounded; masters, and who is in already, go on"""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        wanted = 3000 if hard == resource.RLIM_INFINITY or hard > 3200 else hard - 200
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))  # what most systems give a program
        web = self.program("viewer")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 200), hard))
        web.login("viewer")
        kept = http.client.HTTPConnection(web.host, web.port, timeout=60)

        def ask():
            kept.request("GET", "/api/status", headers={"Cookie": web.cookie})
            return json.loads(kept.getresponse().read())["ok"]
        self.assertTrue(ask())
        crowd = []
        try:
            for i in range(wanted):
                peer = socket.socket()
                peer.setblocking(False)
                peer.bind(("127.0.%d.1" % (1 + i % 5), 0))  # from several addresses
                peer.connect_ex((web.host, web.port))
                crowd.append(peer)
                if i % 500 == 0:
                    self.assertTrue(ask())
                    self.goes_on()
            self.assertTrue(ask())
            self.goes_on()
            self.assertLess(len(os.listdir("/proc/%d/fd" % self.msm.process.pid)), 700)
        finally:
            for peer in crowd:
                peer.close()
        eventually(lambda: web.get("/api/status")["ok"], "room again")

    def test_unread(self):
        """what nobody reads does not grow, whatever the stream is told to show"""
        web = self.program()
        with web.stream() as stream:
            hello = stream.wait("hello")
            names = ["NOBODY_%d" % i for i in range(19000)]
            for _ in range(3):
                web.post("/api/feed", {"stream": hello["stream"], "names": names})
            before = self.msm.memory()
            for _ in range(60):
                web.post("/api/feed", {"stream": hello["stream"], "names": names})
            if not SANITIZERS:
                self.assertLess(self.msm.memory() - before, 15 << 20)
            web.post("/api/feed", {"stream": hello["stream"], "names": ["NOBODY", "SP"]})
            stream.wait("missing", lambda data: data["names"] == ["NOBODY"])
        self.goes_on()

    def test_greedy(self):
        """bodies of all who send at once are bounded, and forgotten with them"""
        web = self.program("viewer")
        before = self.msm.memory()
        crowd = []
        for _ in range(60):
            peer = socket.create_connection((web.host, web.port))
            peer.sendall(b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n")
            peer.sendall(b"x" * 1048000)
            crowd.append(peer)
        web.login("viewer")
        if not SANITIZERS:  # these keep memory of their own for what is freed
            self.assertLess(self.msm.memory() - before, 60 << 20)
        for peer in crowd:
            peer.close()
        self.goes_on()


if __name__ == "__main__":
    unittest.main()
