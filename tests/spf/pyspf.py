# SPDX-License-Identifier: ISC
"""pyspf, the reference that other SPF programs are held against, and the official test suites that
come with it: of Debian's package python3-spf, installed or unpacked in a cache. Its DNS is a table."""
import gzip
import importlib
import importlib.util
import os
import socket
import sys

import e2e
import package_rig

PACKAGES = ("python3-spf", "python3-dns")


class Pyspf:
    def __init__(self, *modules):
        for name in modules:
            if not importlib.util.find_spec(name):
                e2e.skip("no python3-" + name)
        self.root = "/"
        if not os.path.exists(self.file("lib/python3/dist-packages/spf.py")):
            e2e.need("dpkg", "apt-get")
            package = package_rig.Package("pyspf", "python3", *PACKAGES)
            package.unpack()
            self.root = package.root
        # Not a folder of its own on the path: it would hide modules of the same names.
        sys.path.append(self.file("lib/python3/dist-packages"))

    def file(self, path):
        return os.path.join(self.root, "usr", path)

    def module(self):
        return importlib.import_module("spf")

    def suite(self, name):
        """The text of a suite; images for containers leave documentation out."""
        path = self.file(f"share/doc/python3-spf/{name}-tests.yml.gz")
        if not os.path.exists(path):
            e2e.skip("no " + path)
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return file.read()


def records(zone, name):
    """What ZONE, as in a scenario, has at NAME."""
    return zone.get(name.rstrip(".").lower(), [])


def value_of(record):
    """A record's data as py3dns gives it."""
    kind = record["type"]
    if kind in ("TXT", "SPF"):
        return tuple(text.encode() for text in record["strings"])
    if kind == "MX":
        return (record["pref"], record["value"])
    return socket.inet_pton(socket.AF_INET6, record["value"]) if kind == "AAAA" else record["value"]


def lookup(spf, zone, name, kind):
    """Answers as a resolver does: CNAMEs and what they lead to."""
    for _ in range(8):
        found = records(zone, name)
        own = [r for r in found if r["type"] == kind]
        if any(r.get("timeout") for r in own) or (not own and any(r["type"] == "*" for r in found)) \
                or (not found and name.startswith("error.")):
            raise spf.TempError("DNS timeout")
        alias = [] if own else [r for r in found if r["type"] == "CNAME"]
        for record in own + alias:
            yield (name, record["type"]), value_of(record)
        if not alias:
            return
        name = alias[0]["value"]
