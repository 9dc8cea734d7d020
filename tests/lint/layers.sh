#!/bin/sh
# SPDX-License-Identifier: ISC
# Holds src/ and include/ to the layers: nothing includes what lies above it, modules keep what is
# theirs, libraries stay in their place, calls that nobody should make are not made. Prints a line
# for each breach.
# usage: layers.sh [CHECKOUT]; exit 0 clean, 1 breaches, 2 no checkout
set -u

cd "${1:-.}" || exit 2
if [ ! -d src ] || [ ! -d include/hopq ]; then
    echo "layers.sh: no src/ and include/hopq/ in $(pwd)" >&2
    exit 2
fi

# Public headers belong to the layer that implements them.
public='
base  arena error io ip json text time
model detail fields history message schema
core  auth context date decode dkim dmarc dns forecast forward headers identity log mx_check org reason received schedule spf trail trend
spool change logfile reader spool
'

find src include -name '*.[ch]' -o -name '*.def' | LC_ALL=C sort | awk -v public="$public" '
function breach(what) {
    print file ":" line ": " what
    broken = 1
}

# "base" of base/x.h and src/base/x.c, "main" of src/x.c; "" when PATH is none of ours.
function layer_of(path,    part) {
    sub(/^src\//, "", path)
    if (path !~ /\//)
        return "main"
    split(path, part, "/")
    if (part[1] == "include")
        return layer_of("hopq/" part[3])
    if (part[1] != "hopq")
        return part[1] in rank ? part[1] : ""
    sub(/\.h$/, "", part[2])
    return part[2] in owner ? owner[part[2]] : "?"
}

function check_ours(header,    theirs) {
    if (header ~ /\.\.\//)
        breach("include \"" header "\": name it by its layer, not by \"..\"")
    if (header !~ /\//) # beside the file itself
        return
    theirs = layer_of(header)
    if (theirs == "?")
        breach("include \"" header "\": no such public header in the table of tests/lint/layers.sh")
    else if (theirs == "" || theirs == layer)
        return
    else if (rank[theirs] > rank[layer])
        breach("include \"" header "\": " layer " is below " theirs)
    else if (rank[theirs] == rank[layer])
        breach("include \"" header "\": " layer " and " theirs " know nothing of each other")
}

# A folder in a layer is a module. What it calls parts.h is its own, and a spool is closed: its
# row of spools.def is all that the others know of it.
function check_module(header,    part) {
    if (split(header, part, "/") == 3 && index(file, "src/" part[1] "/" part[2] "/") != 1 &&
        (part[3] == "parts.h" || part[1] == "spool" && part[2] != "checks"))
        breach("include \"" header "\": " part[1] "/" part[2] " only")
}

function check_library(header,    i) {
    for (i = 1; i <= libraries; i++)
        if (header ~ only[i] && file !~ place[i])
            breach("include <" header ">: " home[i] " only")
}

# LINE without comments, strings and character constants; IN_COMMENT lasts over lines.
function code_of(text,    out, end) {
    out = ""
    while (text != "") {
        if (in_comment) {
            end = index(text, "*/")
            if (!end)
                return out
            in_comment = 0
            text = substr(text, end + 2)
        } else if (!match(text, /\/\*|\/\/|"|\047/)) {
            return out text
        } else {
            out = out substr(text, 1, RSTART - 1) " "
            text = substr(text, RSTART)
            if (text ~ /^\/\//)
                return out
            in_comment = text ~ /^\/\*/
            if (in_comment)
                text = substr(text, 3)
            else if (match(text, /^"([^"\\]|\\.)*"|^\047([^\047\\]|\\.)*\047/))
                text = substr(text, RLENGTH + 1)
            else
                return out
        }
    }
    return out
}

function check_calls(text,    call) {
    while (match(text, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) {
        call = substr(text, RSTART, RLENGTH - 1)
        sub(/[ \t]+$/, "", call)
        if (call in forbidden)
            breach("call of " call "()")
        text = substr(text, RSTART + RLENGTH)
    }
}

function check_line(text,    header, code) {
    if (!in_comment && text ~ /^[ \t]*#[ \t]*include[ \t]*["<]/) {
        header = text
        sub(/^[^"<]*["<]/, "", header)
        sub(/[">].*/, "", header)
        if (text ~ /^[^"<]*"/ || header ~ /^hopq\//) {
            check_ours(header)
            check_module(header)
        }
        check_library(header)
        return
    }
    code = code_of(text)
    check_calls(code)
}

function library(pattern, where, words) {
    only[++libraries] = pattern
    place[libraries] = where
    home[libraries] = words
}

BEGIN {
    split("base model core spool proc store act dump main", names, " ")
    for (i in names)
        rank[names[i]] = i + 0
    rank["tui"] = rank["dump"]
    rows = split(public, row, "\n")
    for (i = 1; i <= rows; i++) {
        words = split(row[i], word, " ")
        for (k = 2; k <= words; k++)
            owner[word[k]] = word[1]
    }
    split("strcpy strcat sprintf vsprintf gets system popen atoi atol atoll strtok alloca", calls, " ")
    for (i in calls)
        forbidden[calls[i]] = 1
    library("^(ncursesw\\/)?(n?curses|panel|menu|form|term)\\.h$", "^src\\/tui\\/", "src/tui/")
    library("^spf2\\/", "^src\\/core\\/spf\\/", "src/core/spf/")
    library("^nettle\\/", "^src\\/core\\/dkim\\/", "src/core/dkim/")
    library("^gmime\\/", "^src\\/core\\/", "src/core/")
    library("^ares[a-z_]*\\.h$", "^src\\/proc\\/", "src/proc/")
}

{
    file = $0
    layer = layer_of(file)
    line = 0
    in_comment = 0
    files++
    if (layer == "?")
        breach("not in the table of tests/lint/layers.sh: which layer implements it?")
    else if (layer == "")
        breach("no such layer")
    while ((getline text < file) > 0) {
        line++
        check_line(text)
    }
    close(file)
}

END {
    if (!files) {
        print "layers.sh: no sources found"
        broken = 1
    }
    exit broken
}'
