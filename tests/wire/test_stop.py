"""The end of a run while values are still on their way: a device that answers gets its last value
however many wait for one that does not, and what is lost is named, an array once."""

import socket
import unittest

from devices import LibmodbusDevice
from msm import Msm, eventually


class Undelivered(unittest.TestCase):
    """One dead device with many values beside a live one with a safe coil."""

    SCRIPT = """
    program { stop_timeout = "5s" }
    local dead = memory "dead"
    dead.ROW = holding.uint16(400, { count = 12 })
    for i = 0, 299 do dead["X" .. i] = holding.uint16(i, { default = 1 }) end
    client.tcp { host = "127.0.0.1", port = %d, mem = dead, timeout = "100ms" }
    local live = memory "live"
    live.RUN = coil(0, { default = true, safe = false })
    client.tcp { host = "127.0.0.1", port = %d, mem = live, period = "1s" }
    on_start(function()
      for i = 0, 299 do dead["X" .. i] = 7 end
      for i = 1, 12 do dead.ROW[i] = 7 end
      live.RUN = true
    end)
    """

    def test_a_live_device_is_not_given_up(self):
        with LibmodbusDevice() as live, socket.create_server(("127.0.0.1", 0)) as silent:
            msm = Msm(self.SCRIPT % (silent.getsockname()[1], live.port), servers=0)
            self.addCleanup(msm.stop)
            eventually(lambda: live.get("coil", 0) == 1, "the coil")
            msm.stop()
            self.assertEqual(live.get("coil", 0), 0)
            self.assertNotIn("live.RUN", msm.text())
            self.assertIn("the last values of 12 elements of dead.ROW\n", msm.text())
            self.assertIn("and 281 more\n", msm.text())


if __name__ == "__main__":
    unittest.main()
