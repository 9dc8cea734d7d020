/* SPDX-License-Identifier: ISC */
/* Patterns through PCRE2. No just-in-time compiler: it wants memory that can be written and run. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "store/pattern.h"
#include <pcre2.h>
#include <string.h>

/* An evil expression on a text made for it stops after some 100 µs; longer texts (a folded header
 * field) are looked at up to MAX_SUBJECT. */
enum { MATCH_LIMIT = 20000, HEAP_LIMIT_KIB = 1024, MAX_SUBJECT = 16384, MAX_PATTERN = 1024 };

struct hq_pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

/* Plain ASCII is found without decoding what it is looked for in: half the time. */
static uint32_t options_of(enum hq_pattern_kind kind, const char *text)
{
    const uint32_t utf = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;

    if (kind == HQ_PATTERN_REGEX)
        return PCRE2_CASELESS | utf | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C |
               PCRE2_NO_AUTO_CAPTURE;
    uint32_t options = PCRE2_CASELESS | PCRE2_LITERAL | (g_str_is_ascii(text) ? 0 : utf);
    return kind == HQ_PATTERN_EXACT ? options | PCRE2_ANCHORED | PCRE2_ENDANCHORED : options;
}

static char *problem_text(int code)
{
    PCRE2_UCHAR buffer[160];

    if (pcre2_get_error_message(code, buffer, sizeof buffer) < 0)
        return g_strdup_printf("error %d", code);
    return g_strdup((const char *)buffer);
}

static pcre2_code *compile(enum hq_pattern_kind kind, const char *text, int *error,
                           PCRE2_SIZE *offset)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);

    pcre2_set_max_pattern_length(context, kind == HQ_PATTERN_REGEX ? MAX_PATTERN : PCRE2_UNSET);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                     options_of(kind, text), error, offset, context);
    pcre2_compile_context_free(context);
    return code;
}

struct hq_pattern *hq_pattern_new(enum hq_pattern_kind kind, const char *text, char **problem,
                                  size_t *offset)
{
    int error = 0;
    PCRE2_SIZE where = 0;
    pcre2_code *code = compile(kind, text, &error, &where);

    if (!code) {
        *problem = problem_text(error);
        *offset = MIN(where, strlen(text));
        return NULL;
    }
    struct hq_pattern *pattern = g_new0(struct hq_pattern, 1);
    pattern->code = code;
    pattern->match = pcre2_match_data_create(1, NULL);
    pattern->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT_KIB);
    return pattern;
}

void hq_pattern_free(struct hq_pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_match_context_free(pattern->limits);
    pcre2_match_data_free(pattern->match);
    pcre2_code_free(pattern->code);
    g_free(pattern);
}

bool hq_pattern_match(const struct hq_pattern *pattern, const char *text, size_t n)
{
    return pcre2_match(pattern->code, (PCRE2_SPTR)text, MIN(n, MAX_SUBJECT), 0, 0, pattern->match,
                       pattern->limits) >= 0;
}

void hq_pattern_quote(GString *regex, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (g_ascii_ispunct(text[i]))
            g_string_append_c(regex, '\\');
        g_string_append_c(regex, text[i]);
    }
}
