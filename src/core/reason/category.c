/* SPDX-License-Identifier: ISC */
/* What each category means, whose fault it is, whether waiting helps, and what to do about it. */
#include "parts.h"

static const struct {
    const char *meaning;
    const char *advice;
    enum hq_fault fault;
    enum hq_wait wait;
} categories[HQ_CATEGORY_COUNT] = {
    [HQ_CATEGORY_THROTTLED] = {"too much mail from us in too short a time",
                               "send slower to this destination (rate delay, fewer connections), "
                               "stop forwarding spam there; do not flush",
                               HQ_FAULT_REMOTE, HQ_WAIT_YES},
    [HQ_CATEGORY_GREYLIST] =
        {"first-time senders are told to come back later",
         "wait: the next try from the same address passes; do not flush before the delay they name",
         HQ_FAULT_REMOTE, HQ_WAIT_YES},
    [HQ_CATEGORY_DNSBL] =
        {"our address or domain is on a block list",
         "find what sends spam from here and stop it, then ask the named list to delist us",
         HQ_FAULT_US, HQ_WAIT_COND},
    [HQ_CATEGORY_REPUTATION] =
        {"the provider itself blocks our address or domain",
         "stop the bad traffic, then use the provider's postmaster form; or route by another relay",
         HQ_FAULT_US, HQ_WAIT_COND},
    [HQ_CATEGORY_SPAM] =
        {"the content is judged to be spam or phishing",
         "read one message: a stolen account or forwarded spam? delete it, or fix what sends it",
         HQ_FAULT_US, HQ_WAIT_NO},
    [HQ_CATEGORY_VIRUS] = {"malware or a forbidden attachment",
                           "hold it, find the account that sent it, delete it", HQ_FAULT_US,
                           HQ_WAIT_NO},
    [HQ_CATEGORY_POLICY] =
        {"a rule of the recipient's site refuses it",
         "ask the recipient's postmaster by other means; bounce it early, waiting does not help",
         HQ_FAULT_REMOTE, HQ_WAIT_NO},
    [HQ_CATEGORY_AUTH_FAIL] = {"SPF, DKIM or DMARC fails",
                               "our domain: fix its SPF and DKIM; forwarded mail: rewrite the "
                               "sender (SRS) or stop forwarding",
                               HQ_FAULT_US, HQ_WAIT_COND},
    [HQ_CATEGORY_SENDER_BAD] = {"the envelope sender is refused",
                                "check that the sender's address and its domain (MX, A) exist; "
                                "rewrite senders like root@localhost",
                                HQ_FAULT_US, HQ_WAIT_COND},
    [HQ_CATEGORY_PTR_HELO] =
        {"our reverse name or HELO is wrong",
         "make the PTR, its forward name and the HELO agree; a dynamic address needs a smarthost",
         HQ_FAULT_US, HQ_WAIT_COND},
    [HQ_CATEGORY_USER_UNKNOWN] =
        {"there is no such mailbox",
         "bounce it now and remove the address; many at once: an old list, or backscatter",
         HQ_FAULT_RECIPIENT, HQ_WAIT_NO},
    [HQ_CATEGORY_MAILBOX_DISABLED] = {"the mailbox is suspended or inactive",
                                      "bounce it now and remove the address", HQ_FAULT_RECIPIENT,
                                      HQ_WAIT_NO},
    [HQ_CATEGORY_MAILBOX_FULL] =
        {"the mailbox is over its quota",
         "wait some days and tell the sender; full for long means nobody reads it",
         HQ_FAULT_RECIPIENT, HQ_WAIT_YES},
    [HQ_CATEGORY_TOO_LARGE] = {"the message is larger than they accept",
                               "bounce it now; the sender should send a link instead", HQ_FAULT_US,
                               HQ_WAIT_NO},
    [HQ_CATEGORY_FORMAT] =
        {"the message or a command breaks a standard",
         "look at the header they name and fix the program that made the message", HQ_FAULT_US,
         HQ_WAIT_NO},
    [HQ_CATEGORY_RELAY_DENIED] =
        {"the host says that this recipient is not its business",
         "check the MX and our transport map: the recipient's domain may have moved", HQ_FAULT_US,
         HQ_WAIT_NO},
    [HQ_CATEGORY_AUTH_REQUIRED] =
        {"our relay wants a login, or refuses ours",
         "fix the password or mechanism for this relay first, then flush: all its mail is stuck",
         HQ_FAULT_US, HQ_WAIT_COND},
    [HQ_CATEGORY_TLS] = {"no encrypted connection can be made",
                         "test with \"posttls-finger\" or \"openssl s_client -starttls smtp\"; "
                         "make a TLS exception for the site, tell them",
                         HQ_FAULT_TLS, HQ_WAIT_COND},
    [HQ_CATEGORY_DNS_TEMP] = {"a name lookup fails for now",
                              "many destinations: our resolver; one: their name servers, wait",
                              HQ_FAULT_DNS, HQ_WAIT_YES},
    [HQ_CATEGORY_NO_DOMAIN] = {"the recipient's domain does not exist or takes no mail",
                               "look for a typo in the domain; bounce it now", HQ_FAULT_RECIPIENT,
                               HQ_WAIT_NO},
    [HQ_CATEGORY_NETWORK] =
        {"no connection, or it breaks",
         "many destinations: our port 25, firewall or IPv6; one: they are down, wait",
         HQ_FAULT_NETWORK, HQ_WAIT_YES},
    [HQ_CATEGORY_REMOTE_ERROR] = {"their mail system is busy or broken", "wait; they must fix it",
                                  HQ_FAULT_REMOTE, HQ_WAIT_YES},
    [HQ_CATEGORY_LOCAL_ERROR] =
        {"something on this machine fails: delivery program, filter, map, permissions, loop",
         "read the MTA's log here, fix it, then flush", HQ_FAULT_US, HQ_WAIT_COND},
    [HQ_CATEGORY_UNKNOWN] = {"no rule knows this reply",
                             "read the reply: its own words are all there is to go by",
                             HQ_FAULT_UNKNOWN, HQ_WAIT_UNKNOWN},
};

static unsigned row(enum hq_category category)
{
    return (unsigned)category < HQ_CATEGORY_COUNT ? category : HQ_CATEGORY_NONE;
}

const char *hq_category_meaning(enum hq_category category)
{
    return categories[row(category)].meaning;
}

const char *hq_category_advice(enum hq_category category)
{
    return categories[row(category)].advice;
}

enum hq_fault hq_category_fault(enum hq_category category)
{
    return categories[row(category)].fault;
}

enum hq_wait hq_category_wait(enum hq_category category)
{
    return categories[row(category)].wait;
}
