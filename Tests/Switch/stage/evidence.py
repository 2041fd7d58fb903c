"""What the phones' lists of messages say about a moment: which calls there were, and what has become of them."""

from collections import namedtuple

from phones import KINDS

# established   answered before the moment, and not released by then
# released      of those, the calls whose BYE got its 200 afterwards
# setting_up    invited before the moment and answered after it
# given_up      invited before the moment, and never answered nor cancelled
# later         invited after it, and come to the end that their scenario has
# later_lost    invited after it, and not
# unknown       answers of 481, before and after
# first_answer  seconds from the moment to the first 200 for a request within a dialog that was sent after the cut, when
#               nobody could be answered any more by what was killed
Evidence = namedtuple(
    "Evidence", "established released setting_up given_up later later_lost unknown_before unknown_after first_answer")

# Who of the two sends the re-INVITE and the BYE.
HANGS_UP = ("talk", "caller"), ("turn", "callee")


class Story:
    """One call's."""

    __slots__ = ("invited", "answered", "released")

    def __init__(self):
        self.invited = self.answered = self.released = None


def gather(phones, moment, cut):
    stories, unknown, first = {}, [0, 0], None
    for kind in KINDS:
        for side in ("caller", "callee"):
            sent = {}
            for message in phones.messages(kind, side):
                story = stories.setdefault((kind, message.call), Story())
                if not message.is_sent and message.first.startswith("SIP/2.0 481"):
                    unknown[message.at > moment] += 1
                # The caller's first INVITE, and its answer. A 487 is what one that was cancelled gets.
                if side == "caller" and message.number == 1 and message.method == "INVITE":
                    if message.is_sent:
                        story.invited = story.invited or message.at
                    elif message.first.startswith("SIP/2.0 200"):
                        story.answered = story.answered or message.at
                    elif message.first.startswith("SIP/2.0 487"):
                        story.released = story.released or message.at
                    continue
                if (kind, side) not in HANGS_UP or message.method not in ("INVITE", "BYE"):
                    continue
                key = message.call, message.number, message.method
                if message.is_sent and not message.first.startswith("SIP/2.0"):
                    sent[key] = message.at
                elif not message.is_sent and message.first.startswith("SIP/2.0 200"):
                    if message.method == "BYE":
                        story.released = story.released or message.at
                    if sent.get(key, 0) > cut and (first is None or message.at < first):
                        first = message.at
    for kind in KINDS:
        for at, call in phones.aborted(kind, "caller"):
            if at < moment:
                stories.pop((kind, call), None)
    return _judged(stories, moment, unknown, first)


def _judged(stories, moment, unknown, first):
    counts = dict.fromkeys(("established", "released", "setting_up", "given_up", "later", "later_lost"), 0)
    for (kind, _), story in stories.items():
        if story.invited is None or (story.released or moment + 1) < moment:
            continue
        if story.invited > moment:
            counts["later" if story.released else "later_lost"] += 1
        elif kind != "ring" and (story.answered or moment + 1) < moment:
            counts["established"] += 1
            counts["released"] += story.released is not None
        else:
            counts["setting_up" if story.released else "given_up"] += 1
    return Evidence(
        **counts, unknown_before=unknown[0], unknown_after=unknown[1], first_answer=first and first - moment)
