/* SPDX-License-Identifier: ISC */
/* Whose record applies: the DNS tree walk of RFC 9989 section 4.10. All names of a walk are asked
 * for at once: there are eight at most, and mostly two. */
#include "hopq/arena.h"
#include "hopq/dmarc.h"
#include "hopq/org.h"
#include <string.h>

#define LABELS_MAX 8

struct step {
    const char *domain; /* into the domain that the walk starts at */
    const char *text;   /* of the record, borrowed from the cache; NULL: none */
    size_t length;
    struct hq_dmarc_record record;
};

struct walk {
    struct step steps[LABELS_MAX]; /* the longest name first */
    unsigned count;                /* up to where the walk stopped */
    bool failed;
};

/* The one record of DMARC at STEP's domain; several are none. */
static void read_answer(const struct hq_dns_answer *answer, struct step *step)
{
    for (unsigned i = 0; i < answer->count; i++) {
        const struct hq_dns_record *one = &answer->records[i];
        struct hq_dmarc_record record;

        if (!hq_dmarc_record_read(one->text, one->length, &record))
            continue;
        if (step->text) {
            step->text = NULL;
            return;
        }
        step->text = one->text;
        step->length = one->length;
        step->record = record;
    }
}

static const struct hq_dns_answer *ask(struct hq_dns_cache *cache, const char *domain)
{
    g_autofree char *name = g_strconcat("_dmarc.", domain, NULL);

    return hq_dns_cache_get(cache, name, HQ_DNS_TXT);
}

/* The name to ask for behind DOMAIN; NULL: there is none. */
static const char *next_domain(const char *domain)
{
    unsigned labels = 1;

    for (const char *dot = strchr(domain, '.'); dot; dot = strchr(dot + 1, '.'))
        labels++;
    do {
        domain = strchr(domain, '.');
        domain = domain ? domain + 1 : NULL;
    } while (domain && --labels >= LABELS_MAX);
    return domain;
}

/* A name like "com", where records are rare: a failed question there is no reason not to judge. */
static bool is_suffix(const char *domain)
{
    char listed[256];

    return *hq_org_listed(domain, listed) == '\0';
}

/* False: an answer is missing. */
static bool walk_up(struct hq_dns_cache *cache, const char *domain, struct walk *walk)
{
    bool stopped = false;
    bool all = true;

    memset(walk, 0, sizeof *walk);
    for (; domain && walk->count < LABELS_MAX && !stopped; domain = next_domain(domain)) {
        struct step *step = &walk->steps[walk->count];
        const struct hq_dns_answer *answer = ask(cache, domain);

        step->domain = domain;
        walk->count++;
        if (!answer) {
            all = false;
            continue;
        }
        if (answer->status == HQ_DNS_TEMPFAIL && !is_suffix(domain))
            walk->failed = true;
        read_answer(answer, step);
        stopped =
            step->text && (step->record.psd == 'n' || (step->record.psd == 'y' && walk->count > 1));
    }
    return all;
}

/* Section 4.10.2. */
static const char *organisation(const struct walk *walk)
{
    const char *found = walk->steps[0].domain;

    for (unsigned i = 0; i < walk->count; i++) {
        const struct step *step = &walk->steps[i];

        if (!step->text)
            continue;
        if (step->record.psd == 'n')
            return step->domain;
        if (i > 0 && step->record.psd == 'y') { /* one label below, also where names were skipped */
            const char *below = step->domain - 1;

            while (below > walk->steps[0].domain && below[-1] != '.')
                below--;
            return below;
        }
        found = step->domain;
    }
    return found;
}

/* The author's own record, else that of the organisation, else that of the public suffix. */
static const struct step *applying(const struct walk *walk, const char *org)
{
    const struct step *suffix = NULL;

    if (walk->steps[0].text)
        return &walk->steps[0];
    for (unsigned i = 0; i < walk->count; i++) {
        const struct step *step = &walk->steps[i];

        if (step->text && step->domain == org)
            return step;
        if (step->text && step->record.psd == 'y')
            suffix = step;
    }
    return suffix;
}

/* Sets tag and policy. False: an answer is missing. */
static bool choose_policy(struct hq_dns_cache *cache, struct hq_dmarc *dmarc, bool own)
{
    const struct hq_dmarc_record *tags = &dmarc->tags;

    dmarc->tag = "p";
    dmarc->policy = tags->policy;
    if (!own && tags->below != HQ_DMARC_UNSET) {
        dmarc->tag = "sp";
        dmarc->policy = tags->below;
    }
    if (!own && tags->absent != HQ_DMARC_UNSET) {
        const struct hq_dns_answer *answer = hq_dns_cache_get(cache, dmarc->domain, HQ_DNS_A);

        if (!answer)
            return false;
        if (answer->status == HQ_DNS_NXDOMAIN) {
            dmarc->tag = "np";
            dmarc->policy = tags->absent;
        }
    }
    if (tags->testing && dmarc->policy > HQ_DMARC_NONE)
        dmarc->policy--;
    return true;
}

bool hq_dmarc_find(struct hq_dns_cache *cache, const char *domain, struct hq_dmarc *dmarc,
                   struct hq_arena *arena)
{
    char listed[256];
    struct walk walk;

    *dmarc = (struct hq_dmarc){.domain = hq_arena_strdup(arena, domain)};
    if (!walk_up(cache, dmarc->domain, &walk))
        return false;
    dmarc->organisation = organisation(&walk);
    if (hq_org_listed(dmarc->domain, listed)[0] && strcmp(listed, dmarc->organisation) != 0)
        dmarc->listed = hq_arena_strdup(arena, listed);
    dmarc->failed = walk.failed;

    const struct step *step = applying(&walk, dmarc->organisation);

    if (!step)
        return true;
    dmarc->record = hq_arena_dup(arena, step->text, step->length);
    dmarc->record_domain = step->domain;
    dmarc->tags = step->record;
    return choose_policy(cache, dmarc, step == walk.steps);
}

bool hq_dmarc_align(struct hq_dns_cache *cache, const struct hq_dmarc *dmarc, const char *domain,
                    bool strict, bool *aligned)
{
    g_autofree char *lower = g_ascii_strdown(domain, -1);
    struct walk walk;

    *aligned = strcmp(lower, dmarc->domain) == 0;
    /* The name of an organisation ends the names of all its hosts: any other domain needs no
     * walk. */
    if (*aligned || strict || !hq_domain_is_below(lower, strlen(lower), dmarc->organisation))
        return true;
    if (!walk_up(cache, lower, &walk))
        return false;
    *aligned = strcmp(organisation(&walk), dmarc->organisation) == 0;
    return true;
}
