"""Devices for the client tests: Modbus servers that nobody here wrote, and pairs of serial lines."""

import asyncio
import os
import subprocess
import tempfile
import threading

from msm import DEADLINE, eventually, free_port

DEVICE = os.environ.get("MSM_DEVICE", "build/tests/device")


class LibmodbusDevice:
    """device.c, which is libmodbus: over TCP on a port of its own (or a given one), or on a serial line."""

    def __init__(self, port=0, unit=0, line=None, baud=19200):
        arguments = ["rtu", line, str(baud), str(unit)] if line else ["tcp", str(port or free_port()), str(unit)]
        self.process = subprocess.Popen([DEVICE, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        ready = self.process.stdout.readline().split()
        if not ready:
            raise AssertionError("the device did not start")
        self.port = int(ready[1]) if len(ready) > 1 else None

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def set(self, table, address, *values):
        assert self.ask("set %s %d %s" % (table, address, " ".join(map(str, values)))) == "ok"

    def get(self, table, address, count=1):
        words = [int(word) for word in self.ask("get %s %d %d" % (table, address, count)).split()]
        return words[0] if count == 1 else words

    def requests(self):
        return int(self.ask("count"))

    def stop(self):
        """Ends it as a power cut does: connections are closed by the kernel."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


class PymodbusDevice:
    """A pymodbus server of the given units on a free port, on a thread of its own."""

    def __init__(self, units=(1,)):
        from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext,
                                        ModbusSlaveContext)
        from pymodbus.server.async_io import ModbusTcpServer
        self.slaves = {unit: ModbusSlaveContext(
            di=ModbusSequentialDataBlock(0, [0] * 1000), co=ModbusSequentialDataBlock(0, [0] * 1000),
            hr=ModbusSequentialDataBlock(0, [0] * 1000), ir=ModbusSequentialDataBlock(0, [0] * 1000),
            zero_mode=True) for unit in units}
        self.loop = asyncio.new_event_loop()
        self.port = None
        context = ModbusServerContext(slaves=self.slaves, single=False)

        async def serve():
            self.server = ModbusTcpServer(context, address=("127.0.0.1", 0))
            task = asyncio.ensure_future(self.server.serve_forever())
            await self.server.serving
            self.port = self.server.server.sockets[0].getsockname()[1]
            try:
                await task
            except asyncio.CancelledError:
                pass

        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(serve(),))
        self.thread.start()
        eventually(lambda: self.port, "the pymodbus server")

    FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}

    def set(self, table, address, *values, unit=1):
        self.slaves[unit].setValues(self.FUNCTIONS[table], address, list(values))

    def get(self, table, address, count=1, unit=1):
        words = self.slaves[unit].getValues(self.FUNCTIONS[table], address, count)
        words = [int(word) for word in words]
        return words[0] if count == 1 else words

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.server.shutdown(), self.loop)
        self.thread.join(DEADLINE)
        self.loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


class Pair:
    """Two pseudo-terminals joined by socat: what is written into one comes out of the other."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="msm-line-")
        self.ends = [os.path.join(self.folder.name, name) for name in ("a", "b")]
        self.process = None
        self.connect()

    def connect(self):
        self.process = subprocess.Popen(
            ["socat", *("pty,raw,echo=0,link=" + end for end in self.ends)],
            stderr=subprocess.DEVNULL)
        eventually(lambda: all(map(os.path.exists, self.ends)), "the pair of serial lines")

    @classmethod
    def of(cls, case):
        """One that is gone after the test."""
        pair = cls()
        case.addCleanup(pair.stop)
        return pair

    def cut(self):
        """Both adapters are pulled out."""
        self.process.terminate()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.cut()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
