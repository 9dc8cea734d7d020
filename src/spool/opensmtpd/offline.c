/* SPDX-License-Identifier: ISC */
/* Files of offline/: the arguments that sendmail(1) was given, with "|" between, a line end, the
 * message (enqueue_offline() in enqueue.c of OpenSMTPD 6.8 and 7). smtpd calls sendmail with them
 * when it starts. */
#include "base/scratch.h"
#include "hopq/io.h"
#include "opensmtpd.h"
#include "spool/mailfile.h"
#include <string.h>

#define LINE_MAX_BYTES ((size_t)1024 * 1024)

/* Options of enqueue() that take an argument; "E" and "J" take one only when it is joined to
 * them. */
static const char with_argument[] = "ABbeFfLNopRrV";

struct arguments {
    struct hq_parse *parse;
    struct hq_message *message;
    bool only_recipients; /* "--" was seen */
};

/* "<a@b>" or "a@b"; "<>" is the null sender. */
static void take_sender(struct arguments *arguments, const char *value)
{
    size_t n = strlen(value);

    if (n >= 2 && value[0] == '<' && value[n - 1] == '>')
        arguments->message->sender = hq_arena_dup(arguments->parse->arena, value + 1, n - 2);
    else
        arguments->message->sender = hq_arena_strdup(arguments->parse->arena, value);
}

/* rcpt_add(): several may be joined by commas. */
static void take_recipients(struct arguments *arguments, const char *list)
{
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        if (n) {
            struct hq_recipient *recipient =
                hq_message_add_recipient(arguments->message, arguments->parse->arena);
            recipient->address = hq_arena_dup(arguments->parse->arena, p, n);
            recipient->state = HQ_STATE_QUEUED;
        }
        p += n + (p[n] == ',');
    }
}

/* Letters behind a hyphen. True: the last of them wants the next word for an argument. */
static bool take_letters(struct arguments *arguments, const char *letters, char *option)
{
    for (; *letters; letters++) {
        bool takes = strchr(with_argument, *letters) != NULL;
        *option = *letters;
        if (takes && letters[1] == '\0')
            return true;
        if ((takes || *letters == 'E' || *letters == 'J')) {
            if (*letters == 'f' || *letters == 'r')
                take_sender(arguments, letters + 1);
            return false;
        }
    }
    return false;
}

static void take_arguments(struct arguments *arguments, char *line)
{
    char option = '\0';
    bool wanted = false; /* the word is the argument of OPTION */

    for (char *word = line, *next = NULL; word; word = next) {
        next = strchr(word, '|');
        if (next)
            *next++ = '\0';
        if (wanted) {
            if (option == 'f' || option == 'r')
                take_sender(arguments, word);
            wanted = false;
        } else if (arguments->only_recipients || word[0] != '-' || word[1] == '\0') {
            take_recipients(arguments, word);
        } else if (strcmp(word, "--") == 0) {
            arguments->only_recipients = true;
        } else {
            wanted = take_letters(arguments, word + 1, &option);
        }
    }
}

/* "1795309451.XXXX…": when it was given. */
static int64_t time_of(const struct hq_item *item)
{
    guint64 seconds = g_ascii_strtoull(item->id, NULL, 10);

    return seconds > 0 && seconds < INT64_MAX / HQ_SECOND ? (int64_t)seconds * HQ_SECOND
                                                          : item->files[0].mtime;
}

void hq_smtpd_offline_parse(struct hq_parse *parse, const struct hq_item *item)
{
    const struct hq_item_file *file = &item->files[0];
    struct arguments arguments = {.parse = parse, .message = hq_spool_message(parse, item)};
    GString *line = hq_scratch_take();

    hq_io_read_at(file->fd, 0, LINE_MAX_BYTES, line);
    char *lf = memchr(line->str, '\n', line->len);
    int64_t offset = lf ? lf + 1 - line->str : 0;
    if (lf)
        *lf = '\0';
    else if (file->size > 0)
        hq_message_add_problem(arguments.message, parse->arena,
                               "no line of arguments: smtpd will drop it");
    if (lf)
        take_arguments(&arguments, line->str);
    hq_scratch_give(line);
    arguments.message->incomplete = file->size == 0 ? HQ_YES : HQ_NO;
    arguments.message->arrived = time_of(item);
    arguments.message->size = file->size - offset;
    hq_mailfile_emit(parse, arguments.message, file->fd, offset, file->size - offset);
}
