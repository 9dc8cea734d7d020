/* SPDX-License-Identifier: ISC */
/* Labelled Received fields of other projects' tests, where the development data is
 * present (HOPQ_DATA): the share that is read as labelled must not fall below the bars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/arena.h"
#include "hopq/ip.h"
#include "hopq/received.h"
#include "labels.h"
#include <glib.h>
#include <string.h>

static bool same_address(const char *a, const char *b)
{
    struct hq_ip x, y;

    return hq_ip_parse_str(a, &x) && hq_ip_parse_str(b, &y) && hq_ip_equal(&x, &y);
}

/* JSON null: must be unknown. */
static void compare(struct score *score, const char *key, json_t *want, const char *got)
{
    const char *text = json_string_value(want);

    score->asked++;
    bool right =
        text ? got && (g_ascii_strcasecmp(text, got) == 0 || same_address(text, got)) : got == NULL;
    score->right += right;
    if (!right)
        print_message("%s: want %s got %s\n", key, text ? text : "null", got ? got : "null");
}

/* What a label's key is called here; the "null" of some sets says that their parser had no answer,
 * not that there is none. */
struct column {
    const char *key;
    const char *(*fact)(const struct hq_hop *hop);
    bool null_is_unasked;
};

#define FACT(name, value)                             \
    static const char *name(const struct hq_hop *hop) \
    {                                                 \
        return value;                                 \
    }
FACT(client_ip, hop->from.ip)
FACT(client_name, hop->from.name)
FACT(client_helo, hop->from.helo)
FACT(client_ident, hop->ident)
FACT(by_name, hop->by.name)
FACT(by_via, hop->via)
FACT(with_protocol, hop->with)
FACT(queue_id, hop->id)
FACT(for_address, hop->for_address)
FACT(sender, hop->envelope_from)
FACT(tls_cipher, hop->tls ? hop->tls->cipher : NULL)

struct set {
    const char *name;
    struct column columns[10];
    struct score scores[10];
    struct score dates;
    struct score kinds;
    struct hq_arena *arena;
};

/* SpamAssassin's empty string is an unknown; Stalwart took the word of "by uid 500" for a host. */
static bool is_asked(const struct column *column, json_t *want)
{
    const char *text = json_string_value(want);

    return want && !(column->null_is_unasked && !text) && !(text && strcmp(text, "uid") == 0);
}

static json_t *empty_is_null(json_t *want)
{
    return json_string_length(want) || !json_is_string(want) ? want : json_null();
}

static void score_row(json_t *row, void *data)
{
    struct set *set = data;
    json_t *header = json_object_get(row, "header");
    json_t *expect = json_object_get(row, "expect");
    json_t *epoch = json_object_get(expect, "epoch");
    const char *class = json_string_value(json_object_get(row, "expect_class"));
    struct hq_hop hop;

    if (!header)
        return;
    hq_received_parse(json_string_value(header), json_string_length(header), &hop, set->arena);
    for (size_t i = 0; set->columns[i].key; i++) {
        json_t *want = json_object_get(expect, set->columns[i].key);

        if (is_asked(&set->columns[i], want))
            compare(&set->scores[i], set->columns[i].key, empty_is_null(want),
                    set->columns[i].fact(&hop));
    }
    if (class) { /* a hand-over without a usable address is to be passed over, not to fail */
        bool skip = strcmp(class, "skip") == 0;

        set->kinds.asked++;
        set->kinds.right += skip ? hop.kind != HQ_HOP_UNPARSEABLE : hop.from.ip != NULL;
    }
    if (epoch) {
        set->dates.asked++;
        set->dates.right +=
            json_is_null(epoch)
                ? hop.date == HQ_NONE
                : hop.date != HQ_NONE && hop.date / HQ_SECOND == json_integer_value(epoch);
    }
    hq_arena_reset(set->arena);
}

static void must(const char *set, const char *what, const struct score *score, double bar)
{
    if (score->asked == 0)
        return;
    g_autofree char *name = g_strdup_printf("%s, %s", set, what);
    score_must(name, score, bar);
}

static void check_set(struct set *set, double bar, double date_bar)
{
    dev_data(set->name); /* or skip, before anything is made */
    set->arena = hq_arena_new();
    each_label(set->name, score_row, set);
    assert_true(set->scores[0].asked > 0);
    for (size_t i = 0; set->columns[i].key; i++)
        must(set->name, set->columns[i].key, &set->scores[i], bar);
    must(set->name, "class", &set->kinds, bar);
    must(set->name, "date", &set->dates, date_bar);
    hq_arena_free(set->arena);
}

static void spamassassin(void **state)
{
    struct set set = {.name = "hops/sa_rcvd_parser.jsonl",
                      .columns = {{"ip", client_ip, false},
                                  {"by", by_name, false},
                                  {"rdns", client_name, false},
                                  {"helo", client_helo, false},
                                  {"ident", client_ident, false},
                                  {"envfrom", sender, false},
                                  {"id", queue_id, false}}};

    (void)state;
    check_set(&set, 0.99, 0);
}

/* Of its other labels many are that parser's way to see it. Of the dates some are two-digit years
 * read as ancient, seconds lost and zone names not known. */
static void stalwart(void **state)
{
    struct set set = {.name = "hops/stalwart_received.jsonl",
                      .columns = {{"from_ip", client_ip, true},
                                  {"by", by_name, true},
                                  {"via", by_via, false},
                                  {"for", for_address, false},
                                  {"tls_cipher", tls_cipher, false}}};

    (void)state;
    check_set(&set, 0.99, 0.93);
}

static void rspamd(void **state)
{
    struct set set = {.name = "hops/rspamd_received.jsonl",
                      .columns = {{"ip", client_ip, false}, {"by", by_name, false}}};

    (void)state;
    check_set(&set, 0.99, 0);
}

static void hard(void **state)
{
    struct set set = {.name = "hops/hard_received.jsonl",
                      .columns = {{"ip", client_ip, false},
                                  {"by", by_name, false},
                                  {"with_", with_protocol, false},
                                  {"id", queue_id, false},
                                  {"envfrom", sender, false}}};

    (void)state;
    check_set(&set, 0.99, 0.99);
}

/* ---- sets that speak of clauses as texts ---- */

/* TEXT has PART, without the angle brackets that a label may have. */
static bool holds(const char *text, const char *part, bool whole)
{
    g_autofree char *bare = g_strdup(part);

    if (bare[0] == '<' && g_str_has_suffix(bare, ">")) {
        memmove(bare, bare + 1, strlen(bare));
        bare[strlen(bare) - 1] = '\0';
    }
    return text && (whole ? strcmp(text, bare) == 0 : strstr(text, bare) != NULL);
}

static bool client_holds(const struct hq_hop *hop, const char *part, bool whole)
{
    return holds(hop->from.helo, part, whole) || holds(hop->from.name, part, whole) ||
           holds(hop->from.ip, part, whole);
}

static bool is_present(const struct hq_hop *hop, const char *field)
{
    if (strcmp(field, "from") == 0)
        return hop->from.helo || hop->from.name || hop->from.ip;
    return strcmp(field, "date") != 0 || hop->date != HQ_NONE;
}

static const char *clause(const struct hq_hop *hop, const char *field)
{
    static const struct column clauses[] = {
        {"by", by_name, false},  {"with", with_protocol, false}, {"via", by_via, false},
        {"id", queue_id, false}, {"for", for_address, false},    {"envelope_from", sender, false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(clauses); i++)
        if (strcmp(clauses[i].key, field) == 0)
            return clauses[i].fact(hop);
    return NULL;
}

/* "HELO" is the label of a text form that hopq takes apart, a date's text is not kept. */
static void score_claim(const struct hq_hop *hop, json_t *claim, struct score *score)
{
    const char *field = json_string_value(json_object_get(claim, "field"));
    const char *op = json_string_value(json_object_get(claim, "op"));
    const char *value = json_string_value(json_object_get(claim, "value"));
    bool whole = strcmp(op, "equals") == 0;
    bool right;

    if (value && strcmp(value, "HELO") == 0)
        return;
    if (!value || strcmp(field, "date") == 0)
        right =
            is_present(hop, field) && (clause(hop, field) || field[0] == 'f' || field[0] == 'd');
    else if (strcmp(field, "from") == 0)
        right = client_holds(hop, value, whole);
    else
        right = holds(clause(hop, field), value, whole);
    score->asked++;
    score->right += right;
    if (!right)
        print_message("%s %s %s\n", field, op, value ? value : "");
}

static void score_claims(json_t *row, void *data)
{
    json_t *header = json_object_get(row, "header");
    struct hq_arena *arena = hq_arena_new();
    struct hq_hop hop;
    json_t *claim;
    size_t i;

    hq_received_parse(json_string_value(header), json_string_length(header), &hop, arena);
    json_array_foreach(json_object_get(row, "expect"), i, claim) score_claim(&hop, claim, data);
    hq_arena_free(arena);
}

static void mail_parser(void **state)
{
    struct score score = {0, 0};

    (void)state;
    each_label("hops/mailparser_received.jsonl", score_claims, &score);
    assert_true(score.asked > 0);
    must("mailparser_received.jsonl", "claims", &score, 0.99);
}

/* MHA keeps clauses whole: "host (software)". Ours is what they begin with. */
static void score_table(json_t *row, void *data)
{
    static const char *const keys[] = {"by", "id", "with", "for", "via"};
    const char *header = json_string_value(json_object_get(row, "header"));
    json_t *expect = json_object_get(row, "expect");
    json_t *ms = json_object_get(expect, "dateNum");
    struct hq_arena *arena = hq_arena_new();
    struct score *score = data;
    struct hq_hop hop;

    if (header && g_str_has_prefix(header, "Received: ")) {
        header += strlen("Received: ");
        hq_received_parse(header, strlen(header), &hop, arena);
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
            const char *want = json_string_value(json_object_get(expect, keys[i]));
            const char *got = clause(&hop, keys[i]);

            score->asked += want != NULL;
            score->right += want && got && strstr(want, got);
        }
        score->asked += ms != NULL;
        score->right += ms && hop.date != HQ_NONE && /* it rounds nanoseconds up */
                        ABS(hop.date / 1000 - json_integer_value(ms)) <= 1;
    }
    hq_arena_free(arena);
}

static void mha(void **state)
{
    struct score score = {0, 0};

    (void)state;
    each_label("hops/mha_received.jsonl", score_table, &score);
    assert_true(score.asked > 0);
    must("mha_received.jsonl", "clauses and dates", &score, 0.99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spamassassin), cmocka_unit_test(stalwart),    cmocka_unit_test(rspamd),
        cmocka_unit_test(hard),         cmocka_unit_test(mail_parser), cmocka_unit_test(mha),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
