"""What a waiting commit costs beside the switch's: waiting.py SOURCE COUNT"""

import json
import sys
import time

from calls import ACCOUNTS, SECOND
from tandem_store import TandemStore


def milliseconds(count, act):
    times = []
    for _ in range(count):
        began = time.perf_counter_ns()
        act()
        times.append((time.perf_counter_ns() - began) / 1e6)
        time.sleep(0.005)
    times.sort()
    return {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}


def main():
    store, late = TandemStore(sys.argv[1]), [0]
    writer, count = store.writer, int(sys.argv[2])

    def change():
        account = writer.hold(store.accounts, ACCOUNTS - 1)
        if account:
            account.nanoseconds += 1

    def waiting():
        late[0] += not writer.replicated(change, SECOND)[1]
    told = {"waiting": milliseconds(count, waiting), "plain": milliseconds(count, lambda: writer.transaction(change))}
    print(json.dumps({**told, "late": late[0], "count": count}))


main()
