/* SPDX-License-Identifier: ISC */
/* Decoding for people, through GMime, with length caps before it (a From: of 100 KB of "g:g:g:"
 * overflows GMime's stack). Plain ASCII takes a short way without GMime.
 *
 * The results are UTF-8 but hostile: hq_text_safe() before a terminal. */
#ifndef HOPQ_DECODE_H
#define HOPQ_DECODE_H

#include "hopq/detail.h"
#include "hopq/headers.h"
#include "hopq/message.h"

/* Once in a process, before any sandbox: starts GMime and opens the charsets of mail, because glibc
 * loads a converter from a file when it is first used. */
void hq_decode_init(void);

/* RFC 2047 text of an unstructured field, unfolded. NULL for a NULL field. */
const char *hq_decode_text(const struct hq_field_span *field, struct hq_arena *arena);

/* An address list as people read it: "Ann Smith <ann@a.example>, bob@b.example", names decoded,
 * domains as stored (xn-- is not turned into Unicode: look-alikes). Too large or too deep a field
 * is decoded as text. */
const char *hq_decode_addresses(const struct hq_field_span *field, struct hq_arena *arena);

/* Subject, From, To, Date and Message-ID of a message from its header. */
void hq_decode_summary(const struct hq_headers *headers, struct hq_message *message,
                       struct hq_arena *arena);

/* All fields with raw and decoded value, into DETAIL. */
void hq_decode_headers(const struct hq_headers *headers, struct hq_detail *detail,
                       struct hq_arena *arena);

/* MIME tree and readable text of a whole message of N bytes (header and body): parts, body,
 * body_truncated (at most MAX_TEXT bytes of text). HTML without a plain alternative is shown with
 * its tags removed. */
void hq_decode_body(const char *message, size_t n, size_t max_text, struct hq_detail *detail,
                    struct hq_arena *arena);

#endif
