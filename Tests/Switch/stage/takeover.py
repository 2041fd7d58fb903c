"""Host B takes over when A has been silent for so long: takeover.py SETTINGS, a file of JSON.

    listen, port        where A's heartbeats come
    silence             seconds
    promote             words of a command, or none
    service, device     the address that is moved here
    told                where the times go, as JSON: last heartbeat, silence noticed, promoted, address moved; and how
                        long the promotion says that it took, without its command's start
"""

import json
import os
import socket
import struct
import subprocess
import sys
import time

BROADCAST = b"\xff" * 6


def announcement(service, hardware):
    """A gratuitous ARP request: who is at `service` tells it, and everybody notes it."""
    address = socket.inet_aton(service)
    return (BROADCAST + hardware + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
            + hardware + address + bytes(6) + address)


def main():
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    beats = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    beats.bind((settings["listen"], settings["port"]))
    device = settings["device"]
    with open(f"/sys/class/net/{device}/address") as file:
        hardware = bytes.fromhex(file.read().strip().replace(":", ""))
    ether = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    ether.bind((device, 0))
    beats.recv(64)
    beats.settimeout(settings["silence"])
    times = {}
    while True:
        times["heard"] = time.time()
        try:
            beats.recv(64)
        except TimeoutError:
            break
    times["noticed"] = time.time()
    if settings["promote"]:
        done = subprocess.run(settings["promote"], capture_output=True, text=True)
        if done.returncode != 0:
            times["error"] = done.stderr or done.stdout
        else:
            times["promotion"] = json.loads(done.stdout)["milliseconds"] / 1000
    times["promoted"] = time.time()
    if "error" not in times:
        subprocess.run(["ip", "addr", "add", settings["service"] + "/32", "dev", device], check=True)
        for _ in range(3):
            ether.send(announcement(settings["service"], hardware))
        times["moved"] = time.time()
    with open(settings["told"] + ".new", "w") as file:
        json.dump(times, file)
    os.rename(settings["told"] + ".new", settings["told"])


main()
