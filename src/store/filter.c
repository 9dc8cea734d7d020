/* SPDX-License-Identifier: ISC */
/* Filter: terms joined by blanks, each "field:values" or a bare word, "!" before it negates. */
#include "store/filter.h"
#include "hopq/detail.h"
#include "store/filter_internal.h"
#include <string.h>

/* More than a person types or a script needs; keeps what is shown and compiled small. */
enum { MAX_EXPRESSION = 4096, MAX_TERMS = 64 };

/* What a bare word is looked for in. */
static const char *const bare_fields[] = {"from", "to", "subject", "id", "text"};

struct term {
    bool negated;
    char *header; /* header:NAME; NULL: no such term */
    const struct hq_field_info *fields[G_N_ELEMENTS(bare_fields)]; /* one of them must match */
    unsigned field_count;
    GArray *tests; /* struct hq_filter_test: one of them must hold */
};

struct hq_filter {
    GPtrArray *terms; /* struct term *: all of them must hold */
};

static void term_free(void *data)
{
    struct term *term = data;

    g_free(term->header);
    g_array_unref(term->tests);
    g_free(term);
}

static struct term *term_new(void)
{
    struct term *term = g_new0(struct term, 1);

    term->tests = g_array_new(FALSE, FALSE, sizeof(struct hq_filter_test));
    g_array_set_clear_func(term->tests, (GDestroyNotify)hq_filter_test_clear);
    return term;
}

/* ---- parsing ---- */

/* Length of a field name with a colon behind it, 0: a bare word. */
static size_t name_length(const char *s)
{
    size_t n = 0;

    while (g_ascii_isalpha(s[n]) || (n && s[n] == '-'))
        n++;
    return s[n] == ':' ? n : 0;
}

static bool fail_field(struct hq_filter_scan *scan, size_t n)
{
    g_autofree char *name = g_strndup(scan->text + scan->at, n);
    g_autoptr(GString) all = g_string_new(NULL);
    g_autofree const char **names = g_new0(const char *, hq_field_count);

    for (unsigned i = 0; i < hq_field_count; i++) {
        names[i] = hq_fields[i].name;
        g_string_append_printf(all, " %s", names[i]);
    }
    const char *near = hq_filter_nearest(name, names, hq_field_count);
    if (near)
        return hq_filter_fail(scan, scan->at, "no field is called \"%s\"; did you mean %s:?", name,
                              near);
    return hq_filter_fail(scan, scan->at,
                          "no field is called \"%s\"; there are%s; a word with a "
                          "colon goes in quotes",
                          name, all->str);
}

/* "Name=values" or "Name" behind "header:". */
static bool read_header(struct hq_filter_scan *scan, struct term *term)
{
    const char *name = scan->text + scan->at;
    size_t n = strcspn(name, "=|: \t\r\n\"");

    if (n == 0)
        return hq_filter_fail(scan, scan->at,
                              "header wants a name: header:List-Id=news, header:X-Spam");
    term->header = g_strndup(name, n);
    scan->at += n;
    if (name[n] == '=') {
        scan->at++;
        return hq_filter_read_tests(scan, NULL, term->tests);
    }
    if (name[n] && !g_ascii_isspace(name[n]))
        return hq_filter_fail(scan, scan->at, "header:Name=value is how a header is asked for");
    struct hq_filter_test present = {.kind = HQ_TEST_PRESENT};
    g_array_append_val(term->tests, present);
    return true;
}

static bool read_bare(struct hq_filter_scan *scan, struct term *term)
{
    term->field_count = G_N_ELEMENTS(bare_fields);
    for (unsigned i = 0; i < term->field_count; i++)
        term->fields[i] = hq_field_find(bare_fields[i], strlen(bare_fields[i]));
    return hq_filter_read_tests(scan, NULL, term->tests);
}

static bool read_term(struct hq_filter_scan *scan, struct term *term)
{
    for (; scan->text[scan->at] == '!'; scan->at++)
        term->negated = !term->negated;
    if (!scan->text[scan->at] || g_ascii_isspace(scan->text[scan->at]))
        return hq_filter_fail(scan, scan->at, "a term is missing after !");
    size_t n = name_length(scan->text + scan->at);
    if (n == 0)
        return read_bare(scan, term);
    const struct hq_field_info *field = hq_field_find(scan->text + scan->at, n);
    if (!field)
        return fail_field(scan, n);
    scan->at += n + 1;
    term->fields[0] = field;
    term->field_count = 1;
    if (strcmp(field->name, "header") == 0)
        return read_header(scan, term);
    return hq_filter_read_tests(scan, field, term->tests);
}

static bool read_terms(struct hq_filter_scan *scan, struct hq_filter *filter)
{
    for (;;) {
        while (g_ascii_isspace(scan->text[scan->at]))
            scan->at++;
        if (!scan->text[scan->at])
            return true;
        if (filter->terms->len == MAX_TERMS)
            return hq_filter_fail(scan, scan->at, "more than %d terms", MAX_TERMS);
        struct term *term = term_new();
        g_ptr_array_add(filter->terms, term);
        if (!read_term(scan, term))
            return false;
    }
}

static bool check_expression(struct hq_filter_scan *scan)
{
    size_t n = strlen(scan->text);
    const char *bad;

    if (n > MAX_EXPRESSION)
        return hq_filter_fail(scan, MAX_EXPRESSION, "longer than %d bytes", MAX_EXPRESSION);
    if (!g_utf8_validate(scan->text, (gssize)n, &bad))
        return hq_filter_fail(scan, (size_t)(bad - scan->text), "not valid UTF-8");
    return true;
}

struct hq_filter *hq_filter_parse(const char *expression, size_t *offset, GError **error)
{
    struct hq_filter_scan scan = {.text = expression, .offset = offset, .error = error};
    struct hq_filter *filter = g_new0(struct hq_filter, 1);

    filter->terms = g_ptr_array_new_with_free_func(term_free);
    if (check_expression(&scan) && read_terms(&scan, filter))
        return filter;
    hq_filter_free(filter);
    return NULL;
}

void hq_filter_free(struct hq_filter *filter)
{
    if (!filter)
        return;
    g_ptr_array_unref(filter->terms);
    g_free(filter);
}

/* ---- matching ---- */

static bool any_test(const struct term *term, const char *value)
{
    for (unsigned i = 0; i < term->tests->len; i++)
        if (hq_filter_test_text(&g_array_index(term->tests, struct hq_filter_test, i), value))
            return true;
    return false;
}

/* A field without any value is tested as "no value" once; a recipient that has none does not make
 * one of a field that others have. */
static bool match_text(const struct term *term, const struct hq_field_info *field,
                       const struct hq_message *message)
{
    bool some = false;
    const char *value;

    for (unsigned i = 0; (value = field->text(message, i)); i++) {
        if (*value && any_test(term, value))
            return true;
        some |= *value;
    }
    return !some && any_test(term, NULL);
}

static bool match_number(const struct term *term, const struct hq_field_info *field,
                         const struct hq_message *message, int64_t now)
{
    int64_t value = field->number(message, now);

    if (value != HQ_NONE && field->kind == HQ_KIND_TIME &&
        __builtin_sub_overflow(value, now, &value))
        value = HQ_NONE;
    for (unsigned i = 0; i < term->tests->len; i++)
        if (hq_filter_test_number(&g_array_index(term->tests, struct hq_filter_test, i), value))
            return true;
    return false;
}

static bool match_header(const struct term *term, const struct hq_message *message)
{
    const struct hq_detail *detail = message->detail;

    for (uint32_t i = 0; detail && i < detail->header_count; i++) {
        const struct hq_header *header = &detail->headers[i];
        if (header->name && g_ascii_strcasecmp(header->name, term->header) == 0 &&
            any_test(term, header->value ? header->value : ""))
            return true;
    }
    return false;
}

static bool match_term(const struct term *term, const struct hq_message *message, int64_t now)
{
    if (term->header)
        return match_header(term, message);
    for (unsigned i = 0; i < term->field_count; i++) {
        const struct hq_field_info *field = term->fields[i];
        if (hq_filter_is_numeric(field) ? match_number(term, field, message, now)
                                        : match_text(term, field, message))
            return true;
    }
    return false;
}

bool hq_filter_match(const struct hq_filter *filter, const struct hq_message *message, int64_t now)
{
    for (unsigned i = 0; filter && i < filter->terms->len; i++) {
        const struct term *term = g_ptr_array_index(filter->terms, i);
        if (match_term(term, message, now) == term->negated)
            return false;
    }
    return true;
}

unsigned hq_filter_wants(const struct hq_filter *filter)
{
    unsigned needs = HQ_NEED_ENVELOPE;

    for (unsigned i = 0; filter && i < filter->terms->len; i++) {
        const struct term *term = g_ptr_array_index(filter->terms, i);
        for (unsigned k = 0; k < term->field_count; k++)
            needs |= term->fields[k]->need;
    }
    return needs;
}

bool hq_filter_wants_detail(const struct hq_filter *filter)
{
    return hq_filter_wants(filter) & HQ_NEED_DETAIL;
}
