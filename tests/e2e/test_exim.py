# SPDX-License-Identifier: ISC
"""hopq on a real Exim against exim -bp, -Mvl and exim_dumpdb: every id, recipient, state, reason and
retry time; while it delivers; without rights; and every change.
usage: test_exim.py HOPQ [split]"""
import os
import re
import smtplib
import sys
import threading
import time
from datetime import datetime

import e2e
import exim_rig
from e2e import check, same

WAYS = ("accept", "greylist", "throttle", "full", "unknown", "tls-tlsfail", "dnsbl", "spam",
        "silent", "lost", "nosender", "mixed", "lines")
MOVED = 15  # messages that come or go during a listing
ROUNDS = 50


def content(subject, lines=3, extra=""):
    return (f"From: Ann Example <ann@corp.test>\nTo: someone@elsewhere.test\nSubject: {subject}\n"
            f"Message-Id: <{abs(hash(subject))}@corp.test>\n{extra}\n"
            + "A line of text.\n" * lines).encode()


def fill(exim):
    """Mail of every kind to destinations that refuse it; how many messages must stay."""
    kept = 0
    for way in [way for way in WAYS if way not in ("accept", "mixed")] + ["refused", "nodns"]:
        exim.send("bob@corp.test", [f"first@{way}.test", f"second+tag@{way}.test"],
                  content(f"two to {way}", lines=200), helo=f"host-{way}.corp.test")
        kept += 1
    mixed = [f"{name}@mixed.test" for name in ("grey", "full", "gone", "busy", "taken")]
    exim.submit("ann@ours.test", mixed, content("five fates"))
    exim.submit("ann@corp.test", ["MiXeD@greylist.test", '"odd local"@full.test'], content("odd"))
    exim.submit("", ["someone@full.test"], content("a bounce"))
    exim.submit("ann@corp.test", ["boss@ours.test"], content("forwarded"))
    exim.submit("ann@corp.test", ["crew@ours.test", "x@greylist.test"], content("crew"))
    exim.submit("ann@corp.test", ["team@lists.test"], content("list"))
    exim.submit("later@corp.test", ["a@greylist.test", "b@full.test"], content("queued"), "-odq")
    exim.send("held@corp.test", ["held@greylist.test"], content("looked at by hand"))
    exim.send("carol@ours.test", ["dsn@full.test"], content("dsn"), login="carol",
              rcpt=["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;First+2BTag@old.test"])
    return kept + 9


def exim_size(size):
    """src/string.c, string_format_size()"""
    if size < 1024:
        return str(size)
    if size < 10 * 1024:
        return f"{size / 1024:.1f}K"
    if size < 1024 * 1024:
        return f"{(size + 512) // 1024}K"
    return f"{size / 1048576:.1f}M"


def unescape(text):
    raw = re.sub(rb"\\([0-3][0-7]{2})", lambda m: bytes([int(m[1], 8)]),
                 text.encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "replace")


def fold(address):
    return address.replace('"', "").lower()


def compare_recipients(name, entry, message):
    told = {}
    for recipient in message["recipients"]:
        for key in (recipient["address"], recipient["original"]):
            told.setdefault(key, []).append(recipient)
    for address, done in entry["to"]:
        found = told.get(address, [])
        if not check(found, name, "lacks recipient", address):
            continue
        own = [r for r in found if r["address"] == address]  # else it became others
        waits = [r["state"] in ("queued", "deferred", "held") for r in own or found]
        same(f"{name} {address} done", not any(waits), done)
    listed = {address for address, _ in entry["to"]}
    for recipient in message["recipients"]:
        check(recipient["address"] in listed or recipient["original"] in listed, name,
              "has a recipient that Exim does not list:", recipient["address"])
        if recipient["state"] in ("queued", "deferred", "held"):
            same(f"{name} held", recipient["state"] == "held", entry["frozen"])


def compare(name, entry, message):
    same(f"{name} sender", message["sender"], entry["sender"])
    same(f"{name} size", exim_size(message["size"]), entry["size"])
    same(f"{name} frozen", message["queue"] == "frozen", entry["frozen"])
    compare_recipients(name, entry, message)


def attempts_of(history, address):
    """(stamp, text) of each attempt that failed, as the message's log has them."""
    wanted = fold(address)
    for line in history:
        who = re.match(r"(\S+ \S+) (.*?)(?: <.*?>)? R=\S+(?: T=\S+)? defer \((-?\d+)\)(.*)", line)
        if who and fold(who[2]) == wanted and who[3] not in ("-52", "-53", "-54") \
                and "explicitly queued" not in line:
            yield who[1], who[4]


def compare_history(exim, message):
    """Reasons, attempts and their times against the message's log."""
    history = exim.history(message["id"])
    compared = 0
    for recipient in message["recipients"]:
        attempts = list(attempts_of(history, recipient["address"]))
        if recipient["state"] not in ("deferred", "held") or not attempts:
            check(recipient["state"] != "deferred" or recipient["reason"], message["id"],
                  recipient["address"], "is deferred and nobody knows why")
            continue
        what = f"{message['id']} {recipient['address']}"
        same(f"{what} attempts", recipient["attempts"], len(attempts))
        same(f"{what} last attempt", recipient["last_attempt"],
             attempts[-1][0].replace(" ", "T") + "Z")
        text = recipient["reason"]["text"]
        last = unescape(attempts[-1][1])
        check(last.endswith(text) or text.split(": ")[0] in last, what, "reason", text, "not in",
              last)
        compared += 1
    return compared


def stamp(text):
    return datetime.strptime(text, "%d-%b-%Y %H:%M:%S").strftime("%Y-%m-%dT%H:%M:%SZ")


def compare_hints(exim, message, hints):
    """The next attempt is that of a hint about this recipient, and all of those agree or are
    earlier."""
    compared = 0
    for recipient in message["recipients"]:
        if recipient["state"] != "deferred" or not recipient["attempts"]:
            continue
        address, relay = fold(recipient["address"]), (recipient["reason"] or {}).get("relay")
        domain = address.split("@")[-1]
        keys = [f"R:{address}", f"R:{domain}", f"R:{address}:<{message['sender']}>"]
        if relay:
            keys += [key for key in hints if key.startswith(f"T:{relay}:")
                     and (not re.search(r":\w{6}-\w{6,11}-\w{2,4}$", key)
                          or key.endswith(message["id"]))]
        times = sorted(stamp(hints[key]) for key in keys if key in hints)
        same(f"{message['id']} {address} next attempt", recipient["next_attempt"],
             times[-1] if times else None)
        compared += 1
    return compared


def as_root(exim, hopq, listing):
    found = e2e.dump("--dns=off", "--full", "exim:" + exim.spool, hopq=hopq, seconds=120)
    same("exit status", found.status, 0)
    same("problems", found.problems(), {})
    same("notices", found.notices, [])
    messages = found.by_id()
    same("ids", sorted(messages), sorted(listing))
    hints, reasons, times = exim.hints(), 0, 0
    for name in sorted(set(messages) & set(listing)):
        compare(name, listing[name], messages[name])
        reasons += compare_history(exim, messages[name])
        times += compare_hints(exim, messages[name], hints)
    check(reasons > 20 and times > 20, "compared only", reasons, "reasons,", times, "retry times")
    e2e.say(f"{len(messages)} messages, {reasons} reasons, {times} retry times, {found.took:.2f} s")
    return found


def check_kinds(found):
    """The mail that was sent must be there, or nothing above has been compared."""
    by_subject = {m["subject"]: m for m in found.messages}
    categories = {r["reason"]["category"] for m in found.messages for r in m["recipients"]
                  if r["reason"]}
    for wanted in ("greylist", "throttled", "mailbox-full", "user-unknown", "tls", "dnsbl", "spam",
                   "network", "dns-temp", "sender-bad"):
        check(wanted in categories, "no reason of category", wanted, "in", sorted(categories))
    same("fates", {r["address"]: r["state"] for r in by_subject["five fates"]["recipients"]},
         {"grey@mixed.test": "deferred", "full@mixed.test": "deferred", "gone@mixed.test":
          "failed", "busy@mixed.test": "deferred", "taken@mixed.test": "delivered"})
    same("forwarded to", [(r["address"], r["original"]) for r in
                          by_subject["forwarded"]["recipients"]],
         [("chief@greylist.test", "boss@ours.test")])
    crew = {r["address"]: r["original"] for r in by_subject["crew"]["recipients"]}
    same("crew", crew, {"third@throttle.test": "crew@ours.test", "x@greylist.test": None,
                        "fourth@dnsbl.test": "crew@ours.test"})
    team = {r["address"]: r["original"] for r in by_subject["list"]["recipients"]
            if r["state"] == "deferred"}
    same("list", team, {"one@full.test": "team@lists.test", "two@greylist.test": "team@lists.test"})
    dsn = by_subject["dsn"]
    same("ORCPT", dsn["recipients"][0]["original"], "First+Tag@old.test")
    same("authenticated", dsn["client"]["auth"], "carol")
    client = by_subject["two to full"]["client"]
    same("client", [client[key] for key in ("ip", "helo", "protocol")],
         ["127.0.0.1", "host-full.corp.test", "esmtp"])
    same("never tried", [(r["state"], r["reason"]) for r in by_subject["queued"]["recipients"]],
         [("queued", None)] * 2)
    same("expires", {r["expires"] is not None for m in found.messages for r in m["recipients"]
                     if r["state"] in ("deferred", "held")}, {True})
    refused = by_subject["two to refused"]
    arrived = datetime.fromisoformat(refused["arrived"].rstrip("Z"))
    lost = datetime.fromisoformat(refused["recipients"][0]["expires"].rstrip("Z"))
    check(0.99 < (lost - arrived).total_seconds() / 86400 <= 1, "refused expires after",
          lost - arrived)


def as_nobody(exim, hopq, listing):
    denied = e2e.dump("--dns=off", "exim:" + exim.spool, hopq=hopq, as_nobody=True)
    same("exit status of a stranger", denied.status, 77)
    check("its own group alone" in denied.err, "a stranger is not told why:", denied.err)
    exim.configure("queue_list_requires_admin = false")
    for source in (["exim:" + exim.spool],):
        found = e2e.dump("--dns=off", *source, hopq=hopq, as_nobody=True)
        messages = found.by_id()
        same("ids without rights", sorted(messages), sorted(listing))
        for name in set(messages) & set(listing):
            same(f"{name} sender", messages[name]["sender"], listing[name]["sender"])
            same(f"{name} recipients", [(r["address"], r["state"] == "delivered") for r in
                                        messages[name]["recipients"]], listing[name]["to"])
        check(any("group" in notice for notice in found.notices), "hidden is not told:",
              found.notices)
    exim.configure()


def damaged(exim, hopq):
    """Lost halves, and a message that is being received."""
    folder = os.path.join(exim.spool, "input")
    where = os.path.join(folder, "x") if exim.settings["split"] == "yes" else folder
    if not os.path.isdir(where):
        os.mkdir(where)
        os.chown(where, exim_rig.USER, exim_rig.USER)  # Exim makes its files there, too
    with open(os.path.join(where, "1aaaax-000001-AA-D"), "wb") as file:
        file.write(b"1aaaax-000001-AA-D\nbody\n")
    with open(os.path.join(where, "1aaaax-000002-AA-H"), "wb") as file:
        file.write(b"1aaaax-000002-AA-H\nroot 0 0\n<a@corp.test>\n1795309043 0\nXX\n1\nb@full.test\n"
                   b"\n011  Subject: x\n")
    problems = e2e.dump("--dns=off", "exim:" + exim.spool, hopq=hopq).problems()
    same("damaged ids", sorted(problems), ["1aaaax-000001-AA", "1aaaax-000002-AA"])
    for name, kind in (("1aaaax-000001-AA", "D"), ("1aaaax-000002-AA", "H")):
        os.unlink(os.path.join(where, f"{name}-{kind}"))


def receiving(exim, hopq):
    """A message in the middle of DATA: listed as such, and complete as soon as it is."""
    with smtplib.SMTP("127.0.0.1", exim.port, timeout=60) as client:
        client.ehlo("half.test")
        client.mail("half@corp.test")
        client.rcpt("x@greylist.test")
        client.docmd("DATA")
        client.sock.sendall(b"Subject: half\r\n\r\n" + b"A line of text.\r\n" * 20000)

        def incoming():
            found = e2e.dump("--dns=off", "exim:" + exim.spool, hopq=hopq)
            return [m for m in found.messages if m["queue"] == "incoming"]
        half = e2e.wait_for("a message that is being received", incoming, 20)
        same("incoming has problems", [m["problems"] for m in half], [[]])
        client.sock.sendall(b"\r\n.\r\n")
        client.getreply()


def live(exim, hopq):
    """Rounds while the daemon takes in, delivers and runs its queue: whatever was there before and
    after a listing is in it, and what is in it was there before or after."""
    stop = threading.Event()

    def traffic():
        number = 0
        while not stop.is_set():
            number += 1
            way = ("accept", "greylist", "full")[number % 3]
            exim.send("live@corp.test", [f"n{number}@{way}.test"], content(f"live {number}"))
            if number % 10 == 0:
                exim.command("-Rff", "greylist")  # of all, those that do not take seconds

    worker = threading.Thread(target=traffic)
    worker.start()
    rounds, moved, end = 0, 0, time.monotonic() + 90
    while (rounds < ROUNDS or moved < MOVED) and time.monotonic() < end:
        before = set(exim.listing())
        found = e2e.dump("--dns=off", "exim:" + exim.spool, hopq=hopq)
        after = set(exim.listing())
        ids = set(found.by_id())
        check(not found.problems(), "live problems", found.problems())
        missing = (before & after) - ids
        check(not missing, "live: missing", missing)
        with open(os.path.join(exim.log, "mainlog"), encoding="utf-8", errors="replace") as file:
            ever = file.read()
        phantoms = {name for name in ids - before - after if f" {name} " not in ever}
        waiting = {m["id"] for m in found.messages if m["queue"] == "incoming"}
        check(not phantoms - waiting, "live: phantoms", phantoms)
        rounds, moved = rounds + 1, moved + len(before ^ after)
    stop.set()
    worker.join()
    e2e.say(f"{rounds} rounds, {moved} messages came or went meanwhile")
    check(moved >= MOVED, "the queue hardly moved")


def act(exim, hopq, verb, ids, status=0):
    """One action; (what Exim lists before, after)."""
    before = exim.listing()
    messages = [word for name in ids for word in ("--message", name)]
    code, out, err, _ = e2e.run([hopq, "--dns=off", "--act", verb, *messages, "--yes",
                                 "exim:" + exim.spool], seconds=120)
    same(f"{verb}: exit status ({out[-300:]!r} {err})", code, status)
    return before, exim.listing()


def without(listing, ids):
    return {name: entry for name, entry in listing.items() if name not in ids}


def tries(exim, name):
    return sum(" defer (" in line for line in exim.history(name))


def changes(exim, hopq):
    """Every action on two messages: Exim's own listing changes by exactly that."""
    waiting = [name for name, entry in exim.listing().items() if not entry["frozen"] and
               [to for to in entry["to"] if re.search("@(greylist|full).test", to[0])]][:6]
    check(len(waiting) == 6, "too few messages to act on", waiting)
    pair, other, last = waiting[:2], waiting[2:4], waiting[4:]
    before, after = act(exim, hopq, "hold", pair)
    same("hold", [after[name]["frozen"] for name in pair], [True, True])
    same("hold: others", without(after, pair), without(before, pair))
    before, after = act(exim, hopq, "hold", pair, 1)
    same("hold again", after, before)
    before, after = act(exim, hopq, "release", pair)
    same("release", [after[name]["frozen"] for name in pair], [False, False])
    same("release: others", without(after, pair), without(before, pair))
    counts = {name: tries(exim, name) for name in waiting}
    before, after = act(exim, hopq, "flush", pair)
    same("flush: listing", after, before)
    for name in waiting:
        check((tries(exim, name) > counts[name]) == (name in pair), "flush: tries of", name)
    before, after = act(exim, hopq, "requeue", pair, 1)
    same("requeue is refused", after, before)
    before, after = act(exim, hopq, "delete", other)
    same("delete", after, without(before, other))
    before, after = act(exim, hopq, "expire", last)
    check(not set(last) & set(after), "expire: still there", set(last) & set(after))
    check(set(without(before, last)) <= set(after), "expire: others are gone")
    with open(os.path.join(exim.log, "mainlog"), encoding="utf-8", errors="replace") as file:
        log = file.read()
    for name in last:
        check(re.search(rf"<= <> R={name} ", log), "expire: no bounce for", name)


def main():
    exim_rig.PACKAGE.need()
    where = e2e.folder()
    hopq = e2e.public_copy(where)
    exim = exim_rig.Exim(where, WAYS, split="split" in sys.argv[2:])
    exim.start()
    count = fill(exim)
    listing = e2e.wait_for("all mail to be tried", lambda: exim.is_settled(count), 90)
    found = as_root(exim, hopq, listing)
    check_kinds(found)
    itself = e2e.dump("--dns=off", hopq=hopq)
    check(set(listing) <= set(itself.ids()), "not found by itself:", itself.err)
    exim.command("-qff")
    as_root(exim, hopq, exim.listing())
    exim.command("-q")
    as_root(exim, hopq, exim.listing())
    as_nobody(exim, hopq, exim.listing())
    damaged(exim, hopq)
    receiving(exim, hopq)
    live(exim, hopq)
    changes(exim, hopq)
    e2e.finish()


main()
