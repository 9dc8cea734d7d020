/* SPDX-License-Identifier: ISC */
/* Which step of the delivery failed, from the words that the MTAs put around a reply. */
#include "parts.h"
#include <string.h>

/* How the MTAs call the step, behind one of the leads below. Longer before shorter. */
static const struct {
    const char *words;
    enum hq_phase phase;
} phase_words[] = {
    {"end of data", HQ_PHASE_END_OF_DATA},
    {"sending end of data", HQ_PHASE_END_OF_DATA},
    {"i sent the message", HQ_PHASE_END_OF_DATA},
    {"end-of-data", HQ_PHASE_END_OF_DATA},
    {"initial connection", HQ_PHASE_GREETING},
    {"receiving the initial server greeting", HQ_PHASE_GREETING},
    {"performing the initial protocol handshake", HQ_PHASE_GREETING},
    {"performing the ehlo", HQ_PHASE_HELO},
    {"performing the helo", HQ_PHASE_HELO},
    {"performing the lhlo", HQ_PHASE_HELO},
    {"ehlo", HQ_PHASE_HELO},
    {"helo", HQ_PHASE_HELO},
    {"lhlo", HQ_PHASE_HELO},
    {"starttls", HQ_PHASE_STARTTLS},
    {"auth", HQ_PHASE_AUTH},
    {"mail", HQ_PHASE_MAIL},
    {"sending mail from", HQ_PHASE_MAIL},
    {"pipelined mail", HQ_PHASE_MAIL},
    {"rcpt", HQ_PHASE_RCPT},
    {"sending rcpt to", HQ_PHASE_RCPT},
    {"pipelined rcpt", HQ_PHASE_RCPT},
    {"data", HQ_PHASE_DATA},
    {"sending data command", HQ_PHASE_DATA},
    {"sending message body", HQ_PHASE_DATA},
    {"pipelined data", HQ_PHASE_DATA},
};

static const char *const phase_leads[] = {
    "(in reply to ",
    "remote mail server after ",
    "remote mailer after ",
    "lmtp error after ",
    "while ",
    "in response to ",
    "response to ",
    "response to \"",
    "did not like our ",
    "failed after ",
    ">>> ",
};

static enum hq_phase phase_at(const char *s)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(phase_words); i++)
        if (hq_reply_starts(s, phase_words[i].words))
            return phase_words[i].phase;
    return HQ_PHASE_UNKNOWN;
}

enum hq_phase hq_reply_phase(const struct hq_reply *reply, const char *s)
{
    static const struct {
        const char *start;
        enum hq_phase phase;
    } starts_with[] = {
        {"connect to ", HQ_PHASE_CONNECT},        {"connection refused", HQ_PHASE_CONNECT},
        {"banner rejected", HQ_PHASE_GREETING},   {"ehlo rejected", HQ_PHASE_HELO},
        {"helo rejected", HQ_PHASE_HELO},         {"lhlo rejected", HQ_PHASE_HELO},
        {"starttls rejected", HQ_PHASE_STARTTLS}, {"auth rejected", HQ_PHASE_AUTH},
        {"cannot start tls", HQ_PHASE_STARTTLS},  {"sasl authentication failed", HQ_PHASE_AUTH},
        {"tls is required", HQ_PHASE_STARTTLS},

    };
    for (unsigned i = 0; i < G_N_ELEMENTS(starts_with); i++)
        if (hq_reply_starts(s, starts_with[i].start))
            return starts_with[i].phase;
    static const struct {
        const char *words;
        enum hq_phase phase;
    } holds[] = {
        {"refused to talk to me: ", HQ_PHASE_GREETING},
        {"but greeting failed", HQ_PHASE_GREETING},
        {"but my name was rejected", HQ_PHASE_HELO},
        {"but sender was rejected", HQ_PHASE_MAIL},
        {"does not like recipient", HQ_PHASE_RCPT},
        {"[mail_from]", HQ_PHASE_MAIL},
        {"[rcpt_to]", HQ_PHASE_RCPT},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(holds); i++)
        if (hq_reply_find(reply, s, holds[i].words))
            return holds[i].phase;
    for (unsigned i = 0; i < G_N_ELEMENTS(phase_leads); i++) {
        const char *lead = hq_reply_find(reply, s, phase_leads[i]);
        enum hq_phase phase = lead ? phase_at(lead + strlen(phase_leads[i])) : HQ_PHASE_UNKNOWN;
        if (phase != HQ_PHASE_UNKNOWN)
            return phase;
    }
    return HQ_PHASE_UNKNOWN;
}
