/* SPDX-License-Identifier: ISC */
/* How many Received fields a second one core parses, on the fields of real mail; and whether time
 * grows with size only, on fields made to hurt.
 *
 * find MAIL -type f | bench_received [--print]      --print: every fact of every field instead
 * bench_received --scale */
#include "hopq/arena.h"
#include "hopq/headers.h"
#include "hopq/message.h"
#include "hopq/received.h"
#include <glib.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 8, FIELDS_AN_ARENA = 16 }; /* as many as a message has */

struct piece {
    const char *s;
    size_t n;
};

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A counter of instructions in user space; -1 where the kernel gives none. */
static int open_counter(void)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attr,
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };

    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0UL);
}

static guint64 read_counter(int fd)
{
    guint64 value = 0;

    return fd >= 0 && read(fd, &value, sizeof value) == sizeof value ? value : 0;
}

static void take_fields(const char *path, GArray *fields, GPtrArray *contents)
{
    struct hq_headers headers = {0};
    char *content = NULL;
    gsize n = 0;

    if (!g_file_get_contents(path, &content, &n, NULL))
        return;
    hq_headers_scan(&headers, content, n);
    for (unsigned i = 0; i < headers.count; i++) {
        const struct hq_field_span *field = &headers.fields[i];

        if (hq_field_is(field, "Received"))
            g_array_append_val(fields, ((struct piece){field->value, field->value_length}));
    }
    hq_headers_clear(&headers);
    g_ptr_array_add(contents, content);
}

static void take_files(GArray *fields, GPtrArray *contents)
{
    char path[4096];

    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = '\0';
        take_fields(path, fields, contents);
    }
}

static void measure(const GArray *fields)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_hop hop;
    int counter = open_counter();
    guint64 before = read_counter(counter);
    double start = cpu_seconds();

    for (int round = 0; round < ROUNDS; round++) {
        for (guint i = 0; i < fields->len; i++) {
            const struct piece *piece = &g_array_index(fields, struct piece, i);

            hq_received_parse(piece->s, piece->n, &hop, arena);
            if (i % FIELDS_AN_ARENA == 0)
                hq_arena_reset(arena);
        }
    }
    double took = cpu_seconds() - start;
    guint64 instructions = read_counter(counter) - before;
    double count = (double)fields->len * ROUNDS;
    printf("%u fields, %d times: %.3f s, %.0f fields/s", fields->len, ROUNDS, took, count / took);
    if (instructions)
        printf(", %.0f instructions a field", (double)instructions / count);
    putchar('\n');
    hq_arena_free(arena);
    if (counter >= 0)
        close(counter);
}

static void print_text(const char *key, const char *text)
{
    g_autofree char *escaped = text ? g_strescape(text, NULL) : NULL;

    printf(" %s=%s", key, escaped ? escaped : "-");
}

static void print_hop(const struct hq_hop *hop)
{
    printf("kind=%d auth=%d tls=%d date=%" G_GINT64_FORMAT " zone=%" G_GINT64_FORMAT, hop->kind,
           hop->auth, hop->tls != NULL, hop->date, hop->zone);
    print_text("helo", hop->from.helo);
    print_text("name", hop->from.name);
    print_text("ip", hop->from.ip);
    print_text("by", hop->by.name);
    print_text("by_ip", hop->by.ip);
    print_text("via", hop->via);
    print_text("with", hop->with);
    print_text("user", hop->auth_user);
    print_text("version", hop->tls ? hop->tls->version : NULL);
    print_text("cipher", hop->tls ? hop->tls->cipher : NULL);
    print_text("id", hop->id);
    print_text("for", hop->for_address);
    print_text("sender", hop->envelope_from);
    print_text("ident", hop->ident);
    print_text("software", hop->software);
    print_text("defect", hop->date_defect);
    print_text("problem", hop->problem);
    putchar('\n');
}

static void print_all(const GArray *fields)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_hop hop;

    for (guint i = 0; i < fields->len; i++) {
        const struct piece *piece = &g_array_index(fields, struct piece, i);

        hq_received_parse(piece->s, piece->n, &hop, arena);
        print_hop(&hop);
        hq_arena_reset(arena);
    }
    hq_arena_free(arena);
}

/* Each form in fields of 1, 2 and 4 MB; linear time doubles. */
static void scale(void)
{
    static const struct {
        const char *name, *head, *again, *tail;
    } forms[] = {
        {"open comments", "from a ", "(", ""},
        {"nested comments", "from a ((((", "(x)", ")))) by b; 1 Jan 2026 1:1:1 +0000"},
        {"comments", "from a by b ", "(x [1.2.3.4] helo=y) ", "; 1 Jan 2026 1:1:1 +0000"},
        {"semicolons", "from a by b", "; x ", "; 1 Jan 2026 1:1:1 +0000"},
        {"dates", "from a by b ", "; Thu, 1 Jan 2026 ", ""},
        {"quotes", "from a by b ", "\"\\\"\" ", "; 1 Jan 2026 1:1:1 +0000"},
        {"literals", "from a ", "[1.2.3.4] ", "by b; 1 Jan 2026 1:1:1 +0000"},
        {"angles", "from a by b for ", "<a@b> ", "; 1 Jan 2026 1:1:1 +0000"},
        {"one word", "from ", "a", " by b; 1 Jan 2026 1:1:1 +0000"},
        {"closing brackets", "from a by b ", ")", "; 1 Jan 2026 1:1:1 +0000"},
    };
    struct hq_arena *arena = hq_arena_new();
    struct hq_hop hop;

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        printf("%-16s", forms[i].name);
        for (size_t size = 1 << 20; size <= 4 << 20; size *= 2) {
            g_autoptr(GString) field = g_string_new(forms[i].head);

            while (field->len < size)
                g_string_append(field, forms[i].again);
            g_string_append(field, forms[i].tail);
            double start = cpu_seconds();
            hq_received_parse(field->str, field->len, &hop, arena);
            printf("  %2zu MB %7.2f ms", size >> 20, (cpu_seconds() - start) * 1e3);
            hq_arena_reset(arena);
        }
        putchar('\n');
    }
    hq_arena_free(arena);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--scale") == 0) {
        scale();
        return 0;
    }
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(struct piece));
    GPtrArray *contents = g_ptr_array_new_with_free_func(g_free);
    take_files(fields, contents);
    if (argc > 1 && strcmp(argv[1], "--print") == 0)
        print_all(fields);
    else if (fields->len)
        measure(fields);
    g_array_unref(fields);
    g_ptr_array_unref(contents);
    return 0;
}
