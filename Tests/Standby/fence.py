#!/usr/bin/python3
"""Late writes of an older session, round by round: `fence.py PLUGIN|stock ROUNDS`.

In each round the server is stopped while eight writes of one page lie in its receive buffer, the client goes, a newer
session is opened and writes the page anew, and the server goes on. It performs one request of a connection after the
other, and takes its time for each: without a fence most of the old ones land over the new one. Against the plugin no
page may be stale; against stock nbdkit, which has no fence, they are counted."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import nbd

GENERATION = "0123456789abcdef0123456789abcdef"
BYTES = 1 << 20


def main(plugin, rounds):
    folder = tempfile.mkdtemp(dir="/dev/shm")
    try:
        os.chmod(folder, 0o700)
        return play(folder, plugin, rounds)
    finally:
        shutil.rmtree(folder)


def play(folder, plugin, rounds):
    path = folder + "/socket"
    stock = plugin == "stock"
    if stock:
        with open(folder + "/copy", "wb") as file:
            file.truncate(BYTES)
    served = ["file", folder + "/copy"] if stock else [plugin, "copy=" + folder + "/copy"]
    server = subprocess.Popen(["nbdkit", "-f", "-t", "1", "-U", path, "--filter=delay"] + served + ["wdelay=2ms"])
    try:
        await_listening(path)
        stale = 0
        for number in range(rounds):
            stale += one(server, path, number, stock)
        print(f"{rounds} rounds, {stale} pages stale", flush=True)
        if server.poll() is not None:
            sys.exit(f"the server has ended: {server.returncode}")
        return stale
    finally:
        server.kill()
        server.wait()


def await_listening(path):
    """Its socket has a name before it listens: who connects in between is refused."""
    for _ in range(1000):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                return probe.connect(path)
            except OSError:
                time.sleep(0.01)
    sys.exit(f"the server does not listen at {path}")


def connect(path, session, stock):
    handle = nbd.NBD()
    handle.set_export_name("" if stock else f"copy?session={session}&generation={GENERATION}&bytes={BYTES}")
    handle.connect_unix(path)
    return handle


def one(server, path, number, stock):
    offset = number % 200 * 4096
    old = connect(path, 2 * number + 1, stock)
    server.send_signal(signal.SIGSTOP)
    for _ in range(8):
        old.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(b"o" * 4096)), offset)
    newer = []
    thread = threading.Thread(target=lambda: newer.append(connect(path, 2 * number + 2, stock)))
    thread.start()
    server.send_signal(signal.SIGCONT)
    thread.join()
    newer[0].pwrite(b"n" * 4096, offset)
    # Until the last of the old ones is answered.
    deadline = time.monotonic() + 5
    while old.aio_in_flight() and time.monotonic() < deadline:
        old.poll(100)
    found = bytes(newer[0].pread(4096, offset))
    newer[0].shutdown()
    return found != b"n" * 4096


if __name__ == "__main__":
    found = main(sys.argv[1], int(sys.argv[2]))
    sys.exit(1 if found and sys.argv[1] != "stock" else 0)
