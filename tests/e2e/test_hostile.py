# SPDX-License-Identifier: ISC
"""Messages and files that are made to break a reader: each costs at most a problem of its own, the
others stay as they are.
usage: test_hostile.py HOPQ"""
import os
import socket

import big_queue
import e2e
import postfix_files as files
from e2e import check, same

DEEP = 10000
ORDINARY = 100


def nested():
    """Multipart in multipart, to the bottom."""
    head = [b"Subject: nested"]
    for level in range(DEEP):
        head.append(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d' % (level, level))
    return b"\n".join(head) + b"\n\nat last\n"


def received(count):
    hop = (b"Received: from h%d.example.net (h%d.example.net [203.0.114.7]) by h%d.example.net;"
           b" Sat, 21 Nov 2026 10:00:00 +0000\n")
    return b"".join(hop % (i, i, i + 1) for i in range(count))


# Name: the message. All of them are queue files that are sound.
MESSAGES = {
    "groups": b"From: " + b"g:" * 50000 + b"\nSubject: groups\n\nx\n",
    "groups_to": b"To: " + b"g:" * 50000 + b"\nCc: " + b"(" * 100000 + b"\n\nx\n",
    "comments": b"From: " + b"(" * 50000 + b"a@b.test" + b")" * 50000 + b"\n\nx\n",
    "quotes": b'From: "' + b'\\"' * 50000 + b"\n\nx\n",
    "words": b"Subject: " + b"=?UTF-8?B?" * 50000 + b"\n\nx\n",
    "charset": b"Subject: =?x-" + b"y" * 5000 + b"?Q?abc?= =?utf-7?Q?+AGE?=\n\nx\n",
    "long": b"X-Long: " + b"a" * (1 << 20) + b"\nSubject: behind it\n\nx\n",
    "folds": b"X-Folds: " + b"\n ".join([b"a"] * 100000) + b"\n\nx\n",
    "fields": b"".join(b"X-%d: y\n" % i for i in range(50000)) + b"\nx\n",
    "received": received(20000) + b"\nx\n",
    "clauses": b"Received: from " + b"(a [" * 20000 + b"by x; date\n\nx\n",
    "nested": nested(),
    "rfc822": b"Content-Type: message/rfc822\n\n" * DEEP + b"x\n",
    "nul": b"Subject: a\0b\0c\nFr\0om: x\n\n\0\0\0\n",
    "eight": b"Subject: \xff\xfe\x80\x1b[2J\x9b31m\x07\n\n\xc3\n",
    "no_colon": b"no field here\nnor here\n\nbody\n",
    "results": b"Authentication-Results: x; " + b"spf=fail " * 50000 + b"\n\nx\n",
    "html": b"Content-Type: text/html\n\n" + b"<a" * 100000 + b"\n",
    "empty": b"",
}


def plant_messages(root):
    made = []
    for number, (name, content) in enumerate(MESSAGES.items()):
        message = big_queue.message(90000 + number)
        message.content = content
        message.write(root)
        made.append((name, message.id))
    return made


def plant_odd_recipients(root):
    message = big_queue.message(91000)
    message.recipients = [files.Recipient("a" * 70000 + "@full.test"), files.Recipient(""),
                          files.Recipient("\x1b[31m@x.test", reason="\x1b]0;owned\x07" * 5000,
                                          status="4.0.0")]
    message.write(root)
    many = big_queue.message(91001)
    many.recipients = [files.Recipient(f"user{i}@full.test") for i in range(20000)]
    many.write(root)
    return [message.id, many.id]


def plant_no_files(root):
    """What looks like queue files and is none. Their ids."""
    made = {}

    def path(kind):
        made[kind] = f"FFFFF{len(made):06X}"
        where = files.place(root, "deferred", made[kind])
        os.makedirs(os.path.dirname(where), exist_ok=True)
        return where

    os.mkfifo(path("fifo"))
    os.symlink("/etc/shadow", path("link"))
    os.symlink(made["link"], path("loop"))
    os.mkdir(path("folder"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path("socket"))
    files.put(path("nothing"), b"", 0o700, big_queue.NOW)
    files.put(path("zeros"), b"\0" * 5000, 0o700, big_queue.NOW)
    files.put(path("length"), b"C\xff\xff\xff\xff\xff\xff\xff\xff\x7fx", 0o700, big_queue.NOW)
    files.put(path("noise"), bytes(range(256)) * 100, 0o700, big_queue.NOW)
    return made


def cut_everywhere(where):
    """One message, cut at every byte: a queue of its own."""
    root = os.path.join(where, "cut")
    files.make_queue(root)
    whole = big_queue.message(1)
    length = len(whole.file())
    for cut in range(length):
        message = big_queue.message(cut + 1)
        message.recipients[0].reason = ""
        data = whole.file()[:cut]
        files.put(files.place(root, "deferred", message.id), data, 0o700, big_queue.NOW)
    found = e2e.dump("--dns=off", "--full", "postfix:" + root, seconds=100)
    same("cut files: exit status", found.status, 2)
    same("cut files: notices", found.notices, [])
    same("cut files: messages", len(found.by_id()), length)
    sound = [m["id"] for m in found.messages if not m["problems"]]
    # the file is whole for its reader before the last record; an early end must never pass
    check(len(sound) <= 4, "cut files without a problem:", len(sound))
    e2e.say(f"cut files: {length}, {found.took:.2f} s")


def plain(message):
    return {key: value for key, value in message.items() if key != "source"}


def long_mailbox(where):
    """A message of a gigabyte between others: read once, not again for each piece of the file."""
    path = os.path.join(where, "mailbox")
    start = b"From a@b.test Sat Nov 21 10:00:00 2026\nSubject: %s\n\nx\n\n"
    with open(path, "wb") as file:
        file.write(start % b"first")
        file.seek(1 << 30)
        file.write(b"\n\n" + start % b"second")
    found = e2e.dump("--dns=off", "mbox:" + path)
    same("long mailbox", sorted(m["subject"] for m in found.messages), ["first", "second"])


def main():
    where = e2e.folder()
    root = os.path.join(where, "queue")
    ordinary = big_queue.build(root, ORDINARY)
    alone = e2e.dump("--dns=off", "--full", "postfix:" + root).by_id()
    same("ordinary messages", sorted(alone), sorted(ordinary))
    named = plant_messages(root)
    odd = plant_odd_recipients(root)
    no_files = plant_no_files(root)
    for full in ([], ["--full"]):
        found = e2e.dump("--dns=off", *full, "postfix:" + root, seconds=120)
        messages = found.by_id()
        e2e.say(f"{len(messages)} messages {full}: {found.took:.2f} s")
        same("notices", found.notices, [])
        wanted = {*ordinary, *odd, *(i for _, i in named), *no_files.values()}
        same("ids", sorted(set(messages) ^ wanted), [])
        problems = found.problems()
        for kind, one in no_files.items():
            check(problems.get(one), kind, "passes for a queue file")
        for name, one in named:
            told = [what for what in problems.get(one, [])
                    if not what.startswith("header larger than")]
            check(not told or name in ("nested", "long"), name, told)
        same("exit status", found.status, 2)
        if full:
            for one in ordinary:
                same(f"{one} beside hostile ones", plain(messages[one]), plain(alone[one]))
            shadow = str(messages[no_files["link"]])
            check("root:" not in shadow, "a symbolic link was followed")
    text = e2e.run([e2e.program(), "--dump", "--full", "--dns=off", "postfix:" + root])
    same("text: exit status", text[0], 2)
    raw = [byte for byte in text[1] if byte < 32 and byte != 10 or byte == 127]
    check(not raw, "control characters in the text:", sorted(set(raw)))
    check("\x9b" not in text[1].decode(), "C1 in the text")
    cut_everywhere(where)
    long_mailbox(where)
    e2e.finish()


main()
