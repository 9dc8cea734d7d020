# SPDX-License-Identifier: ISC
"""What scripts rely on: each option in each spelling, bad values, sources, exit statuses, what
becomes of output that cannot be written, configuration files with mistakes.
usage: test_contract.py HOPQ"""
import json
import os
import re
import subprocess

import e2e
from e2e import check, same
from forged import FORGED

MESSAGE = FORGED.replace("your account", "one")
FORM = re.compile(r"hopq: [^:]+: .*: .+")  # what was attempted: object: cause


def hopq(*arguments, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    return e2e.run([e2e.program(), "--dns=off", "--log=off", *arguments], **options)


def listed(*arguments, **options):
    status, out, err, _ = hopq("--dump=ndjson", *arguments, **options)
    check(status in (0, 1, 2), arguments, status, err)
    objects = [json.loads(line) for line in out.decode().splitlines()]
    return [o for o in objects if o["type"] == "message"]


def refused(status, *arguments, **options):
    got, out, err, _ = hopq(*arguments, **options)
    check(got == status and not out and FORM.match(err.replace("\n", " ")), arguments, "gives", got, err, out[:80])
    return err


def test_spellings(box):
    """Long and short, glued or apart, before and behind sources: all the same."""
    sizes = [m["size"] for m in listed("--sort=-size", box)]
    check(len(sizes) == 3 and sizes == sorted(sizes, reverse=True), sizes)
    for spelling in (["-s", "-size"], ["-s-size"], ["--sort", "-size"]):
        same(spelling, [m["size"] for m in listed(*spelling, box)], sizes)
        same(spelling, [m["size"] for m in listed(box, *spelling)], sizes)
    for spelling in (["-n", "1"], ["-n1"], ["--limit", "1"], ["--limit=1"]):
        same(spelling, len(listed(*spelling, box)), 1)
    same("-n 0", len(listed("-n", "0", box)), 0)
    for spelling in (["-f", "-nothing"], ["-f-nothing"], ["--filter=-nothing"]):
        same(spelling, len(listed(*spelling, box)), 0)
    same("--", len(listed("--full", "--", box)), 3)
    same("C locale", len(listed("-f", "subject:größe", box, env=e2e.environment(LC_ALL="C"))), 1)


def test_bad_values(box):
    for bad in ("--dump=xml", "--dump=", "--dns=bogus", "--dns=", "--dns=192.0.2.1:99999",
                "--dns-timeout=0", "--dns-timeout=x", "--limit=-1", "--limit=x", "--limit=99999999999",
                "--egress=192.0.2.0/24", "--trust=x", "--our=", "--our=a@b.example", "--color=x",
                "--theme=none-such", "--fail-on=info", "--sort=none", "--sort=size,,age", "--none-such",
                "-z", "--yes", "--yes=no", "--full=no", "--read-only=no", "--act=hold", "--act=none",
                "--spf", "--group=none", "--filter"):
        refused(64, box, bad)
    refused(64, "--spf", "1.2.3", "helo.example", "a@b.example")
    refused(64, "--demo", box)
    refused(77, "--read-only", "--act=hold", "-f", "x", box)
    same("--full=no", refused(64, "--full=no", box),
         "hopq: read the command line: --full=no: takes no value\n")


def test_sources(where, box):
    path = os.path.join(where, "one.eml")
    same("source", listed("eml:" + path)[0]["source"], "eml:" + path)
    relative = listed("one.eml", cwd=where)[0]
    same("relative", (relative["source"], relative["id"]), ("eml:one.eml", "one.eml"))
    odd = os.path.join(os.fsencode(where), b"a b\xff\n")
    os.symlink(path, odd)
    same("odd name", len(listed(odd)), 1)
    same("trailing slash", len(listed(box + "/")), 3)
    same("said twice", len(listed(path, "eml:" + path, box, box + "/.", "maildir:" + box)), 4)
    refused(66, path + "x")
    refused(66, "eml:" + path + "x")
    refused(66, "eml:" + where)
    refused(66, "mbox:" + where)
    refused(66, path + "x", path + "y")
    refused(66, "--act=hold", "-f", "x", path, path + "x")  # what changes wants all that was named
    for sources in ((path, path + "x"), (path + "x", path)):
        for form in ("ndjson", "json", "text", "prometheus"):
            status, out, err, _ = hopq("--dump=" + form, *sources)
            check(status == 66 and err == f"hopq: open: {path}x: No such file or directory\n",
                  form, "with one source missing:", status, err)
            check(form == "prometheus" or "your account" in out.decode() or "one.eml" in out.decode(),
                  form, "hides the source that is there:", out[:200])
    for form, told in ((b"", "empty"), (b"no header at all\n", "no mail"), (MESSAGE.encode(), ""),
                       (bytes(range(256)) * 40, "no mail"), (b"root:x:0:0::/:\n", "no mail")):
        status, out, err, _ = hopq("--dump=ndjson", "--full", "-", stdin=as_input(form))
        same(f"{form[:20]}: exit status ({err})", status, 2 if told else 0)
        problems = json.loads(out.splitlines()[0])["problems"]
        check(told in str(problems) and bool(told) == bool(problems), form[:20], problems)
    err = refused(66, odd + b"\x1b[31mx")
    check("\x1b" not in err and "\\xFF" in err, "names of files are made safe:", err)
    refused(66, "-", preexec_fn=lambda: os.close(0))


def test_plain_words(box):
    status, out, err, _ = hopq("--act=hold", "-f", "from:nobody-at-all", box)
    check(status == 0 and out.startswith(b"no message matches: nothing to hold\n"), status, out, err)
    status, out, err, _ = hopq("--dump=prometheus", box)
    check(status == 0 and not re.search(rb"\.[0-9]{10}", out), "figures for people:", out[-300:])


def as_input(data):
    reader = os.memfd_create("input")
    os.write(reader, data)
    os.lseek(reader, 0, os.SEEK_SET)
    return reader


def test_ids(box):
    ids = [m["id"] for m in listed(box)]
    same("both", sorted(m["id"] for m in listed("-m", ids[0], "-m", ids[1], box)), sorted(ids[:2]))
    refused(66, "-m", "none-such", box)
    status, out, err, _ = hopq("--dump=ndjson", "-m", ids[0], "-m", "none-such", box)
    check(status == 66 and "none-such" in err, status, err)
    same("the one that is there", json.loads(out.split(b"\n")[0])["id"], ids[0])


def test_denied(where, hopq_copy):
    secret = os.path.join(where, "secret.eml")
    with open(secret, "w", encoding="ascii") as file:
        file.write(MESSAGE)
    os.chmod(secret, 0o600)
    for source in (secret, "eml:" + secret, "mbox:" + secret, "snapshot:" + secret):
        status, _, err, _ = e2e.run([hopq_copy, "--dump", source], as_nobody=True)
        check(status == 77 and FORM.match(err), source, status, err)
    status, _, err, _ = e2e.run([hopq_copy, "--config", secret, "--dump", hopq_copy], as_nobody=True)
    check(status == 77 and FORM.match(err), status, err)


def test_output(where):
    """Success is never told of output that is lost."""
    path = os.path.join(where, "one.eml")
    for arguments in (["--version"], ["--help"], ["--dump", path], ["--dump=json", "--full", path],
                      ["--dump=prometheus", path], ["--explain", "421 x"],
                      ["--spf", "192.0.2.1", "a.example", "a@b.example"],
                      ["--act=hold", "-f", "x", path]):
        with open("/dev/full", "wb") as full:
            process = subprocess.run([e2e.program(), "--dns=off", "--log=off", *arguments], check=False,
                                     stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE)
        check(process.returncode == 70 and b"hopq: write: output: " in process.stderr, arguments,
              process.returncode, process.stderr)
        closed = e2e.run(["/bin/sh", "-c", 'exec "$0" "$@" >&-', e2e.program(), "--dns=off",
                          "--log=off", *arguments])
        check(closed[0] == 70, arguments, "closed:", closed[0], closed[2])


def test_spf_senders():
    """A sender may stand in brackets, as in logs."""
    def spf(sender):
        out = hopq("--dump=ndjson", "--spf", "192.0.2.1", "mx.example", sender)[1]
        found = json.loads(out)
        return found["identity"], found["domain"]

    for sender in ("a@b.example", "<a@b.example>"):
        same(sender, spf(sender), ("mailfrom", "b.example"))
    for sender in ("", "<>"):
        same("null sender " + sender, spf(sender), ("helo", "mx.example"))


def test_fail_on(where, box):
    forged = os.path.join(where, "one.eml")
    for level in ("low", "medium", "high"):
        same(level, hopq("--dump", "--fail-on", level, forged)[0], 1)
        same("group " + level, hopq("--dump", "--group", "--fail-on=" + level, forged)[0], 1)
    same("none listed", hopq("--dump", "--fail-on=low", "-f", "none-such", box)[0], 0)
    message = listed("--fail-on=high", forged)[0]
    check("hops" not in message, "--fail-on does not print more")


def test_explain():
    lines = b"421 Too many messages\r\n\n550 5.1.1 a\0b user unknown\n" + b"x" * 1000000 + b"\nlast"
    for arguments in ([], ["-"]):
        status, out, err, _ = hopq("--dump=ndjson", "--explain", *arguments, stdin=as_input(lines))
        objects = [json.loads(line) for line in out.decode().splitlines()]
        same("statuses", (status, err, len(objects)), (0, "", 5))
        check(objects[0]["text"] == "421 Too many messages" and objects[4]["text"] == "last", "texts")
        same("behind a NUL", objects[2]["category"], "user-unknown")
    refused(66, "--explain", preexec_fn=lambda: os.close(0))


def test_configuration(where):
    path = os.path.join(where, "hopq.conf")
    source = os.path.join(where, "one.eml")

    def configured(text, *arguments):
        with open(path, "wb") as file:
            file.write(text)
        return hopq("--config", path, *arguments)

    for text in (b"", b"# nothing\n", b"[hopq]\r\nour=a.example; b.example, c.example d.example\r\n",
                 b"[hopq]\ntrust=10/8, !192.0.2.9\negress=192.0.2.1 2001:db8::1\nread-only=no\n"):
        same(text, configured(text, "--dump", source)[0], 0)
    for line, text in ((2, b"[hopq]\nread-only=maybe\n"), (1, b"our=a.example\n"), (2, b"[hopq]\njunk\n"),
                       (3, b"\n[hopq]\negress = x\n"), (2, b"[hopq]\nnone=1\n"), (1, b"[hpoq]\n"),
                       (2, b"[hopq]\ndns=x y\n"), (3, b"[hopq]\n[keys]\nnone=q\n"),
                       (3, b"[hopq]\n[keys]\nquit=Foo\n"), (2, b"[hopq]\nour=\xff\n"),
                       (2, b"[hopq]\nour=a.example b@c\n")):
        status, _, err, _ = configured(text, "--dump", source)
        check(status == 64 and f": {path}:{line}: " in err, text, status, err)
    for yes in (b"yes", b"true", b"1", b"on"):
        same(yes, configured(b"[hopq]\nread-only=" + yes + b"\n", "--act=hold", "-f", "x", source)[0],
             77)
    refused(66, "--config", path + "x", source)
    same("help, whatever a file says", configured(b"junk\n", "--help")[0], 0)


def main():
    where = e2e.folder()
    box = os.path.join(where, "box")
    for name in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(box, name))
    with open(os.path.join(where, "one.eml"), "w", encoding="ascii") as file:
        file.write(MESSAGE)
    for n, subject in enumerate(("one", "two and more", "Größe")):
        with open(os.path.join(box, "new", f"{1790000000 + n}.M1P{n}.host"), "w",
                  encoding="utf-8") as file:
            file.write(MESSAGE.replace("Subject: one", "Subject: " + subject) + "x" * n)
    test_spellings(box)
    test_bad_values(box)
    test_sources(where, box)
    test_ids(box)
    test_plain_words(box)
    test_output(where)
    test_spf_senders()
    test_fail_on(where, box)
    test_explain()
    test_configuration(where)
    if os.geteuid() == 0:
        test_denied(where, e2e.public_copy(where))
    e2e.finish()


main()
