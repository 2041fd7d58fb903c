"""The switch: what Kamailio asks of it, by KEMI, for each request and reply.

A call is kept from its INVITE on. Both parties are given `sip:HANDLE@address` as each other's Contact, so a request
within the dialog brings the handle, and by it the call is read: nothing is searched, whichever host or process it
comes to. What a party is told next is stored first: a handle before the INVITE that brings it, an answer before the
200, an end before the BYE's.

    SWITCH_ADDRESS  the service's, as 10.0.0.10:5060
    SWITCH_TRUNKS   who is called where: talk=10.0.0.20:5070,ring=10.0.0.20:5071
    SWITCH_STORE    `dict`, or the path of a source
"""

import os

import KSR
from calls import ACCOUNTS, ANSWERED, CALLEE, CALLER, ENDED, RINGING, Call, Party, Refused
from dict_store import DictStore
from tandem import TandemError
from tandem_store import TandemStore

STORE = os.environ["SWITCH_STORE"]
ADDRESS = os.environ["SWITCH_ADDRESS"]
# By the first word of the number that is called: (index of the trunk, where it is).
TRUNKS = {
    name: (index, "sip:" + at)
    for index, (name, at) in enumerate(each.split("=") for each in os.environ["SWITCH_TRUNKS"].split(","))}
TRUNKS_BY_INDEX = [at for _, at in TRUNKS.values()]


def mod_init():
    return Switch()


def value(name):
    return KSR.pv.gete(name)


class Switch:
    def __init__(self):
        # Opened in each process: one that is forked has to have a writer of its own.
        self.store = None

    # Kamailio's processes.

    def child_init(self, rank):
        """Rank 1 and above work. On a standby the source is a copy yet: it is opened with the first message."""
        if rank > 0:
            self.opens()
        return 0

    def opens(self):
        """The store, or None where it is a copy or is not there."""
        if self.store is None and STORE == "dict":
            self.store = DictStore()
        elif self.store is None:
            try:
                self.store = TandemStore(STORE)
            except TandemError as error:
                KSR.info(f"not open yet: {error}\n")
        return self.store

    # Requests.

    def ksr_request_route(self, msg):
        try:
            return self.request()
        except TandemError as error:
            # Superseded, perhaps: another host has the calls.
            KSR.err(f"{error}\n")
            return KSR.sl.send_reply(503, "Not In Service")

    def request(self):
        if KSR.is_method_in("O") and KSR.siputils.has_totag() < 0:
            return KSR.sl.send_reply(200, "OK")
        store = self.opens()
        if not store:
            return KSR.sl.send_reply(503, "Not In Service")
        if KSR.maxfwd.process_maxfwd(10) < 0:
            return KSR.sl.send_reply(483, "Too Many Hops")
        if KSR.is_CANCEL():
            return self.cancel(store)
        if KSR.siputils.has_totag() > 0:
            return self.within(store)
        if not KSR.is_INVITE():
            return KSR.sl.send_reply(405, "Method Not Allowed")
        return self.invite(store)

    def invite(self, store):
        trunk = TRUNKS.get(value("$rU").split("-")[0])
        if not trunk:
            return KSR.sl.send_reply(404, "Not Found")
        if not self.is_new():
            return 1
        caller = Party(value("$ft"), value("$(ct{nameaddr.uri})"), f"sip:{value('$si')}:{value('$sp')}")
        account = value("$fU").rpartition("-")[2]
        try:
            call = Call.ringing(trunk[0], int(account) % ACCOUNTS if account.isdigit() else 0, caller)
            handle = store.place(value("$ci"), call).handle
        except Refused as refused:
            return KSR.tm.t_reply(refused.status, refused.reason)
        except ValueError:
            return KSR.tm.t_reply(400, "Contact Too Long")
        self.put_contact(handle)
        KSR.tm.t_on_failure("ksr_failure")
        KSR.pv.sets("$du", trunk[1])
        return self.relay()

    def cancel(self, store):
        if KSR.tm.t_check_trans() < 0:
            # Another host has relayed the INVITE. It went to the trunk, with the branch that this one gets.
            found = store.find(value("$ci"))
            if not found:
                return KSR.sl.send_reply(481, "Call Does Not Exist")
            KSR.pv.sets("$du", TRUNKS_BY_INDEX[found[1].trunk])
        return self.relay()

    def within(self, store):
        """A request within a dialog: its URI is a handle."""
        if KSR.is_ACK() and KSR.tm.t_check_trans() == 0:
            return 1
        found = store.read(handle_of(value("$rU")))
        call = found and found[0] == value("$ci") and found[1]
        if not call or (call.state == ENDED and not KSR.is_BYE()):
            return self.ack(store) if KSR.is_ACK() else KSR.sl.send_reply(481, "Call Does Not Exist")
        if call.state == ENDED:
            # Its answer was lost, perhaps with the host that gave it.
            return KSR.sl.send_reply(200, "OK")
        handle, side = handle_of(value("$rU")), call.side_of(value("$ft"))
        if KSR.is_INVITE() or KSR.is_method_in("U"):
            if not self.is_new():
                return 1
            self.refresh(store, handle, call, side)
            self.put_contact(handle)
        elif KSR.is_BYE():
            KSR.tm.t_on_failure("ksr_failure")
        there = call.party(CALLER if side == CALLEE else CALLEE)
        KSR.pv.sets("$ru", there.contact)
        KSR.pv.sets("$du", there.hop)
        return self.relay()

    def ack(self, store):
        """Without a handle: it is for a refusal whose transaction another host has had."""
        found = store.find(value("$ci"))
        if not found or value("$rU").split("-")[0] not in TRUNKS:
            return 1
        KSR.pv.sets("$du", TRUNKS_BY_INDEX[found[1].trunk])
        return self.relay()

    def relay(self):
        if KSR.tm.t_relay() < 0:
            KSR.sl.sl_reply_error()
        return 1

    # Replies, also those of transactions that another host has begun.

    def ksr_reply_route(self, msg):
        try:
            return self.reply()
        except TandemError as error:
            # Whoever has the calls is sent it again.
            KSR.err(f"{error}\n")
            KSR.set_drop()
            return 1

    def reply(self):
        store = self.opens()
        method, status = value("$rm"), KSR.pv.get("$rs")
        if not store or method not in ("INVITE", "BYE", "UPDATE") or status == 100:
            return 1
        found = store.find(value("$ci"))
        if not found:
            # Nobody has been told of this call.
            KSR.set_drop()
            return 1
        handle, call = found
        if method == "BYE":
            if status >= 200:
                store.end(handle)
            return 1
        side = CALLEE if call.side_of(value("$ft")) == CALLER else CALLER
        if status < 300:
            if method == "INVITE" and status >= 200 and call.state == RINGING:
                store.answer(handle, side, self.sender())
            elif status >= 200 and call.state == ANSWERED:
                self.refresh(store, handle, call, side)
            self.put_contact(handle)
        elif method == "INVITE" and call.state == RINGING:
            store.end(handle)
        return 1

    def ksr_failure(self, msg):
        """No answer came, or one that ends the call."""
        store = self.opens()
        found = store and store.find(value("$ci"))
        if found and (found[1].state == RINGING or KSR.is_BYE()):
            store.end(found[0])
        return 1

    # Once a while, in one process.

    def ksr_expire(self, msg, event=None):
        store = self.opens()
        if store:
            store.expire()
        return 1

    # What they share.

    def is_new(self):
        """Begins a transaction. A request that one has already, in any process, is answered by that."""
        return KSR.tm.t_newtran() > 0

    def sender(self):
        """Who has sent this reply, and where it is to be reached."""
        return Party(value("$tt"), value("$(ct{nameaddr.uri})"), f"sip:{value('$si')}:{value('$sp')}")

    def refresh(self, store, handle, call, side):
        """A party may be reached elsewhere from now on."""
        known, contact = call.party(side), value("$(ct{nameaddr.uri})")
        now = known._replace(hop=f"sip:{value('$si')}:{value('$sp')}", contact=contact or known.contact)
        if now != known:
            store.retarget(handle, side, now)

    def put_contact(self, handle):
        if KSR.hdr.is_present("Contact") > 0:
            KSR.hdr.remove("Contact")
            KSR.hdr.append(f"Contact: <sip:{handle:016x}@{ADDRESS}>\r\n")


def handle_of(user):
    try:
        return int(user, 16)
    except ValueError:
        return 0
