/* SPDX-License-Identifier: ISC */
/* Why a TLS connection failed stands in lines of its own, before the line of the attempt: the same
 * process writes both (Postfix, Sendmail), or they name the same session or message. The last few
 * are kept in a ring. */
#include "parts.h"
#include <string.h>

#define CAUSES   64
#define TEXT_MAX 600
#define OWN      HQ_MINUTE       /* as long as a process can be with one host */
#define OTHERS   (5 * HQ_SECOND) /* two processes of one machine: clocks are the same */

struct cause {
    int64_t time; /* 0: free */
    char who[64]; /* process id, session or message id */
    char ip[48];
    char text[TEXT_MAX];
};

struct hq_log_causes {
    struct cause ring[CAUSES];
    unsigned next;
};

struct hq_log_causes *hq_log_causes_new(void)
{
    return g_new0(struct hq_log_causes, 1);
}

void hq_log_causes_free(struct hq_log_causes *causes)
{
    g_free(causes);
}

static void copy(char *out, size_t size, struct hq_log_span span)
{
    size_t n = span.s ? MIN(span.n, size - 1) : 0;

    memcpy(out, span.s ? span.s : "", n);
    out[n] = '\0';
}

static struct hq_log_span who(const struct hq_log_line *line)
{
    if (line->session.s)
        return line->session;
    return line->pid.n ? line->pid : line->id;
}

/* "mx.example[192.0.2.7]:25", "mx.example. [192.0.2.7]", "192.0.2.7 (mx.example)" */
static void copy_ip(char *out, size_t size, struct hq_log_span relay)
{
    const char *open = relay.s ? memchr(relay.s, '[', relay.n) : NULL;
    const char *begin = open ? open + 1 : relay.s;
    size_t n = 0, left = begin ? (size_t)(relay.s + relay.n - begin) : 0;

    while (n < left && (g_ascii_isxdigit(begin[n]) || begin[n] == '.' || begin[n] == ':'))
        n++;
    copy(out, size, (struct hq_log_span){begin, n >= 3 ? n : 0});
}

/* The entry that NAME began within some seconds before TIME; else the oldest one, emptied. */
static struct cause *begun(struct hq_log_causes *causes, const char *name, int64_t time)
{
    for (unsigned i = 0; i < CAUSES; i++) {
        struct cause *cause = &causes->ring[i];
        if (cause->time && strcmp(cause->who, name) == 0 && time - cause->time <= OTHERS)
            return cause;
    }
    struct cause *cause = &causes->ring[causes->next++ % CAUSES];
    memset(cause, 0, sizeof *cause);
    g_strlcpy(cause->who, name, sizeof cause->who);
    return cause;
}

static void append(char *text, struct hq_log_span span)
{
    size_t n = strlen(text);

    if (n && n + 3 < TEXT_MAX) {
        memcpy(text + n, "; ", 3);
        n += 2;
    }
    copy(text + n, TEXT_MAX - n, span);
}

/* A failure takes two or three lines: those of one process belong together. */
void hq_log_causes_add(struct hq_log_causes *causes, const struct hq_log_line *line)
{
    char name[sizeof causes->ring->who];

    copy(name, sizeof name, who(line));
    struct cause *cause = begun(causes, name, line->time);
    cause->time = line->time;
    if (!*cause->ip)
        copy_ip(cause->ip, sizeof cause->ip, line->relay);
    append(cause->text, line->text);
}

struct hq_log_span hq_log_causes_find(const struct hq_log_causes *causes,
                                      const struct hq_log_line *line)
{
    char name[sizeof causes->ring->who], ip[sizeof causes->ring->ip];

    copy(name, sizeof name, who(line));
    copy_ip(ip, sizeof ip, line->relay);
    for (unsigned i = 1; i <= CAUSES; i++) {
        const struct cause *cause = &causes->ring[(causes->next + CAUSES - i) % CAUSES];
        int64_t age = line->time - cause->time;
        bool same_ip = *ip && strcmp(cause->ip, ip) == 0;
        bool own = *name && strcmp(cause->who, name) == 0 && (same_ip || !*cause->ip || !*ip);
        if (cause->time && age >= 0 && ((own && age <= OWN) || (same_ip && age <= OTHERS)))
            return (struct hq_log_span){cause->text, strlen(cause->text)};
    }
    return (struct hq_log_span){NULL, 0};
}
