"""The acts: calls at a steady rate, something is killed, and what becomes of the calls."""

import json
import os
import signal
import subprocess
import sys
import time

import evidence
from hosts import Pair, Switch, wait_for, watch
from network import FOLDER, Network
from phones import Phones

# Half of a call's length, in seconds: a re-INVITE in the middle, a BYE at the end.
HOLD = 3


class Result:
    """Of one act: what was measured, in seconds from the kill, and the phones' evidence and statistics."""

    def __init__(self, store, act):
        self.store, self.act, self.times, self.statistics = store, act, {}, {}
        self.rate = self.evidence = self.counts = self.waits = self.steps = None
        self.is_over = False


class Act:
    """Builds the stage, plays, and takes everything down, whatever happens."""

    def __init__(self, store, act, folder, tandem):
        self.store, self.tandem = store, tandem
        self.folder = os.path.join(folder, f"{store}-{act}")
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
        stores = {host: self.store for host in ("a", "b")}
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

    def finish(self, moment, cut):
        """Calls go on for a while after the moment, then each comes to its end."""
        time.sleep(2 * HOLD + 3)
        self.result.is_over = self.phones.stop(seconds=40)
        self.note("after")
        self.result.evidence = evidence.gather(self.phones, moment, cut)
        return self.result

    def counts(self, path):
        """What the source at `path` says by itself, in another process."""
        said = subprocess.run(
            ["/usr/bin/python3", "-c",
             "import json, sys, tandem_store; print(json.dumps(tandem_store.TandemStore(sys.argv[1]).counts()._asdict()))",
             path], check=True, cwd=f"{FOLDER}/switch", capture_output=True, text=True).stdout
        return json.loads(said)


def host_lost(act, rate, workers, before=None):
    """A is lost; B notices by itself, promotes its copy, and takes the service's address."""
    act.build(workers, has_b=True)
    act.phones.start(rate)
    time.sleep(2 * HOLD + 2)
    if before:
        before(act)
    promote = [act.tandem, "promote", act.pair.copy] if act.pair else None
    told = watch(act.network, act.folder, promote)
    time.sleep(2)
    act.note("before")
    moment, cut = act.network.lose("a")
    times = wait_for(told, 20)
    if "error" in times:
        raise RuntimeError(f"the promotion fails: {times['error']}")
    act.result.times = {name: at - moment for name, at in times.items()}
    if act.result.times["noticed"] < 0:
        raise RuntimeError("B took over before A was lost")
    time.sleep(1)
    act.note("during")
    result = act.finish(moment, cut)
    if act.pair:
        result.counts = act.counts(act.pair.copy)
    return result


def worker_killed(act, rate, workers):
    """A worker is killed, Kamailio goes down, and whoever looks after it starts it again."""
    act.build(workers, has_b=act.store == "dialog")
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
    time.sleep(1)
    act.note("during")
    result = act.finish(moment, cut)
    if act.pair:
        result.counts = act.counts(act.pair.source)
    return result


def log(text):
    print(text, file=sys.stderr, flush=True)
