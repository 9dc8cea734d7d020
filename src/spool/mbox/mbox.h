/* SPDX-License-Identifier: ISC */
/* The line that begins a message in an mbox: "From ADDRESS Sat Nov 21 10:00:00 2026". */
#ifndef HOPQ_SPOOL_MBOX_H
#define HOPQ_SPOOL_MBOX_H

#include "hopq/arena.h"
#include <stdbool.h>
#include <stddef.h>

#define HQ_FROM_MAX 1024 /* what is longer is no such line */

struct hq_from_line {
    const char *address; /* "" is possible */
    size_t address_length;
    const char *date;
    size_t date_length; /* to the end of the line */
};

/* Whether the N bytes of S begin with such a line: with a month, a time and a year in it. */
bool hq_from_line_read(const char *s, size_t n, struct hq_from_line *line);

/* Its length with the line end (LF, CRLF or CR). */
size_t hq_from_line_length(const char *s, size_t n);

/* The envelope sender it names: "" for the null sender, which delivery programs write as
 * MAILER-DAEMON or <>. */
const char *hq_from_line_sender(struct hq_arena *arena, const struct hq_from_line *line);

#endif
