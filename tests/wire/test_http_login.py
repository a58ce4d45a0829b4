"""Proves who comes in: nobody from elsewhere without users, the same user on this computer without a
password, and with users whoever knows his password, for as long as he is one and with what his role
may; and that guessing is slow for who guesses, and for nobody else."""

import json
import os
import pty
import socket
import stat
import subprocess
import unittest

from msm import BINARY, DEADLINE, Folder, Msm, eventually
from web import Refusal, Web, add_user

SCRIPT = """
mem.SP = holding.float32(2, { min = 0, max = 100, default = 50 })
every("10ms", function() end)
"""


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.users = os.path.join(self.folder.path, "tank.users")

    def user(self, name, role, password="correct horse"):
        done = add_user(self.folder.path, "tank", name, role, password)
        self.assertEqual(done.returncode, 0, done.stderr)

    def program(self, *args, address="127.0.0.1", **options):
        msm = Msm(SCRIPT, "--http", address + ":0", "--state", self.folder.path, *args, name="tank", servers=0,
                  **options)
        self.addCleanup(msm.stop)
        return msm

    def refused(self, status, function, *args, **options):
        with self.assertRaises(Refusal) as refusal:
            function(*args, **options)
        self.assertEqual(refusal.exception.status, status, str(refusal.exception))
        return str(refusal.exception)


class Elsewhere(Case):
    def test_no_users_no_others(self):
        """without users nobody but this computer is served, and it is said how to make one"""
        for address in ("0.0.0.0:0", "[::]:0"):
            path = self.folder.write("tank.lua", SCRIPT)
            done = subprocess.run([BINARY, "run", "--http", address, "--state", self.folder.path, path],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("msm passwd NAME --role engineer --name tank --state " + self.folder.path, done.stderr)
        self.user("kim", "engineer")
        web = Web(self.program(address="0.0.0.0"))
        self.refused(401, web.get, "/api/status")
        web.login("kim")
        self.assertEqual(web.get("/api/status")["name"], "tank")

    def test_broken_file(self):
        """a users file that others may read, or that is not whole, is no file to start with"""
        self.user("kim", "engineer")
        os.chmod(self.users, 0o644)
        for why in ("others may read", "line 1"):
            path = self.folder.write("tank.lua", SCRIPT)
            done = subprocess.run([BINARY, "run", "--http", "0", "--state", self.folder.path, path],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE)
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)
            self.folder.write("tank.users", "kim engineer\n")
            os.chmod(self.users, 0o600)


class Neighbours(Case):
    def test_the_same_user(self):
        """on this computer, without users, whoever runs the program is an engineer"""
        web = Web(self.program())
        session = web.get("/api/session")
        self.assertEqual((session["role"], session["needs_login"]), ("engineer", False))
        self.assertIn("no users", self.refused(409, web.login, "kim"))

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_another_user(self):
        """another user of this computer is turned away, and told why"""
        msm = self.program()
        web = Web(msm)
        code = ("import os, socket, sys\n"
                "os.setgid(65534); os.setuid(65534)\n"
                "peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
                "peer.sendall(b'GET /api/status HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n')\n"
                "while (data := peer.recv(4096)): sys.stdout.write(data.decode())\n")
        done = subprocess.run(["/usr/bin/python3", "-c", code, str(web.port)], capture_output=True, text=True,
                              timeout=DEADLINE, cwd="/")
        self.assertIn("HTTP/1.1 403", done.stdout, done.stderr)
        self.assertIn("only the user who runs msm", done.stdout)


class Sessions(Case):
    def test_cookie(self):
        """a session is a cookie that no script reads and no other site sends, and ends at the logout"""
        self.user("kim", "operator")
        web = Web(self.program())
        self.assertTrue(web.get("/api/session")["needs_login"])
        cookie = web.login("kim")
        for word in ("msm-%d=" % web.port, "HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(word, cookie)
        self.assertEqual(web.get("/api/session")["user"], "kim")
        kept, web.cookie = web.cookie, web.cookie[:-4] + ("AAAA" if web.cookie[-4:] != "AAAA" else "BBBB")
        self.refused(401, web.get, "/api/status")
        web.cookie = kept
        with web.stream("match=*") as stream:
            self.assertEqual(stream.wait("hello")["user"], "kim")
            web.logout()
            while stream.next():
                pass
        self.refused(401, web.get, "/api/status")

    def test_roles(self):
        """each role does what it may and is told what it may not"""
        for role in ("viewer", "operator", "engineer"):
            self.user(role[0], role)
        web = Web(self.program())
        for user, may in (("v", 0), ("o", 1), ("e", 2)):
            web.login(user)
            self.assertEqual(web.ask("get", names=["SP"])["values"][0]["name"], "SP")
            for needs, do, fields in ((1, "set", {"name": "SP", "value": 5}),
                                      (2, "force", {"name": "SP", "value": 7}),
                                      (2, "unforce", {"name": "SP"}),
                                      (2, "eval", {"code": "1 + 1"})):
                if may >= needs:
                    web.ask(do, **fields)
                else:
                    self.assertIn("you are a", self.refused(403, web.ask, do, **fields))
            self.refused(400, web.ask, "watch", match="*")

    def test_users_change(self):
        """who is no user any more, or has another role or password, is out at once; the others stay"""
        for name in ("kim", "lee", "zoe"):
            self.user(name, "operator")
        msm = self.program()
        webs = {}
        for name in ("kim", "lee", "zoe"):
            webs[name] = Web(msm)
            webs[name].login(name)
        with webs["kim"].stream("match=*") as stream:
            stream.wait("hello")
            done = msm.command("passwd", "kim", "--delete")
            self.assertEqual(done.returncode, 0, done.stderr)
            while stream.next():
                pass
        self.user("lee", "viewer")

        def is_out(name):
            try:
                webs[name].get("/api/status")
                return False
            except Refusal as refusal:
                return refusal.status == 401
        eventually(lambda: is_out("kim") and is_out("lee"), "their end")
        self.assertEqual(webs["zoe"].get("/api/session")["role"], "operator")
        self.refused(401, webs["kim"].login, "kim")
        webs["lee"].login("lee")
        self.assertEqual(webs["lee"].get("/api/session")["role"], "viewer")
        listed = msm.command("passwd", "--list")
        self.assertEqual(listed.stdout, "lee viewer\nzoe operator\n")
        self.folder.write("tank.users", "nonsense\n")  # a mistake of somebody's editor locks nobody out
        msm.wait_line("the users stay as they were")
        self.assertEqual(webs["zoe"].get("/api/session")["role"], "operator")

    def test_audit(self):
        """who logged in, who failed to, and what he did stand in the audit log"""
        self.user("kim", "operator")
        msm = self.program()
        web = Web(msm)
        self.refused(401, web.login, "kim", "wrong")
        web.login("kim")
        web.ask("set", name="SP", value=12)
        web.logout()
        msm.stop()
        with open(os.path.join(self.folder.path, "tank.audit"), encoding="utf-8") as file:
            entries = [json.loads(line) for line in file]
        found = [(e["kind"], e.get("text", e.get("after"))) for e in entries if e.get("peer") == "kim@127.0.0.1"]
        self.assertEqual(found, [("login", "wrong name or password"), ("login", "logged in as operator"),
                                 ("set", 12), ("login", "logged out")])


class Tokens(Case):
    def token(self, name, role, *args):
        return subprocess.run([BINARY, "passwd", name, "--role", role, "--token", "--state", self.folder.path,
                               "--name", "tank", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=DEADLINE)

    def test_a_program(self):
        """a program comes in by its token, without an Origin, as its role, until it is deleted or renewed"""
        self.user("kim", "engineer")
        made = self.token("prometheus", "viewer")
        self.assertEqual(made.returncode, 0, made.stderr)
        token = made.stdout.strip()
        with open(self.users, encoding="utf-8") as file:
            self.assertNotIn(token, file.read())
        msm = self.program(address="0.0.0.0")
        web = Web(msm)
        bearer = {"Authorization": "Bearer " + token}
        status, _, text = web.request("GET", "/metrics", **bearer)
        self.assertEqual(status, 200)
        self.assertIn(b"msm_scans_total", text)
        asked = web.post("/api/ask", {"do": "get", "names": ["SP"]}, Origin=None, **bearer)
        self.assertEqual(asked["values"][0]["name"], "SP")
        self.refused(403, web.post, "/api/ask", {"do": "set", "name": "SP", "value": 5}, Origin=None, **bearer)
        for wrong in (token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"), "", "kim", token + "x"):
            self.assertIn("token", self.refused(401, web.get, "/api/status", Authorization="Bearer " + wrong))
        self.refused(401, web.login, "prometheus", token)
        self.assertEqual(msm.command("passwd", "--list").stdout, "kim engineer\nprometheus viewer (token)\n")
        with web.stream("match=*", **bearer) as stream:
            self.assertEqual(stream.wait("hello")["user"], "prometheus")
            renewed = self.token("prometheus", "operator")
            while stream.next():
                pass
        self.refused(401, web.get, "/api/status", **bearer)
        bearer = {"Authorization": "Bearer " + renewed.stdout.strip()}
        self.assertTrue(web.post("/api/ask", {"do": "set", "name": "SP", "value": 5}, Origin=None, **bearer)["ok"])
        msm.stop()
        with open(os.path.join(self.folder.path, "tank.audit"), encoding="utf-8") as file:
            entries = [json.loads(line) for line in file]
        found = [(e["kind"], e.get("text", e.get("after"))) for e in entries
                 if e.get("peer") == "prometheus@127.0.0.1" and "wrong" not in e.get("text", "")]
        self.assertEqual(found, [("login", "came in by its token as viewer"),
                                 ("login", "came in by its token as operator"), ("set", 5)])

    def test_mistakes(self):
        """a token is for a user with a role, and nothing else is done beside it"""
        self.assertEqual(self.token("grafana", "viewer", "--delete").returncode, 2)
        self.assertEqual(self.token("grafana", "admin").returncode, 2)
        self.assertFalse(os.path.exists(self.users))


class Streams(Case):
    def test_shares(self):
        """one session does not take all streams, and shows others nothing in theirs"""
        self.user("kim", "viewer")
        self.user("zoe", "viewer")
        msm = self.program()
        kim, zoe = Web(msm), Web(msm)
        kim.login("kim")
        zoe.login("zoe")
        streams = []
        try:
            for _ in range(16):
                streams.append(kim.stream())
                hello = streams[-1].wait("hello")
            self.assertIn("16 of one session", self.refused(503, kim.get, "/api/stream"))
            streams.append(zoe.stream())
            self.assertEqual(streams[-1].wait("hello")["user"], "zoe")
            self.refused(404, zoe.post, "/api/feed", {"stream": hello["stream"], "names": ["SP"]})
            kim.post("/api/feed", {"stream": hello["stream"], "names": ["SP"]})
        finally:
            for stream in streams:
                stream.close()


class Guessing(Case):
    def test_slower_and_slower(self):
        """after a few wrong ones there is a wait, the same whether the name is a user's; who has been
        here before, and who gets a new password, is not held up by others"""
        self.user("kim", "operator")
        msm = self.program(address="0.0.0.0")
        web = Web(msm)
        web.login("kim")
        texts = [self.refused(401, web.login, name, "wrong") for name in ("kim", "nobody", "kim", "nobody", "kim")]
        self.assertEqual(len(set(texts)), 1)
        for _ in range(12):  # a machine so slow that a trial takes longer than the wait needs a longer one
            status, headers, _ = web.request("POST", "/api/login", json.dumps({"user": "kim", "password": "x"}),
                                             Content_Type="application/json", Origin=web.origin)
            if status == 429:
                break
        self.assertEqual(status, 429)
        self.assertGreaterEqual(int(headers["Retry-After"]), 1)
        with web.stream("match=*") as stream:  # who is in stays in
            stream.wait("beat")

    def test_a_flood(self):
        """a flood of logins is bounded, and neither other requests nor the scan wait for it"""
        self.user("kim", "operator")
        msm = self.program()
        web = Web(msm)
        web.login("kim")
        body = json.dumps({"user": "kim", "password": "wrong"})
        flood = []
        for _ in range(60):
            peer = socket.create_connection((web.host, web.port))
            peer.sendall(("POST /api/login HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nConnection: close\r\n"
                          "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" %
                          (web.origin[7:], web.origin, len(body), body)).encode())
            flood.append(peer)
        before = web.get("/api/status")["scan"]["count"]
        eventually(lambda: web.get("/api/status")["scan"]["count"] > before + 3, "scans")
        answers = []
        for peer in flood:
            data = b""
            while (more := peer.recv(4096)):
                data += more
            answers.append(int(data.split()[1]))
            peer.close()
        self.assertLessEqual(set(answers), {401, 429, 503})
        self.assertIn(429, answers)
        self.assertLessEqual(answers.count(401), 8)

    def test_browser_leaves(self):
        """one that leaves while its password is tried harms nobody"""
        self.user("kim", "operator")
        msm = self.program()
        web = Web(msm)
        body = json.dumps({"user": "kim", "password": "correct horse"})
        for _ in range(4):
            with socket.create_connection((web.host, web.port)) as peer:
                peer.sendall(("POST /api/login HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n"
                              "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" %
                              (web.origin[7:], web.origin, len(body), body)).encode())
        web.login("kim")
        self.assertEqual(web.get("/api/session")["user"], "kim")


class Passwd(Case):
    def passwd(self, *args, text="correct horse\n"):
        return subprocess.run([BINARY, "passwd", *args, "--state", self.folder.path, "--name", "tank"], input=text,
                              capture_output=True, text=True, timeout=DEADLINE)

    def test_file(self):
        """the file is ours alone, holds no password, and is made with its folder"""
        deep = os.path.join(self.folder.path, "a", "b")
        done = add_user(deep, "x", "kim", "viewer")
        self.assertEqual(done.returncode, 0, done.stderr)
        path = os.path.join(deep, "x.users")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, encoding="utf-8") as file:
            self.assertNotIn("horse", file.read())

    def test_mistakes(self):
        """what is wrong is said, and changes nothing"""
        self.user("kim", "operator")
        with open(self.users, encoding="utf-8") as file:
            before = file.read()
        for code, why, args, text in (
                (1, "--role viewer, operator or engineer", ("zoe",), "correct horse\n"),
                (1, "8 to 256 bytes", ("kim",), "short\n"),
                (1, "at most 256", ("kim",), "x" * 300 + "\n"),
                (1, "no password", ("kim",), ""),
                (1, "has no user zoe", ("zoe", "--delete"), ""),
                (1, "cannot be a user's name", ("a b", "--role", "viewer"), "correct horse\n"),
                (2, "not \"admin\"", ("kim", "--role", "admin"), ""),
                (2, "it takes a USER", (), ""),
                (2, "it takes a USER", ("kim", "--list"), ""),
                (2, "it takes a USER", ("kim", "--role", "viewer", "--delete"), "")):
            done = self.passwd(*args, text=text)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(why, done.stderr)
        with open(self.users, encoding="utf-8") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(self.passwd("kim", text="another horse").returncode, 0)  # keeps the role
        self.assertEqual(self.passwd("--list").stdout, "kim operator\n")

    def test_terminal(self):
        """on a terminal it asks twice, and shows neither"""
        for second, code in (("correct horse", 0), ("correct house", 1)):
            pid, fd = pty.fork()
            if pid == 0:
                os.execv(BINARY, [BINARY, "passwd", "kim", "--role", "viewer", "--state", self.folder.path, "--name",
                                  "tank"])
            shown = b""
            for word, question in (("correct horse", b"Password for kim: "), (second, b"Once more: ")):
                while question not in shown:
                    shown += os.read(fd, 4096)
                os.write(fd, word.encode() + b"\n")
            try:
                while (more := os.read(fd, 4096)):
                    shown += more
            except OSError:  # the terminal of a process that has ended
                pass
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), code, shown)
            self.assertNotIn(b"horse", shown)
            os.close(fd)


if __name__ == "__main__":
    unittest.main()
