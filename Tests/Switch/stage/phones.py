"""Callers and callees, which are sipp's; what its statistics and its list of messages say."""

import csv
import os
import re
import signal
import subprocess
import time
from collections import namedtuple

from network import CALLEE, CALLER, FOLDER, SERVICE, TRUNKS

CALLER_PORTS = {"talk": 5060, "ring": 5061, "turn": 5062}
CONTROL_PORTS = {"talk": 8860, "ring": 8861, "turn": 8862}
SCENARIOS = {"talk": "talk", "ring": "cancel", "turn": "turn"}
# Of ten calls one is cancelled, and in one it is the callee who sends the re-INVITE and the BYE.
SHARES = {"talk": 0.8, "ring": 0.1, "turn": 0.1}
KINDS = list(SHARES)

Message = namedtuple("Message", "at is_sent call number method first")
Statistics = namedtuple("Statistics", "created current succeeded failed retransmissions")


class Phones:
    """Three pairs of sipp; `hold` is the half of a call's length, in seconds."""

    def __init__(self, network, folder, hold):
        self.network, self.folder, self.hold = network, folder, hold
        self.callers, self.callees = {}, {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, rate):
        for kind, at in TRUNKS.items():
            self.callees[kind] = self._sipp(kind, "callee", ["-i", CALLEE, "-p", at.rpartition(":")[2]])
        time.sleep(0.3)
        for kind, share in SHARES.items():
            self.callers[kind] = self._sipp(kind, "caller", [
                "-i", CALLER, "-p", str(CALLER_PORTS[kind]), "-cp", str(CONTROL_PORTS[kind]), f"{SERVICE}:5060",
                "-r", f"{rate * share:.1f}", "-l", "15000"])

    def _sipp(self, kind, side, words):
        name = f"{kind}-{side}"
        return self.network.start("phones", [
            "sipp", "-sf", f"{FOLDER}/sipp/{SCENARIOS[kind]}-{side}.xml", "-d", str(int(self.hold * 1000)), "-nostdin",
            "-default_behaviors", "all,-bye", "-buff_size", "4000000", "-rtcheck", "loose",
            "-trace_stat", "-stf", self.path(name + ".csv"), "-fd", "1",
            "-trace_shortmsg", "-shortmessage_file", self.path(name + ".messages"),
            "-trace_err", "-error_file", self.path(name + ".errors"), *words], self.path(name + ".screen"))

    def set_rate(self, rate):
        """sipp listens for commands, one a datagram; they are sent from where it is."""
        for kind, share in SHARES.items():
            self.network_send(CONTROL_PORTS[kind], f"cset rate {rate * share:.1f}\n")

    def network_send(self, port, text):
        subprocess.run(
            ["ip", "netns", "exec", self.network.names["phones"], "/usr/bin/python3", "-c",
             "import socket, sys; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
             ".sendto(sys.argv[1].encode(), ('127.0.0.1', int(sys.argv[2])))", text, str(port)], check=True)

    def stop(self, seconds):
        """No new call; those that there are come to their end. Whether they did in that time."""
        for caller in self.callers.values():
            self._signal(caller, signal.SIGUSR1)
        end, is_over = time.monotonic() + seconds, True
        for caller in self.callers.values():
            try:
                caller.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                is_over = False
        time.sleep(0.5)
        self.network.kill("phones")
        for process in (*self.callers.values(), *self.callees.values()):
            process.wait()
        return is_over

    def _signal(self, process, number):
        if process.poll() is None:
            os.kill(process.pid, number)

    def statistics(self, kinds=KINDS):
        """The callers' last lines of statistics, added up."""
        total = Statistics(0, 0, 0, 0, 0)
        for kind in kinds:
            try:
                with open(self.path(f"{kind}-caller.csv")) as file:
                    lines = [line for line in csv.DictReader(file, delimiter=";") if line.get("Warnings(C)")]
            except FileNotFoundError:
                continue
            if lines:
                columns = "TotalCallCreated", "CurrentCall", "SuccessfulCall(C)", "FailedCall(C)", "Retransmissions(C)"
                total = Statistics(*(sum(pair) for pair in zip(total, (int(lines[-1][name]) for name in columns))))
        return total

    def messages(self, kind, side):
        """Each message that was sent or received, as sipp has noted it."""
        with open(self.path(f"{kind}-{side}.messages"), errors="replace") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                if len(fields) < 6:
                    continue
                try:
                    at, (number, method) = float(fields[2]), fields[5].split(":")[-1].split()
                except ValueError:
                    continue
                yield Message(at, fields[3] == "S", fields[4], int(number), method, fields[6])

    def aborted(self, kind, side):
        """When which call was given up."""
        try:
            with open(self.path(f"{kind}-{side}.errors"), errors="replace") as file:
                text = file.read()
        except FileNotFoundError:
            return
        for at, call in re.findall(r"(\d+\.\d+): Aborting call on [^\n]*?Call-I[dD] '([^']+)'", text):
            yield float(at), call
