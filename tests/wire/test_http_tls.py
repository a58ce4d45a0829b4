"""Proves that the pages are encrypted where that is asked for: with a certificate that is made once,
kept, and is the one whose fingerprint was said, or with one that is given; that plain requests and
old protocols get nothing; and that a certificate which cannot be used is said at the start."""

import hashlib
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import unittest

from msm import BINARY, DEADLINE, Folder, Msm
from web import Refusal, Web, add_user

SCRIPT = """
mem.SP = holding.float32(2, { min = 0, max = 100, default = 50 })
every("10ms", function() end)
"""
FINGERPRINT = re.compile(r"fingerprint \(SHA-256\) ([0-9A-F:]+)$")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.certificate = os.path.join(self.folder.path, "tank.crt")
        self.key = os.path.join(self.folder.path, "tank.key")

    def program(self, *args):
        msm = Msm(SCRIPT, "--http", "0", "--state", self.folder.path, *args, name="tank", servers=0)
        self.addCleanup(msm.stop)
        msm.wait_line("pages at")
        return msm

    def fails(self, *args):
        path = self.folder.write("tank.lua", SCRIPT)
        done = subprocess.run([BINARY, "run", "--state", self.folder.path, *args, path], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=DEADLINE)
        return done.returncode, done.stderr


class Own(Case):
    def test_once(self):
        """the certificate is the one that was said, fits this computer's names, and stays"""
        seen = []
        for _ in range(2):
            msm = self.program("--tls")
            said = msm.wait_line(FINGERPRINT).group(1)
            web = Web(msm)
            self.assertTrue(web.origin.startswith("https://"))
            for host in ("127.0.0.1", "localhost", socket.gethostname()):
                context = ssl.create_default_context(cafile=self.certificate)
                with socket.create_connection((web.host, web.port)) as plain:
                    with context.wrap_socket(plain, server_hostname=host) as peer:
                        der = peer.getpeercert(True)
                        self.assertIn(peer.version(), ("TLSv1.2", "TLSv1.3"))
                self.assertEqual(hashlib.sha256(der).hexdigest().upper(), said.replace(":", ""))
            self.assertEqual(web.ask("set", name="SP", value=5)["before"], 50)
            msm.stop()
            seen.append(said)
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(stat.S_IMODE(os.stat(self.key).st_mode), 0o600)

    def test_login(self):
        """the cookie is for encrypted connections only, and streams are encrypted, too"""
        self.assertEqual(add_user(self.folder.path, "tank", "kim", "operator").returncode, 0)
        web = Web(self.program("--tls"))
        cookie = web.login("kim")
        self.assertTrue(cookie.startswith("__Host-msm-%d=" % web.port))
        self.assertIn("Secure", cookie)
        self.assertTrue(web.get("/api/session")["tls"])
        with web.stream("match=*") as stream:
            self.assertEqual(stream.wait("hello")["user"], "kim")
            stream.wait("beat")
        with self.assertRaises(Refusal) as refusal:
            web.ask("set", name="SP", value=5) if web.post("/api/logout", {}) else None
        self.assertEqual(refusal.exception.status, 401)
        with self.assertRaises(Refusal) as refusal:  # the origin of an unencrypted page
            web.post("/api/login", {"user": "kim", "password": "correct horse"}, Origin="http" + web.origin[5:])
        self.assertEqual(refusal.exception.status, 403)

    def test_nothing_else(self):
        """plain requests, old protocols and nonsense get nothing, and leave it as it was"""
        web = Web(self.program("--tls"))
        for data in (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 500, b"\0" * 50):
            with socket.create_connection((web.host, web.port)) as peer:
                peer.settimeout(60)
                peer.sendall(data)
                try:
                    peer.shutdown(socket.SHUT_WR)
                    self.assertNotIn(b"HTTP/", peer.recv(4096))
                except OSError:  # it was closed before
                    pass
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection((web.host, web.port)) as plain, self.assertRaises(OSError):
            context.wrap_socket(plain)
        self.assertEqual(web.get("/api/status")["name"], "tank")


class Given(Case):
    def test_files(self):
        """a certificate that is given is the one that is shown"""
        self.program("--tls").stop()
        given = Folder()
        self.addCleanup(given.remove)
        for path in (self.certificate, self.key):
            shutil.move(path, given.path)
        files = [os.path.join(given.path, name) for name in ("tank.crt", "tank.key")]
        msm = self.program("--tls-cert", files[0], "--tls-key", files[1])
        self.assertEqual(Web(msm).get("/api/status")["name"], "tank")
        self.assertFalse(os.path.exists(self.certificate))

    def test_refused(self):
        """what cannot be used is said with its file, and nothing is served instead"""
        self.program("--tls").stop()
        other = Folder()
        self.addCleanup(other.remove)
        strange = Msm(SCRIPT, "--http", "0", "--state", other.path, "--tls", name="tank", servers=0)
        strange.wait_line("pages at")
        strange.stop()
        for code, why, args in (
                (2, "--tls-cert and --tls-key", ("--http", "0", "--tls-cert", self.certificate)),
                (2, "--tls-cert and --tls-key", ("--http", "0", "--tls", "--tls-cert", self.certificate, "--tls-key",
                                                 self.key)),
                (2, "are for --http", ("--tls",)),
                (1, "No such file", ("--http", "0", "--tls-cert", "/nowhere", "--tls-key", self.key)),
                (1, self.key, ("--http", "0", "--tls-cert", self.certificate, "--tls-key",
                               os.path.join(other.path, "tank.key"))),
                (1, self.key, ("--http", "0", "--tls-cert", self.key, "--tls-key", self.key))):
            found, said = self.fails(*args)
            self.assertEqual(found, code, said)
            if self.key not in why:
                self.assertIn(why, said)
            self.assertNotIn("pages at", said)
        os.remove(self.key)
        self.assertEqual(self.fails("--http", "0", "--tls")[0], 1)
        self.folder.write("tank.key", "nonsense")
        self.assertEqual(self.fails("--http", "0", "--tls")[0], 1)


if __name__ == "__main__":
    unittest.main()
