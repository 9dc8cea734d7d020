# SPDX-License-Identifier: ISC
"""A name server for one small file: lines of "owner TYPE value" (A AAAA MX PTR CNAME TXT), as the
harness reads with --zone. What is not there does not exist."""
import contextlib
import ipaddress
import socketserver
import struct
import threading

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
NXDOMAIN = 3


def pack_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def pack_value(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "TXT":
        text = value.encode()
        pieces = [text[i:i + 255] for i in range(0, len(text), 255)]
        return b"".join(bytes([len(piece)]) + piece for piece in pieces)
    return (struct.pack(">H", 10) if kind == "MX" else b"") + pack_name(value)


def read_zone(path):
    records = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                owner, kind, value = line.rstrip("\n").split(" ", 2)
                records.setdefault(owner.lower(), []).append((kind, value))
    return records


class Question(socketserver.BaseRequestHandler):
    def handle(self):
        packet, sock = self.request
        name, end = [], 12
        while packet[end]:
            name.append(packet[end + 1:end + 1 + packet[end]].decode("latin-1"))
            end += 1 + packet[end]
        question = packet[12:end + 5]
        sock.sendto(self.server.answer(packet[:2], question, ".".join(name).lower()),
                    self.client_address)


class ZoneServer(socketserver.ThreadingUDPServer):
    daemon_threads = True

    def __init__(self, path):
        self.records = read_zone(path)
        super().__init__(("127.0.0.1", 0), Question)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def chain(self, name, wanted):
        """Records that answer, by way of CNAMEs."""
        for _ in range(8):
            found = self.records.get(name, [])
            alias = [value for kind, value in found if kind == "CNAME"]
            for kind, value in found:
                if TYPES[kind] in (wanted, TYPES["CNAME"]):
                    yield name, kind, value
            if not alias:
                return
            name = alias[0].rstrip(".").lower()

    def answer(self, number, question, name):
        wanted = struct.unpack(">H", question[-4:-2])[0]
        answers = [pack_name(owner) + struct.pack(">2HIH", TYPES[kind], 1, 60,
                                                  len(pack_value(kind, value)))
                   + pack_value(kind, value) for owner, kind, value in self.chain(name, wanted)]
        rcode = 0 if name in self.records else NXDOMAIN
        head = number + struct.pack(">5H", 0x8180 | rcode, 1, len(answers), 0, 0)
        return head + question + b"".join(answers)


@contextlib.contextmanager
def serve(path):
    server = ZoneServer(path)
    try:
        yield server.address
    finally:
        server.shutdown()
        server.server_close()
