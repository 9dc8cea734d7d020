# SPDX-License-Identifier: ISC
"""SMTP servers on loopback that refuse mail, each in its own way: one row of WAYS, one port."""
import socketserver
import threading


def per_recipient(address):
    local = address.split("@")[0]
    return {
        "grey": f"451 4.7.1 <{address}>: Recipient address rejected: Greylisted, try again in 300 s",
        "full": f"452 4.2.2 <{address}>: Mailbox full",
        "gone": f"550 5.1.1 <{address}>: No such user here",
        "busy": "452 4.5.3 Too many recipients",
    }.get(local, "250 2.1.5 Ok")


# What is said where; a step that is not named is answered kindly. A callable gets the address.
# "hang" says nothing more, "drop" closes, "garbage" breaks the TLS handshake.
WAYS = {
    "accept": {},
    "greylist": {"rcpt": "451 4.7.1 <{}>: Recipient address rejected: Greylisted, see postgrey"},
    "throttle": {"greeting": "421 4.7.0 Too many messages from 192.0.2.25, slow down"},
    "full": {"rcpt": "452 4.2.2 <{}>: Mailbox full, quota of 5 MB used up"},
    "unknown": {"rcpt": "450 4.1.1 <{}>: Recipient address rejected: unverified: User unknown"},
    "notls": {},
    "tlsfail": {"offers": ["STARTTLS"], "starttls": "454 4.7.0 TLS not available: local problem"},
    "tlsbroken": {"offers": ["STARTTLS"], "starttls": "garbage"},
    "dnsbl": {"rcpt": "450 4.7.1 Service unavailable; Client host [192.0.2.25] blocked using "
                      "bl.example.net; listed: https://bl.example.net/q?192.0.2.25"},
    "spam": {"end": "451 4.7.1 Message looks like spam, policy 3.2.1, try your luck later"},
    "silent": {"greeting": "hang"},
    "lost": {"end": "drop"},
    "late": {"end": "hang"},
    "nosender": {"mail": "450 4.1.8 <{}>: Sender address rejected: Domain not found"},
    "mixed": {"rcpt": per_recipient},
    "lines": {"end": "451-4.3.0 Das Postfach nimmt gerade nichts an\r\n"
                     "451-4.3.0 La boîte aux lettres est fermée – почта закрыта\r\n"
                     "451 4.3.0 \x1b[31mred\x1b[0m try later"},
    "bounce": {"rcpt": "550 5.1.1 <{}>: User unknown in virtual mailbox table"},
}


class Conversation(socketserver.StreamRequestHandler):
    timeout = 120

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def act(self, step, address="", kindly="250 2.0.0 Ok"):
        """Answers at STEP; the reply's first digit, "" when the conversation is over."""
        answer = self.server.way.get(step, kindly)
        if callable(answer):
            answer = answer(address)
        if answer == "hang":
            self.server.stopping.wait(self.timeout)
            return ""
        if answer == "drop":
            return ""
        if answer == "garbage":
            self.say("220 2.0.0 Ready to start TLS")
            self.wfile.write(b"this is no handshake\r\n")
            return ""
        self.say(answer.replace("{}", address))
        return answer[0]

    def take_content(self):
        while True:
            line = self.rfile.readline()
            if not line or line == b".\r\n":
                return bool(line)

    def answer(self, line):
        """False: the conversation is over."""
        verb = line[:4].upper()
        address = line[line.find("<") + 1:line.rfind(">")]
        if verb == "EHLO":
            offers = ["sink.test", *self.server.way.get("offers", []), "8BITMIME", "SMTPUTF8"]
            for offer in offers:
                self.say("250-" + offer)
            self.say("250 ENHANCEDSTATUSCODES")
        elif verb == "STAR":
            return self.act("starttls") == "4"
        elif verb == "DATA":
            self.say("354 Go on")
            return self.take_content() and bool(self.act("end", kindly="250 2.0.0 Ok: taken"))
        elif verb == "QUIT":
            self.say("221 2.0.0 Bye")
            return False
        else:
            return bool(self.act(verb.lower(), address))
        return True

    def handle(self):
        if self.act("greeting", kindly="220 sink.test ESMTP") != "2":
            return
        while True:
            line = self.rfile.readline().decode(errors="replace").rstrip("\r\n")
            if not line or not self.answer(line):
                return


class Sink(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, way, address="127.0.0.1"):
        self.way = way
        self.stopping = threading.Event()
        super().__init__((address, 0), Conversation)
        # stop() waits for the end of a pause: a dozen sinks at half a second each were half a test
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """Clients that go away in the middle are none of our errors."""

    def stop(self):
        self.stopping.set()
        self.shutdown()
        self.server_close()
