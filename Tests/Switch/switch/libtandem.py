"""The functions and structures of tandem.h that the switch calls, as ctypes has them. `tandem.py` gives them a form."""

import ctypes
import os
from ctypes import POINTER, Structure, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p

OK, CONFLICT, NOT_REPLICATED, ABSENT, PRESENT = 0, 1, 8, 95, 96
WRONG_ROLE, NOT_FOUND, TABLE_FULL, KEY_TOO_LONG = 24, 27, 60, 62
SHARED, KEYED = 1, 2
IN_SYNC = 2
INTERFACE = 0

_library = ctypes.CDLL(os.environ.get("TANDEM_LIBRARY", "libtandem.so.0"))


class Definition(Structure):
    """A table's, as `tandem_table_definition`."""

    _fields_ = [
        ("name", c_char_p), ("payload_bytes", c_uint32), ("kind", c_uint32), ("capacity", c_uint64),
        ("key_bytes", c_uint32), ("partitions", c_uint32), ("load_percent", c_uint32), ("reserved", c_uint32 * 3),
    ]


class Options(Structure):
    _fields_ = [
        ("size", c_size_t), ("writers", c_uint32), ("reserved", c_uint32), ("journal_bytes", c_uint64),
        ("undo_bytes", c_uint64),
    ]


class Entry(Structure):
    _fields_ = [("handle", c_uint64), ("deadline", c_uint64), ("key_bytes", c_size_t)]


class Fill(Structure):
    _fields_ = [
        ("size", c_size_t), ("capacity", c_uint64), ("count", c_uint64), ("retired", c_uint64), ("buckets", c_uint64),
        ("overflow_buckets", c_uint64), ("overflow_buckets_used", c_uint64), ("partitions", c_uint32),
        ("key_bytes", c_uint32), ("payload_bytes", c_uint64),
    ]


class Status(Structure):
    _fields_ = [
        ("size", c_size_t), ("copy_state", c_uint32), ("is_replicator_alive", c_uint32), ("is_superseded", c_uint32),
        ("writers", c_uint32), ("epoch", c_uint64), ("cut", c_uint64), ("age_nanoseconds", ctypes.c_int64),
        ("dirty_pages", c_uint64), ("pages", c_uint64), ("copy_path", ctypes.c_char * 1024),
        ("reason", ctypes.c_char * 256),
    ]


def _function(name, result, *arguments):
    function = getattr(_library, "tandem_" + name)
    function.restype, function.argtypes = result, arguments
    return function


_P = c_void_p
_OUT, _HANDLE = POINTER(c_void_p), POINTER(c_uint64)
interface = _function("interface", c_int)
last_error = _function("last_error", c_char_p)
code_name = _function("code_name", c_char_p, c_int)
open = _function("open", c_int, c_char_p, _OUT)
open_or_create = _function(
    "open_or_create", c_int, c_char_p, POINTER(Definition), c_size_t, POINTER(Options), _OUT)
close = _function("close", None, _P)
get_status = _function("get_status", c_int, _P, POINTER(Status))
find_table = _function("find_table", _P, _P, c_char_p)
table_capacity = _function("table_capacity", c_uint64, _P)
read = _function("read", c_int, _P, c_uint64, _P, c_size_t)
writer_open = _function("writer_open", c_int, _P, _OUT)
writer_close = _function("writer_close", None, _P)
prefer_partition = _function("prefer_partition", None, _P, c_uint32)
begin = _function("begin", c_int, _P)
hold = _function("hold", _P, _P, _P, c_uint64)
commit = _function("commit", c_int, _P)
commit_replicated = _function("commit_replicated", c_int, _P, c_uint64)
abort = _function("abort", None, _P)
slots_open = _function("slots_open", c_int, _P, c_char_p, c_size_t, c_size_t, _OUT)
slots_close = _function("slots_close", None, _P)
find = _function("find", c_int, _P, c_char_p, c_size_t, _P, _HANDLE)
read_handle = _function("read_handle", c_int, _P, c_uint64, POINTER(Entry), _P, _P)
next = _function("next", c_int, _P, _HANDLE, POINTER(Entry), _P, _P)
get_fill = _function("get_fill", c_int, _P, POINTER(Fill))
insert = _function("insert", c_int, _P, _P, c_char_p, c_size_t, _P, _HANDLE)
hold_key = _function("hold_key", _P, _P, _P, c_char_p, c_size_t)
hold_handle = _function("hold_handle", _P, _P, _P, c_uint64)
remove_key = _function("remove_key", c_int, _P, _P, c_char_p, c_size_t)
remove_handle = _function("remove_handle", c_int, _P, _P, c_uint64)
set_deadline = _function("set_deadline", c_int, _P, _P, c_uint64, c_uint64)
now = _function("now", c_uint64, _P)
wheel_open = _function("wheel_open", c_int, _P, POINTER(c_uint32), c_size_t, c_uint64, _OUT)
wheel_close = _function("wheel_close", None, _P)
expire = _function("expire", c_int, _P, _P, c_uint64, _HANDLE, c_size_t, POINTER(c_size_t))

if interface() != INTERFACE:
    raise ImportError(f"libtandem has interface {interface()}, and this module is written for {INTERFACE}")
