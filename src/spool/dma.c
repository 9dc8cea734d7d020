/* SPDX-License-Identifier: ISC */
/* The DragonFly Mail Agent's queue, dma 0.13: spool.c writes a pair of files a recipient, "Qid"
 * with the fields ID, Sender and Recipient, and "Mid" with the message, linked when there are
 * several. A process waits for each (dma.c, deliver()): random pauses from 5 minutes to 3 hours,
 * given up 5 days after the Q file's time. Nothing is stored about attempts. Files: 0 Q, 1 M. */
#include "base/scratch.h"
#include "dirs.h"
#include "hopq/io.h"
#include "mailfile.h"
#include <string.h>

#define DEFAULT_PATH "/var/spool/dma"
#define CONFIG       "/etc/dma/dma.conf"
#define CONFIG_MAX   ((size_t)64 * 1024)
#define QUEUE_MAX    ((size_t)64 * 1024)
#define NAMES_MAX    1000 /* looked at to tell a queue */
#define MIN_RETRY    (300 * HQ_SECOND)
#define MAX_TIMEOUT  (5 * HQ_DAY)

static const struct hq_dirs_place places[] = {{"queue", ".", false}};

static const char *id_of(const char *name)
{
    return name[0] == 'Q' && name[1] != '\0' ? name + 1 : NULL;
}

static void open_files(int root, int dir, const char *path, const char *name, struct hq_item *item)
{
    g_autofree char *mail = g_strdup_printf("M%s", name + 1);

    (void)root;
    (void)path;
    if (hq_file_open(dir, name, DT_UNKNOWN, &item->files[0]))
        hq_file_open(dir, mail, DT_UNKNOWN, &item->files[1]);
}

/* The value of NAME in dma.conf: conf.c, parse_conf(). Caller frees; NULL: not set. */
static char *setting(const char *name)
{
    g_autofree char *text = hq_io_slurp(CONFIG, CONFIG_MAX, NULL, NULL);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    size_t n = strlen(name);
    char *value = NULL;

    for (unsigned i = 0; lines[i]; i++) {
        const char *line = lines[i] + strspn(lines[i], " \t");
        if (strncmp(line, name, n) != 0 || !strchr(" \t", line[n]) || !line[n])
            continue;
        g_free(value);
        value = g_strndup(line + n, strcspn(line + n, "#"));
        g_strstrip(value);
    }
    return value;
}

static void configure(const char *path, struct hq_context *context)
{
    const char *own = hq_dma_default();

    if (!own || strcmp(path, own) != 0)
        return;
    g_autofree char *name = setting("MAILNAME");
    g_autofree char *content =
        name && *name == '/' ? hq_io_slurp(name, CONFIG_MAX, NULL, NULL) : g_strdup(name);
    if (!content)
        return;
    content[strcspn(content, "\n")] = '\0';
    if (!context->hostname && *g_strstrip(content))
        context->hostname = g_strdup(content);
    hq_context_add_our(context, content);
}

static const struct hq_dirs dirs = {places,   G_N_ELEMENTS(places), id_of, open_files, NULL,
                                    configure};

/* "1a2b.55d0c0": hexadecimal inode and address, spool.c, linkspool() */
static bool is_queue_name(const char *name)
{
    const char *dot = strchr(name, '.');

    return name[0] == 'Q' && dot && dot > name + 1 && dot[1] &&
           strspn(name + 1, "0123456789abcdef") == (size_t)(dot - name) - 1 &&
           strspn(dot + 1, "0123456789abcdef") == strlen(dot + 1);
}

/* Only the names of its files give such a queue away. */
bool hq_dma_recognise(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    bool found = false;
    const char *name;

    for (int i = 0; dir && !found && i < NAMES_MAX && (name = g_dir_read_name(dir)); i++) {
        if (!is_queue_name(name))
            continue;
        g_autofree char *mail = g_build_filename(path, name, NULL);
        *(strrchr(mail, '/') + 1) = 'M';
        found = g_file_test(mail, G_FILE_TEST_IS_REGULAR);
    }
    if (dir)
        g_dir_close(dir);
    return found;
}

const char *hq_dma_default(void)
{
    static char *found;

    if (!found)
        found = setting("SPOOLDIR");
    if (!found)
        found = g_strdup(DEFAULT_PATH);
    return g_file_test(found, G_FILE_TEST_IS_DIR) ? found : NULL;
}

static struct hq_layout *dma_open(const char *path, GError **error)
{
    return hq_dirs_open(&dirs, path, error);
}

static const char *dma_why_not(const char *path)
{
    return hq_dir_has_only_others(path, id_of) ? "no queue of dma: none of its files is a message's"
                                               : NULL;
}

const struct hq_layout_ops hq_dma_layout = HQ_DIRS_LAYOUT(dma_open, dma_why_not);

/* ---- parser ---- */

/* spool.c, readqueuef(): unknown fields are ignored, the last of several counts. */
static void read_queue_file(struct hq_parse *parse, struct hq_message *message,
                            const struct hq_item_file *file)
{
    GString *text = hq_dirs_slurp(file, QUEUE_MAX);
    const char *recipient = NULL;
    bool whole = text->len > 0 && text->str[text->len - 1] == '\n';

    for (const char *p = text->str, *end = p + text->len; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        const char *colon = memchr(p, ':', (size_t)((stop ? stop : end) - p));
        const char *value = colon ? colon + 1 : NULL;
        stop = stop ? stop : end;
        while (value && value < stop && g_ascii_isspace(*value))
            value++;
        size_t n = colon ? (size_t)(colon - p) : 0;
        if (n == 6 && memcmp(p, "Sender", n) == 0)
            message->sender = hq_arena_dup(parse->arena, value, (size_t)(stop - value));
        else if (n == 9 && memcmp(p, "Recipient", n) == 0)
            recipient = hq_arena_dup(parse->arena, value, (size_t)(stop - value));
        p = stop + 1;
    }
    hq_scratch_give(text);
    if (recipient)
        hq_message_add_recipient(message, parse->arena)->address = recipient;
    if (!whole || !recipient || !message->sender)
        hq_message_add_problem(message, parse->arena, "its queue file is damaged");
}

static void set_times(struct hq_parse *parse, struct hq_message *message, int64_t since)
{
    message->arrived = since;
    for (uint32_t i = 0; since != HQ_NONE && i < message->recipient_count; i++) {
        struct hq_recipient *recipient = &message->recipients[i];
        /* the process tries at once, and sleeps so long after a failure */
        recipient->state =
            parse->context->now - since > MIN_RETRY ? HQ_STATE_DEFERRED : HQ_STATE_QUEUED;
        recipient->expires = since + MAX_TIMEOUT;
    }
}

void hq_dma_parse(struct hq_parse *parse, const struct hq_item *item)
{
    const struct hq_item_file *mail = &item->files[1];
    struct hq_message *message = hq_spool_message(parse, item);

    if (item->files[0].fd < 0) {
        parse->emit(parse, message, NULL, 0);
        return;
    }
    read_queue_file(parse, message, &item->files[0]);
    set_times(parse, message, item->files[0].mtime);
    if (mail->fd < 0) {
        hq_message_add_problem(message, parse->arena, "its message file cannot be read: %s",
                               hq_item_file_why(mail));
        parse->emit(parse, message, NULL, 0);
        return;
    }
    message->size = mail->size;
    hq_mailfile_emit(parse, message, mail->fd, 0, mail->size);
}
