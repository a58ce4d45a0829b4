"""Proves what a browser gets from the real program: page files, answers to control requests with the
right status, a stream that begins whole and then tells what changed, also across a reload and to its
end; and that what a foreign page could send is refused."""

import json
import socket
import unittest

from msm import SANITIZERS, Msm, eventually
from web import Refusal, Web

SCRIPT = """
mem.LEVEL = input.float32(0, { unit = "%%", min = 0, max = 100 })
mem.SP    = holding.float32(2, { min = 0, max = 100, default = 50, desc = "<b>set</b>" })
mem.TEXT  = holding.string(10, { length = 8, default = "a\\"<i>" })
mem.LIST  = holding.uint16(20, { count = 3 })
mem.BIG   = holding.int64(30, { default = 9007199254740993 })
mem.TENTH = holding.int16(40, { scale = 0.1, default = 20.1 })
mem.RUN   = coil(0)
%s
server.tcp { port = 0 }
every("10ms", function() mem.LEVEL = (mem.LEVEL + 0.5) %% 100 end)
"""


def program(more="", *args):
    return Msm(SCRIPT % more, "--http", "0", *args, name="tank")


class Files(unittest.TestCase):
    def test_page(self):
        """the page is there, is asked again only when it changed, and lets nobody else's script in"""
        with program() as msm:
            web = Web(msm)
            status, headers, body = web.request("GET", "/")
            self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
            self.assertIn(b"<!doctype html>", body)
            self.assertIn("script-src 'self'", headers["Content-Security-Policy"])
            self.assertNotIn("unsafe", headers["Content-Security-Policy"])
            status, _, body = web.request("GET", "/", If_None_Match=headers["ETag"])
            self.assertEqual((status, body), (304, b""))
            self.assertEqual(web.request("HEAD", "/")[0], 200)
            self.assertEqual(web.request("POST", "/", "x")[0], 405)

    def test_nothing_else(self):
        """no path leads out of the two folders"""
        with program() as msm:
            web = Web(msm)
            for path in ("/etc/passwd", "/page/../../etc/passwd", "/page/%2e%2e/%2e%2e/etc/passwd",
                         "/lib/dygraphs/../../../../etc/passwd", "/lib/jquery/jquery.js", "/page/",
                         "/page/.hidden.js", "/lib/codemirror", "//etc/passwd.js", "/page/index.html/"):
                self.assertEqual(web.request("GET", path)[0], 404, path)

    def test_web_root(self):
        """those who work on the pages see their own files, as they are now"""
        with program() as msm:
            root = msm.folder
            root.write("index.html", "<p>mine")
            with program("", "--web-root", root.path) as other:
                web = Web(other)
                self.assertEqual(web.request("GET", "/")[2], b"<p>mine")
                root.write("index.html", "<p>other")
                self.assertEqual(web.request("GET", "/")[2], b"<p>other")


class Asks(unittest.TestCase):
    def test_answers(self):
        """a control request gets its answer, and each kind of refusal its status"""
        with program() as msm:
            web = Web(msm)
            self.assertEqual(web.ask("set", name="SP", value=42.5)["before"], 50)
            self.assertEqual(web.get("/api/values/SP")["values"][0]["value"], 42.5)
            rows = {row["name"]: row for row in web.get("/api/values")["values"]}
            self.assertEqual((rows["BIG"]["value"], rows["BIG"]["exact"]), (9007199254740993, "9007199254740993"))
            self.assertNotIn("exact", rows["SP"])
            self.assertEqual(len(web.get("/api/values?match=L*")["values"]), 2)
            self.assertEqual(web.get("/api/status")["name"], "tank")
            self.assertEqual(web.get("/api/names?match=SP")["names"][0]["desc"], "<b>set</b>")
            for status, kind, fields in (
                    (409, "refused", {"do": "set", "name": "SP", "value": 170}),
                    (404, "unknown", {"do": "get", "names": ["LEVL"]}),
                    (400, "usage", {"do": "get"}),
                    (400, "usage", {"do": "watch"}),
                    (400, "usage", {"do": "end", "of": 1}),
                    (400, "usage", {"do": "log", "follow": True}),
                    (400, "usage", {"nothing": 1}),
                    (422, "failed", {"do": "eval", "code": "error('no')"})):
                with self.assertRaises(Refusal) as refusal:
                    web.post("/api/ask", fields)
                self.assertEqual((refusal.exception.status, refusal.exception.kind), (status, kind), fields)
            for path in ("/api/nothing", "/api/values/LEVL", "/api/"):
                with self.assertRaises(Refusal) as refusal:
                    web.get(path)
                self.assertEqual(refusal.exception.status, 404)

    def test_what_takes_time(self):
        """a reload is answered when probation has ended, and others are answered meanwhile"""
        with program('program { probation = "200ms" }') as msm:
            web = Web(msm)
            self.assertEqual(web.ask("reload")["text"], "")
            self.assertEqual(web.get("/api/status")["reloads"], 1)

    def test_body(self):
        """what is no request is refused"""
        with program() as msm:
            web = Web(msm)
            for body in ("", "{", "[]", '{"do":"status","do":"stop"}', "\xff", "x" * 100000):
                with self.assertRaises(Refusal) as refusal:
                    web.post("/api/ask", body)
                self.assertEqual(refusal.exception.status, 400, body[:20])
            with self.assertRaises(Refusal) as refusal:
                web.post("/api/ask", "x" * (1024 * 1024 + 1))
            self.assertEqual(refusal.exception.status, 413)

    def test_stop(self):
        """who stops the program is answered"""
        with program() as msm:
            self.assertTrue(Web(msm).ask("stop")["ok"])
            self.assertEqual(msm.process.wait(30), 0)


class Streams(unittest.TestCase):
    def test_rows(self):
        """all rows first, then only what changed"""
        with program() as msm:
            web = Web(msm)
            with web.stream("match=*&period=0.05") as stream:
                self.assertEqual((stream.status, stream.type),
                                 (200, "text/event-stream; charset=utf-8"))
                event, hello = stream.next()
                self.assertEqual((event, hello["name"], hello["role"]), ("hello", "tank", "engineer"))
                full = stream.wait("rows")
                self.assertTrue(full["full"])
                rows = {row["name"]: row for row in full["rows"]}
                self.assertEqual(list(rows), ["LEVEL", "SP", "TEXT", "LIST", "BIG", "TENTH", "RUN"])
                self.assertEqual([rows[name]["value"] for name in ("SP", "TEXT", "LIST", "BIG", "TENTH")],
                                 [50, 'a"<i>', [0, 0, 0], 9007199254740993, 20.1])
                self.assertEqual(rows["BIG"]["exact"], "9007199254740993")
                self.assertNotIn("exact", rows["SP"])
                self.assertNotIn("quality", rows["SP"])
                self.assertLessEqual(abs(full["now"] - rows["LEVEL"]["time"]), 30)
                for _ in range(3):
                    delta = stream.wait("rows")
                    self.assertNotIn("full", delta)
                    self.assertEqual([row["name"] for row in delta["rows"]], ["LEVEL"])
                web.ask("set", name="RUN", value=True)
                stream.wait("rows", lambda data: {"name": "RUN", "value": True} == {
                    key: value for row in data["rows"] if row["name"] == "RUN"
                    for key, value in row.items() if key != "time"})
                web.ask("force", name="SP", value=60)
                forced = stream.wait("rows", lambda data: any(row.get("forced") for row in data["rows"]))
                row = [row for row in forced["rows"] if row["name"] == "SP"][0]
                self.assertEqual((row["value"], row["suppressed"]), (60, 50))

    def test_only_what_is_shown(self):
        """names that nobody asked for are not told, and a stream can be told to show others"""
        with program() as msm:
            web = Web(msm)
            with web.stream("names=SP,LIST[2],NOBODY") as stream:
                hello = stream.wait("hello")
                self.assertEqual(stream.wait("missing"), {"names": ["NOBODY"], "left_off": 0})
                full = stream.wait("rows")
                self.assertEqual([row["name"] for row in full["rows"]], ["SP", "LIST[2]"])
                web.post("/api/feed", {"stream": hello["stream"], "names": ["RUN"], "period": 0.05})
                full = stream.wait("rows", lambda data: data.get("full"))
                self.assertEqual([row["name"] for row in full["rows"]], ["RUN"])
                for wish in ({"stream": "0" * 32, "names": []}, {"stream": hello["stream"]},
                             {"stream": hello["stream"], "names": [1]},
                             {"stream": hello["stream"], "match": "*", "period": 1000}):
                    with self.assertRaises(Refusal):
                        web.post("/api/feed", wish)

    def test_beat(self):
        """once a second, how the program is"""
        with program() as msm, Web(msm).stream() as stream:
            beat = stream.wait("beat")
            self.assertEqual((beat["name"], beat["forced"], beat["clients"]), ("tank", 0, 1))
            self.assertIn(beat["state"], ("run", "probation"))
            self.assertEqual(beat["scan"]["period"], 0.01)
            self.assertEqual(beat["links"][0]["kind"], "server")
            self.assertGreater(stream.wait("beat")["now"], beat["now"])

    def test_reload(self):
        """after a reload all rows come again, with what is new and without what is gone"""
        with program() as msm:
            web = Web(msm)
            with web.stream("match=*") as stream, web.stream("names=RUN,SP,NEW") as named:
                stream.wait("rows")
                named.wait("rows")
                with open(msm.path, "w", encoding="utf-8") as file:
                    file.write((SCRIPT % "mem.NEW = coil(5)").replace("mem.RUN ", "mem.GO "))
                web.ask("reload")
                full = stream.wait("rows", lambda data: data.get("full"))
                names = [row["name"] for row in full["rows"]]
                self.assertIn("NEW", names)
                self.assertNotIn("RUN", names)
                full = named.wait("rows", lambda data: data.get("full"))
                self.assertEqual([row["name"] for row in full["rows"]], ["SP", "NEW"])

    def test_come_and_go(self):
        """what many streams took and gave back, before and after a reload, is still found"""
        with program() as msm:
            web = Web(msm)
            for script in (None, (SCRIPT % "mem.NEW = coil(5)").replace("mem.RUN ", "mem.GO ")):
                if script:
                    with open(msm.path, "w", encoding="utf-8") as file:
                        file.write(script)
                    web.ask("reload")
                known = [name["name"] for name in web.get("/api/names")["names"]]
                with web.stream("match=*") as stream:
                    hello = stream.wait("hello")
                    stream.wait("rows")
                    for names in (known[::-1], known[:1], [], known + known, ["LIST[1]", "LIST[3]"], known):
                        web.post("/api/feed", {"stream": hello["stream"], "names": names, "period": 0.05})
                        full = stream.wait("rows", lambda data: data.get("full") and len(data["rows"]) == len(names))
                        self.assertEqual([row["name"] for row in full["rows"]], names)

    def test_end(self):
        """streams end when the program does"""
        with program() as msm, Web(msm).stream("match=*") as stream:
            stream.wait("rows")
            msm.stop()
            while stream.next():
                pass

    def test_who_does_not_read(self):
        """one that takes nothing harms no other, and the program keeps little for it"""
        with program("mem.MANY = input.uint16(1000, { count = 20000, history = false })") as msm:
            web = Web(msm)
            deaf = socket.create_connection((web.host, web.port))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.sendall(b"GET /api/stream?match=*&period=0.05 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            with web.stream("names=LEVEL&period=0.05") as stream:
                eventually(lambda: stream.wait("beat")["clients"] == 2, "the other stream")
                before = msm.memory()
                for _ in range(40):
                    stream.wait("rows")
                if not SANITIZERS:  # these keep memory of their own for what is freed
                    self.assertLess(msm.memory() - before, 20 << 20)
            deaf.close()


class Foreign(unittest.TestCase):
    def test_pages_of_others(self):
        """a POST needs our own origin and JSON; a name that may be anybody's is no host of ours"""
        with program() as msm:
            web = Web(msm)
            body = json.dumps({"do": "set", "name": "RUN", "value": True})
            for status, headers in (
                    (403, {"Origin": None}), (403, {"Origin": "http://evil.example"}),
                    (403, {"Origin": "null"}), (403, {"Host": "evil.example"}),
                    (415, {"Content_Type": "text/plain"}), (415, {"Content_Type": None}),
                    (415, {"Content_Type": "application/jsonp"})):
                with self.assertRaises(Refusal) as refusal:
                    web.post("/api/ask", body, **headers)
                self.assertEqual(refusal.exception.status, status, headers)
            with self.assertRaises(Refusal):
                web.get("/api/status", Host="evil.example")
            self.assertEqual(web.get("/api/values/RUN")["values"][0]["value"], False)
            self.assertEqual(web.post("/api/ask", body)["values"][0]["value"], True)


class CommandLine(unittest.TestCase):
    def test_address(self):
        """where to listen is read, or refused in words"""
        with program() as msm:
            for text in ("", "x", "70000", ":80", "80x", "1.2.3.4:"):
                refused = msm.command("run", "--http", text, msm.path)
                self.assertEqual(refused.returncode, 2, text)
                self.assertIn("--http takes a port", refused.stderr)
            refused = msm.command("run", "--http", str(Web(msm).port), "--name", "other", msm.path)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("cannot listen on 127.0.0.1", refused.stderr)


if __name__ == "__main__":
    unittest.main()
