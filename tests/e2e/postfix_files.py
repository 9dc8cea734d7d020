# SPDX-License-Identifier: ISC
"""Writes Postfix queue files and defer logs, as Postfix 3.7 does (global/rec_type.h,
cleanup/cleanup_out.h, global/bounce_log.c): from Message objects, or from a text that describes a
queue.

usage: postfix_files.py DESCRIPTION QUEUE-DIRECTORY

The description: blocks between lines of "=====". In a block "key: value" lines, a blank line, the
message. Keys, each of them once unless it says otherwise:
  id, queue            where it lies
  arrived, next        times; next is the modification time of the file
  sender               nothing: the null sender
  client, helo, protocol, auth    who handed it over; client is "name [address]"
  recipient            any number: address, or "address < original"; "done " before it: delivered
  deferred             after its recipient: "enhanced-code text"; logged: when the log was written
  mode                 octal, when it is not 700
  cut                  the file ends after so many bytes"""
import os
import sys
from dataclasses import dataclass, field
from datetime import datetime

SIZE_FIELDS = 6
SIZE_LENGTH = 16 * SIZE_FIELDS - 1


def record(kind, data=b""):
    """A type, the length in groups of seven bits, the lowest first, the data."""
    length, size = len(data), bytearray()
    while True:
        size.append(length & 0x7F | (0x80 if length > 0x7F else 0))
        length >>= 7
        if not length:
            return kind.encode() + bytes(size) + data


def attribute(name, value):
    return record("A", f"{name}={value}".encode())


@dataclass
class Recipient:
    address: str
    original: str = ""
    done: bool = False
    status: str = ""
    reason: str = ""
    offset: int = 0


@dataclass
class Message:
    id: str
    queue: str = "deferred"
    sender: str = ""
    arrived: float = 0
    next: float = 0
    logged: float = 0
    attributes: list = field(default_factory=list)
    recipients: list = field(default_factory=list)
    content: bytes = b""
    mode: int = 0o700
    cut: int = -1

    def content_records(self):
        lines = self.content.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        records = []
        for line in lines:
            while len(line) > 2048:  # line_length_limit
                records.append(record("L", line[:2048]))
                line = line[2048:]
            records.append(record("N", line))
        return b"".join(records)

    def envelope(self):
        """Behind the size record; notes where each recipient stands, as the logs name that."""
        seconds, fraction = int(self.arrived), round(self.arrived % 1 * 1e6)
        out = bytearray(record("T", f"{seconds} {fraction}".encode()))
        out += attribute("create_time", seconds)
        out += record("S", self.sender.encode())
        for name, value in self.attributes:
            out += attribute(name, value)
        start = len(record("C", b" " * SIZE_LENGTH))
        for recipient in self.recipients:
            if recipient.original:
                out += record("O", recipient.original.encode())
            recipient.offset = start + len(out)
            out += record("D" if recipient.done else "R", recipient.address.encode())
        return bytes(out + record("M"))

    def file(self):
        envelope, content = self.envelope(), self.content_records()
        start = len(record("C", b" " * SIZE_LENGTH)) + len(envelope)
        numbers = (len(content), start, len(self.recipients), 0, len(content), 0)
        size = " ".join(f"{number:15d}" for number in numbers)
        return (record("C", size.encode()) + envelope + content + record("X") + record("E"))

    def log(self):
        blocks = []
        for recipient in self.recipients:
            if recipient.reason:
                blocks.append(
                    f"\n<{recipient.address}>: {recipient.reason}\nrecipient={recipient.address}\n"
                    f"offset={recipient.offset}\ndsn_orig_rcpt=rfc822;{recipient.address}\n"
                    f"status={recipient.status}\naction=delayed\nreason={recipient.reason}\n")
        return "".join(blocks).encode()

    def write(self, root):
        data = self.file()
        path = place(root, self.queue, self.id)
        put(path, data if self.cut < 0 else data[:self.cut], self.mode, self.next or self.arrived)
        log = self.log()
        if log:
            put(place(root, "defer", self.id), log, 0o600, self.logged or self.arrived)
        return path


def place(root, queue, queue_id):
    """hash_queue_names is "deferred, defer" of old, hash_queue_depth 1."""
    levels = [queue_id[0]] if queue in ("deferred", "defer") else []
    return os.path.join(root, queue, *levels, queue_id)


def put(path, data, mode, when):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    os.utime(path, (when, when))


def make_queue(root):
    for queue in ("maildrop", "incoming", "active", "deferred", "hold", "corrupt", "defer",
                  "bounce"):
        os.makedirs(os.path.join(root, queue))


# ---- descriptions ----


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def take_client(message, text):
    name, _, address = text.partition(" [")
    message.attributes += [("log_client_name", name), ("log_client_address", address.rstrip("]"))]


def take_recipient(message, text):
    done = text.startswith("done ")
    address, _, original = text.removeprefix("done ").partition(" < ")
    message.recipients.append(Recipient(address, original, done))


def take_deferred(message, text):
    last = message.recipients[-1]
    last.status, _, last.reason = text.partition(" ")


def setter(name, convert=str):
    return lambda message, text: setattr(message, name, convert(text))


def adder(name):
    return lambda message, text: message.attributes.append((name, text))


KEYS = {
    "id": setter("id"), "queue": setter("queue"), "sender": setter("sender"),
    "arrived": setter("arrived", instant), "next": setter("next", instant),
    "logged": setter("logged", instant), "mode": setter("mode", lambda text: int(text, 8)),
    "cut": setter("cut", int), "client": take_client, "recipient": take_recipient,
    "deferred": take_deferred, "helo": adder("log_helo_name"),
    "protocol": adder("log_protocol_name"), "auth": adder("sasl_username"),
}


def read_description(text):
    for block in text.split("=====\n"):
        head, _, content = block.partition("\n\n")
        message = Message("")
        for line in head.strip().splitlines():
            key, _, value = line.partition(":")
            KEYS[key](message, value.strip())
        message.content = content.encode()
        yield message


def build(description, root):
    make_queue(root)
    with open(description, encoding="utf-8") as file:
        for message in read_description(file.read()):
            message.write(root)


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2])
