"""The acts: calls at a steady rate, something is killed, and what becomes of the calls."""

import json
import os
import signal
import subprocess
import time

import evidence
import rates
from hosts import Pair, Switch, wait_for, watch
from network import FOLDER, Network
from phones import Phones

# Half of a call's length, in seconds: a re-INVITE in the middle, a BYE at the end.
HOLD = 3


class Result:
    """Of one act: what was measured, in seconds from the kill, and the phones' evidence and statistics."""

    def __init__(self, store, act):
        self.store, self.act, self.times, self.statistics = store, act, {}, {}
        self.rate = self.evidence = self.kept = self.left = self.waits = None
        self.is_over = False


class Act:
    """Builds the stage, plays, and takes everything down, whatever happens."""

    def __init__(self, store, act, folder, tandem):
        self.store, self.tandem, self.folder = store, tandem, folder
        self.memory = f"/dev/shm/tandem-switch-{os.getpid()}"
        self.network = Network()
        self.result = Result(store, act)

    def __enter__(self):
        for folder in (self.folder, self.memory):
            os.makedirs(folder)
        try:
            self.network.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.network.end()
        subprocess.run(["rm", "-rf", self.memory])

    def build(self, workers, has_b):
        """A has the service, and B is ready: its Kamailio runs, and listens on an address that it has not yet."""
        self.network.give_service("a")
        self.pair = Pair(self.network, self.folder, self.memory, self.tandem) if self.store == "tandem" else None
        stores = dict.fromkeys(("a", "b"), "dialog" if self.store == "alone" else self.store)
        if self.pair:
            self.pair.make()
            stores = {"a": self.pair.source, "b": self.pair.copy}
        peers = {"a": "b", "b": "a"} if self.store == "dialog" else {}
        self.switches = {
            host: Switch(self.network, host, self.folder, stores[host], workers, peers.get(host))
            for host in ("a", "b")}
        self.switches["a"].start()
        self.switches["a"].wait_until_it_answers()
        if self.pair:
            self.pair.keep_a_copy()
        if has_b:
            self.switches["b"].start()
            self.switches["b"].wait_until_it_answers()
        self.phones = Phones(self.network, self.folder, HOLD)

    def note(self, name):
        self.result.statistics[name] = self.phones.statistics()

    def finish(self, moment, cut, survivor, seconds):
        """Calls go on for a while after the moment, then each comes to its end."""
        time.sleep(1)
        self.note("during")
        self.result.kept = self.kept(survivor)
        time.sleep(seconds)
        self.result.is_over = self.phones.stop(seconds=15)
        self.note("after")
        self.result.left = self.kept(survivor)
        self.result.evidence = evidence.gather(self.phones, moment, cut)
        return self.result

    def kept(self, host):
        """What the survivor says of calls by itself: those that ring and that are answered, and the lines in use."""
        if self.store in ("dialog", "alone"):
            ringing, answered = self.switches[host].dialogs()
            return {"ringing": ringing, "answered": answered}
        if not self.pair:
            return None
        path = self.pair.source if host == "a" else self.pair.copy
        said = subprocess.run(
            ["/usr/bin/python3", "-c",
             "import json, sys, tandem_store as store;"
             "print(json.dumps(store.TandemStore(sys.argv[1]).counts()._asdict()))",
             path], check=True, cwd=f"{FOLDER}/switch", capture_output=True, text=True).stdout
        return json.loads(said)


def search(act, workers, note):
    """The highest rate that is sustained, on a stage of its own: what the last step leaves behind goes with it. All runs
    on it that runs when a host is lost."""
    act.build(workers, has_b=True)
    act.phones.start(rates.STEPS[0])
    found = rates.search(act.phones, 2 * HOLD, note)
    act.phones.stop(seconds=0)
    return found


def host_lost(act, rate, workers, seconds, measures_waits=False):
    """A is lost; B notices by itself, promotes its copy, and takes the service's address."""
    act.build(workers, has_b=True)
    act.result.rate = rate
    act.phones.start(rate)
    time.sleep(2 * HOLD + 2)
    if measures_waits:
        act.result.waits = rates.waits(act.pair.source)
    promote = [act.tandem, "promote", act.pair.copy, "--json"] if act.pair else None
    told = watch(act.network, act.folder, promote)
    time.sleep(2)
    act.note("before")
    moment, cut = act.network.lose("a")
    times = wait_for(told, 20)
    if "error" in times:
        raise RuntimeError(f"the promotion fails: {times['error']}")
    promotion = times.pop("promotion", None)
    act.result.times = {name: at - moment for name, at in times.items()}
    if promotion is not None:
        act.result.times["promotion"] = promotion
    if act.result.times["noticed"] < 0:
        raise RuntimeError("B took over before A was lost")
    return act.finish(moment, cut, "b", seconds)


def worker_killed(act, rate, workers, seconds):
    """A worker is killed, Kamailio goes down, and whoever looks after it starts it again."""
    act.build(workers, has_b=act.store == "dialog")
    act.result.rate = rate
    act.phones.start(rate)
    time.sleep(2 * HOLD + 2)
    act.note("before")
    switch = act.switches["a"]
    moment = switch.kill_worker()
    try:
        switch.process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        act.result.times["hung"] = 15
    act.result.times["ended"] = time.time() - moment
    try:
        os.killpg(switch.process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    cut = time.time()
    switch.start()
    act.result.times["started"] = time.time() - moment
    return act.finish(moment, cut, "a", seconds)
