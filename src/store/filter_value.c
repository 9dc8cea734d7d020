/* SPDX-License-Identifier: ISC */
/* Values of the filter language: "a|b", *glob*, /regex/, =exact, >5, 192.0.2.0/24, "with blanks".
 * Each alternative becomes one test. */
#include "hopq/detail.h"
#include "store/filter_internal.h"
#include "store/pattern.h"
#include <string.h>

static bool ends_value(char c)
{
    return !c || g_ascii_isspace(c) || c == '|';
}

/* ---- reading one alternative ---- */

struct word {
    size_t start;
    GString *text; /* without its quotes */
    GString *glob; /* the same as a regular expression, "*" outside of quotes as ".*" */
    bool has_star;
    bool quoted;
};

static void word_add(struct word *word, const char *s, size_t n)
{
    g_string_append_len(word->text, s, (gssize)n);
    hq_pattern_quote(word->glob, s, n);
}

/* From the opening quote to behind the closing one; \" and \\ inside. */
static bool read_quoted(struct hq_filter_scan *scan, struct word *word)
{
    size_t open = scan->at++;

    word->quoted = true;
    for (; scan->text[scan->at]; scan->at++) {
        const char *c = scan->text + scan->at;
        if (*c == '"') {
            scan->at++;
            return true;
        }
        if (*c == '\\' && (c[1] == '"' || c[1] == '\\'))
            c = scan->text + ++scan->at;
        word_add(word, c, 1);
    }
    return hq_filter_fail(scan, open, "the quote is not closed");
}

static bool read_word(struct hq_filter_scan *scan, struct word *word)
{
    word->start = scan->at;
    while (!ends_value(scan->text[scan->at])) {
        const char *c = scan->text + scan->at;
        if (*c == '"') {
            if (!read_quoted(scan, word))
                return false;
            continue;
        }
        if (*c == '*') {
            g_string_append(word->glob, ".*");
            g_string_append_c(word->text, '*');
            word->has_star = true;
        } else {
            word_add(word, c, 1);
        }
        scan->at++;
    }
    return true;
}

/* ---- from the words to a test ---- */

static bool set_pattern(struct hq_filter_scan *scan, struct hq_filter_test *test,
                        enum hq_pattern_kind kind, const char *text, size_t start)
{
    g_autofree char *problem = NULL;
    size_t offset = 0;

    test->kind = HQ_TEST_PATTERN;
    test->pattern = hq_pattern_new(kind, text, &problem, &offset);
    if (!test->pattern)
        return hq_filter_fail(scan, start + offset, "regular expression: %s", problem);
    return true;
}

static bool read_regex(struct hq_filter_scan *scan, struct hq_filter_test *test)
{
    size_t open = scan->at++, close = open + 1;

    for (; scan->text[close] && scan->text[close] != '/'; close++)
        if (scan->text[close] == '\\' && scan->text[close + 1])
            close++;
    if (!scan->text[close])
        return hq_filter_fail(scan, open,
                              "the regular expression is not closed with /; "
                              "write \"/…\" in quotes for a plain slash");
    g_autofree char *regex = g_strndup(scan->text + scan->at, close - scan->at);
    if (!ends_value(scan->text[close + 1]))
        return hq_filter_fail(scan, close + 1,
                              "text after the regular expression; a / inside is written \\/");
    scan->at = close + 1;
    return set_pattern(scan, test, HQ_PATTERN_REGEX, regex, open + 1);
}

/* Reads < > <= >= =; false when there is none. */
static bool read_operator(struct hq_filter_scan *scan, enum hq_filter_compare *compare)
{
    const char *s = scan->text + scan->at;
    bool equal = (*s == '<' || *s == '>') && s[1] == '=';

    switch (*s) {
    case '<':
        *compare = equal ? HQ_COMPARE_LE : HQ_COMPARE_LT;
        break;
    case '>':
        *compare = equal ? HQ_COMPARE_GE : HQ_COMPARE_GT;
        break;
    case '=':
        *compare = HQ_COMPARE_EQ;
        break;
    default:
        return false;
    }
    scan->at += equal ? 2 : 1;
    return true;
}

/* What a value of each kind looks like, for those who got it wrong. */
static const char *const number_help[] = {
    [HQ_KIND_NUMBER] = "a number: %s:3, %s:>10",
    [HQ_KIND_SIZE] = "a size: %s:>10k (units k M G)",
    [HQ_KIND_TIME] = "a time from now: %s:<2h (units s m h d w)",
    [HQ_KIND_SPAN] = "a time: %s:>2h (units s m h d w)",
    [HQ_KIND_FLAG] = "%s:yes, %s:no or %s:unknown",
};

static bool fail_number(struct hq_filter_scan *scan, size_t at, const struct hq_field_info *field)
{
    g_auto(GStrv) parts = g_strsplit(number_help[field->kind], "%s", -1);
    g_autofree char *example = g_strjoinv(field->name, parts);

    return hq_filter_fail(scan, at, "%s wants %s", field->name, example);
}

static bool read_number(struct hq_filter_scan *scan, const struct hq_field_info *field,
                        struct hq_filter_test *test, struct word *word)
{
    size_t start = scan->at;
    bool compared = read_operator(scan, &test->compare);
    bool moment = field->kind == HQ_KIND_TIME || field->kind == HQ_KIND_SPAN;

    if (!read_word(scan, word))
        return false;
    if (!hq_filter_read_operand(field, word->text->str, &test->operand))
        return fail_number(scan, word->start, field);
    if (moment && !compared) /* nothing is ever two hours old to the microsecond */
        return fail_number(scan, start, field);
    if (field->kind == HQ_KIND_FLAG && compared && test->compare != HQ_COMPARE_EQ)
        return fail_number(scan, start, field);
    test->kind = HQ_TEST_COMPARE;
    return true;
}

/* ">=500" of a text field whose values are numbers ("code"). */
static bool read_text_number(struct hq_filter_scan *scan, struct hq_filter_test *test)
{
    static const struct hq_field_info number = {.name = "code", .kind = HQ_KIND_NUMBER};
    struct hq_filter_scan ahead = *scan;

    if (!strchr("<>", scan->text[scan->at]) || !read_operator(&ahead, &test->compare))
        return false;
    size_t end = ahead.at;
    while (!ends_value(scan->text[end]))
        end++;
    g_autofree char *digits = g_strndup(scan->text + ahead.at, end - ahead.at);
    if (!hq_filter_read_operand(&number, digits, &test->operand))
        return false;
    scan->at = end;
    test->kind = HQ_TEST_COMPARE;
    return true;
}

/* Fields whose values are a closed list: a word that is one of them means just that one
 * ("spf:fail" is not softfail), and one that is in none is a mistake. */
static const struct {
    const char *field;
    const char *const *names[2];
    unsigned count[2];
} choices[] = {
    {"reason", {hq_category_names}, {HQ_CATEGORY_COUNT}},
    {"phase", {hq_phase_names}, {HQ_PHASE_COUNT}},
    {"spf", {hq_result_names}, {HQ_RESULT_COUNT}},
    {"forecast", {hq_outlook_names, hq_result_names}, {HQ_OUTLOOK_COUNT, HQ_RESULT_COUNT}},
};

static bool fail_choice(struct hq_filter_scan *scan, const struct word *word, size_t row)
{
    const char *near = NULL;
    g_autoptr(GString) all = g_string_new(NULL);

    for (unsigned k = 0; k < 2; k++) {
        if (!near)
            near = hq_filter_nearest(word->text->str, choices[row].names[k], choices[row].count[k]);
        for (unsigned i = 0; i < choices[row].count[k]; i++)
            if (choices[row].names[k][i])
                g_string_append_printf(all, " %s", choices[row].names[k][i]);
    }
    if (near)
        return hq_filter_fail(scan, word->start, "no %s is called \"%s\"; did you mean %s?",
                              choices[row].field, word->text->str, near);
    return hq_filter_fail(scan, word->start, "no %s is called \"%s\"; there are%s",
                          choices[row].field, word->text->str, all->str);
}

/* Sets EXACT when the word is one of the names of the field. */
static bool check_choice(struct hq_filter_scan *scan, const struct hq_field_info *field,
                         const struct word *word, bool *exact)
{
    g_autofree char *lower = g_ascii_strdown(word->text->str, -1);
    bool within = false;
    size_t row = 0;

    while (row < G_N_ELEMENTS(choices) && (!field || strcmp(choices[row].field, field->name) != 0))
        row++;
    if (row == G_N_ELEMENTS(choices))
        return true;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; i < choices[row].count[k]; i++) {
            const char *name = choices[row].names[k][i];
            *exact |= name && strcmp(name, lower) == 0;
            within |= name && strstr(name, lower);
        }
    return within || fail_choice(scan, word, row);
}

/* "10/8", "192.0.2.0/33": meant as a network; as part of a text it would just never match. */
static bool looks_like_network(const char *text)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF.:");

    return n && text[n] == '/' && text[n + 1 + strspn(text + n + 1, "0123456789")] == '\0';
}

static bool finish_text(struct hq_filter_scan *scan, const struct hq_field_info *field,
                        struct hq_filter_test *test, const struct word *word, bool exact)
{
    if (!word->text->len && (exact || word->quoted)) {
        test->kind = HQ_TEST_EMPTY;
        return true;
    }
    if (word->has_star) {
        g_autofree char *glob = g_strdup_printf("\\A%s\\z", word->glob->str);
        return set_pattern(scan, test, HQ_PATTERN_REGEX, glob, word->start);
    }
    bool network = field && strcmp(field->name, "client") == 0;
    if (network && hq_cidr_parse(word->text->str, &test->network)) {
        test->kind = HQ_TEST_NETWORK;
        return true;
    }
    if (network && !exact && looks_like_network(word->text->str))
        return hq_filter_fail(scan, word->start, "not a network; as in client:192.0.2.0/24");
    if (!exact && !check_choice(scan, field, word, &exact))
        return false;
    return set_pattern(scan, test, exact ? HQ_PATTERN_EXACT : HQ_PATTERN_SUBSTRING, word->text->str,
                       word->start);
}

static bool read_text(struct hq_filter_scan *scan, const struct hq_field_info *field,
                      struct hq_filter_test *test, struct word *word)
{
    if (scan->text[scan->at] == '/')
        return read_regex(scan, test);
    if (field && read_text_number(scan, test))
        return true;
    if (field && strcmp(field->name, "code") == 0 && strchr("<>", scan->text[scan->at]))
        return hq_filter_fail(scan, scan->at, "compared with what number? code:>=500");
    bool exact = scan->text[scan->at] == '=';
    scan->at += exact;
    return read_word(scan, word) && finish_text(scan, field, test, word, exact);
}

static bool read_test(struct hq_filter_scan *scan, const struct hq_field_info *field,
                      struct hq_filter_test *test)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) glob = g_string_new(NULL);
    struct word word = {.start = scan->at, .text = text, .glob = glob};

    if (ends_value(scan->text[scan->at]))
        return hq_filter_fail(scan, scan->at, "a value is missing here");
    return hq_filter_is_numeric(field) ? read_number(scan, field, test, &word)
                                       : read_text(scan, field, test, &word);
}

bool hq_filter_read_tests(struct hq_filter_scan *scan, const struct hq_field_info *field,
                          GArray *tests)
{
    for (;;) {
        struct hq_filter_test test = {0};
        if (!read_test(scan, field, &test)) {
            hq_filter_test_clear(&test);
            return false;
        }
        g_array_append_val(tests, test);
        if (scan->text[scan->at] != '|')
            return true;
        scan->at++;
    }
}
