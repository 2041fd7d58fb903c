"""What the switch keeps of a call, and what every store of calls does with it.

A store has these methods; those that change a call answer with what they found.

    place(call_id, call)        puts a call in as ringing, and takes a line of its trunk. A `Placed`. A Call-ID that is
                                there keeps its handle: its INVITE has been sent again, or its first try has ended
    find(call_id)               (handle, call) or None
    read(handle)                (call_id, call) or None
    answer(handle, side, party) a ringing call is established by that party, and counted for its account
    retarget(handle, side, party)  that party is reached elsewhere from now on
    end(handle)                 the call gives its line back, and is remembered for 32 s, as a BYE may come again
    expire()                    takes out what was remembered for long enough, or was not ended by anybody
    counts()                    what there is, in numbers: see `Counts`
"""

from collections import namedtuple
from ctypes import Structure, c_char, c_uint32, c_uint64

SECOND = 1_000_000_000
RINGING_MAX = 180 * SECOND
TALKING_MAX = 12 * 3600 * SECOND
# As long as a BYE may be sent again (64 times T1), so that it is answered by whoever has the calls then.
REMEMBERED = 32 * SECOND

RINGING, ANSWERED, ENDED = 1, 2, 3
CALLER, CALLEE = 0, 1

TRUNKS, TRUNK_LINES, ACCOUNTS = 8, 20_000, 1_024
CALL_ID_MAX = 96

# Where a party is: its Contact goes to the other one's requests as their URI, and they are sent to `hop`, from where it
# has sent.
Party = namedtuple("Party", "tag contact hop")
Placed = namedtuple("Placed", "handle is_new")
# Calls that ring and that are answered; lines in use; calls that accounts say were answered and have not ended. When
# the books balance, lines = ringing + answered, and open = answered.
Counts = namedtuple("Counts", "ringing answered ended lines open")


class Refused(Exception):
    """The call cannot be had: a status of SIP, and its reason."""

    def __init__(self, status, reason):
        super().__init__(f"{status} {reason}")
        self.status, self.reason = status, reason


class Call(Structure):
    _fields_ = [
        ("state", c_uint32), ("trunk", c_uint32), ("account", c_uint32), ("reserved", c_uint32),
        ("answered_at", c_uint64), ("tags", c_char * 64 * 2), ("contacts", c_char * 128 * 2), ("hops", c_char * 48 * 2),
    ]

    @classmethod
    def ringing(cls, trunk, account, caller):
        call = cls(state=RINGING, trunk=trunk, account=account)
        call.put(CALLER, caller)
        return call

    def put(self, side, party):
        """A ValueError when a text is longer than its place."""
        for texts, text in zip((self.tags, self.contacts, self.hops), party):
            texts[side].value = text.encode()

    def party(self, side):
        return Party(*(texts[side].value.decode() for texts in (self.tags, self.contacts, self.hops)))

    def side_of(self, tag):
        """Whose tag it is."""
        return CALLER if tag.encode() == self.tags[CALLER].value else CALLEE


class Trunk(Structure):
    _fields_ = [("lines", c_uint32), ("busy", c_uint32), ("placed", c_uint64)]


class Account(Structure):
    _fields_ = [("answered", c_uint64), ("ended", c_uint64), ("nanoseconds", c_uint64)]
