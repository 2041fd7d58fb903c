"""What the peers written in Python share: the lines they speak, their folders, their children."""
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BYTES, DISK, SCALE = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
RECORD = 256  # 240 bytes and a header of 16: what a record takes in a table
RECORDS = BYTES // RECORD
children = []


def say(*words):
    print(*words, flush=True)


def fail(problem):
    say("missing", " ".join(str(problem).split()))
    sys.exit(0)


def tool(name, package):
    """The path of a program that has to be installed."""
    return shutil.which(name) or fail(f"{name} is not installed: install {package}")


def folder(parent="/dev/shm"):
    """A folder that is gone when this program is."""
    path = tempfile.mkdtemp(prefix="tandem-bench-peer-", dir=parent)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def start(*command, **options):
    """A server that ends with this program."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
    children.append(child)
    return child


def stop(child):
    child.terminate()
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    children.remove(child)


def output(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=170)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
    return done.stdout


def lay(path, count, content=b"\0"):
    """A file whose every block has been written once."""
    block = (content * ((1 << 20) // len(content)))[: 1 << 20]
    with open(path, "wb") as file:
        while count > 0:
            count -= file.write(block[: min(count, len(block))])


def wait_until(is_done, seconds=60, step=0.001):
    end = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > end:
            raise RuntimeError(f"waited for {seconds} s in vain")
        time.sleep(step)


def serve(version, works):
    """Answers until nobody asks any more. `works` has a function for each work, which returns its figures."""
    say("version", version)
    say("ready", *works)
    for line in sys.stdin:
        work = line.strip()
        try:
            say(work, *(f"{figure:.6g}" for figure in works[work]()))
        except Exception as problem:  # the report says what it was
            say("failed", " ".join(f"{type(problem).__name__}: {problem}".split()))


@atexit.register
def stop_all():
    for child in list(children):
        stop(child)


# What cannot be set up is missing, and the report says why.
sys.excepthook = lambda kind, problem, _: say("missing", " ".join(f"{kind.__name__}: {problem}".split()))
# Whoever ends this program ends its servers.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
