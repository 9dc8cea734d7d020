/* SPDX-License-Identifier: ISC */
/* The words for the enums of the model, as users write and read them. */
#include "hopq/detail.h"
#include <glib.h>

const char *const hq_phase_names[HQ_PHASE_COUNT] = {
    [HQ_PHASE_CONNECT] = "connect",
    [HQ_PHASE_GREETING] = "greeting",
    [HQ_PHASE_HELO] = "helo",
    [HQ_PHASE_STARTTLS] = "starttls",
    [HQ_PHASE_AUTH] = "auth",
    [HQ_PHASE_MAIL] = "mail",
    [HQ_PHASE_RCPT] = "rcpt",
    [HQ_PHASE_DATA] = "data",
    [HQ_PHASE_END_OF_DATA] = "end-of-data",
    [HQ_PHASE_LOCAL] = "local",
};

const char *const hq_phase_words[HQ_PHASE_COUNT] = {
    [HQ_PHASE_CONNECT] = "when connecting",
    [HQ_PHASE_GREETING] = "at the greeting",
    [HQ_PHASE_HELO] = "at HELO",
    [HQ_PHASE_STARTTLS] = "at STARTTLS",
    [HQ_PHASE_AUTH] = "at AUTH",
    [HQ_PHASE_MAIL] = "at MAIL FROM",
    [HQ_PHASE_RCPT] = "at RCPT TO",
    [HQ_PHASE_DATA] = "at DATA",
    [HQ_PHASE_END_OF_DATA] = "at end of DATA",
    [HQ_PHASE_LOCAL] = "in local delivery",
};

const char *const hq_category_names[HQ_CATEGORY_COUNT] = {
    [HQ_CATEGORY_THROTTLED] = "throttled",
    [HQ_CATEGORY_GREYLIST] = "greylist",
    [HQ_CATEGORY_DNSBL] = "dnsbl",
    [HQ_CATEGORY_REPUTATION] = "reputation",
    [HQ_CATEGORY_SPAM] = "spam",
    [HQ_CATEGORY_VIRUS] = "virus",
    [HQ_CATEGORY_POLICY] = "policy",
    [HQ_CATEGORY_AUTH_FAIL] = "auth-fail",
    [HQ_CATEGORY_SENDER_BAD] = "sender-bad",
    [HQ_CATEGORY_PTR_HELO] = "ptr-helo",
    [HQ_CATEGORY_USER_UNKNOWN] = "user-unknown",
    [HQ_CATEGORY_MAILBOX_DISABLED] = "mailbox-disabled",
    [HQ_CATEGORY_MAILBOX_FULL] = "mailbox-full",
    [HQ_CATEGORY_TOO_LARGE] = "too-large",
    [HQ_CATEGORY_FORMAT] = "format",
    [HQ_CATEGORY_RELAY_DENIED] = "relay-denied",
    [HQ_CATEGORY_AUTH_REQUIRED] = "auth-required",
    [HQ_CATEGORY_TLS] = "tls",
    [HQ_CATEGORY_DNS_TEMP] = "dns-temp",
    [HQ_CATEGORY_NO_DOMAIN] = "no-domain",
    [HQ_CATEGORY_NETWORK] = "network",
    [HQ_CATEGORY_REMOTE_ERROR] = "remote-error",
    [HQ_CATEGORY_LOCAL_ERROR] = "local-error",
    [HQ_CATEGORY_UNKNOWN] = "unknown",
};

const char *const hq_fault_names[HQ_FAULT_COUNT] = {
    [HQ_FAULT_US] = "us",         [HQ_FAULT_RECIPIENT] = "recipient",
    [HQ_FAULT_REMOTE] = "remote", [HQ_FAULT_NETWORK] = "network",
    [HQ_FAULT_DNS] = "dns",       [HQ_FAULT_TLS] = "tls",
};

const char *const hq_wait_names[HQ_WAIT_COUNT] = {
    [HQ_WAIT_YES] = "yes",
    [HQ_WAIT_COND] = "cond",
    [HQ_WAIT_NO] = "no",
};

const char *const hq_state_names[HQ_STATE_COUNT] = {
    [HQ_STATE_QUEUED] = "queued",       [HQ_STATE_DEFERRED] = "deferred",
    [HQ_STATE_DELIVERED] = "delivered", [HQ_STATE_FAILED] = "failed",
    [HQ_STATE_HELD] = "held",           [HQ_STATE_EXPIRED] = "expired",
};

const char *const hq_warned_names[HQ_WARNED_COUNT] = {
    [HQ_WARNED_NOT_YET] = "not-yet",
    [HQ_WARNED_YES] = "yes",
    [HQ_WARNED_NEVER] = "never",
};

const char *const hq_trust_names[HQ_TRUST_COUNT] = {
    [HQ_TRUST_OURS] = "ours",
    [HQ_TRUST_TRUSTED] = "trusted",
    [HQ_TRUST_BOUNDARY] = "boundary",
    [HQ_TRUST_CLAIMED] = "claimed",
};

const char *const hq_link_names[HQ_LINK_COUNT] = {
    [HQ_LINK_NAME] = "name",
    [HQ_LINK_ADDRESS] = "address",
    [HQ_LINK_ORGANISATION] = "organisation",
    [HQ_LINK_LABEL] = "label",
    [HQ_LINK_NETWORK] = "network",
    [HQ_LINK_SAME_HOST] = "same-host",
    [HQ_LINK_GAP] = "gap",
};

const char *const hq_hop_kind_names[HQ_HOP_KIND_COUNT] = {
    [HQ_HOP_UNPARSEABLE] = "unparseable",
    [HQ_HOP_RELAY] = "relay",
    [HQ_HOP_LOCAL] = "local",
    [HQ_HOP_FETCH] = "fetch",
    [HQ_HOP_SCANNER] = "scanner",
    [HQ_HOP_NO_IP] = "no-ip",
};

const char *const hq_result_names[HQ_RESULT_COUNT] = {
    [HQ_RESULT_PASS] = "pass",           [HQ_RESULT_FAIL] = "fail",
    [HQ_RESULT_SOFTFAIL] = "softfail",   [HQ_RESULT_NEUTRAL] = "neutral",
    [HQ_RESULT_NONE] = "none",           [HQ_RESULT_TEMPERROR] = "temperror",
    [HQ_RESULT_PERMERROR] = "permerror",
};

const char *const hq_outlook_names[HQ_OUTLOOK_COUNT] = {
    [HQ_OUTLOOK_UNKNOWN] = "unknown",
    [HQ_OUTLOOK_PASSES] = "passes",
    [HQ_OUTLOOK_FAILS] = "fails",
    [HQ_OUTLOOK_MAY_PASS_BY_DKIM] = "may-pass-by-dkim",
};

const char *const hq_provenance_names[HQ_PROVENANCE_COUNT] = {
    [HQ_PROVENANCE_RECEIVER] = "receiver",
    [HQ_PROVENANCE_INNER] = "inner",
    [HQ_PROVENANCE_CLAIM] = "claim",
    [HQ_PROVENANCE_SPOOF] = "spoof",
};

const char *const hq_identity_names[HQ_IDENTITY_COUNT] = {
    [HQ_IDENTITY_UNCLEAR] = "unclear",
    [HQ_IDENTITY_YES] = "yes",
    [HQ_IDENTITY_NO] = "no",
};

const char *const hq_auth_source_names[HQ_AUTH_SOURCE_COUNT] = {
    [HQ_AUTH_CLAIMED] = "claimed",
    [HQ_AUTH_COMPUTED] = "computed",
};

const char *const hq_level_names[HQ_LEVEL_COUNT] = {
    [HQ_LEVEL_INFO] = "info",
    [HQ_LEVEL_LOW] = "low",
    [HQ_LEVEL_MEDIUM] = "medium",
    [HQ_LEVEL_HIGH] = "high",
};

int hq_name_find(const char *const *names, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        if (g_strcmp0(names[i], name) == 0 && name)
            return (int)i;
    }
    return -1;
}
