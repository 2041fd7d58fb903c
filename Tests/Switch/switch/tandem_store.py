"""Calls in a source of Tandem: all processes of the switch share them, and a copy on another host has them."""

import time

import libtandem as lib
from calls import (
    ACCOUNTS, ANSWERED, CALL_ID_MAX, ENDED, REMEMBERED, RINGING, RINGING_MAX, SECOND, TALKING_MAX, TRUNK_LINES, TRUNKS,
    Account, Call, Counts, Placed, Refused, Trunk)
from ctypes import memmove, addressof, sizeof
from tandem import Definition, Slots, Source, Table, TandemError, Wheel, Writer

# Each call is remembered for 32 s after its end: 700 calls a second, of 6 s.
CALLS = 32_768
TABLES = [
    Definition(b"calls", sizeof(Call), lib.KEYED, CALLS, CALL_ID_MAX),
    Definition(b"trunks", sizeof(Trunk), lib.SHARED, TRUNKS),
    Definition(b"accounts", sizeof(Account), lib.SHARED, ACCOUNTS),
]
# One for each process of Kamailio, and for who looks on.
WRITERS = 64
# How long a message is held back for the copy. Above it the copy counts as away, and nobody waits for it.
WAIT_MAX = SECOND // 5
LOOK_EVERY = SECOND


def make(path):
    """Makes the source where there is none, with the trunks' lines."""
    source = Source(path, TABLES, WRITERS)
    writer, trunks = Writer(source), Table(source, "trunks", Trunk)

    def set_lines():
        for index in range(TRUNKS):
            trunk = writer.hold(trunks, index)
            if trunk:
                trunk.lines = TRUNK_LINES
    writer.transaction(set_lines)
    writer.close()
    source.close()


class TandemStore:
    """One process's view of the calls, with its own writer: opened after the fork."""

    def __init__(self, path, waits=True):
        """With `waits`, what a party is told next is on the copy first."""
        self.source = Source(path)
        self.calls = Slots(self.source, "calls", CALL_ID_MAX, Call)
        self.trunks = Table(self.source, "trunks", Trunk)
        self.accounts = Table(self.source, "accounts", Account)
        self.writer = Writer(self.source)
        self.wheel = None
        self.waits, self.has_copy, self.looked_at = waits, False, 0

    def close(self):
        if self.wheel:
            self.wheel.close()
        self.writer.close()
        self.calls.close()
        self.source.close()

    def find(self, call_id):
        return self.calls.find(call_id.encode())

    def read(self, handle):
        found = self.calls.read(handle)
        return found and (found[0].decode(), found[1])

    def place(self, call_id, call):
        writer = self.writer

        def change():
            handle, is_new = writer.insert(self.calls, call_id.encode(), call)
            if not is_new:
                there = writer.hold_handle(self.calls, handle)
                if not there or there.state != ENDED:
                    return Placed(handle, False)
                memmove(addressof(there), addressof(call), sizeof(call))
            trunk = writer.hold(self.trunks, call.trunk)
            if trunk:
                if trunk.busy >= trunk.lines:
                    raise Refused(503, "No Line Free")
                trunk.busy += 1
                trunk.placed += 1
            writer.set_deadline(self.calls, handle, self.calls.now() + RINGING_MAX)
            return Placed(handle, True)
        try:
            return self._told(change)
        except TandemError as error:
            if error.code == lib.TABLE_FULL:
                raise Refused(503, "Too Many Calls") from error
            if error.code == lib.KEY_TOO_LONG:
                raise Refused(400, "Call-ID Too Long") from error
            raise

    def answer(self, handle, side, party):
        def change():
            call = self.writer.hold_handle(self.calls, handle)
            if not call or call.state != RINGING:
                return False
            call.put(side, party)
            call.state, call.answered_at = ANSWERED, self.calls.now()
            account = self.writer.hold(self.accounts, call.account)
            if account:
                account.answered += 1
            self.writer.set_deadline(self.calls, handle, call.answered_at + TALKING_MAX)
            return True
        return self._told(change)

    def retarget(self, handle, side, party):
        def change():
            call = self.writer.hold_handle(self.calls, handle)
            if call:
                call.put(side, party)
            return call is not None
        return self._told(change)

    def end(self, handle):
        return self._told(lambda: self._ended(handle))

    def _ended(self, handle):
        """Within a transaction. Whether it had not ended before."""
        call = self.writer.hold_handle(self.calls, handle)
        if not call or call.state == ENDED:
            return False
        now = self.calls.now()
        trunk = self.writer.hold(self.trunks, call.trunk)
        account = self.writer.hold(self.accounts, call.account)
        if trunk and account:
            trunk.busy -= 1
            if call.state == ANSWERED:
                account.ended += 1
                account.nanoseconds += now - call.answered_at
        call.state = ENDED
        self.writer.set_deadline(self.calls, handle, now + REMEMBERED)
        return True

    def expire(self):
        """One process does this."""
        if not self.wheel:
            self.wheel = Wheel(self.calls)
        for handle in self.wheel.expire(self.writer):
            self.writer.transaction(lambda handle=handle: self._expired(handle))

    def _expired(self, handle):
        self._ended(handle)
        self.writer.remove_handle(self.calls, handle)

    def _told(self, change):
        """Commits what somebody is told next. While there is a copy in sync, that is on the copy first: who has been
        told something by this host is not told something else by the next one."""
        if not self.waits or not self._looks_in_sync():
            return self.writer.transaction(change)
        answer, self.has_copy = self.writer.replicated(change, WAIT_MAX)
        return answer

    def _looks_in_sync(self):
        now = time.monotonic_ns()
        if now - self.looked_at > LOOK_EVERY:
            self.has_copy, self.looked_at = self.source.is_in_sync(), now
        return self.has_copy

    def counts(self):
        states = {RINGING: 0, ANSWERED: 0, ENDED: 0}
        for _, _, call in self.calls.walk():
            states[call.state] += 1
        lines = sum(self.trunks.read(index).busy for index in range(TRUNKS))
        accounts = [self.accounts.read(index) for index in range(ACCOUNTS)]
        return Counts(*states.values(), lines, sum(account.answered - account.ended for account in accounts))
