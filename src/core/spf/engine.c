/* SPDX-License-Identifier: ISC */
/* libspf2 as the judge of mechanisms, one at a time: a record of one term is compiled and
 * interpreted, and our DNS layer answers what it looks up.
 *
 * No byte from mail or DNS reaches the library but addresses: names are tokens here ("target.hopq",
 * "0" … for the hosts of an MX). Debian 12's 1.2.10 lacks the fix of CVE-2023-42118 and refuses
 * records of more than 62 ip4 terms; neither can matter to a single term that we wrote. */
#include "check.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <spf2/spf.h>
#include <spf2/spf_record.h>
#include <stdlib.h>
#include <string.h>

#include "hopq/spf.h"

#define TARGET    "target.hopq"
#define MAX_TERMS 10 /* RFC 7208 section 4.6.4 */
#define MAX_MX    10
/* Mechanisms judged in one check: more than any honest set of records has; about 2 µs each. */
#define MAX_MATCHES 5000

/* The mechanism at hand; an include has another one inside. */
struct hq_spf_frame {
    const struct hq_spf_term *term;
    char target[HQ_DNS_NAME_SIZE];
    const struct hq_dns_answer *hosts; /* mx */
    bool any_address;                  /* "/0": whatever address there is will do */
};

static SPF_server_t *server;
static SPF_request_t *request;
static SPF_dns_server_t layer;

static SPF_dns_rr_t *new_rr(ns_type type, int herrno)
{
    SPF_dns_rr_t *rr = SPF_dns_rr_new_init(&layer, NULL, type, 0, herrno);
    g_assert(rr);
    return rr;
}

static SPF_dns_rr_data_t *add_rr(SPF_dns_rr_t *rr, size_t size)
{
    SPF_errcode_t error = SPF_dns_rr_buf_realloc(rr, rr->num_rr, size);
    g_assert(error == SPF_E_SUCCESS);
    return rr->rr[rr->num_rr++];
}

static SPF_dns_rr_t *found(ns_type type, bool yes)
{
    SPF_dns_rr_t *rr = new_rr(type, yes ? NETDB_SUCCESS : HOST_NOT_FOUND);
    if (yes)
        memset(add_rr(rr, sizeof(SPF_dns_rr_data_t)), 0, sizeof(SPF_dns_rr_data_t));
    return rr;
}

static SPF_dns_rr_t *addresses(struct hq_spf_check *check, const char *name, ns_type type)
{
    size_t size = check->ip.family == 4 ? 4 : 16;
    const struct hq_dns_answer *answer = hq_spf_lookup(check, name, hq_spf_address_type(check));
    if (!answer)
        return new_rr(type, TRY_AGAIN);
    SPF_dns_rr_t *rr = new_rr(type, answer->count > 0 ? NETDB_SUCCESS : HOST_NOT_FOUND);
    for (unsigned i = 0; i < answer->count; i++)
        memcpy(add_rr(rr, size),
               check->frame->any_address ? check->ip.bytes : answer->records[i].address, size);
    return rr;
}

static SPF_dns_rr_t *mail_hosts(struct hq_spf_check *check)
{
    struct hq_spf_frame *frame = check->frame;
    frame->hosts = hq_spf_lookup(check, frame->target, HQ_DNS_MX);
    if (!frame->hosts)
        return new_rr(ns_t_mx, TRY_AGAIN);
    if (frame->hosts->count > MAX_MX)
        hq_spf_stop(check, HQ_SPF_PERMERROR, "%s has more than %d MX", frame->target, MAX_MX);
    else
        hq_spf_prefetch(check, frame->hosts, MAX_MX);
    if (check->stop != HQ_SPF_RUN)
        return new_rr(ns_t_mx, TRY_AGAIN);
    SPF_dns_rr_t *rr = new_rr(ns_t_mx, frame->hosts->count > 0 ? NETDB_SUCCESS : HOST_NOT_FOUND);
    for (unsigned i = 0; i < frame->hosts->count; i++)
        g_snprintf(add_rr(rr, sizeof(SPF_dns_rr_data_t))->mx, sizeof(SPF_dns_rr_data_t), "%u", i);
    return rr;
}

/* The DNS layer: what NAME, a token, stands for depends on the mechanism at hand. */
static SPF_dns_rr_t *layer_lookup(SPF_dns_server_t *self, const char *name, ns_type type,
                                  int should_cache)
{
    struct hq_spf_check *check = self->hook;
    struct hq_spf_frame *frame = check->frame;
    const struct hq_dns_answer *answer;
    const char *client;
    unsigned long host;
    (void)should_cache;
    if (check->stop != HQ_SPF_RUN)
        return new_rr(type, TRY_AGAIN);
    switch (frame->term->kind) {
    case HQ_SPF_EXISTS:
        answer = hq_spf_lookup(check, frame->target, HQ_DNS_A);
        return answer ? found(type, answer->count > 0) : new_rr(type, TRY_AGAIN);
    case HQ_SPF_PTR:
        return found(type,
                     hq_spf_client_name(check, frame->target, true, &client) >= HQ_SPF_SUBDOMAIN);
    case HQ_SPF_MX:
        if (type == ns_t_mx)
            return mail_hosts(check);
        host = strtoul(name, NULL, 10);
        g_assert(host < frame->hosts->count); /* it is our token */
        return addresses(check, frame->hosts->records[host].text, type);
    default:
        return addresses(check, frame->target, type);
    }
}

/* When libspf2 asks for the record of an include's domain, it gets one that says the result we
 * found ourselves. */
static SPF_errcode_t layer_get_record(SPF_server_t *self, SPF_request_t *query,
                                      SPF_response_t *response, SPF_record_t **record)
{
    static const char *const says[HQ_RESULT_COUNT] = {[HQ_RESULT_PASS] = "v=spf1 +all",
                                                      [HQ_RESULT_FAIL] = "v=spf1 -all",
                                                      [HQ_RESULT_SOFTFAIL] = "v=spf1 ~all",
                                                      [HQ_RESULT_NEUTRAL] = "v=spf1 ?all"};
    struct hq_spf_check *check = layer.hook;
    struct hq_spf_verdict inner;
    (void)query;
    *record = NULL;
    hq_spf_check_host(check, check->frame->target, &inner);
    if (inner.result == HQ_RESULT_NONE)
        hq_spf_stop(check, HQ_SPF_PERMERROR, "the included %s has no SPF record",
                    check->frame->target);
    if (!says[inner.result])
        return check->stop == HQ_SPF_PERMERROR ? SPF_E_NOT_SPF : SPF_E_DNS_ERROR;
    return SPF_record_compile(self, response, record, says[inner.result]);
}

static void on_error(const char *file, int line, const char *text) __attribute__((noreturn));
static void on_error(const char *file, int line, const char *text)
{
    g_error("libspf2: %s:%d: %s", file, line, text); /* out of memory, or its own bug */
}

void hq_spf_init(void)
{
    if (server)
        return;
    SPF_error_handler = on_error;
    SPF_warning_handler = NULL;
    SPF_info_handler = NULL;
    SPF_debug_handler = NULL;
    layer.lookup = layer_lookup;
    layer.get_spf = layer_get_record;
    layer.name = "hopq";
    server = SPF_server_new_dns(&layer, 0);
    g_assert(server);
    SPF_macro_free(server->explanation); /* not wanted, and expanded for every judgement */
    server->explanation = NULL;
    request = SPF_request_new(server);
    g_assert(request);
}

void hq_spf_engine_begin(struct hq_spf_check *check)
{
    struct in_addr four;
    struct in6_addr six;
    g_assert(server); /* hq_spf_init() */
    layer.hook = check;
    memcpy(&four, check->ip.bytes, sizeof four);
    memcpy(&six, check->ip.bytes, sizeof six);
    if (check->ip.family == 4)
        SPF_request_set_ipv4(request, four);
    else
        SPF_request_set_ipv6(request, six);
}

/* Writes TERM as libspf2 can read it: it takes "/0" for a mistake. */
static void write_term(char text[128], const struct hq_spf_check *check,
                       const struct hq_spf_term *term)
{
    static const char *const forms[] = {
        [HQ_SPF_ALL] = "all",       [HQ_SPF_INCLUDE] = "include:" TARGET, [HQ_SPF_A] = "a:" TARGET,
        [HQ_SPF_MX] = "mx:" TARGET, [HQ_SPF_PTR] = "exists:" TARGET,      [HQ_SPF_IP4] = "ip4:",
        [HQ_SPF_IP6] = "ip6:",      [HQ_SPF_EXISTS] = "exists:" TARGET};
    bool literal = term->kind == HQ_SPF_IP4 || term->kind == HQ_SPF_IP6;
    bool cidr = literal || term->kind == HQ_SPF_A || term->kind == HQ_SPF_MX;
    bool four = check->ip.family == 4;
    int prefix = term->prefix[four ? 0 : 1];
    char ip[46];
    if (literal && prefix == 0)
        g_strlcpy(text, "v=spf1 all", 128);
    else if (cidr && prefix > 0)
        g_snprintf(text, 128, "v=spf1 %s%s%s%d", forms[term->kind],
                   literal ? hq_ip_format(&term->ip, ip) : "", four || literal ? "/" : "//",
                   prefix);
    else
        g_snprintf(text, 128, "v=spf1 %s", forms[term->kind]);
}

/* Has libspf2 judge a record of one mechanism without a qualifier: a match is a pass. */
static bool judge(struct hq_spf_check *check, const char *text)
{
    SPF_record_t *record = NULL;
    SPF_response_t *response = SPF_response_new(request);
    g_assert(response);
    SPF_errcode_t error = SPF_record_compile(server, response, &record, text);
    if (error == SPF_E_SUCCESS) {
        response->spf_record_exp = record;
        request->cur_dom = "hopq"; /* anything but TARGET, which an include around us has set */
        error = SPF_record_interpret(record, request, response, 0);
    }
    bool match = SPF_response_result(response) == SPF_RESULT_PASS;
    if (error != SPF_E_SUCCESS)
        hq_spf_stop(check, HQ_SPF_PERMERROR, "libspf2: %s", SPF_strerror(error));
    if (record)
        SPF_record_free(record);
    SPF_response_free(response);
    return match && check->stop == HQ_SPF_RUN;
}

/* RFC 8616 section 4: what would put a local part that is not ASCII into a name matches nothing. */
static bool wants_ascii(const struct hq_spf_check *check, const struct hq_spf_term *term)
{
    for (size_t i = 0; i < check->local.n; i++)
        if (check->local.s[i] & 0x80)
            return hq_spf_macro_has_local(term->spec);
    return false;
}

static bool asks_dns(const struct hq_spf_term *term)
{
    return term->kind != HQ_SPF_ALL && term->kind != HQ_SPF_IP4 && term->kind != HQ_SPF_IP6;
}

bool hq_spf_count_term(struct hq_spf_check *check)
{
    if (++check->terms <= MAX_TERMS)
        return true;
    return hq_spf_stop(check, HQ_SPF_PERMERROR, "more than %d terms that ask the DNS", MAX_TERMS);
}

bool hq_spf_engine_match(struct hq_spf_check *check, const struct hq_spf_term *term,
                         const char *domain)
{
    struct hq_spf_frame frame = {.term = term}, *outer = check->frame;
    char text[128];
    if ((term->kind == HQ_SPF_IP4 || term->kind == HQ_SPF_IP6) &&
        (check->ip.family == 4) != (term->kind == HQ_SPF_IP4))
        return false;
    if (++check->matches > MAX_MATCHES)
        return hq_spf_stop(check, HQ_SPF_PERMERROR, "more than %d mechanisms", MAX_MATCHES);
    if (asks_dns(term) && (!hq_spf_count_term(check) || wants_ascii(check, term) ||
                           !hq_spf_expand_domain(check, term->spec, domain, frame.target)))
        return false;
    frame.any_address = term->prefix[check->ip.family == 4 ? 0 : 1] == 0;
    write_term(text, check, term);
    check->frame = &frame;
    bool match = judge(check, text);
    check->frame = outer;
    return match;
}
