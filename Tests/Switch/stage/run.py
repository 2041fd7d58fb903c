"""A switch of Kamailio's whose host is lost, or whose worker is killed, in the middle of calls: `make switch`.

    run.py --tandem PATH [--rate N] [--seconds N] [--work FOLDER] [--json FILE] [--only STORE-ACT]

Exit status 0 when every claim holds, 1 when one does not. Skips, with the reason, where the stage cannot be built.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys

import acts
import report
from hosts import WORKERS
from network import FOLDER

# What all stores are compared at.
COMPARED = 100


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default=".build/release/tandem")
    parser.add_argument("--rate", type=float, help="calls a second of act 1; else the highest that is sustained")
    parser.add_argument("--seconds", type=float, default=5, help="of new calls after the kill")
    parser.add_argument("--work", default=".build/switch", help="where logs and sipp's files go")
    parser.add_argument("--json", help="the results, in a file")
    parser.add_argument("--only", default="", help="acts that contain this text")
    return parser.parse_args()


def reason_to_skip():
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool, package in (("kamailio", "kamailio"), ("kamcmd", "kamailio"), ("sipp", "sip-tester"), ("ip", "iproute2"),
                          ("sysctl", "procps"), ("nbdkit", "nbdkit"), ("chrt", "util-linux")):
        if not shutil.which(tool):
            return f"{tool} is missing: apt-get install {package}"
    name = f"tandem-switch-try-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
        return "no network namespaces here"
    has_bridge = subprocess.run(
        ["ip", "-n", name, "link", "add", "br0", "type", "bridge"], capture_output=True).returncode == 0
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return None if has_bridge else "this kernel has no bridge"


def tested():
    done = subprocess.run(
        ["/usr/bin/python3", "-m", "unittest", "test_calls"], cwd=f"{FOLDER}/switch", capture_output=True, text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    said = done.stderr.strip().splitlines()
    report.row("binding and stores by themselves", ", ".join(line for line in said[-3:] if line))
    if done.returncode:
        print(done.stderr)
    return done.returncode == 0


def stage(options, store, name):
    """In a folder of its own, numbered by their order."""
    work = os.path.abspath(options.work)
    number = len(os.listdir(work)) + 1
    return acts.Act(store, name, os.path.join(work, f"{number}-{store}-{name}"), os.path.abspath(options.tandem))


def play(options, store, name, rate, **more):
    with stage(options, store, name) as act:
        return getattr(acts, name)(act, rate, 1 if store == "dict" else WORKERS, options.seconds, **more)


def highest_rate(options):
    with stage(options, "tandem", "search") as act:
        return acts.search(act, WORKERS, report.step)


def main():
    options = arguments()
    reason = reason_to_skip()
    if reason:
        print(f"switch: skipped: {reason}")
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    shutil.rmtree(options.work, ignore_errors=True)
    os.makedirs(options.work)
    failures, results = 0 if tested() else 1, []
    for store, name, is_first in [
        ("tandem", "host_lost", True), ("tandem", "worker_killed", False), ("tandem", "host_lost", False),
        ("dict", "worker_killed", False), ("dict", "host_lost", False),
        ("alone", "worker_killed", False), ("dialog", "worker_killed", False), ("dialog", "host_lost", False),
    ]:
        if options.only not in f"{store}-{name}":
            continue
        if is_first:
            result = play(options, store, name, options.rate or highest_rate(options), measures_waits=True)
        else:
            result = play(options, store, name, COMPARED)
        results.append(result)
        report.act(result)
        failures += report.claims(result) if store == "tandem" else report.was_played(result)
    report.table(results)
    if options.json:
        with open(options.json, "w") as file:
            json.dump([report.values(result) for result in results], file, indent=1)
    print(f"{failures} failed")
    return 1 if failures else 0


sys.exit(main())
