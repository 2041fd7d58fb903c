"""What a switch in Python needs of libtandem: tandem.h says what each function does.

A failure is raised as `TandemError`, with the library's own words. Everything is opened after the fork; each process
has a writer of its own. A record is a `ctypes.Structure`: what `hold` gives is the record itself, changed in place.
"""

import ctypes
from ctypes import byref, c_size_t, c_uint32, c_uint64, c_void_p, sizeof

import libtandem as lib
from libtandem import Definition


class TandemError(Exception):
    """What was wrong, where, and what to do; `code` is tandem.h's."""

    def __init__(self, code=None):
        name = lib.code_name(code).decode() if code is not None else "failed"
        super().__init__(f"{name}: {lib.last_error().decode()}")
        self.code = code


class _Left(Exception):
    """A change meets with a failure, which its commit will tell."""


def _checked(code):
    if code != lib.OK:
        raise TandemError(code)


class Source:
    """A source data file that is open in this process."""

    def __init__(self, path, tables=None, writers=0):
        """Opens what is at `path`; with definitions of tables, makes it where there is none."""
        source = c_void_p()
        if tables is None:
            _checked(lib.open(path.encode(), byref(source)))
        else:
            options = lib.Options(size=sizeof(lib.Options), writers=writers)
            rows = (Definition * len(tables))(*tables)
            _checked(lib.open_or_create(path.encode(), rows, len(tables), byref(options), byref(source)))
        self.pointer = source

    def close(self):
        lib.close(self.pointer)
        self.pointer = None

    def is_in_sync(self):
        """Whether a copy has all that is committed, and a replicator that is alive keeps it so."""
        status = lib.Status(size=sizeof(lib.Status))
        _checked(lib.get_status(self.pointer, byref(status)))
        return status.copy_state == lib.IN_SYNC and status.is_replicator_alive == 1


class Table:
    """Records of one structure, found by their index."""

    def __init__(self, source, name, record):
        self.record, self.pointer = record, lib.find_table(source.pointer, name.encode())
        if not self.pointer:
            raise TandemError()
        self.capacity = lib.table_capacity(self.pointer)

    def read(self, index):
        record = self.record()
        _checked(lib.read(self.pointer, index, byref(record), sizeof(record)))
        return record


class Slots:
    """Records of one structure, found by a key, or by the handle that each has as long as it is there."""

    def __init__(self, source, name, key_bytes, record):
        self.record, self.key_bytes, self.pointer = record, key_bytes, c_void_p()
        _checked(lib.slots_open(source.pointer, name.encode(), key_bytes, sizeof(record), byref(self.pointer)))

    def close(self):
        lib.slots_close(self.pointer)
        self.pointer = None

    def now(self):
        """Nanoseconds, on a clock that goes on after a promotion."""
        return lib.now(self.pointer)

    def find(self, key):
        """Handle and record of a key, or None. One that is longer than keys can be is none."""
        record, handle = self.record(), c_uint64()
        code = lib.find(self.pointer, key, len(key), byref(record), byref(handle))
        if code in (lib.ABSENT, lib.KEY_TOO_LONG):
            return None
        _checked(code)
        return handle.value, record

    def read(self, handle):
        """Key and record of a handle, or None. No key is looked for."""
        record, entry, key = self.record(), lib.Entry(), ctypes.create_string_buffer(self.key_bytes)
        code = lib.read_handle(self.pointer, handle, byref(entry), key, byref(record))
        if code == lib.ABSENT:
            return None
        _checked(code)
        return key.raw[:entry.key_bytes], record

    def walk(self):
        """(handle, key, record) of each, in no order."""
        place = c_uint64(0)
        while True:
            record, entry, key = self.record(), lib.Entry(), ctypes.create_string_buffer(self.key_bytes)
            code = lib.next(self.pointer, byref(place), byref(entry), key, byref(record))
            if code == lib.ABSENT:
                return
            _checked(code)
            yield entry.handle, key.raw[:entry.key_bytes], record

    def fill(self):
        fill = lib.Fill(size=sizeof(lib.Fill))
        _checked(lib.get_fill(self.pointer, byref(fill)))
        return fill


class Writer:
    """This process's own: a fork has to open another."""

    def __init__(self, source):
        self.pointer = c_void_p()
        _checked(lib.writer_open(source.pointer, byref(self.pointer)))

    def close(self):
        lib.writer_close(self.pointer)
        self.pointer = None

    def prefer_partition(self, partition):
        lib.prefer_partition(self.pointer, partition)

    def transaction(self, change):
        """Commits what `change()` does, and returns its answer: all of it counts, or, when this raises, nothing. A
        conflict with another writer runs it again."""
        return self._run(change, lambda: lib.commit(self.pointer))[0]

    def replicated(self, change, nanoseconds):
        """The same, and waits until the copy has it, for so long at most. The answer, and whether the copy has it: it
        is committed here in any case."""
        return self._run(change, lambda: lib.commit_replicated(self.pointer, nanoseconds))

    def _run(self, change, commit):
        while True:
            lib.begin(self.pointer)
            answer = None
            try:
                answer = change()
            except _Left:
                pass
            except BaseException:
                lib.abort(self.pointer)
                raise
            code = commit()
            if code in (lib.OK, lib.NOT_REPLICATED):
                return answer, code == lib.OK
            if code != lib.CONFLICT:
                raise TandemError(code)

    # Within a transaction. What gives None has met with a failure, or the record is not there: the commit tells which.

    def hold(self, table, index):
        """The record itself, to be changed until the transaction ends."""
        return self._record(table, lib.hold(self.pointer, table.pointer, index))

    def hold_key(self, slots, key):
        return self._record(slots, lib.hold_key(self.pointer, slots.pointer, key, len(key)))

    def hold_handle(self, slots, handle):
        return self._record(slots, lib.hold_handle(self.pointer, slots.pointer, handle))

    def insert(self, slots, key, record):
        """The key's handle, and whether it was put in now; one that is there keeps its record."""
        handle = c_uint64()
        code = lib.insert(self.pointer, slots.pointer, key, len(key), byref(record), byref(handle))
        self._answered(code)
        return handle.value, code == lib.OK

    def remove_key(self, slots, key):
        """Whether it was there."""
        return self._answered(lib.remove_key(self.pointer, slots.pointer, key, len(key))) == lib.OK

    def remove_handle(self, slots, handle):
        return self._answered(lib.remove_handle(self.pointer, slots.pointer, handle)) == lib.OK

    def set_deadline(self, slots, handle, deadline):
        return self._answered(lib.set_deadline(self.pointer, slots.pointer, handle, deadline)) == lib.OK

    @staticmethod
    def _record(table, address):
        if not address:
            return None
        return table.record.from_address(address)

    @staticmethod
    def _answered(code):
        if code not in (lib.OK, lib.ABSENT, lib.PRESENT):
            raise _Left()
        return code


class Wheel:
    """What is due of all partitions; a process's own."""

    ROOM = 256

    def __init__(self, slots):
        partitions = list(range(slots.fill().partitions))
        self.slots, self.pointer, self.due = slots, c_void_p(), (c_uint64 * self.ROOM)()
        rows = (c_uint32 * len(partitions))(*partitions)
        _checked(lib.wheel_open(slots.pointer, rows, len(partitions), 0, byref(self.pointer)))

    def close(self):
        lib.wheel_close(self.pointer)
        self.pointer = None

    def expire(self, writer):
        """Handles whose deadlines have come, at most `ROOM`: the caller removes them, or gives them another one."""
        count = c_size_t()
        _checked(lib.expire(
            self.pointer, writer.pointer, self.slots.now(), self.due, self.ROOM, byref(count)))
        return self.due[:count.value]
