"""What the binding and the two stores do, without a switch around them: `python3 -m unittest test_calls`."""

import ctypes
import multiprocessing
import os
import signal
import tempfile
import time
import unittest

import calls
import dict_store
import libtandem as lib
import tandem
import tandem_store
from calls import ANSWERED, CALLEE, CALLER, ENDED, Call, Counts, Party, Refused

ALICE = Party("a-1", "sip:alice@10.0.0.1:5060", "sip:10.0.0.1:5060")
BOB = Party("b-1", "sip:bob@10.0.0.2", "sip:10.0.0.2:5070")


class StoreTests:
    """Sentences about every store."""

    def ringing(self, call_id="1@host", account=3):
        return self.store.place(call_id, Call.ringing(2, account, ALICE)).handle

    def test_a_call_is_found_by_its_call_id_and_by_its_handle(self):
        handle = self.ringing()
        self.assertEqual(self.store.find("1@host")[0], handle)
        call_id, call = self.store.read(handle)
        self.assertEqual((call_id, call.party(CALLER)), ("1@host", ALICE))
        self.assertIsNone(self.store.find("2@host"))
        self.assertIsNone(self.store.read(handle + 1))
        self.assertEqual(self.store.counts(), Counts(1, 0, 0, 1, 0))

    def test_an_invite_that_comes_again_takes_no_second_line_and_keeps_the_handle(self):
        placed = [self.store.place("1@host", Call.ringing(2, 3, ALICE)) for _ in range(2)]
        self.assertEqual([each.is_new for each in placed], [True, False])
        self.assertEqual(placed[0].handle, placed[1].handle)
        self.assertEqual(self.store.counts().lines, 1)

    def test_an_answer_counts_once_and_so_does_an_end(self):
        handle = self.ringing()
        self.assertEqual([self.store.answer(handle, CALLEE, BOB) for _ in range(2)], [True, False])
        self.assertEqual(self.store.read(handle)[1].party(CALLEE), BOB)
        self.assertEqual(self.store.counts(), Counts(0, 1, 0, 1, 1))
        self.assertEqual([self.store.end(handle) for _ in range(2)], [True, False])
        self.assertEqual(self.store.counts(), Counts(0, 0, 1, 0, 0))
        self.assertFalse(self.store.answer(handle, CALLEE, BOB))

    def test_a_party_is_known_by_its_tag_and_reached_where_it_said_last(self):
        handle = self.ringing()
        self.store.answer(handle, CALLEE, BOB)
        call = self.store.read(handle)[1]
        self.assertEqual([call.side_of(tag) for tag in ("a-1", "b-1")], [CALLER, CALLEE])
        moved = BOB._replace(contact="sip:bob@10.0.0.9")
        self.assertTrue(self.store.retarget(handle, CALLEE, moved))
        self.assertEqual(self.store.read(handle)[1].party(CALLEE), moved)

    def test_a_call_id_whose_call_has_ended_may_be_used_again(self):
        handle = self.ringing()
        self.store.end(handle)
        placed = self.store.place("1@host", Call.ringing(2, 3, ALICE))
        self.assertEqual((placed.handle, placed.is_new), (handle, True))
        self.assertEqual(self.store.counts(), Counts(1, 0, 0, 1, 0))

    def test_what_is_due_goes_and_a_call_that_rings_for_too_long_gives_its_line_back(self):
        ended, rings = self.ringing(), self.ringing("2@host")
        self.store.end(ended)
        self.assertEqual(self.store.counts(), Counts(1, 0, 1, 1, 0))
        end = time.monotonic() + 5
        while self.store.counts() != Counts(0, 0, 0, 0, 0) and time.monotonic() < end:
            self.store.expire()
            time.sleep(0.01)
        self.assertEqual(self.store.counts(), Counts(0, 0, 0, 0, 0))
        self.assertIsNone(self.store.read(ended) or self.store.read(rings))

    def test_what_cannot_be_had_is_refused_and_changes_nothing(self):
        with self.assertRaises(Refused) as refused:
            self.ringing("x" * (calls.CALL_ID_MAX + 1))
        self.assertEqual(refused.exception.status, 400)
        for number in range(3):
            self.ringing(f"{number}@host")
        with self.assertRaises(Refused) as refused:
            self.ringing("one-more@host")
        self.assertEqual(refused.exception.status, 503)
        self.assertIsNone(self.store.find("one-more@host"))
        self.assertEqual(self.store.counts(), Counts(3, 0, 0, 3, 0))


class DictTests(StoreTests, unittest.TestCase):
    def setUp(self):
        dict_store.TRUNK_LINES, dict_store.REMEMBERED, dict_store.RINGING_MAX = 3, 10_000_000, 100_000_000
        self.store = dict_store.DictStore()


class TandemTests(StoreTests, unittest.TestCase):
    def setUp(self):
        tandem_store.TRUNK_LINES, tandem_store.REMEMBERED, tandem_store.RINGING_MAX = 3, 10_000_000, 100_000_000
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.path = os.path.join(self.folder.name, "source")
        tandem_store.make(self.path)
        self.store = tandem_store.TandemStore(self.path)

    def tearDown(self):
        self.store.close()
        self.folder.cleanup()

    def in_child(self, work):
        child = multiprocessing.get_context("fork").Process(target=work)
        child.start()
        child.join()
        return child.exitcode

    def test_a_process_that_is_killed_in_a_transaction_leaves_the_call_as_it_was(self):
        handle = self.ringing()

        def work():
            store = tandem_store.TandemStore(self.path)

            def change():
                store.writer.hold_handle(store.calls, handle).state = ENDED
                store.writer.hold(store.trunks, 2).busy = 99
                os.kill(os.getpid(), signal.SIGKILL)
            store.writer.transaction(change)
        self.assertEqual(self.in_child(work), -signal.SIGKILL)
        self.assertTrue(self.store.answer(handle, CALLEE, BOB))
        self.assertEqual(self.store.counts(), Counts(0, 1, 0, 1, 1))

    def test_a_writer_of_the_parent_is_refused_in_a_child(self):
        def work():
            try:
                self.store.end(self.ringing("child@host"))
            except tandem.TandemError as error:
                os._exit(0 if error.code == 92 and "forked" in str(error) else 2)
            os._exit(1)
        self.assertEqual(self.in_child(work), 0)
        self.assertIsNone(self.store.find("child@host"))

    def test_processes_that_change_the_same_records_lose_nothing(self):
        def work():
            store = tandem_store.TandemStore(self.path)
            for _ in range(500):
                store.writer.transaction(lambda: counted(store))
            os._exit(0)

        def counted(store):
            account = store.writer.hold(store.accounts, 7)
            if account:
                account.answered += 1
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual([worker.exitcode for worker in workers], [0] * 4)
        self.assertEqual(self.store.accounts.read(7).answered, 2_000)

    def test_an_error_says_what_was_wrong_and_an_exception_puts_everything_back(self):
        with self.assertRaisesRegex(tandem.TandemError, "/dev/shm/nothing-here") as error:
            tandem.Source("/dev/shm/nothing-here")
        self.assertEqual(error.exception.code, lib.NOT_FOUND)
        with self.assertRaisesRegex(tandem.TandemError, "calls"):
            tandem.Table(self.store.source, "nothing", Call)
        with self.assertRaises(tandem.TandemError) as error:
            self.store.writer.transaction(lambda: self.store.writer.hold(self.store.trunks, 1_000))
        self.assertEqual(error.exception.code, 2)

        def change():
            self.store.writer.hold(self.store.trunks, 0).busy = 5
            raise KeyError
        with self.assertRaises(KeyError):
            self.store.writer.transaction(change)
        self.assertEqual(self.store.trunks.read(0).busy, 0)

    def test_structures_are_as_long_as_the_header_has_them(self):
        lengths = [ctypes.sizeof(each) for each in (lib.Definition, lib.Options, lib.Fill, lib.Status)]
        self.assertEqual(lengths, [48, 32, 72, 1344])

    def test_without_a_copy_nobody_waits(self):
        begun = time.monotonic()
        for number in range(50):
            self.store.end(self.ringing(f"{number}@host"))
        self.assertLess(time.monotonic() - begun, 1)


if __name__ == "__main__":
    unittest.main()
