/* SPDX-License-Identifier: ISC */
/* Whole chains with labels, where the development data is present (HOPQ_DATA): which hops
 * SpamAssassin trusts under a given configuration, and which hop's client an SPF result is about.
 */
#include "trail_fixture.h"

#include "hopq/auth.h"
#include "labels.h"

static void count(struct score *score, bool right, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void count(struct score *score, bool right, const char *format, ...)
{
    va_list args;

    score->asked++;
    score->right += right;
    if (right)
        return;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    print_message("missed: %s\n", text);
}

/* ---- SpamAssassin's trusted relays ---- */

static void trust_words(struct hq_context *context, json_t *config, const char *key,
                        const char *before)
{
    const char *text = json_string_value(json_object_get(config, key));
    g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);

    for (char **word = words; *word; word++) {
        g_autofree char *network = g_strconcat(before, *word, NULL);
        struct hq_network parsed;

        /* SpamAssassin takes a submission host only from what it trusts */
        if (*before &&
            (!hq_network_parse(*word, &parsed) || !hq_context_is_trusted(context, &parsed.net.ip)))
            continue;
        if (**word)
            assert_true(hq_context_add_trust(context, network));
    }
}

/* Submission hosts come first in the list that is asked from the front. */
static struct hq_context *context_of(json_t *config)
{
    static const char *const plain[] = {"trusted_networks", "internal_networks"};
    struct hq_context *asked = hq_context_new();
    struct hq_context *context = hq_context_new();
    bool trusted = json_object_get(config, plain[0]) != NULL;

    trust_words(asked, config, plain[!trusted], "");
    g_array_append_vals(context->trust, asked->trust->data, asked->trust->len);
    trust_words(context, config, "msa_networks", "msa:");
    g_array_set_size(asked->trust, 0);
    for (guint i = context->trust->len; i-- > 0;) {
        struct hq_network network = g_array_index(context->trust, struct hq_network, i);

        if (network.kind == HQ_NETWORK_SUBMISSION)
            g_array_append_val(asked->trust, network);
    }
    for (guint i = 0; i < context->trust->len; i++) {
        struct hq_network network = g_array_index(context->trust, struct hq_network, i);

        if (network.kind != HQ_NETWORK_SUBMISSION)
            g_array_append_val(asked->trust, network);
    }
    hq_context_free(context);
    return asked;
}

/* SpamAssassin makes a relay without a receiving host of X-Originating-IP; here that is an origin.
 */
static size_t count_relays(json_t *relays)
{
    size_t n = 0;
    json_t *relay;
    size_t i;

    json_array_foreach(relays, i, relay) n += json_string_length(json_object_get(relay, "by")) > 0;
    return n;
}

/* What SpamAssassin calls a trusted relay is a client that we believe: one above the boundary. */
static void score_trust(json_t *row, void *data)
{
    const char *message = json_string_value(json_object_get(row, "message"));
    size_t want = count_relays(json_object_get(row, "trusted"));
    struct hq_headers headers = {0};
    struct hq_message mail = {.mta = "eml"};
    struct hq_detail detail = {0};
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = context_of(json_object_get(row, "config"));

    hq_headers_scan(&headers, message, strlen(message));
    hq_trail_build(&headers, &mail, context, &detail, arena);
    const struct hq_hop *edge = hq_trail_boundary(&detail);
    size_t got = edge ? (size_t)edge->n : detail.hop_count;
    count(data, got == want, "trust path %d: want %zu got %zu: %s",
          (int)json_integer_value(json_object_get(row, "n")), want, got, detail.boundary_reason);
    hq_context_free(context);
    hq_headers_clear(&headers);
    hq_arena_free(arena);
}

static void trusts_as_spamassassin(void **state)
{
    struct score score = {0, 0};

    (void)state;
    dev_data("hops/sa_trust_path.jsonl");
    hq_org_init();
    each_label("hops/sa_trust_path.jsonl", score_trust, &score);
    score_must("sa_trust_path.jsonl", &score, 0.99);
}

/* ---- SPF: the boundary of the receiver, and the hop that each result speaks of ---- */

struct spf_scores {
    struct score edge, edge_other, hop, inner;
    struct hq_context *context;
    struct hq_arena *arena;
};

static bool same_address(const char *a, const char *b)
{
    struct hq_ip x;
    struct hq_ip y;

    return hq_ip_parse_str(a, &x) && hq_ip_parse_str(b, &y) && hq_ip_equal(&x, &y);
}

/* An SPF result that speaks of the hop whose client is IP; a message may hold several results, each
 * of another hop. NULL: none does. */
static const struct hq_auth *result_about(const struct hq_detail *detail, const char *ip)
{
    for (uint32_t i = 0; i < detail->auth_count; i++) {
        const struct hq_auth *row = &detail->auth[i];

        if (strcmp(row->method, "spf") == 0 && row->hop != HQ_NONE &&
            same_address(detail->hops[row->hop].from.ip, ip))
            return row;
    }
    return NULL;
}

static void score_detail(json_t *row, const struct hq_detail *detail, struct spf_scores *scores)
{
    const char *file = json_string_value(json_object_get(row, "file"));
    const char *kind = json_string_value(json_object_get(row, "kind"));
    const char *ip = json_string_value(json_object_get(row, "client_ip"));
    const char *source = json_string_value(json_object_get(row, "source"));
    const struct hq_hop *edge = hq_trail_boundary(detail);
    const struct hq_auth *result = result_about(detail, ip);
    bool microsoft = edge && hq_org_same(edge->by.name, "mail.protection.outlook.com");

    if (strcmp(kind, "receiver") == 0) {
        bool right = edge && same_address(edge->from.ip, ip);

        count(&scores->edge, right, "boundary of %s: want %s got %s", file, ip,
              edge ? edge->from.ip : "none");
        if (!microsoft) {
            scores->edge_other.asked++;
            scores->edge_other.right += right;
        }
    }
    if (strcmp(kind, "unlocated") == 0 || strcmp(source, "X-Sender-IP") == 0)
        return; /* no hop has that address; no SPF result says so */
    count(strcmp(kind, "inner") == 0 ? &scores->inner : &scores->hop, result != NULL,
          "SPF result of %s: none is about %s", file, ip);
}

static void score_spf(json_t *row, void *data)
{
    struct spf_scores *scores = data;
    const char *file = json_string_value(json_object_get(row, "file"));
    const char *root = g_getenv("HOPQ_MAIL");
    g_autofree char *path =
        g_build_filename(root, g_str_has_prefix(file, "corpus/") ? file + 7 : file, NULL);
    g_autofree char *content = NULL;
    struct hq_headers headers = {0};
    struct hq_message mail = {.mta = "eml"};
    struct hq_detail detail = {0};
    gsize n;

    if (!g_file_get_contents(path, &content, &n, NULL))
        return;
    hq_headers_scan(&headers, content, n);
    hq_trail_build(&headers, &mail, scores->context, &detail, scores->arena);
    hq_auth_read(&headers, &detail, scores->context, scores->arena);
    score_detail(row, &detail, scores);
    hq_headers_clear(&headers);
    hq_arena_reset(scores->arena);
}

/* HOPQ_MAIL: where the mail archive beside the labels was unpacked. */
static void finds_clients(void **state)
{
    struct spf_scores scores = {.arena = NULL};

    (void)state;
    dev_data("hops/spf_client_ip.jsonl");
    if (!g_getenv("HOPQ_MAIL")) {
        print_message("SKIP: HOPQ_MAIL is not set\n");
        skip();
    }
    hq_org_init();
    scores.context = hq_context_new();
    scores.arena = hq_arena_new();
    each_label("hops/spf_client_ip.jsonl", score_spf, &scores);
    score_must("client at the boundary, all", &scores.edge, 0.995);
    score_must("client at the boundary, outside Microsoft", &scores.edge_other, 0.99);
    score_must("hop of the receiver's result", &scores.hop, 0.995);
    score_must("hop of an inner result", &scores.inner, 0.995);
    hq_arena_free(scores.arena);
    hq_context_free(scores.context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusts_as_spamassassin),
        cmocka_unit_test(finds_clients),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
