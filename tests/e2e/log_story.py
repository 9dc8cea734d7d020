# SPDX-License-Identifier: ISC
"""A provider that takes less a day than arrives, mostly through one user's forwarding: the lines of
Postfix's log about it, and the queue as a snapshot."""
import datetime
import json

NOW = datetime.datetime(2026, 11, 22, 5, 20, tzinfo=datetime.timezone.utc)
ACCEPTED, ARRIVING, DAYS = 49, 80, 6
FORWARDED = 68  # of ARRIVING, through one address
REPLY = ("host mx.bt.example[198.51.100.11] said: 421 Too many messages (1.5.6.1) from 203.0.113.7 "
         "(in reply to MAIL FROM command)")


def syslog(entries):
    """In the old form of syslog, local time without a year."""
    return [f"{moment.strftime('%b %e %H:%M:%S')} mx {program}: {text}\n"
            for moment, program, text in entries]


def story():
    """What Postfix logs over DAYS, as (moment, program, text), oldest first: of ARRIVING a day
    ACCEPTED are taken, the others wait, are tried again every other hour, and are given up after
    five days. And what waits, as (id, arrival, the address it came for)."""
    lines, waiting = [], []
    begin = NOW.replace(minute=0) - datetime.timedelta(days=DAYS)
    first = begin - datetime.timedelta(hours=2)
    lines.append((first, "postfix/qmgr[7]", "000000: removed"))
    for i in range(DAYS * ARRIVING):
        came = begin + datetime.timedelta(seconds=i * 86400 // ARRIVING + 5)
        queue_id = f"4{i:08X}"
        through = "ann@ours.example" if i % ARRIVING < FORWARDED else f"u{i}@ours.example"
        taken = i % ARRIVING < ACCEPTED

        def line(moment, status, text, to=through):
            delay = int((moment - came).total_seconds())
            lines.append((moment, "postfix/smtp[81]",
                          f"{queue_id}: to=<ann@bt.example>, orig_to=<{to}>, "
                          f"relay=mx.bt.example[198.51.100.11]:25, delay={delay}, "
                          f"delays=0/0/1/0, dsn=4.0.0, status={status} ({text})"))

        line(came, "deferred", REPLY)
        if taken:
            after = came + datetime.timedelta(seconds=300)
            line(after, "sent", "250 2.0.0 Ok")
            lines.append((after, "postfix/qmgr[7]", f"{queue_id}: removed"))
            continue
        again = came + datetime.timedelta(hours=2)
        gone = came + datetime.timedelta(days=5)
        while again < min(gone, NOW):
            line(again, "deferred", REPLY)
            again += datetime.timedelta(hours=2)
        if gone < NOW:
            lines.append((gone, "postfix/qmgr[7]",
                          f"{queue_id}: from=<s@c.example>, status=expired, returned to sender"))
            lines.append((gone, "postfix/qmgr[7]", f"{queue_id}: removed"))
        else:
            waiting.append((queue_id, came, through))
    return sorted(lines, key=lambda entry: entry[0]), waiting


def compact(thing):
    return json.dumps(thing, separators=(",", ":")) + "\n"


def snapshot_of(path, waiting, taken=NOW):
    """The queue as a snapshot: what is asked here is not how Postfix stores it."""
    with open(path, "w", encoding="ascii") as file:
        for queue_id, came, through in waiting:
            arrived = came.strftime("%Y-%m-%dT%H:%M:%SZ")
            expires = (came + datetime.timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
            file.write(compact({
                "type": "message", "schema": 1, "source": "postfix:/x", "mta": "postfix",
                "id": queue_id, "queue": "deferred", "arrived": arrived, "size": 1000,
                "sender": "s@c.example",
                "recipients": [{"address": "ann@bt.example", "original": through,
                                "state": "deferred", "attempts": 1, "expires": expires,
                                "reason": {"text": REPLY, "category": "throttled", "code": 421}}],
                "forwarded": {"is": True, "original": through, "evidence": []},
                "problems": []}))
        file.write(compact({"type": "summary", "schema": 1, "messages": len(waiting),
                            "taken": taken.strftime("%Y-%m-%dT%H:%M:%SZ"), "notices": []}))
    return path


def clock():
    """HOPQ_NOW at the end of the story."""
    return NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
