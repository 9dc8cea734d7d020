/* SPDX-License-Identifier: ISC */
/* Sorting by fields. The getters are asked once a message: what they say is put into cells, whose
 * first eight bytes as one number settle nearly all comparisons. */
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

struct cell {
    uint64_t rank;    /* smaller comes first; descending ones are turned round */
    const char *text; /* lower case, each once in the arena: equal ones are one pointer */
};

/* A message while it is sorted. */
struct row {
    struct cell *cells; /* one a key */
    struct hq_message *message;
};

#define UNKNOWN UINT64_MAX /* comes last in both directions */

static void set_unknown_field(GError **error, const char *name)
{
    g_autoptr(GString) cause = g_string_new("no such field; there are");
    for (unsigned i = 0; i < hq_field_count; i++)
        g_string_append_printf(cause, " %s", hq_fields[i].name);
    hq_error_set(error, HQ_EXIT_USAGE, 0, "sort", name, cause->str);
}

static bool parse_key(struct hq_order *order, char *word, GError **error)
{
    const char *name = g_strstrip(word);
    struct key key = {.descending = name[0] == '-'};
    name += key.descending;
    key.field = hq_field_find(name, strlen(name));
    if (!key.field) {
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

static uint64_t rank_number(int64_t value)
{
    return value == HQ_NONE ? UNKNOWN : (uint64_t)value ^ UINT64_C(1) << 63;
}

/* The first eight bytes as one number that sorts as they do. */
static uint64_t rank_text(const char *text)
{
    uint64_t rank = 0;
    for (unsigned i = 0; i < sizeof(rank); i++) {
        rank = rank << 8 | (uint8_t)*text;
        text += *text != '\0';
    }
    return rank;
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

static struct cell make_cell(const struct key *key, const struct hq_message *message, int64_t now,
                             struct hq_arena *arena)
{
    struct cell cell = {.rank = UNKNOWN};
    if (key->field->text) {
        const char *text = key->field->text(message, 0);
        if (text && *text) {
            cell.text = fold(text, arena);
            cell.rank = rank_text(cell.text);
        }
    } else {
        cell.rank = rank_number(key->field->number(message, now));
    }
    if (key->descending && cell.rank != UNKNOWN)
        cell.rank = ~cell.rank;
    return cell;
}

static int compare_strings(const char *a, const char *b)
{
    return a == b ? 0 : g_strcmp0(a, b);
}

static gint compare_rows(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const struct row *one = a;
    const struct row *two = b;
    const GArray *keys = user_data;
    for (unsigned i = 0; i < keys->len; i++) {
        const struct cell *left = &one->cells[i];
        const struct cell *right = &two->cells[i];
        if (left->rank != right->rank)
            return left->rank < right->rank ? -1 : 1;
        int order = compare_strings(left->text, right->text);
        if (order)
            return g_array_index(keys, struct key, i).descending ? -order : order;
    }
    int order = compare_strings(one->message->source, two->message->source);
    return order ? order : compare_strings(one->message->id, two->message->id);
}

void hq_order_sort(const struct hq_order *order, GPtrArray *messages, int64_t now)
{
    unsigned keys = order->keys->len;
    struct hq_arena *arena = hq_arena_new();
    g_autofree struct row *rows = g_new(struct row, messages->len);
    g_autofree struct cell *cells = g_new(struct cell, (size_t)messages->len * keys);
    for (unsigned i = 0; i < messages->len; i++) {
        rows[i] = (struct row){&cells[(size_t)i * keys], g_ptr_array_index(messages, i)};
        for (unsigned k = 0; k < keys; k++)
            rows[i].cells[k] =
                make_cell(&g_array_index(order->keys, struct key, k), rows[i].message, now, arena);
    }
    /* GLib promises that this sort is stable, qsort() does not. */
    g_qsort_with_data(rows, (gint)messages->len, sizeof(*rows), compare_rows, order->keys);
    for (unsigned i = 0; i < messages->len; i++)
        g_ptr_array_index(messages, i) = rows[i].message;
    hq_arena_free(arena);
}
