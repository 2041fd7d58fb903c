"""Host A says fifty times a second that it is there: heartbeat.py ADDRESS PORT"""

import socket
import sys
import time

address = sys.argv[1], int(sys.argv[2])
beats = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        beats.sendto(b"here", address)
    except OSError:
        # Nobody listens there yet.
        pass
    time.sleep(0.02)
