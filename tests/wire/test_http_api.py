"""Proves what people with dashboards of their own rely on: the OpenAPI description against the server,
every path of both, each answer with a status that is described; and the figures for Prometheus."""

import json
import os
import re
import unittest

from msm import ROOT, Msm, eventually
from web import Web

SCRIPT = """
mem.LEVEL = holding.float32(0, { unit = "%", min = 0, max = 100, hi = 80, default = 50 })
local plc = memory("plc", { order = "ABCD" })
plc.A = input.word(0)
client.tcp { host = "127.0.0.1", port = 1, mem = plc, name = 'a "b"\\\\c' }
server.tcp { port = 0 }
every("10ms", function() end)
"""


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.msm = Msm(SCRIPT, "--http", "0", name="tank")
        cls.web = Web(cls.msm)
        cls.description = cls.web.get("/api/openapi.json")

    @classmethod
    def tearDownClass(cls):
        cls.msm.stop()

    def test_every_path_of_the_server_is_described(self):
        """what the source answers, and nothing else"""
        found = set()
        for name in os.listdir(os.path.join(ROOT, "src", "hmi")):
            if name.endswith(".c"):
                with open(os.path.join(ROOT, "src", "hmi", name), encoding="utf-8") as file:
                    found |= set(re.findall(r'"((?:/api/[a-z._/]+|/metrics))"', file.read()))
        found = {path + "{name}" if path.endswith("/") else path for path in found}
        self.assertEqual(found, set(self.description["paths"]))

    def path_of(self, path, operation):
        """The path with the examples of its parameters in their places."""
        query = []
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                path = path.replace("{%s}" % parameter["name"], parameter["example"])
            elif "example" in parameter:
                query.append("%s=%s" % (parameter["name"], parameter["example"]))
        return path + ("?" + "&".join(query) if query else "")

    def statuses(self, operation):
        return {int(status) for status in operation["responses"]}

    def test_gets(self):
        """each GET as it is described gives 200 and the type that is described"""
        for path, operations in self.description["paths"].items():
            operation = operations.get("get")
            if not operation:
                continue
            with self.subTest(path):
                if path == "/api/stream":
                    with self.web.stream(self.path_of(path, operation).split("?")[1]) as stream:
                        self.assertEqual((stream.status, stream.type.split(";")[0]), (200, "text/event-stream"))
                        for event in ("hello", "alarms", "rows", "beat"):
                            stream.wait(event)
                    continue
                status, headers, body = self.web.request("GET", self.path_of(path, operation))
                self.assertEqual(status, 200, body)
                self.assertEqual(list(operation["responses"]["200"]["content"]),
                                 [headers["Content-Type"].split(";")[0]])

    def test_posts(self):
        """each POST as it is described is answered with a status that is described"""
        for path, operations in self.description["paths"].items():
            operation = operations.get("post")
            if not operation:
                continue
            with self.subTest(path):
                example = operation["requestBody"]["content"]["application/json"]["example"]
                status, _, body = self.web.request("POST", path, json.dumps(example), Origin=self.web.origin,
                                                   Content_Type="application/json")
                self.assertIn(status, self.statuses(operation), body)
                for status, body, headers in ((415, "{}", {"Content_Type": "text/plain"}), (400, "[", {}),
                                              (403, "{}", {"Origin": "http://x.example"}), (413, "x" * 1100000, {})):
                    headers = {"Origin": self.web.origin, "Content_Type": "application/json", **headers}
                    # /api/logout reads no body, and does not describe that one could be wrong
                    described = status in self.statuses(operation) or path != "/api/logout"
                    self.assertEqual(self.web.request("POST", path, body, **headers)[0],
                                     status if described else 200)
                    self.assertIn(status if described else 200, self.statuses(operation))

    def test_wrong_arguments(self):
        """what is asked wrongly is refused with a status that is described"""
        for path in ("/api/values?match=NOBODY", "/api/values/NOBODY", "/api/names?match=NOBODY",
                     "/api/trend?names=NOBODY", "/api/trend", "/api/trend?names=LEVEL&from=x",
                     "/api/journal?limit=x", "/api/journal?kinds=none", "/api/stream?period=1000",
                     "/api/stream?period=1s", "/api/stream?names=A&match=*", "/api/stream?name=LEVEL",
                     "/api/journal?from=nan", "/api/journal?from=0x10", "/api/journal?limit=1.5",
                     "/api/journal?kind=alarm", "/api/status?x=1", "/api/alarms?all=1", "/api/values?match=%FF",
                     "/api/values?names=LEVEL&names=LEVEL", "/api/trend?names=LEVEL%FF"):
            with self.subTest(path):
                status, _, body = self.web.request("GET", path)
                described = path.split("?")[0].replace("/NOBODY", "/{name}")
                self.assertIn(status, self.statuses(self.description["paths"][described]["get"]) - {200}, body)
                self.assertIn(json.loads(body)["kind"], ("usage", "unknown", "refused", "failed"))


class Metrics(unittest.TestCase):
    LINE = re.compile(r'^(msm_[a-z0-9_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*\})? (-?[0-9.e+-]+)$')

    def read(self, web):
        status, headers, body = web.request("GET", "/metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return body.decode()

    def test_format(self):
        """every line is one of the format, each figure has a type and a text before it"""
        with Msm(SCRIPT, "--http", "0", name="tank") as msm, msm.control() as ask:
            web = Web(msm)
            typed = set()
            for line in self.read(web).splitlines():
                if line.startswith("# TYPE "):
                    typed.add(line.split()[2])
                    self.assertIn(line.split()[3], ("gauge", "counter"))
                elif not line.startswith("# HELP "):
                    found = self.LINE.match(line)
                    self.assertTrue(found, line)
                    self.assertIn(found.group(1), typed)
            self.assertIn(r'msm_link_online{link="a \"b\"\\c",kind="client"} 0', self.read(web))
            ask.ask("set", name="LEVEL", value=90)
            ask.ask("force", name="LEVEL", value=91)
            eventually(lambda: 'msm_alarms_active{priority="medium"} 1\n' in self.read(web), "the alarm")
            text = self.read(web)
            self.assertIn("\nmsm_forced 1\n", text)
            self.assertIn('\nmsm_state{state="fault"} 0\n', text)
            before = float(re.search(r"\nmsm_scans_total (\S+)\n", text).group(1))
            eventually(lambda: float(re.search(r"\nmsm_scans_total (\S+)\n", self.read(web)).group(1)) > before)


if __name__ == "__main__":
    unittest.main()
