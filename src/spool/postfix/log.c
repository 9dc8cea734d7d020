/* SPDX-License-Identifier: ISC */
/* Defer and bounce logs of Postfix: blocks of "name=value" lines, a blank line between them, one
 * block a recipient and attempt. global/bounce_log.c, bounce/bounce_append_service.c (3.7). */
#include "base/append.h"
#include "base/scratch.h"
#include "postfix.h"
#include "spool/line_reader.h"
#include <string.h>

#define LINE_MAX_BYTES ((size_t)64 * 1024)
#define LOG_MAX_BYTES  ((int64_t)64 * 1024 * 1024)

enum key { RECIPIENT, ORIGINAL, OFFSET, STATUS, DIAG_TYPE, DIAG_TEXT, MNAME, REASON, KEYS };

/* By length too: each line of a log is held against all of them. */
static const struct {
    const char *name;
    size_t length;
} keys[KEYS] = {[RECIPIENT] = {"recipient", 9}, [ORIGINAL] = {"original_recipient", 18},
                [OFFSET] = {"offset", 6},       [STATUS] = {"status", 6},
                [DIAG_TYPE] = {"diag_type", 9}, [DIAG_TEXT] = {"diag_text", 9},
                [MNAME] = {"mta_mname", 9},     [REASON] = {"reason", 6}};

struct block {
    bool begun;
    GString *text;   /* the values, each with a NUL behind it; the first is empty */
    size_t at[KEYS]; /* where each begins; 0: not said */
};

/* VALUE without the blanks around it. */
static void set(struct block *block, enum key key, const char *value)
{
    while (g_ascii_isspace(*value))
        value++;
    size_t n = strlen(value);
    while (n > 0 && g_ascii_isspace(value[n - 1]))
        n--;
    block->at[key] = block->text->len;
    hq_append(block->text, value, n);
    hq_append_char(block->text, '\0');
}

static const char *get(const struct block *block, enum key key)
{
    return block->text->str + block->at[key];
}

static void reset(struct block *block)
{
    g_string_truncate(block->text, 1);
    memset(block->at, 0, sizeof block->at);
    block->begun = false;
}

/* "name = value", blanks around both dropped: util/split_nameval.c */
static void take_pair(struct block *block, const char *line)
{
    const char *equal = strchr(line, '=');
    size_t n = equal ? (size_t)(equal - line) : 0;

    while (n > 0 && g_ascii_isspace(line[n - 1]))
        n--;
    for (unsigned i = 0; equal && i < KEYS; i++)
        if (keys[i].length == n && memcmp(keys[i].name, line, n) == 0)
            set(block, i, equal + 1);
}

/* "<recipient>: text" is the block's human line, and all there is in logs of Postfix 2.2 and older.
 */
static void take_old_line(struct block *block, char *line)
{
    char *end = strstr(line, ">: ");

    if (line[0] != '<' || !end)
        return;
    *end = '\0';
    set(block, RECIPIENT, line + 1);
    set(block, REASON, end + 3);
}

static int compare_slots(const void *a, const void *b)
{
    const struct hq_pf_slot *x = a, *y = b;

    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool same_address(const char *address, const char *logged)
{
    if (strcmp(address, logged) == 0)
        return true;
    g_autofree char *printable = hq_pf_printable(address);
    return strcmp(printable, logged) == 0;
}

static void index_addresses(struct hq_pf_envelope *envelope)
{
    const struct hq_recipient *recipients = envelope->message->recipients;

    envelope->by_address = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (uint32_t i = recipients ? envelope->message->recipient_count : 0; i > 0; i--)
        g_hash_table_insert(envelope->by_address, hq_pf_printable(recipients[i - 1].address),
                            GUINT_TO_POINTER(i));
}

/* The recipient that a block is about: by offset, for which records must be in order, else by
 * address. *AT is the one at the offset, whatever its address. NULL: not in the envelope. */
static struct hq_recipient *find(struct hq_pf_envelope *envelope, const char *address,
                                 int64_t offset, struct hq_recipient **at)
{
    struct hq_recipient *recipients = envelope->message->recipients;
    struct hq_pf_slot key = {offset, 0};
    struct hq_pf_slot *slot = NULL;

    if (envelope->slots->len)
        slot =
            bsearch(&key, envelope->slots->data, envelope->slots->len, sizeof key, compare_slots);
    *at = slot ? &recipients[slot->recipient] : NULL;
    if (*at && same_address((*at)->address, address))
        return *at;
    if (!envelope->by_address)
        index_addresses(envelope);
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(envelope->by_address, address));
    return index ? &recipients[index - 1] : NULL;
}

/* A recipient that only the log knows: local(8) expanded an alias, and one of its members waits. */
static struct hq_recipient *add(struct hq_pf_envelope *envelope, const char *address,
                                const char *original, const struct hq_recipient *at)
{
    struct hq_arena *arena = envelope->parse->arena;
    const char *parent = at ? at->address : *original ? hq_arena_strdup(arena, original) : NULL;
    struct hq_recipient *recipient = hq_message_add_recipient(envelope->message, arena);

    recipient->address = hq_arena_strdup(arena, address);
    recipient->original = parent;
    return recipient;
}

static const char *or_null(const char *s)
{
    return *s ? s : NULL;
}

static const struct hq_reason *reason(struct hq_parse *parse, const struct block *block)
{
    const char *diag = get(block, DIAG_TEXT), *text = get(block, REASON);
    struct hq_reason_hint hint = {.mta = parse->mta,
                                  .relay = or_null(get(block, MNAME)),
                                  .enhanced = or_null(get(block, STATUS))};

    if (g_ascii_strcasecmp(get(block, DIAG_TYPE), "smtp") == 0 &&
        (!hq_pf_number(&diag, diag + strlen(diag), &hint.code) || hint.code < 200 ||
         hint.code > 599))
        hint.code = 0;
    return hq_reason_parse(parse->reasons, *text ? text : "(reason unavailable)", &hint,
                           parse->arena);
}

static void end_block(struct hq_pf_envelope *envelope, struct block *block, enum hq_state state,
                      int64_t written)
{
    const char *address = get(block, RECIPIENT), *digits = get(block, OFFSET);
    struct hq_recipient *at, *recipient;
    int64_t offset = 0;

    if (!hq_pf_number(&digits, digits + strlen(digits), &offset))
        offset = HQ_NONE;
    recipient = find(envelope, address, offset, &at);
    if (!recipient && *address)
        recipient = add(envelope, address, get(block, ORIGINAL), at);
    /* a defer log is about those that wait, a bounce log about those that failed */
    if (recipient && (recipient->state != HQ_STATE_DELIVERED || state == HQ_STATE_FAILED)) {
        recipient->state = (uint8_t)state;
        recipient->reason = reason(envelope->parse, block);
        recipient->last_attempt = written;
    }
    reset(block);
}

static void take_line(struct hq_pf_envelope *envelope, struct block *block, char *line,
                      enum hq_state state, int64_t written)
{
    if (*line == '\0') {
        if (block->begun)
            end_block(envelope, block, state, written);
        return;
    }
    block->begun = true;
    if (g_ascii_isalnum(*line))
        take_pair(block, line);
    else
        take_old_line(block, line);
}

void hq_pf_log_read(struct hq_pf_envelope *envelope, const struct hq_item_file *file,
                    enum hq_state state)
{
    struct hq_line_reader lines;
    struct block block = {0};
    size_t length;
    char *line;

    if (file->fd < 0)
        return;
    block.text = hq_scratch_take();
    hq_append_char(block.text, '\0');
    if (envelope->slots->len > 1)
        g_array_sort(envelope->slots, compare_slots);
    hq_line_reader_init(&lines, file->fd, MIN(file->size, LOG_MAX_BYTES), LINE_MAX_BYTES);
    while ((line = hq_line_reader_next(&lines, &length)))
        take_line(envelope, &block, line, state, file->mtime);
    if (block.begun)
        end_block(envelope, &block, state, file->mtime);
    if (file->size > LOG_MAX_BYTES)
        hq_message_add_problem(envelope->message, envelope->parse->arena,
                               "its log is too long and was read in part");
    hq_line_reader_clear(&lines);
    hq_scratch_give(block.text);
}
