"""dnsmasq as the router of a private network (wire.py): it advertises prefixes, and leases addresses by DHCP."""

import subprocess
import threading

import waiting


class Dnsmasq:
    """On the device docteur0, until the end of the `with`. `options`: of dnsmasq. `leases`: the path of its list of leases."""

    def __init__(self, folder, *options):
        self.leases = folder / "leases"
        self.said = b""
        self.process = subprocess.Popen(
            ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--port=0", "--interface=docteur0", "--bind-interfaces",
             f"--pid-file={folder}/dnsmasq.pid", f"--dhcp-leasefile={self.leases}", "--log-dhcp", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        waiting.wait_until(lambda: b"started" in self.said or self.process.poll() is not None, "dnsmasq does not start")
        waiting.expect(self.process.poll() is None, self.said.decode())

    def listen(self):
        while piece := self.process.stderr.read1():
            self.said += piece

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.listener.join(5)
