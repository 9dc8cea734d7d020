/* SPDX-License-Identifier: ISC */
/* What the decoders share: GMime's options and the caps in front of it. */
#ifndef HOPQ_CORE_DECODE_GMIME_H
#define HOPQ_CORE_DECODE_GMIME_H

#include "hopq/arena.h"
#include "hopq/headers.h"
#include <gmime/gmime.h>

/* Longer fields are shown as they stand. Postfix cuts a header at 102,400 bytes
 * (header_size_limit), so an honest field is far from it. */
#define DECODE_TEXT_MAX (64UL * 1024)

/* The same options for every call: nothing of the locale gets in. Made by hq_decode_init(). */
GMimeParserOptions *hq_decode_options(void);

/* The value unfolded and without outer blanks, in a string that is used again by the next call
 * of this thread of work; borrowed. */
GString *hq_decode_unfolded(const struct hq_field_span *field);

/* The bytes of TEXT as GMime must get them: a C string, NUL replaced. Returns TEXT. */
GString *hq_decode_c_string(GString *text);

/* TEXT (a C string) with its encoded words as GMime decodes them right: TEXT itself, or a string
 * that is used again by the next call. */
const GString *hq_decode_part_words(const GString *text);

/* N bytes of S, valid UTF-8 for sure, in ARENA. */
const char *hq_decode_keep(const char *s, size_t n, struct hq_arena *arena);

/* Both append the list to OUT and return true, or return false: the field is to be shown in
 * another way. Plain: TEXT has no encoded word and no 8-bit byte; gives up, OUT empty again, where
 * the syntax is not the usual one. */
bool hq_decode_plain_addresses(const GString *text, GString *out);
bool hq_decode_address_list(const GString *text, GString *out);

#endif
