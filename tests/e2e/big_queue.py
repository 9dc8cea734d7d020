# SPDX-License-Identifier: ISC
"""A generated Postfix queue of any size.
usage: big_queue.py DIRECTORY COUNT"""
import sys

import postfix_files as files

NOW = 1795300000
REASONS = (
    "host mx.busy.test[192.0.2.1] said: 421 4.7.0 Too many messages, slow down",
    "host mx.full.test[192.0.2.2] said: 452 4.2.2 <{}>: Mailbox full (in reply to RCPT TO command)",
    "connect to mx.dead.test[192.0.2.3]:25: Connection timed out",
    "host mx.grey.test[192.0.2.4] said: 451 4.7.1 <{}>: Greylisted (in reply to RCPT TO command)",
)
CONTENT = """Received: from client{0}.example.net (client{0}.example.net [203.0.114.{1}])
\tby mail.ours.test (Postfix) with ESMTP id {2}
\tfor <user{0}@example.org>; Sat, 21 Nov 2026 10:00:00 +0000 (UTC)
From: Sender {0} <sender{0}@example.net>
To: user{0}@example.org
Subject: message number {0}
Message-Id: <{0}@client.example.net>

Some words.
"""


def message(number, sender="sender{}@example.net"):
    queue_id = f"{number * 7919 % 0xFFFFF:05X}{number:06X}"
    address = f"user{number}@{'busy full dead grey'.split()[number % 4]}.test"
    reason = REASONS[number % 4].format(address)
    return files.Message(
        queue_id, sender=sender.format(number), arrived=NOW - number % 86400, next=NOW + 600,
        logged=NOW - 60,
        attributes=[("log_client_name", f"client{number}.example.net"),
                    ("log_client_address", f"203.0.114.{number % 250}")],
        recipients=[files.Recipient(address, status="4.0.0", reason=reason)],
        content=CONTENT.format(number, number % 250, queue_id).encode())


def build(root, count, **options):
    """Ids of the messages it made."""
    files.make_queue(root)
    made = [message(number, **options) for number in range(1, count + 1)]
    for one in made:
        one.write(root)
    return [one.id for one in made]


if __name__ == "__main__":
    build(sys.argv[1], int(sys.argv[2]))
