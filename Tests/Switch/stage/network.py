"""Two hosts and the network between them and the phones, as network namespaces; what runs there, and its end.

Every process is started in one of the namespaces, and only those are ever ended: by the namespace they are in.
"""

import os
import signal
import subprocess
import time

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SERVICE = "10.98.0.10"
HOSTS = {"a": "10.98.0.1", "b": "10.98.0.2"}
CALLER, CALLEE = "10.98.0.30", "10.98.0.20"
TRUNKS = {"talk": f"{CALLEE}:5070", "ring": f"{CALLEE}:5071", "turn": f"{CALLEE}:5072"}


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


class Network:
    """A bridge that the phones are on, and a link from it to each host."""

    def __init__(self):
        self.names = {name: f"tandem-switch-{name}-{os.getpid()}" for name in ("phones", "a", "b")}
        self.made = []

    def make(self):
        for name in self.names.values():
            run("ip", "netns", "add", name)
            self.made.append(name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        phones = self.names["phones"]
        run("ip", "-n", phones, "link", "add", "br0", "type", "bridge")
        for address in (CALLER, CALLEE):
            run("ip", "-n", phones, "addr", "add", f"{address}/24", "dev", "br0")
        run("ip", "-n", phones, "link", "set", "br0", "up")
        for host, address in HOSTS.items():
            name = self.names[host]
            run("ip", "link", "add", f"to-{host}", "netns", phones, "type", "veth",
                "peer", "name", "eth0", "netns", name)
            run("ip", "-n", phones, "link", "set", f"to-{host}", "master", "br0", "up")
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            # The service's address may be listened on before the host has it.
            run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.ip_nonlocal_bind=1")

    def give_service(self, host):
        run("ip", "-n", self.names[host], "addr", "add", f"{SERVICE}/32", "dev", "eth0")

    def start(self, where, words, log, **environment):
        """A process there, with its output in a file."""
        with open(log, "ab") as output:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.names[where], *words], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment})

    def processes(self, where):
        listed = subprocess.run(["ip", "netns", "pids", self.names[where]], capture_output=True, text=True).stdout
        return [int(pid) for pid in listed.split()]

    def lose(self, host):
        """The host loses its power: nothing comes from it any more, not even an end of its connections. When that
        began, and when nothing could come any more."""
        began = time.time()
        run("ip", "-n", self.names["phones"], "link", "set", f"to-{host}", "down")
        cut = time.time()
        self.kill(host)
        return began, cut

    def kill(self, where):
        for pid in self.processes(where):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def end(self):
        for where, name in self.names.items():
            if name not in self.made:
                continue
            for _ in range(50):
                if not self.processes(where):
                    break
                self.kill(where)
                time.sleep(0.1)
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        self.made = []
