# SPDX-License-Identifier: ISC
"""A real nsd on a loopback port with zones of ours."""
import os
import socket
import struct

import e2e

# "@" owners are relative to the zone; a zone is its records without SOA and NS.
CONFIG = """server:
    ip-address: 127.0.0.1@{port}
    do-ip6: no
    username: ""
    zonesdir: "{where}"
    pidfile: "{where}/nsd.pid"
    xfrdfile: "{where}/xfrd.state"
    xfrdir: "{where}"
    zonelistfile: "{where}/zone.list"
    database: ""
    server-count: 1
    logfile: "{where}/nsd.log"
remote-control:
    control-enable: no
"""
HEAD = """$TTL 60
@ IN SOA ns.dns.test. root.dns.test. 1 3600 600 86400 60
@ IN NS ns.dns.test.
"""


def start(where, zones):
    """ZONES: name to text. Gives "127.0.0.1:PORT" when it answers."""
    port = e2e.free_port(socket.SOCK_DGRAM)
    config = CONFIG.format(port=port, where=where)
    for name, text in zones.items():
        config += f'zone:\n    name: "{name}"\n    zonefile: "{name}.zone"\n'
        with open(os.path.join(where, name + ".zone"), "w", encoding="utf-8") as file:
            file.write(HEAD + text)
    path = os.path.join(where, "nsd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(config)
    e2e.start(["/usr/sbin/nsd", "-d", "-c", path])
    e2e.wait_for("nsd", lambda: answers(port, next(iter(zones))), 20)
    return f"127.0.0.1:{port}"


def answers(port, zone):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in zone.split("."))
    question = struct.pack(">6H", 1, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 6, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        try:
            client.sendto(question, ("127.0.0.1", port))
            reply = client.recv(512)
        except OSError:
            return False
    return reply[3] & 15 == 0 and reply[7] > 0
