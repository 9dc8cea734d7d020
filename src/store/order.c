/* SPDX-License-Identifier: ISC */
/* Sorting by fields, key after key: the second is asked only of messages that are equal by the
 * first. A getter is called once a message. The first eight bytes behind what all texts have in
 * common, as one number, settle nearly all comparisons. */
#include "store/order.h"
#include "hopq/error.h"
#include "hopq/fields.h"
#include <string.h>

enum { LONGEST = 240 }; /* bytes of a text that count; replies can be long */

struct key {
    const struct hq_field_info *field;
    bool descending;
};

struct hq_order {
    GArray *keys; /* struct key */
};

/* A message while it is sorted by one key. */
struct entry {
    uint64_t rank;    /* smaller comes first; descending ones are turned round */
    const char *text; /* decides when ranks are equal; equal ones are mostly one pointer */
    struct hq_message *message;
};

#define UNKNOWN UINT64_MAX /* comes last in both directions */

static void set_unknown_field(GError **error, const char *name)
{
    g_autoptr(GString) cause = g_string_new(*name ? "no such field" : "a field is missing");
    g_string_append(cause, "; there are");
    for (unsigned i = 0; i < hq_field_count; i++)
        if (hq_fields[i].title)
            g_string_append_printf(cause, " %s", hq_fields[i].name);
    hq_error_set(error, HQ_EXIT_USAGE, 0, "sort by", *name ? name : "\"\"", cause->str);
}

static bool parse_key(struct hq_order *order, char *word, GError **error)
{
    const char *name = g_strstrip(word);
    struct key key = {.descending = name[0] == '-'};
    name += key.descending;
    key.field = hq_field_find(name, strlen(name));
    if (!key.field || !key.field->title) { /* headers: which of them? */
        set_unknown_field(error, name);
        return false;
    }
    g_array_append_val(order->keys, key);
    return true;
}

struct hq_order *hq_order_parse(const char *spec, GError **error)
{
    struct hq_order *order = g_new(struct hq_order, 1);
    order->keys = g_array_new(FALSE, FALSE, sizeof(struct key));
    g_auto(GStrv) words = g_strsplit(spec && *spec ? spec : "-age", ",", -1);
    for (char **word = words; *word; word++) {
        if (!parse_key(order, *word, error)) {
            hq_order_free(order);
            return NULL;
        }
    }
    return order;
}

void hq_order_free(struct hq_order *order)
{
    if (!order)
        return;
    g_array_unref(order->keys);
    g_free(order);
}

/* Never UNKNOWN, turned round or not. */
static uint64_t rank_known(uint64_t rank)
{
    return CLAMP(rank, 1, UNKNOWN - 1);
}

static uint64_t rank_number(int64_t value)
{
    return value == HQ_NONE ? UNKNOWN : rank_known((uint64_t)value ^ UINT64_C(1) << 63);
}

/* The first eight bytes as one number that sorts as they do. */
static uint64_t rank_text(const char *text)
{
    uint64_t rank = 0;
    for (unsigned i = 0; i < sizeof(rank); i++) {
        rank = rank << 8 | (uint8_t)*text;
        text += *text != '\0';
    }
    return rank_known(rank);
}

/* The text has to be copied: the getters may give a buffer of their own. */
static const char *fold(const char *text, struct hq_arena *arena)
{
    char folded[LONGEST];
    size_t n = 0;
    for (; n < LONGEST && text[n]; n++)
        folded[n] = g_ascii_tolower(text[n]);
    return hq_arena_intern(arena, folded, n);
}

/* Bytes that all texts begin with. */
static size_t common_prefix(const struct entry *entries, size_t count)
{
    const char *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const char *text = entries[i].text;
        if (!first && text) {
            first = text;
            n = strlen(first);
        } else if (text && text != first) {
            size_t k = 0;
            while (k < n && text[k] == first[k])
                k++;
            n = k;
        }
    }
    return n;
}

static void rank_texts(struct entry *entries, size_t count)
{
    size_t skip = common_prefix(entries, count);
    for (size_t i = 0; i < count; i++)
        entries[i].rank = entries[i].text ? rank_text(entries[i].text + skip) : UNKNOWN;
}

static int compare(const struct entry *one, const struct entry *two)
{
    if (one->rank != two->rank)
        return one->rank < two->rank ? -1 : 1;
    return one->text == two->text ? 0 : g_strcmp0(one->text, two->text);
}

static gint compare_up(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
    return compare(a, b);
}

/* For descending keys: their ranks are inverted already, so only texts are compared the other
 * way. */
static gint compare_down(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
    const struct entry *one = a;
    const struct entry *two = b;
    return one->rank == two->rank ? -compare(a, b) : compare(a, b);
}

/* A step of the sort: the keys of the user, then source, then id. */
struct step {
    const struct hq_order *order;
    unsigned index;
    int64_t now;
    struct hq_arena *arena;
};

static const char *text_of(const struct step *step, const struct key *key,
                           const struct hq_message *message)
{
    if (!key->field)
        return step->index == step->order->keys->len ? message->source : message->id;
    const char *text = key->field->text(message, 0);
    return text && *text ? fold(text, step->arena) : NULL;
}

/* Asks every message for the step's value. */
static void fill(const struct step *step, const struct key *key, struct entry *entries,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (key->field && key->field->number) {
            entries[i].text = NULL;
            entries[i].rank = rank_number(key->field->number(entries[i].message, step->now));
        } else {
            entries[i].text = text_of(step, key, entries[i].message);
        }
    }
    if (!key->field || !key->field->number)
        rank_texts(entries, count);
    for (size_t i = 0; key->descending && i < count; i++)
        if (entries[i].rank != UNKNOWN)
            entries[i].rank = ~entries[i].rank;
}

/* Sorts by this step, and what is equal by the next; as deep as there are keys. */
static void sort_entries(struct step step, struct entry *entries, size_t count)
{
    const GArray *keys = step.order->keys;
    bool last = step.index > keys->len;
    struct key key = {0};
    if (step.index < keys->len)
        key = g_array_index(keys, struct key, step.index);
    fill(&step, &key, entries, count);
    /* GLib promises that this sort is stable, qsort() does not. */
    g_qsort_with_data(entries, (gint)count, sizeof(*entries),
                      key.descending ? compare_down : compare_up, NULL);
    step.index++;
    for (size_t start = 0, end; !last && start < count; start = end) {
        for (end = start + 1; end < count && compare(&entries[start], &entries[end]) == 0;)
            end++;
        if (end - start > 1)
            sort_entries(step, entries + start, end - start);
    }
}

void hq_order_sort(const struct hq_order *order, GPtrArray *messages, int64_t now)
{
    struct hq_arena *arena = hq_arena_new();
    g_autofree struct entry *entries = g_new(struct entry, messages->len);
    for (unsigned i = 0; i < messages->len; i++)
        entries[i].message = g_ptr_array_index(messages, i);
    sort_entries((struct step){order, 0, now, arena}, entries, messages->len);
    for (unsigned i = 0; i < messages->len; i++)
        g_ptr_array_index(messages, i) = entries[i].message;
    hq_arena_free(arena);
}
