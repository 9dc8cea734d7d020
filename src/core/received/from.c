/* SPDX-License-Identifier: ISC */
/* The from-part of a Received field: which address is the client's, which name is the client's own
 * word (HELO) and which one the writer looked up. Each written form of an address has an authority,
 * and the highest wins; what follows a HELO is the client's word and never an address. */
#include "hopq/ip.h"
#include "parts.h"
#include <string.h>

/* Authority of the forms, lowest first. */
enum authority {
    AUTHORITY_NONE,
    AUTHORITY_HEAD,    /* from 192.0.2.1, from [192.0.2.1] */
    AUTHORITY_WORD,    /* from host - 192.0.2.1 */
    AUTHORITY_BARE,    /* (192.0.2.1), (ident@192.0.2.1), (/192.0.2.1) */
    AUTHORITY_SECOND,  /* from host [192.0.2.1] */
    AUTHORITY_BRACKET, /* (name [192.0.2.1]) */
};

struct client {
    struct span ip_text; /* as written, without its dress */
    struct span head;    /* word behind "from" */
    struct span name;    /* word in a comment in the place of the looked-up name */
    struct span helo;    /* said to be the client's word */
    struct span ident;
    struct span claim; /* "claiming to be x" */
    enum authority authority;
    struct hq_ip ip;
    bool head_literal;
    bool name_place; /* there is a place for NAME, be it "unknown" */
    bool helo_seen;
    bool helo_word; /* "(HELO x)", not "helo=x" */
    bool verified;
    bool bare_comment;
};

static bool is_no_name(struct span word)
{
    static const char *const words[] = {"unknown", "unverified", "softdnserr",    "[unknown]",
                                        "Not",     "untrusted",  "may",           "RDNS",
                                        "really",  "-",          "Unknown_Domain"};

    for (size_t i = 0; i < G_N_ELEMENTS(words) && word.n <= 14; i++) {
        if (hq_span_is(word, words[i]))
            return true;
    }
    return word.n == 0 || hq_span_starts(word, "<unknown") || hq_span_starts(word, "unknown-host");
}

/* Comments of the from-part that are no TCP-info, by their first word. */
static bool is_remark(struct span comment)
{
    static const char *const words[] = {"using",     "authenticated ", "envelope-",     "uid",
                                        "no client", "client",         "auth:",         "tls",
                                        "version=",  "may be",         "original mail", "userid",
                                        "cipher",    "no cert",        "user="};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (hq_span_starts(comment, words[i]))
            return !hq_received_is_tcp_info(comment);
    }
    return false;
}

static bool is_date_word(struct span text)
{
    static const char *const days[] = {"Mon, ", "Tue, ", "Wed, ", "Thu, ",
                                       "Fri, ", "Sat, ", "Sun, "};

    for (size_t i = 0; i < G_N_ELEMENTS(days) && text.n > 4 && text.s[3] == ','; i++) {
        if (hq_span_starts(text, days[i]))
            return true;
    }
    return false;
}

static bool offer(struct received *received, struct client *client, struct span text,
                  enum authority authority)
{
    struct span address = text;
    struct hq_ip ip;

    if (hq_received_address(&address, &ip)) {
        if (authority > client->authority) {
            client->authority = authority;
            client->ip = ip;
            client->ip_text = address;
        }
        return true;
    }
    if (authority >= AUTHORITY_BARE && !received->hop->problem && hq_received_impossible(text))
        received->hop->problem = "impossible-ip";
    if (authority >= AUTHORITY_SECOND && !received->hop->problem && is_date_word(text))
        received->hop->problem = "date-as-ip";
    return false;
}

static void set_helo(struct client *client, struct span helo, bool word)
{
    if (client->helo_seen)
        return;
    client->helo_seen = true;
    client->helo_word = word;
    client->helo = hq_span_strip(helo, "\"", "\",;");
}

static bool is_helo_word(struct span word)
{
    word = hq_span_strip(word, "\"", "");
    if (word.n != 4 && word.n != 5)
        return false;
    return hq_span_is(word, "HELO") || hq_span_is(word, "EHLO") || hq_span_is(word, "LHLO") ||
           hq_span_is(word, "HELLO");
}

/* "name[192.0.2.1]", "user@[192.0.2.1]", "[192.0.2.1]:25": the word with its bracket. */
static void read_bracket(struct received *received, struct client *client, struct span word,
                         const char *open, bool tainted)
{
    struct span before = hq_span_cut(word, 0, (size_t)(open - word.s));
    const char *close = memchr(open, ']', word.n - before.n);
    struct span inside = hq_span_cut(word, before.n + 1, close ? (size_t)(close - word.s) : word.n);

    if (hq_span_is(inside, "local") || hq_span_is(inside, "unix"))
        received->flags |= HQ_RECEIVED_LOCAL;
    if (hq_span_is(inside, "unknown"))
        client->name_place = true;
    if (!tainted)
        offer(received, client, inside, AUTHORITY_BRACKET);
    if (before.n > 1 && before.s[before.n - 1] == '@') {
        client->ident = hq_span_cut(before, 0, before.n - 1);
    } else if (before.n && !client->name_place) {
        client->name_place = true;
        client->name = before;
    }
}

/* A word of a comment that is neither HELO nor bracket: an address, "ident@address", or a name.
 * Behind the first one it is an IPv4 address only where a name has been before: the others are
 * versions of software, and "proxying for 192.0.2.1". */
static void read_plain(struct received *received, struct client *client, struct span word,
                       unsigned place, bool tainted)
{
    bool first = place == 1;
    const char *at = memrchr(word.s, '@', word.n);
    struct span behind = at ? hq_span_cut(word, (size_t)(at + 1 - word.s), word.n) : word;
    struct span address = behind;
    struct hq_ip ip;

    tainted = tainted || place > 2 ||
              (place == 2 && !is_no_name(client->name) &&
               !memchr(client->name.s, '.', client->name.n) && !memchr(word.s, ':', word.n));
    if (!tainted && hq_received_address(&address, &ip)) {
        if (offer(received, client, behind, AUTHORITY_BARE) && first)
            client->bare_comment = true;
        if (at)
            client->ident = hq_span_cut(word, 0, (size_t)(at - word.s));
        else if (first && !client->name_place) /* "(192.0.2.1 [192.0.2.1])" */
            client->name = word;
        return;
    }
    if (!tainted && hq_received_impossible(word)) {
        offer(received, client, word, AUTHORITY_BARE); /* notes it */
        return;
    }
    if (hq_span_is(word, "verified"))
        client->verified = true;
    if (!first)
        return;
    if (hq_span_starts(word, "IDENT:") && at) {
        client->ident = hq_span_cut(word, 6, (size_t)(at - word.s));
        word = behind;
    } else if (at && at > word.s) {
        client->ident = hq_span_cut(word, 0, (size_t)(at - word.s));
        word = behind;
    }
    client->name = word;
}

/* TCP-info of one comment. What follows a HELO in it is tainted. */
static void read_comment(struct received *received, struct client *client, struct span comment)
{
    struct span rest = comment;
    struct span word;
    bool tainted = false;
    bool first = true;
    unsigned words = 0;

    if (is_date_word(hq_span_strip(comment, "[", "")) && !received->hop->problem)
        received->hop->problem = "date-as-ip";
    while (words++ < 16 && hq_span_word(&rest, 0, &word)) {
        const char *open = memchr(word.s, '[', word.n);

        if (is_helo_word(word)) {
            struct span helo = {word.s + word.n, 0};

            if (rest.n && word.s[word.n - 1] != '"')
                hq_span_word(&rest, 0, &helo);
            set_helo(client, helo, true);
            tainted = true;
        } else if (hq_span_starts(word, "helo=")) {
            set_helo(client, hq_span_cut(word, 5, word.n), false);
            tainted = true;
        } else if (hq_span_starts(word, "ident=")) {
            client->ident = hq_span_cut(word, 6, word.n);
        } else if (hq_span_is(word, "account") && first) {
            hq_span_word(&rest, 0, &word);
        } else if (open) {
            /* "(name [192.0.2.1])"; "(AVG SMTP 7.0.299 [265.6.8])" is no TCP-info */
            if (client->name.n && words == 2 && client->authority < AUTHORITY_BRACKET)
                client->name_place = true;
            read_bracket(received, client, word, open, tainted);
        } else {
            read_plain(received, client, word, words, tainted);
        }
        first = false;
    }
    if (words == 2 && !client->bare_comment && client->name.n &&
        memchr(client->name.s, '.', client->name.n))
        client->name_place = true; /* "(host.example)" */
}

/* Words and literals at depth 0 behind the head. */
static void read_token(struct received *received, struct client *client, const struct token *token,
                       struct span before)
{
    switch (token->kind) {
    case TOKEN_COMMENT:
        if (!is_remark(token->text))
            read_comment(received, client, token->text);
        break;
    case TOKEN_LITERAL:
        offer(received, client, token->text, AUTHORITY_SECOND);
        break;
    case TOKEN_ATOM:
        if (hq_span_is(before, "be"))
            client->claim = token->text;
        else if (is_helo_word(before))
            set_helo(client, token->text, true);
        else
            offer(received, client, token->text, AUTHORITY_WORD);
        break;
    case TOKEN_QUOTED:
        if (hq_span_is(before, "be"))
            client->claim = token->text;
        break;
    default:
        break;
    }
}

static void read_head(struct received *received, struct client *client, const struct token *token)
{
    client->head = token->text;
    client->head_literal = token->kind == TOKEN_LITERAL;
    if (token->kind == TOKEN_QUOTED)
        return;
    offer(received, client, token->text, AUTHORITY_HEAD);
}

static void read_part(struct received *received, struct client *client)
{
    const struct clause_range *from = &received->clauses[CLAUSE_FROM];
    struct span before = {"", 0};
    bool head = false;

    for (unsigned i = from->begin; i < from->end; i++) {
        const struct token *token = &received->field.tokens[i];

        if (!head && token->kind != TOKEN_COMMENT)
            read_head(received, client, token);
        else
            read_token(received, client, token, before);
        head = head || token->kind != TOKEN_COMMENT;
        before = token->text;
    }
}

/* "(from name [192.0.2.1]) by …" (NAVGW), "(from user@localhost) by …" (sendmail's submission). */
static void read_lead(struct received *received, struct client *client)
{
    struct span rest = received->lead;
    struct span word;

    if (received->clauses[CLAUSE_FROM].seen || !hq_span_starts(rest, "from "))
        return;
    hq_span_word(&rest, 0, &word);
    read_comment(received, client, rest);
    if (!client->authority) {
        received->flags |= HQ_RECEIVED_LOCAL;
        client->name.n = 0;
    }
    client->head = client->name;
    client->name.n = 0;
}

/* qmail: "from name (192.0.2.1) by host with SMTP; 14 Nov 2003 …": no id, no day of the week. */
static bool is_qmail(const struct received *received)
{
    struct span date = hq_span_strip(received->date, " \t\r\n", "");

    return !received->clauses[CLAUSE_ID].seen && received->clauses[CLAUSE_WITH].seen && date.n &&
           g_ascii_isdigit(date.s[0]);
}

/* Obtuse smap: "from name(192.0.2.1) via SMTP by host, id x" knows no HELO. */
static bool is_smap(const struct received *received, const struct client *client)
{
    const char *via = received->hop->via;

    return client->bare_comment && via && g_ascii_strcasecmp(via, "SMTP") == 0;
}

/* The head with its brackets, as the client said it. */
static struct span whole_head(const struct client *client)
{
    if (!client->head_literal)
        return client->head;
    return (struct span){client->head.s - 1, client->head.n + 2};
}

/* Who said which name depends on the writer: see the forms at each branch. */
static void assign_names(struct received *received, struct client *client)
{
    struct span none = {"", 0};
    struct span head = whole_head(client);
    struct span name = client->head_literal ? none : head;
    struct span helo = head;
    bool head_is_address = client->authority == AUTHORITY_HEAD;

    if (client->helo_seen) {
        helo = client->helo; /* Exim "name ([ip] helo=x)", qmail "name (HELO x) (ip)", GMX */
    } else if (client->claim.n) {
        helo = client->claim; /* smap: name(ip), claiming to be "x" */
    } else if (client->name_place) {
        name = client->name; /* Postfix, Sendmail, Gmail: x (name [ip]) */
    } else if (head_is_address) {
        helo = name = none;
    } else if (received->flags & HQ_RECEIVED_FETCH || is_smap(received, client)) {
        helo = none; /* fetchmail: the server it asked */
    } else if (!(received->flags & HQ_RECEIVED_NAME_IS_HELO) && !client->verified &&
               !(client->bare_comment && is_qmail(received))) {
        name = none; /* Exchange, Courier, SMTPSVC …: x ([ip]), x (ip) */
    }
    if (head.n == 0 && !client->helo_seen)
        helo = none;
    if (!is_no_name(name))
        received->hop->from.name = hq_span_dup(received->arena, hq_span_strip(name, "<", ">,"));
    received->hop->from.helo = hq_span_dup(received->arena, helo);
}

/* "from user@host by …", "from root by …": a person, not a host. */
static bool is_person(const struct client *client)
{
    return client->head.n && !client->authority && memchr(client->head.s, '@', client->head.n);
}

/* "from mail pickup service by host with Microsoft SMTPSVC": a file in a folder of that host. */
static bool is_pickup(const struct received *received)
{
    const struct clause_range *from = &received->clauses[CLAUSE_FROM];
    const struct token *tokens = &received->field.tokens[from->begin];

    return from->seen && from->end == from->begin + 3 && hq_span_is(tokens[0].text, "mail") &&
           hq_span_is(tokens[1].text, "pickup") && hq_span_is(tokens[2].text, "service");
}

void hq_received_from(struct received *received)
{
    struct client client = {.authority = AUTHORITY_NONE};
    struct hq_hop *hop = received->hop;

    if (is_pickup(received)) {
        received->flags |= HQ_RECEIVED_LOCAL;
        return;
    }
    read_lead(received, &client);
    if (received->clauses[CLAUSE_FROM].seen)
        read_part(received, &client);
    /* CommuniGate "[ip] (HELO x)": the literal is the fact, a bare address behind it is not */
    if (client.head_literal && client.helo_word && client.authority == AUTHORITY_BARE) {
        client.ip_text = client.head;
        hq_received_address(&client.ip_text, &client.ip);
    }
    if (client.authority)
        hop->from.ip = hq_received_ip(received, &client.ip, client.ip_text);
    if (client.ident.n && !hop->ident)
        hop->ident = hq_span_dup(received->arena, client.ident);
    if (is_person(&client)) {
        received->flags |= HQ_RECEIVED_LOCAL;
        hop->ident = hq_span_dup(received->arena, client.head);
        return;
    }
    assign_names(received, &client);
}
