/* SPDX-License-Identifier: ISC */
/* Characters: strict UTF-8, and what each does to a terminal. */
#include "base/utf8.h"
#include <glib.h>

/* What the first byte promises: length, and the range of the second byte (RFC 3629 section 4, where
 * the narrowed ranges keep out overlong forms, surrogates and what is above 10FFFF). */
struct lead {
    uint8_t first, last, length, low, high;
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const struct lead *find_lead(uint8_t byte)
{
    for (size_t i = 0; i < G_N_ELEMENTS(leads); i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

unsigned hq_utf8_decode(const char *s, size_t n, uint32_t *character)
{
    const uint8_t *p = (const uint8_t *)s;
    if (p[0] < 0x80) {
        *character = p[0];
        return 1;
    }
    const struct lead *lead = find_lead(p[0]);
    if (!lead || n < lead->length || p[1] < lead->low || p[1] > lead->high)
        return 0;
    uint32_t value = p[0] & (0x7Fu >> lead->length);
    for (unsigned i = 1; i < lead->length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3F);
    }
    *character = value;
    return lead->length;
}

bool hq_utf8_is_nul(const char *s, size_t n)
{
    return n >= 2 && s[0] == '\xC0' && s[1] == '\x80';
}

size_t hq_utf8_plain(const char *s, size_t n)
{
    size_t i = 0;
    while (n - i >= 8 && hq_utf8_plain8(s + i))
        i += 8;
    while (i < n && s[i] >= 0x20 && s[i] < 0x7F)
        i++;
    return i;
}

/* Besides what hopq/text.h names, the rest of Unicode's Default_Ignorable_Code_Point
 * (DerivedCoreProperties.txt): fillers and format characters that show nothing either. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001F},    {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160},    {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},    {0x3164, 0x3164}, {0xD800, 0xF8FF}, {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},    {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0x10FFFF},
};

bool hq_utf8_hidden(uint32_t character)
{
    if (character < 0x20 || (character & 0xFFFE) == 0xFFFE || character > 0x10FFFF)
        return true;
    if (character >= 0xA0 && character < 0x300) /* most letters there are, soon settled */
        return character == 0xAD;
    size_t low = 0;
    size_t high = G_N_ELEMENTS(hidden);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (character > hidden[middle].last)
            low = middle + 1;
        else if (character < hidden[middle].first)
            high = middle;
        else
            return true;
    }
    /* Nobody agrees on the width of what no table knows: it would shift the columns. */
    return !g_unichar_isdefined(character);
}

/* Visible, although their category is Cf: Prepended_Concatenation_Mark of PropList.txt. */
static bool is_prepended_mark(uint32_t c)
{
    return (c >= 0x600 && c <= 0x605) || c == 0x6DD || c == 0x70F || c == 0x890 || c == 0x891 ||
           c == 0x8E2 || c == 0x110BD || c == 0x110CD;
}

/* What glibc and terminals show wide, GLib does not: circled numbers, hexagrams (EastAsianWidth.txt
 * of Unicode 16 has made the latter wide). */
static bool is_wide_besides(uint32_t c)
{
    return (c >= 0x3248 && c <= 0x324F) || (c >= 0x4DC0 && c <= 0x4DFF);
}

int hq_utf8_columns(uint32_t character)
{
    if (character < 0x300)
        return 1;
    if (g_unichar_iszerowidth(character))
        return is_prepended_mark(character) ? 1 : 0;
    return g_unichar_iswide(character) || is_wide_besides(character) ? 2 : 1;
}
