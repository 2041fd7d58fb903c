"""What runs on the two hosts: Kamailio with a store of calls, and what keeps B ready to take over."""

import json
import os
import subprocess
import time

from network import FOLDER, HOSTS, SERVICE, TRUNKS, run

STANDBY_PORT, BEAT_PORT, DMQ_PORT = 10809, 5999, 5066
# Five heartbeats that do not come.
SILENCE = 0.1
WORKERS = 8
TRUNKS_TOLD = ",".join(f"{name}={at}" for name, at in TRUNKS.items())


class Switch:
    """Kamailio on a host: `store` is `dialog`, `dict`, or the path of a source."""

    def __init__(self, network, host, folder, store, workers=WORKERS, peer=None):
        self.network, self.host, self.store, self.workers, self.peer = network, host, store, workers, peer
        self.folder = os.path.join(folder, f"kamailio-{host}")
        self.log = self.folder + ".log"
        os.makedirs(self.folder, exist_ok=True)
        self.process = None

    def start(self):
        defined = {"CHILDREN": str(self.workers)}
        if self.store == "dialog":
            defined.update({name.upper(): f'"sip:{at}"' for name, at in TRUNKS.items()})
            defined["CONTROL"] = f'"unix:{self.folder}/control"'
            if self.peer:
                defined["DMQ_HERE"] = f'"sip:{HOSTS[self.host]}:{DMQ_PORT}"'
                defined["DMQ_THERE"] = f'"sip:{HOSTS[self.peer]}:{DMQ_PORT}"'
        else:
            defined["SCRIPT"] = f'"{FOLDER}/switch/switch.py"'
        listened = [f"{SERVICE}:5060"] + ([f"{HOSTS[self.host]}:{DMQ_PORT}"] if self.peer else [])
        configuration = "dialog" if self.store == "dialog" else "switch"
        words = [
            "kamailio", "-DD", "-E", "-f", f"{FOLDER}/kamailio/{configuration}.cfg", "-m", "512", "-M", "16",
            "-Y", self.folder, "-P", f"{self.folder}/pid"]
        for name, value in defined.items():
            words += ["-A", f"{name}={value}"]
        for at in listened:
            words += ["-l", f"udp:{at}"]
        self.process = self.network.start(
            self.host, words, self.log, SWITCH_ADDRESS=f"{SERVICE}:5060", SWITCH_TRUNKS=TRUNKS_TOLD,
            SWITCH_STORE=self.store)

    def wait_until_it_answers(self, seconds=10):
        """Its workers are there when as many processes are as there will be; then it takes messages."""
        end, before = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            now = len(self.network.processes(self.host))
            if now > self.workers and now == before:
                return
            before = now
            time.sleep(0.2)
        raise RuntimeError(f"Kamailio does not start: see {self.log}")

    def kill_worker(self):
        """One of the processes that take messages. When."""
        with open(f"{self.folder}/pid") as file:
            parent = int(file.read())
        with open(f"/proc/{parent}/task/{parent}/children") as file:
            children = [int(pid) for pid in file.read().split()]
        began = time.time()
        os.kill(children[0], 9)
        return began

    def dialogs(self):
        """How many dialogs Kamailio's own module has: ringing and answered."""
        said = subprocess.run(
            ["kamcmd", "-s", f"unix:{self.folder}/control", "dlg.stats_active"], capture_output=True, text=True).stdout
        numbers = dict(line.strip().split(": ") for line in said.splitlines() if ": " in line)
        return int(numbers.get("early", 0)) + int(numbers.get("starting", 0)), int(numbers.get("ongoing", 0))


class Pair:
    """Tandem's part: a source on A, its copy on B, and who takes over."""

    def __init__(self, network, folder, memory, tandem):
        self.network, self.folder, self.tandem = network, folder, tandem
        self.source, self.copy, self.key = (os.path.join(memory, name) for name in ("source", "copy", "key"))
        self.told = os.path.join(folder, "takeover.json")

    def log(self, name):
        return os.path.join(self.folder, name + ".log")

    def make(self):
        subprocess.run(
            ["/usr/bin/python3", "-c", "import sys, tandem_store; tandem_store.make(sys.argv[1])", self.source],
            check=True, cwd=f"{FOLDER}/switch", env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    def keep_a_copy(self):
        run(self.tandem, "standby", "--new-secret", self.key)
        address = HOSTS["b"]
        self.network.start("b", [
            self.tandem, "standby", self.copy, "--listen", address, "--secret", self.key, "--json",
        ], self.log("standby"))
        self.network.start("a", [
            self.tandem, "replicate", self.source, "--to", f"nbds://{address}:{STANDBY_PORT}/copy",
            "--secret", self.key, "--json"], self.log("replicate"))
        end = time.monotonic() + 20
        while self.state() != "in sync":
            if time.monotonic() > end:
                raise RuntimeError(f"the copy is not in sync: see {self.log('replicate')}")
            time.sleep(0.1)

    def state(self):
        said = subprocess.run([self.tandem, "status", self.source, "--json"], capture_output=True, text=True).stdout
        try:
            return json.loads(said)["state"]
        except (ValueError, KeyError):
            return None


def watch(network, folder, promote):
    """B watches A, and will take the service's address over; `promote` is done first. Where it tells of it."""
    told, settings = os.path.join(folder, "takeover.json"), os.path.join(folder, "takeover.settings")
    with open(settings, "w") as file:
        json.dump({"listen": HOSTS["b"], "port": BEAT_PORT, "silence": SILENCE, "promote": promote,
                   "service": SERVICE, "device": "eth0", "told": told}, file)
    # What other processes do is no reason to take over.
    urgent = ["chrt", "--fifo", "20", "/usr/bin/python3"]
    stage = os.path.join(FOLDER, "stage")
    network.start("b", [*urgent, f"{stage}/takeover.py", settings], os.path.join(folder, "takeover.log"))
    beats = [*urgent, f"{stage}/heartbeat.py", HOSTS["b"], str(BEAT_PORT)]
    network.start("a", beats, os.path.join(folder, "heartbeat.log"))
    return told


def wait_for(path, seconds):
    end = time.monotonic() + seconds
    while not os.path.exists(path):
        if time.monotonic() > end:
            raise RuntimeError(f"{path} does not come")
        time.sleep(0.02)
    with open(path) as file:
        return json.load(file)
