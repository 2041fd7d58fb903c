"""What was measured, in words, and the claims that it has to bear."""

ANSWER_MAX, PROMOTION_MAX = 0.5, 0.05
STORES = {"tandem": "Tandem", "dict": "a dict of Python's", "dialog": "Kamailio's dialog, DMQ",
          "alone": "Kamailio's dialog"}
ACTS = {"host_lost": "host A lost, B takes over", "worker_killed": "a worker killed, Kamailio started again"}


def row(name, text):
    print(f"{name:<46} {text}", flush=True)


def milliseconds(seconds):
    return "never" if seconds is None else f"{seconds * 1000:.0f} ms"


def step(rate, reached, again, failed, is_sustained):
    row(f"  {rate} calls/s wanted", f"{reached:.0f} reached, {again} messages sent again, {failed} calls failed: "
        + ("sustained" if is_sustained else "too many"))


def act(result):
    found, times = result.evidence, result.times
    print()
    row(f"{ACTS[result.act]}: {STORES[result.store]}", f"{result.rate:.0f} calls/s")
    for moment in ("before", "during", "after"):
        row(f"  sipp's statistics {moment}", ", ".join(
            f"{value} {name}" for name, value in result.statistics[moment]._asdict().items()))
    lost = found.established - found.released
    row("  established calls", f"{found.established}; released with 200: {found.released}; lost: {lost}")
    row("  calls being set up", f"{found.setting_up + found.given_up}; came through: {found.setting_up}; "
        f"did not: {found.given_up}")
    row("  calls begun later", f"{found.later + found.later_lost}; came through: {found.later}")
    row("  answers of 481", f"{found.unknown_before} before, {found.unknown_after} after")
    if result.act == "host_lost":
        row("  from the kill", f"silence noticed {milliseconds(times['noticed'])}, promoted "
            f"{milliseconds(times['promoted'])}, address moved {milliseconds(times['moved'])}")
    else:
        row("  from the kill", f"Kamailio down {milliseconds(times['ended'])}, started again "
            f"{milliseconds(times['started'])}" + (", after it had hung" if "hung" in times else ""))
    row("  first request within a dialog answered", milliseconds(found.first_answer))
    if result.store == "tandem" and result.act == "host_lost":
        promotion = times["promoted"] - times["noticed"]
        row("  of that, the promotion", f"{milliseconds(promotion)}, by itself {milliseconds(times['promotion'])}"
            + ("" if promotion <= PROMOTION_MAX else f": above the bar of {milliseconds(PROMOTION_MAX)}"))
    if result.waits:
        waits = result.waits
        row("  a commit that waits for the copy, meanwhile", f"{waits['waiting']['p50']:.2f} ms p50, "
            f"{waits['waiting']['p99']:.2f} ms p99; without: {waits['plain']['p50']:.2f}, {waits['plain']['p99']:.2f}")
    if result.kept:
        row("  the survivor's books, a second later", in_words(result.kept))
        row("  and when every call has ended", in_words(result.left))


def in_words(counts):
    return ", ".join(f"{value} {name}" for name, value in counts.items() if name != "ended")


def claims(result):
    """How many of Tandem's claims do not hold."""
    found, left, failed = result.evidence, result.left, 0
    for holds, claim in [
        (found.established > 0, "there were established calls"),
        (found.released == found.established, "every established call goes on and is released with 200"),
        (found.given_up == 0, "every call that was being set up comes through"),
        (found.later_lost == 0, "every later call comes through"),
        (found.unknown_after == 0, "nobody is told 481"),
        (result.statistics["after"].failed == result.statistics["before"].failed, "no call has failed for sipp"),
        (result.is_over, "all calls have come to their end"),
        (result.act != "host_lost" or (found.first_answer or 9) <= ANSWER_MAX, "an answer comes within 500 ms"),
        (not any(left[name] for name in ("ringing", "answered", "lines", "open")), "the books balance at the end"),
    ]:
        if not holds:
            row("  FAILED", claim)
            failed += 1
    return failed


def was_played(result):
    """Others lose what they lose, but there has to be something that they can lose."""
    if result.evidence.established:
        return 0
    row("  FAILED", "there were no established calls")
    return 1


def table(results):
    print()
    print("| calls kept in | what happens | calls/s | established | lost | being set up, lost | 481s | first answer |")
    print("|---|---|---|---|---|---|---|---|")
    for result in results:
        found = result.evidence
        print(f"| {STORES[result.store]} | {ACTS[result.act]} | {result.rate:.0f} | {found.established} "
              f"| {found.established - found.released} | {found.given_up} of {found.given_up + found.setting_up} "
              f"| {found.unknown_after} | {milliseconds(found.first_answer)} |")


def values(result):
    return {
        "store": result.store, "act": result.act, "rate": result.rate, "seconds": result.times, "waits": result.waits,
        "kept": result.kept, "left": result.left, "evidence": result.evidence._asdict(),
        "statistics": {name: each._asdict() for name, each in result.statistics.items()}}
