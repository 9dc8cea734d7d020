/* SPDX-License-Identifier: ISC */
/* "exim -bp": what those who may not read the spool can know of it. A line a message, one a
 * recipient ("D" in front of those that are done), an empty one. src/queue.c of 4.96. */
#include "exim.h"
#include "spool/line_reader.h"
#include <math.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)64 * 1024)

struct listing {
    struct hq_parse *parse;
    const struct hq_item *item;
    struct hq_message *message; /* the one at hand; NULL: none */
    bool frozen;
    bool wanted; /* its id is, or all are */
};

/* "295K", " 1.9M", "335": Exim rounds. */
static int64_t read_size(const char *word, size_t n)
{
    g_autofree char *copy = g_strndup(word, n);
    char *end;
    double size = g_ascii_strtod(copy, &end);
    double unit = *end == 'K' ? 1024 : *end == 'M' ? 1024.0 * 1024 : 1;

    return isfinite(size) && size >= 0 && size < 1e12 ? (int64_t)(size * unit) : HQ_NONE;
}

/* "12m", "5h", "3d" */
static int64_t read_age(const char *word, size_t n)
{
    g_autofree char *copy = g_strndup(word, n);
    int64_t age;

    return hq_time_parse_span(copy, &age) ? age : HQ_NONE;
}

static const char *next_word(const char **p, size_t *n)
{
    const char *word = *p + strspn(*p, " ");

    *n = strcspn(word, " ");
    *p = word + *n;
    return word;
}

static void emit(struct listing *listing)
{
    if (listing->message && listing->wanted)
        listing->parse->emit(listing->parse, listing->message, NULL, 0);
    listing->message = NULL;
}

/* " 0m  4.1K 1xUvtT-0004VG-0z <alerts@corp.example> *** frozen ***". False: it is something else.
 */
static bool take_message(struct listing *listing, const char *line)
{
    struct hq_arena *arena = listing->parse->arena;
    const char *p = line, *open, *close;
    size_t age_n, size_n, id_n;
    const char *age = next_word(&p, &age_n);
    const char *size = next_word(&p, &size_n);
    const char *id = next_word(&p, &id_n);

    open = strchr(p, '<');
    close = open ? strrchr(open, '>') : NULL;
    if (!hq_ex_id_ok(id, id_n) || !close)
        return false;
    listing->message = hq_spool_message(listing->parse, listing->item);
    listing->message->id = listing->message->ref = hq_arena_dup(arena, id, id_n);
    listing->message->sender = hq_arena_dup(arena, open + 1, (size_t)(close - open) - 1);
    listing->message->size = read_size(size, size_n);
    int64_t since = read_age(age, age_n);
    if (since != HQ_NONE)
        listing->message->arrived = listing->parse->context->now - since;
    listing->frozen = strstr(close, "*** frozen ***") != NULL;
    if (listing->frozen)
        listing->message->queue = "frozen";
    listing->wanted = !*listing->item->id || strcmp(listing->item->id, listing->message->id) == 0;
    return true;
}

/* "        D done@example", "          waiting@example" */
static bool take_recipient(struct listing *listing, const char *line)
{
    struct hq_recipient *recipient;
    bool done;

    if (!listing->message || strncmp(line, "        ", 8) != 0 || !line[8] || line[9] != ' ')
        return false;
    done = line[8] == 'D' || line[8] == '+';
    recipient = hq_message_add_recipient(listing->message, listing->parse->arena);
    recipient->address = hq_arena_strdup(listing->parse->arena, line + 10);
    recipient->state = done              ? HQ_STATE_DELIVERED
                       : listing->frozen ? HQ_STATE_HELD
                                         : HQ_STATE_UNKNOWN;
    return true;
}

/* What Exim had to say instead. */
static void take_words(struct listing *listing, const char *line, size_t n)
{
    struct hq_message *message = hq_spool_message(listing->parse, listing->item);

    hq_message_add_problem(message, listing->parse->arena, "exim -bp: %.*s", (int)MIN(n, 200),
                           line);
    listing->parse->emit(listing->parse, message, NULL, 0);
}

void hq_ex_listing_parse(struct hq_parse *parse, const struct hq_item *item)
{
    struct listing listing = {.parse = parse, .item = item};
    struct hq_line_reader lines;
    const char *line;
    size_t n;

    if (item->files[0].fd < 0) {
        parse->emit(parse, hq_spool_message(parse, item), NULL, 0);
        return;
    }
    hq_line_reader_init(&lines, item->files[0].fd, INT64_MAX, LINE_MAX_BYTES);
    while ((line = hq_line_reader_next(&lines, &n))) {
        if (n == 0)
            emit(&listing);
        else if (!take_recipient(&listing, line)) {
            emit(&listing);
            if (!take_message(&listing, line))
                take_words(&listing, line, n);
        }
    }
    emit(&listing);
    hq_line_reader_clear(&lines);
}
