/* SPDX-License-Identifier: ISC */
/* Text for people: what is in the queue in two lines, the triage board, then the messages. */
#include "dump/dump_internal.h"
#include "hopq/fields.h"
#include <string.h>

/* Above the list the board shows the groups that matter; --group shows all. */
enum { BOARD_ROWS = 10, INDENT = 4, MIN_ID = 11, LONG_ID = 23 };

/* ---- head ---- */

static void print_queues(const struct hq_dump *dump, struct hq_page *page)
{
    char size[16];
    GString *line = hq_page_raw(page);

    g_string_append_printf(line, "%u message%s, %u recipient%s, %s", dump->matched,
                           dump->matched == 1 ? "" : "s", dump->recipients,
                           dump->recipients == 1 ? "" : "s", hq_size_format(dump->bytes, size));
    const char *before = ":";
    for (unsigned i = 0; i < dump->queues->len; i++) {
        const struct hq_dump_queue *queue = &g_array_index(dump->queues, struct hq_dump_queue, i);
        if (!*queue->name) /* a file is in none */
            continue;
        g_string_append_printf(line, "%s %s %u", before, queue->name, queue->count);
        before = ",";
    }
    hq_page_block(page, "", 0, line->str);
}

static void print_head(const struct hq_dump *dump, struct hq_page *page)
{
    const struct hq_snapshot *snapshot = dump->snapshot;

    if (snapshot->messages->len == 0)
        hq_page_line(page, "No messages.");
    else if (dump->matched == 0)
        hq_page_line(page, "None of the %u messages matches.", snapshot->messages->len);
    else
        print_queues(dump, page);
    if (dump->expiring_6h)
        hq_page_line(page, "%u will be lost within 6 hours.", dump->expiring_6h);
    if (hq_board_diagnosis(dump->board))
        hq_page_block(page, "It is here: ", 4, hq_board_diagnosis(dump->board));
    if (snapshot->unreadable)
        hq_page_line(page, "%u could not be read.", snapshot->unreadable);
    if (!snapshot->complete)
        hq_page_line(page, "The listing is not complete.");
    for (unsigned i = 0; i < snapshot->notices->len; i++)
        hq_page_block(page, "note: ", 6, snapshot->notices->pdata[i]);
}

/* ---- board ---- */

enum { WHY_WIDTH = 16, COUNT_WIDTH = 6, FEW_WIDTH = 5 };

static int destination_width(const struct hq_page *page)
{
    return page->columns - WHY_WIDTH - 4 * COUNT_WIDTH - 2 * FEW_WIDTH - 7;
}

static void print_board_row(struct hq_page *page, const char *why, const char *destination,
                            const char *const values[6])
{
    struct hq_page_cell cells[8] = {
        {.raw = why, .width = WHY_WIDTH},
        {.raw = destination, .width = destination_width(page), .keep_end = true}};

    for (unsigned i = 0; i < 6; i++)
        cells[i + 2] = (struct hq_page_cell){
            .raw = values[i], .width = i < 4 ? COUNT_WIDTH : FEW_WIDTH, .right = true};
    hq_page_row(page, cells, G_N_ELEMENTS(cells));
}

/* "in 12m" without its "in", "due" for what is late. */
static char *short_when(const struct hq_page *page, int64_t t, char buf[16])
{
    int64_t left;

    if (t == HQ_NONE || __builtin_sub_overflow(t, page->now, &left))
        return hq_time_span(HQ_NONE, buf);
    if (left > 0)
        return hq_time_span(left, buf);
    g_strlcpy(buf, "due", 16);
    return buf;
}

static char *short_age(const struct hq_page *page, int64_t t, char buf[16])
{
    int64_t age;

    if (t == HQ_NONE || __builtin_sub_overflow(page->now, t, &age))
        age = HQ_NONE;
    return hq_time_span(age, buf);
}

static void print_destination(GString *out, const struct hq_group *group)
{
    if (group->name) {
        g_string_append(out, hq_group_title(group));
        return;
    }
    g_string_append(out, group->domain ? group->domain : "-");
    if (group->provider)
        g_string_append_printf(out, " (%s)", group->provider);
}

/* Of a group of another key: why most of it waits. */
static const char *why(const struct hq_group *group)
{
    if (group->reason)
        return group->reason;
    const char *most =
        group->reason_of ? hq_category_names[group->reason_of->kind->category] : NULL;
    return most ? most : "-";
}

static void print_group(struct hq_page *page, const struct hq_group *group)
{
    char messages[24], recipients[24], oldest[16], next[16], expiring[24], forwarded[24];
    g_autoptr(GString) destination = g_string_new(NULL);

    g_snprintf(messages, sizeof messages, "%" G_GINT64_FORMAT, group->messages);
    g_snprintf(recipients, sizeof recipients, "%" G_GINT64_FORMAT, group->recipients);
    g_snprintf(expiring, sizeof expiring, "%" G_GINT64_FORMAT, group->expiring_6h);
    g_snprintf(forwarded, sizeof forwarded, "%" G_GINT64_FORMAT, group->forwarded);
    print_destination(destination, group);
    const char *const values[6] = {
        messages,
        recipients,
        short_age(page, group->oldest, oldest),
        hq_group_is_held(group) ? "held" : short_when(page, group->next_attempt, next),
        group->expiring_6h ? expiring : "-",
        group->forwarded ? forwarded : "-"};
    print_board_row(page, why(group), destination->str, values);
    if (group->sample)
        hq_page_block(page, "", INDENT, group->sample);
    if (group->trend.text)
        hq_page_block(page, "    trend: ", INDENT + 4, group->trend.text);
    hq_group_forwarding(group, hq_page_raw(page));
    if (page->raw->len)
        hq_page_block(page, "", INDENT, page->raw->str);
    if (group->advice && !hq_group_is_held(group))
        hq_page_block(page, "    do: ", INDENT + 4, group->advice);
}

static void print_board(const struct hq_dump *dump, struct hq_page *page)
{
    static const char *const titles[HQ_BOARD_KEYS] = {
        [HQ_BOARD_REASON] = "Destination",
        [HQ_BOARD_SENDER] = "Sender",
        [HQ_BOARD_ORIGIN] = "Origin",
        [HQ_BOARD_RELAY] = "Relay",
    };
    static const char *const heads[6] = {"Msgs", "Rcpts", "Oldest", "Next", "<6h", "Fwd"};
    unsigned count = hq_board_count(dump->board);
    unsigned shown = dump->options->group ? count : MIN(count, BOARD_ROWS);

    if (count == 0)
        return;
    hq_page_line(page, "%s", "");
    print_board_row(page, "Why", titles[dump->options->group_by], heads);
    for (unsigned i = 0; i < shown; i++) {
        print_group(page, hq_board_get(dump->board, i));
        hq_sink_check(dump->sink);
    }
    if (shown < count)
        hq_page_line(page, "%u smaller groups are left out: --group shows them.", count - shown);
}

/* ---- list ---- */

/* Columns by the names of the field table. */
static const struct {
    const char *field;
    int from_columns; /* shown on pages at least this wide */
    bool flexible;    /* shares what the others leave */
} columns[] = {{"id", 0, false},       {"queue", 110, false}, {"age", 0, false},
               {"size", 70, false},    {"tries", 110, false}, {"next", 60, false},
               {"expires", 90, false}, {"from", 0, true},     {"to", 0, true}};

struct hq_dump_list {
    unsigned count;
    const struct hq_field_info *fields[G_N_ELEMENTS(columns)];
    struct hq_page_cell cells[G_N_ELEMENTS(columns)];
    GString *texts[G_N_ELEMENTS(columns)];
};

/* Ids are typed and pasted again, so those of queues are shown whole (Exim's have 23 characters).
 * Those of mailboxes would leave no room for who and whom: what is cut stands whole below. */
static int id_width(const struct hq_dump *dump, const struct hq_page *page)
{
    size_t longest = MIN_ID;

    for (unsigned i = 0; i < dump->messages->len; i++) {
        const struct hq_message *message = dump->messages->pdata[i];
        longest = MAX(longest, message->id ? strlen(message->id) : 0);
    }
    return (int)MIN(longest, (size_t)MAX(page->columns / 4, LONG_ID));
}

static void list_init(struct hq_dump_list *list, const struct hq_dump *dump,
                      const struct hq_page *page)
{
    int left = page->columns, flexible = 0;

    list->count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (page->columns < columns[i].from_columns)
            continue;
        const struct hq_field_info *field =
            hq_field_find(columns[i].field, strlen(columns[i].field));
        unsigned k = list->count++;
        list->fields[k] = field;
        list->cells[k].width = columns[i].flexible ? 0 : k ? field->width : id_width(dump, page);
        list->cells[k].right = field->number != NULL;
        list->cells[k].keep_end = columns[i].flexible || k == 0;
        left -= list->cells[k].width + (k > 0);
        flexible += columns[i].flexible;
    }
    for (unsigned k = 0; k < list->count; k++)
        if (list->cells[k].width == 0)
            list->cells[k].width = left / flexible;
}

static void print_titles(struct hq_dump_list *list, struct hq_page *page)
{
    hq_page_line(page, "%s", "");
    for (unsigned k = 0; k < list->count; k++)
        list->cells[k].raw = list->fields[k]->title;
    hq_page_row(page, list->cells, list->count);
}

/* Appends WORDS, with GLUE between it and what is there. */
static void add_words(GString *line, const char *glue, const char *words)
{
    if (line->len)
        g_string_append(line, glue);
    g_string_append(line, words ? words : "");
}

/* "deferred, throttled: 421 Too many messages": why it waits; else what tells it from its
 * neighbours. */
static void print_why(struct hq_page *page, const struct hq_message *message)
{
    GString *line = hq_page_raw(page);
    const struct hq_recipient *worst = hq_message_worst(message);
    const struct hq_reason *reason = worst ? worst->reason : NULL;

    add_words(line, "", message->queue);
    if (reason) {
        const char *category = hq_category_names[reason->kind->category];
        add_words(line, ", ", category ? category : "unknown");
        add_words(line, ": ", reason->text ? reason->text : "-");
    } else if (message->subject && *message->subject) {
        add_words(line, ", ", "subject: ");
        add_words(line, "", message->subject);
    }
    if (line->len)
        hq_page_block(page, "", INDENT, line->str);
    for (uint32_t i = 0; i < message->problem_count; i++)
        hq_page_block(page, "    problem: ", INDENT + 2, message->problems[i].what);
}

static void print_message(struct hq_dump_list *list, struct hq_page *page,
                          const struct hq_message *message)
{
    for (unsigned k = 0; k < list->count; k++) {
        g_string_truncate(list->texts[k], 0);
        hq_field_show(list->fields[k], message, page->now, list->texts[k]);
        list->cells[k].raw = list->texts[k]->len ? list->texts[k]->str : NULL;
    }
    hq_page_row(page, list->cells, list->count);
    if ((int)list->texts[0]->len > list->cells[0].width)
        hq_page_block(page, "    id: ", INDENT + 4, list->texts[0]->str);
    print_why(page, message);
}

/* Called by two threads, so each has its page and its texts. */
static void list_rows(GString *out, const struct hq_dump *dump, unsigned from, unsigned to)
{
    struct hq_dump_list list = *dump->list;
    struct hq_page page;

    hq_page_init(&page, out, dump->options->columns, dump->options->ascii, dump->options->now);
    for (unsigned k = 0; k < list.count; k++)
        list.texts[k] = g_string_new(NULL);
    for (unsigned i = from; i < to; i++)
        print_message(&list, &page, dump->messages->pdata[i]);
    for (unsigned k = 0; k < list.count; k++)
        g_string_free(list.texts[k], TRUE);
    hq_page_clear(&page);
}

static void print_list(struct hq_dump *dump, struct hq_page *page)
{
    struct hq_dump_list list;

    if (dump->messages->len == 0)
        return;
    list_init(&list, dump, page);
    print_titles(&list, page);
    dump->list = &list;
    hq_dump_rows(dump, dump->messages->len, list_rows);
    dump->list = NULL;
}

static void print_in_full(const struct hq_dump *dump, struct hq_page *page)
{
    for (unsigned i = 0; i < dump->messages->len; i++) {
        if (i || dump->matched > 1)
            hq_page_line(page, "%s", "");
        hq_dump_text_message(page, dump->messages->pdata[i]);
        hq_sink_check(dump->sink);
    }
}

void hq_dump_text_snapshot(struct hq_dump *dump)
{
    const struct hq_dump_options *options = dump->options;
    bool one = options->full && !options->group && dump->matched == 1;
    struct hq_page page;

    hq_dump_await_board(dump);
    hq_page_init(&page, dump->sink->out, options->columns, options->ascii, options->now);
    if (!one || dump->snapshot->notices->len || dump->snapshot->unreadable)
        print_head(dump, &page);
    if (!one)
        print_board(dump, &page);
    if (options->full)
        print_in_full(dump, &page);
    else
        print_list(dump, &page);
    hq_page_clear(&page);
}
