/* SPDX-License-Identifier: ISC */
/* Tables of the words in dates and their lookup. */
#include "date_words.h"
#include <glib.h>
#include <string.h>

#define WORD3(a, b, c) (((uint32_t)(a) << 16) | ((uint32_t)(b) << 8) | (uint32_t)(c))

static uint32_t first_three(const char *s)
{
    return WORD3((unsigned char)(s[0] | 0x20), (unsigned char)(s[1] | 0x20),
                 (unsigned char)(s[2] | 0x20));
}

/* The rest of a name may be cut anywhere ("Sept", "Thurs") but must be its letters. */
static bool is_cut_of(const char *s, size_t n, const char *name)
{
    return n <= strlen(name) && g_ascii_strncasecmp(s, name, n) == 0;
}

struct word {
    uint32_t key;
    uint8_t value;
    const char *name;
};

static const struct word months[] = {
    {WORD3('j', 'a', 'n'), 1, "january"},   {WORD3('f', 'e', 'b'), 2, "february"},
    {WORD3('m', 'a', 'r'), 3, "march"},     {WORD3('a', 'p', 'r'), 4, "april"},
    {WORD3('m', 'a', 'y'), 5, "may"},       {WORD3('j', 'u', 'n'), 6, "june"},
    {WORD3('j', 'u', 'l'), 7, "july"},      {WORD3('a', 'u', 'g'), 8, "august"},
    {WORD3('s', 'e', 'p'), 9, "september"}, {WORD3('o', 'c', 't'), 10, "october"},
    {WORD3('n', 'o', 'v'), 11, "november"}, {WORD3('d', 'e', 'c'), 12, "december"},
    {WORD3('m', 'a', 'i'), 5, "mai"},       {WORD3('o', 'k', 't'), 10, "oktober"},
    {WORD3('d', 'e', 'z'), 12, "dezember"},
};

static const struct word weekdays[] = {
    {WORD3('s', 'u', 'n'), 0, "sunday"},   {WORD3('m', 'o', 'n'), 1, "monday"},
    {WORD3('t', 'u', 'e'), 2, "tuesday"},  {WORD3('w', 'e', 'd'), 3, "wednesday"},
    {WORD3('t', 'h', 'u'), 4, "thursday"}, {WORD3('f', 'r', 'i'), 5, "friday"},
    {WORD3('s', 'a', 't'), 6, "saturday"},
};

static int find(const struct word *words, size_t count, const char *s, size_t n, int none)
{
    if (n < 3)
        return none;
    uint32_t key = first_three(s);
    for (size_t i = 0; i < count; i++) {
        if (words[i].key == key && (n == 3 || is_cut_of(s, n, words[i].name)))
            return words[i].value;
    }
    return none;
}

int hq_date_month(const char *s, size_t n)
{
    return find(months, G_N_ELEMENTS(months), s, n, 0);
}

int hq_date_weekday(const char *s, size_t n)
{
    return find(weekdays, G_N_ELEMENTS(weekdays), s, n, -1);
}

/* RFC 5322 section 4.3 names first; then what Postfix, Sendmail and qmail write behind the offset,
 * the abbreviations of the IANA time zone database. CERTAIN only where no two regions share the
 * name and no daylight time hides behind it. */
static const struct hq_zone_name zones[] = {
    {"GMT", 0, true},     {"UTC", 0, true},     {"UT", 0, true},          {"Z", 0, true},
    {"EST", -300, false}, {"EDT", -240, true},  {"CST", -360, false},     {"CDT", -300, false},
    {"MST", -420, false}, {"MDT", -360, true},  {"PST", -480, false},     {"PDT", -420, true},
    {"CET", 60, false},   {"CEST", 120, true},  {"MET", 60, false},       {"MEST", 120, true},
    {"MEZ", 60, false},   {"MESZ", 120, true},  {"WET", 0, false},        {"WEST", 60, true},
    {"EET", 120, false},  {"EEST", 180, true},  {"BST", 60, false},       {"MSK", 180, false},
    {"MSD", 240, false},  {"JST", 540, true},   {"KST", 540, true},       {"HKT", 480, true},
    {"SGT", 480, false},  {"PHT", 480, false},  {"WIB", 420, true},       {"ICT", 420, false},
    {"IST", 330, false},  {"PKT", 300, false},  {"NPT", 345, false},      {"AEST", 600, true},
    {"AEDT", 660, true},  {"ACST", 570, true},  {"ACDT", 630, true},      {"AWST", 480, true},
    {"NZST", 720, true},  {"NZDT", 780, true},  {"HST", -600, true},      {"AKST", -540, true},
    {"AKDT", -480, true}, {"AST", -240, false}, {"ADT", -180, false},     {"NST", -210, false},
    {"BRT", -180, false}, {"BRST", -120, true}, {"ART", -180, true},      {"CLT", -240, false},
    {"SAST", 120, true},  {"EAT", 180, true},   {"EST5EDT", -300, false}, {"PST8PDT", -480, false},
};

const struct hq_zone_name *hq_date_zone(const char *s, size_t n)
{
    for (size_t i = 0; i < G_N_ELEMENTS(zones) && n < sizeof zones->name; i++) {
        if (strlen(zones[i].name) == n && g_ascii_strncasecmp(zones[i].name, s, n) == 0)
            return &zones[i];
    }
    return NULL;
}
