# SPDX-License-Identifier: ISC
"""What goes on in a live queue while hopq reads it, and how often it is read."""
import contextlib
import itertools
import smtplib
import threading
import time

import e2e

ROUNDS = 50
SECONDS = 60
LEAST = 10  # rounds, however long they take


def rounds():
    """Numbers of the rounds: as many as a slow machine does in a minute are enough."""
    end = time.monotonic() + SECONDS
    for number in range(ROUNDS):
        if number >= LEAST and time.monotonic() > end:
            return
        yield number


class Traffic:
    """Mail in and queue runs, until it is stopped: SEND gets recipients, whose domains are those of
    the sinks, FLUSH nothing."""

    def __init__(self, send, flush):
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.submit, args=(send,)),
                        threading.Thread(target=self.run, args=(flush,))]
        for thread in self.threads:
            thread.start()
        e2e.cleanups.callback(self.stop)

    def submit(self, send):
        ways = itertools.cycle(("greylist", "accept", "full", "lost", "accept", "throttle"))
        while not self.over.wait(0.02):
            with contextlib.suppress(OSError, smtplib.SMTPException):
                send([f"user@{next(ways)}.test"])

    def run(self, flush):
        while not self.over.wait(0.1):
            flush()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
