#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""test_manual.py SOURCES PROGRAM [fails]: the manual has every option, key, task, field, category and
finding that there is, and none that there is not. With "fails" a row that no manual has is added to
each table: then each of them must be missed."""
import pathlib
import re
import subprocess
import sys

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
NOBODY = "no-such-thing"


def plain(scdoc):
    """Text without marks: \\x stands for x."""
    marks = re.compile(r"\\(.)|[*_]|\s+")
    return marks.sub(lambda m: m[1] or (" " if m[0].isspace() else ""), scdoc).strip()


def entries(page):
    """(head without what is in brackets behind it, text) of every entry that begins in bold."""
    for block in page.split("\n\n"):
        head, tab, text = block.partition("\n\t")
        if tab and head.startswith("*"):
            yield plain(re.sub(r" \(.*\)$", "", head)), plain(text)


def table(path, macro):
    """The strings in each row of an X-macro table, C escapes undone."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(macro + "("):
            yield [re.sub(r"\\(.)", r"\1", text) for text in STRING.findall(line)]


def options(program):
    text = subprocess.run([program, "--help"], capture_output=True, check=True,
                          encoding="utf-8").stdout
    return set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.M))


def findings(sources):
    """Those that some code gives."""
    code = "".join(path.read_text(encoding="utf-8") for path in (sources / "src").rglob("*.c"))
    known = (row[0] for row in table(sources / "src/core/finding/findings.def", "FINDING"))
    return {name for name in known if f'"{name}"' in code}


def categories(sources):
    """Name to meaning."""
    names = dict(re.findall(r"\[HQ_CATEGORY_(\w+)\] = \"([^\"]+)\"",
                            (sources / "src/model/names.c").read_text(encoding="utf-8")))
    meanings = re.findall(r"\[HQ_CATEGORY_(\w+)\] =\s*\{\"([^\"]+)\"",
                          (sources / "src/core/reason/category.c").read_text(encoding="utf-8"))
    return {(names[category], meaning) for category, meaning in meanings}


def compare(what, wanted, there, failures):
    """Every WANTED is THERE."""
    if not wanted:
        failures.append(f"no {what} found in the sources")
    failures += [f"the manual lacks {what} {one}" for one in wanted - there]


def named_actions(manual):
    """The names that [keys] takes."""
    listing = manual.partition("The actions:")[2].partition("\n# ")[0]
    return set(re.findall(r"[a-z][a-z-]*", listing))


def check(sources, program, extra):
    main = (sources / "doc/hopq.1.scd").read_text(encoding="utf-8")
    filters = (sources / "doc/hopq-filter.7.scd").read_text(encoding="utf-8")
    listed, failures = set(entries(main)), []
    heads = {head for head, _ in listed}
    told = set(re.findall(r"^\*(?:-\w\*, \*)?(--[a-z-]+)\*", main, re.M))
    keys = {(row[1], row[-1]) for row in table(sources / "src/tui/keys.def", "HQ_KEY")}
    actions = {(row[0],) for row in table(sources / "src/tui/keys.def", "HQ_KEY")}
    fields = {(row[0] + ":", row[-1]) for row in table(sources / "src/model/fields.def", "HQ_FIELD")}
    screen = set(entries(main.partition("# SCREEN")[2].partition("\n# ")[0]))
    in_filter = set(entries(filters.partition("# FIELDS")[2].partition("\n# ")[0]))
    tasks = {(row[0], row[-1]) for row in table(sources / "src/tui/tasks.def", "HQ_TASK")}
    steps = set(entries(main.partition("# FIRST STEPS")[2].partition("\n# ")[0]))
    signs = {(row[0], row[-1]) for row in table(sources / "src/tui/signs.def", "HQ_SIGN")}
    meant = set(entries(main.partition("# COLUMNS AND MARKS")[2].partition("\n# ")[0]))
    pair = {(NOBODY, NOBODY)} if extra else set()
    compare("option", options(program) | {name for name, _ in pair}, told, failures)
    compare("key", keys | pair, screen, failures)
    compare("task", tasks | pair, steps, failures)
    compare("sign", signs | pair, meant, failures)
    compare("action", {name for name, *_ in actions} | {name for name, _ in pair},
            named_actions(main), failures)
    compare("field", fields | pair, in_filter, failures)
    compare("category", categories(sources) | pair, listed, failures)
    compare("finding", findings(sources) | {name for name, _ in pair}, heads, failures)
    for what, surplus in (("option", told - options(program)), ("key", screen - keys),
                          ("task", steps - tasks), ("sign", meant - signs),
                          ("field", in_filter - fields)):
        failures += [f"there is no {what} {one}, but the manual has it" for one in surplus]
    return failures


def main():
    sources, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    extra = sys.argv[3:] == ["fails"]
    failures = check(sources, program, extra)
    for failure in failures:
        print(failure)
    if extra:
        missed = sum(NOBODY in failure for failure in failures)
        sys.exit(0 if missed == 8 else f"{missed} of 8 tables were checked")
    sys.exit(1 if failures else 0)


main()
