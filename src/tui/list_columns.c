/* SPDX-License-Identifier: ISC */
/* The columns of a list of messages, most of them fields of the table. */
#include "tui/list_columns.h"
#include "hopq/fields.h"
#include <string.h>

#define ID_NARROW 10
#define ID_WIDE   16 /* Exim's to 4.96; its later ones, of 23, would leave addresses no room */

static void show_field(const struct hq_column *column, G_GNUC_UNUSED const struct hq_term *term,
                       const void *row, int64_t now, GString *out)
{
    g_autofree char *name = g_ascii_strdown(column->title, -1);
    const struct hq_field_info *field = hq_field_find(name, strlen(name));
    if (field)
        hq_field_show(field, ((const struct hq_list_row *)row)->message, now, out);
}

/* "→ b@x.example +2": the recipient that the row is there for, and how many more there are. */
static void show_to(const struct hq_column *column, const struct hq_term *term, const void *row,
                    int64_t now, GString *out)
{
    const struct hq_list_row *shown = row;
    const char *address = shown->recipient ? shown->recipient->address : NULL;
    g_autoptr(GString) text = g_string_new(address);
    if (!shown->recipient)
        show_field(column, term, row, now, text);
    else if (shown->message->recipient_count > 1)
        g_string_append_printf(text, " +%u", shown->message->recipient_count - 1);
    if (text->len)
        g_string_append_printf(out, "%s %s", hq_glyph(term, HQ_GLYPH_ARROW), text->str);
}

/* The message is on hold: that is told in the place of its reason and of its next attempt. */
static bool is_held(const struct hq_list_row *row)
{
    return row->recipient && row->recipient->state == HQ_STATE_HELD;
}

static void show_reason(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row,
                        G_GNUC_UNUSED int64_t now, GString *out)
{
    const struct hq_list_row *shown = row;
    const struct hq_reason *reason = shown->recipient ? shown->recipient->reason : NULL;
    const char *name = reason ? hq_category_names[reason->kind->category] : NULL;
    if (is_held(row))
        g_string_append(out, name ? "held, " : "held");
    g_string_append(out, name ? name : "");
}

static void show_next(const struct hq_column *column, const struct hq_term *term, const void *row,
                      int64_t now, GString *out)
{
    if (is_held(row))
        g_string_append(out, "held");
    else
        show_field(column, term, row, now, out);
}

static enum hq_role next_role(const void *row)
{
    return is_held(row) ? HQ_ROLE_WARN : HQ_ROLE_NORMAL;
}

/* A message that waits in vain stands out. */
static enum hq_role reason_role(const void *row)
{
    const struct hq_recipient *recipient = ((const struct hq_list_row *)row)->recipient;
    bool vain = recipient && recipient->reason && recipient->reason->kind->wait == HQ_WAIT_NO;
    return vain ? HQ_ROLE_BAD : HQ_ROLE_STRONG;
}

static enum hq_role id_role(const void *row)
{
    const struct hq_message *message = ((const struct hq_list_row *)row)->message;
    return message->problem_count > 0 ? HQ_ROLE_WARN : HQ_ROLE_DIM;
}

/* Titles are the fields' names in capitals. */
static const struct hq_column all_columns[] = {
    {"AGE", 6, 0, 0, HQ_RIGHT, show_field, NULL},
    {"SIZE", 5, 0, 0, HQ_RIGHT, show_field, NULL},
    {"ID", ID_NARROW, 0, 90, HQ_ENDS, show_field, id_role},
    {"QUEUE", 9, 0, 120, HQ_LEFT, show_field, NULL},
    {"FROM", 12, 4, 0, HQ_ENDS, show_field, NULL},
    {"TO", 12, 4, 0, HQ_ENDS, show_to, NULL},
    {"REASON", 15, 0, 0, HQ_LEFT, show_reason, reason_role},
    {"TRIES", 5, 0, 100, HQ_RIGHT, show_field, NULL},
    {"NEXT", 6, 0, 100, HQ_RIGHT, show_next, next_role},
    {"EXPIRES", 7, 0, 120, HQ_RIGHT, show_field, NULL},
    {"SUBJECT", 20, 6, 150, HQ_LEFT, show_field, NULL},
};

/* In a group the reason is said once, in the status line. */
static const struct hq_column group_columns[] = {
    {"AGE", 6, 0, 0, HQ_RIGHT, show_field, NULL},
    {"SIZE", 5, 0, 0, HQ_RIGHT, show_field, NULL},
    {"ID", ID_NARROW, 0, 80, HQ_ENDS, show_field, id_role},
    {"QUEUE", 9, 0, 140, HQ_LEFT, show_field, NULL},
    {"FROM", 12, 4, 0, HQ_ENDS, show_field, NULL},
    {"TO", 12, 4, 0, HQ_ENDS, show_to, NULL},
    {"TRIES", 5, 0, 100, HQ_RIGHT, show_field, NULL},
    {"NEXT", 6, 0, 0, HQ_RIGHT, show_next, next_role},
    {"EXPIRES", 7, 0, 100, HQ_RIGHT, show_field, NULL},
    {"SUBJECT", 16, 4, 120, HQ_LEFT, show_field, NULL},
};

/* In a mailbox nothing waits. */
static const struct hq_column mailbox_columns[] = {
    {"AGE", 6, 0, 0, HQ_RIGHT, show_field, NULL},
    {"SIZE", 5, 0, 0, HQ_RIGHT, show_field, NULL},
    {"QUEUE", 9, 1, 100, HQ_LEFT, show_field, NULL},
    {"FROM", 12, 3, 0, HQ_ENDS, show_field, NULL},
    {"TO", 12, 3, 90, HQ_ENDS, show_to, NULL},
    {"SUBJECT", 20, 6, 0, HQ_LEFT, show_field, NULL},
};

/* The longest id; an Exim or a Sendmail has them longer than Postfix. */
static int id_width(const GPtrArray *rows)
{
    size_t longest = 0;
    for (guint i = 0; rows && i < rows->len; i++) {
        const struct hq_message *message = rows->pdata[i];
        longest = MAX(longest, message->id ? strlen(message->id) : 0);
    }
    return (int)CLAMP(longest, ID_NARROW, ID_WIDE);
}

unsigned hq_list_columns(struct hq_column columns[HQ_LIST_COLUMNS], enum hq_list_kind kind,
                         const GPtrArray *rows)
{
    static const struct {
        const struct hq_column *columns;
        unsigned n;
    } tables[] = {
        [HQ_LIST_ALL] = {all_columns, G_N_ELEMENTS(all_columns)},
        [HQ_LIST_GROUP] = {group_columns, G_N_ELEMENTS(group_columns)},
        [HQ_LIST_MAILBOX] = {mailbox_columns, G_N_ELEMENTS(mailbox_columns)},
    };
    unsigned n = tables[kind].n;
    G_STATIC_ASSERT(G_N_ELEMENTS(all_columns) <= HQ_LIST_COLUMNS);
    memcpy(columns, tables[kind].columns, n * sizeof *columns);
    for (unsigned i = 0; i < n; i++)
        if (columns[i].role == id_role)
            columns[i].width = id_width(rows);
    return n;
}
