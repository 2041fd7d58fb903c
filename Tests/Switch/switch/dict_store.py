"""The same calls in dictionaries: one process's own, and gone with it."""

import time

from calls import (
    ACCOUNTS, ANSWERED, CALL_ID_MAX, ENDED, REMEMBERED, RINGING, RINGING_MAX, TALKING_MAX, TRUNK_LINES, TRUNKS,
    Account, Counts, Placed, Refused, Trunk)


class DictStore:
    def __init__(self):
        self.handles, self.calls, self.deadlines, self.last = {}, {}, {}, 0
        self.trunks = [Trunk(lines=TRUNK_LINES) for _ in range(TRUNKS)]
        self.accounts = [Account() for _ in range(ACCOUNTS)]

    def close(self):
        pass

    def find(self, call_id):
        handle = self.handles.get(call_id)
        return handle and (handle, self.calls[handle][1])

    def read(self, handle):
        return self.calls.get(handle)

    def place(self, call_id, call):
        if len(call_id) > CALL_ID_MAX:
            raise Refused(400, "Call-ID Too Long")
        handle = self.handles.get(call_id)
        if handle and self.calls[handle][1].state != ENDED:
            return Placed(handle, False)
        trunk = self.trunks[call.trunk]
        if trunk.busy >= trunk.lines:
            raise Refused(503, "No Line Free")
        if not handle:
            self.last += 1
            handle = self.handles[call_id] = self.last
        self.calls[handle] = call_id, call
        trunk.busy += 1
        trunk.placed += 1
        self.deadlines[handle] = time.monotonic_ns() + RINGING_MAX
        return Placed(handle, True)

    def answer(self, handle, side, party):
        found = self.calls.get(handle)
        if not found or found[1].state != RINGING:
            return False
        call = found[1]
        call.put(side, party)
        call.state, call.answered_at = ANSWERED, time.monotonic_ns()
        self.accounts[call.account].answered += 1
        self.deadlines[handle] = call.answered_at + TALKING_MAX
        return True

    def retarget(self, handle, side, party):
        found = self.calls.get(handle)
        if found:
            found[1].put(side, party)
        return found is not None

    def end(self, handle):
        found = self.calls.get(handle)
        if not found or found[1].state == ENDED:
            return False
        call, now = found[1], time.monotonic_ns()
        self.trunks[call.trunk].busy -= 1
        if call.state == ANSWERED:
            self.accounts[call.account].ended += 1
            self.accounts[call.account].nanoseconds += now - call.answered_at
        call.state = ENDED
        self.deadlines[handle] = now + REMEMBERED
        return True

    def expire(self):
        now = time.monotonic_ns()
        for handle in [handle for handle, deadline in self.deadlines.items() if deadline <= now]:
            self.end(handle)
            del self.handles[self.calls.pop(handle)[0]], self.deadlines[handle]

    def counts(self):
        states = [call.state for _, call in self.calls.values()]
        return Counts(
            states.count(RINGING), states.count(ANSWERED), states.count(ENDED),
            sum(trunk.busy for trunk in self.trunks),
            sum(account.answered - account.ended for account in self.accounts))
