"""The highest rate of calls that phones, switch and copy sustain together here; and what waiting costs then."""

import json
import os
import subprocess
import time

from network import FOLDER

STEPS = (50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 600, 700, 800, 1_000)
# A step counts when fewer messages than one in a hundred calls had to be sent again, and no call failed.
AGAIN_MAX = 0.01
LOOK = 3


def search(phones, call_length, note):
    """Rises until a step is not sustained, and goes back to the last that was. The rate. A step is tried twice, as
    other work on the machine may have been in its way; what the first try has left behind comes to its end between.

    Each step lasts for longer than a call: before that, what calls ask for later, in their middle and at their end,
    comes at the rate of the step before, and a rate seems to be sustained that is not."""
    sustained = STEPS[0]
    for rate in STEPS:
        if not _is_sustained(phones, rate, call_length, note):
            phones.set_rate(sustained)
            time.sleep(2 * call_length)
            if not _is_sustained(phones, rate, call_length, note):
                break
        sustained = rate
    phones.set_rate(sustained)
    return sustained


def _is_sustained(phones, rate, call_length, note):
    phones.set_rate(rate)
    time.sleep(call_length + 1)
    before, began = phones.statistics(), time.monotonic()
    time.sleep(LOOK)
    after = phones.statistics()
    calls, again = after.created - before.created, after.retransmissions - before.retransmissions
    reached, failed = calls / (time.monotonic() - began), after.failed - before.failed
    is_sustained = again <= AGAIN_MAX * calls and failed == 0 and reached > 0.9 * rate
    note(rate, reached, again, failed, is_sustained)
    return is_sustained


def waits(path, count=400):
    """Milliseconds of a transaction that waits for the copy, and of one that does not, in a process of its own: p50 and
    p99 of each."""
    said = subprocess.run(
        ["/usr/bin/python3", f"{FOLDER}/stage/waiting.py", path, str(count)], check=True, capture_output=True,
        text=True, env={**os.environ, "PYTHONPATH": f"{FOLDER}/switch", "PYTHONDONTWRITEBYTECODE": "1"}).stdout
    return json.loads(said)
