/* SPDX-License-Identifier: ISC */
/* Characters: strict UTF-8, and what each does to a terminal. Shared by text and JSON. */
#ifndef HOPQ_BASE_UTF8_H
#define HOPQ_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the character that S (N >= 1 bytes) begins with; 0 when it begins with none: overlong
 * forms, surrogates, above 10FFFF and cut ones are none (RFC 3629 section 4). */
unsigned hq_utf8_decode(const char *s, size_t n, uint32_t *character);

/* Of ASCII; a call to GLib for each byte of a text would cost more than the rest. */
static inline char hq_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Length of the printable ASCII (20-7E) that S begins with. */
size_t hq_utf8_plain(const char *s, size_t n);

/* True when all eight bytes at S are printable ASCII: the high bit of each lane marks a byte below
 * 20, or 7F and above. */
static inline bool hq_utf8_plain8(const char *s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, s, sizeof(word));
    uint64_t odd = word | (word - ones * 0x20) | (word + ones);
    return (odd & (ones * 0x80)) == 0;
}

/* True for C0 80, what the arena makes of an embedded NUL. */
bool hq_utf8_is_nul(const char *s, size_t n);

/* Controls, and what nobody sees or what turns the text around: the list of hopq/text.h. */
bool hq_utf8_hidden(uint32_t character);

/* Columns on a terminal: 0 (joins the character before), 1, 2. */
int hq_utf8_columns(uint32_t character);

#endif
