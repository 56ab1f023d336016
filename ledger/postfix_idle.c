/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Postfix says, 3.4 to 3.12, that counts nothing: known by how it begins,
 * so that what is not known can be told. No such beginning may be one that
 * ledger/postfix.c counts.
 */
#include "ledger/record.h"

/* How long the one is that it begins with; 0 = none. Most differ in the first
 * byte. */
static size_t starts_with_any(
	struct span in, const struct span *known, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (in.n >= known[i].n && *in.at == *known[i].at &&
			memcmp(in.at, known[i].at, known[i].n) == 0)
			return known[i].n;
	return 0;
}

#define STARTS_WITH_ANY(in, known) \
	starts_with_any(in, known, sizeof(known) / sizeof(*known))

bool postfix_idle_of_message(struct span in)
{
	static const struct span known[] = {SPAN("resent-message-id="),
		SPAN("sender "), SPAN("postmaster "), SPAN("skipped"),
		SPAN("host "), SPAN("lost connection"),
		SPAN("conversation with"), SPAN("enabling PIX"),
		SPAN("Cannot start TLS"), SPAN("TLS is required"),
		SPAN("filter: "), SPAN("redirect: "), SPAN("prepend: "),
		SPAN("replace: "), SPAN("strip: "), SPAN("info: "),
		SPAN("bcc: "), SPAN("accept: "), SPAN("proxy-accept: "),
		SPAN("permit: "), SPAN("trigger"), SPAN("requeued"),
		SPAN("released"), SPAN("placed on hold"), SPAN("expired"),
		SPAN("table "), SPAN("delivering"), SPAN("milter "),
		SPAN("passing"), SPAN("quarantine"), SPAN("delay: "),
		SPAN("breaking "), SPAN("canonical "),
		SPAN("Server certificate"), SPAN("server certificate"),
		SPAN("subject="), SPAN("using backwards-compatible"),
		SPAN("replied"), SPAN("uid="), SPAN("sender="),
		SPAN("timeout after"), SPAN("too many errors"), SPAN("abort: "),
		SPAN("warn: "), SPAN("warning: "), SPAN("hangup: "),
		SPAN("pass: "), SPAN("milter-header-"), SPAN("milter-body-"),
		SPAN("not sending "), SPAN("status="), SPAN("replacing "),
		SPAN("reply filter "), SPAN("Sender requested REQUIRETLS"),
		SPAN("REQUIRETLS "), SPAN("SASL "), SPAN("mail for "),
		SPAN("message size "), SPAN("client TLS "),
		SPAN("TLSA lookup "), SPAN("local data error"),
		SPAN("unexpected server "), SPAN("unable to "),
		SPAN("Temporary lookup ")};

	return STARTS_WITH_ANY(in, known) > 0;
}

size_t postfix_idle(struct span program, struct span in)
{
	static const struct span tls[] = {SPAN("Anonymous TLS"),
		SPAN("Untrusted TLS"), SPAN("Trusted TLS"),
		SPAN("Verified TLS"), SPAN("setting up TLS"),
		SPAN("SSL_accept"), SPAN("SSL_connect"), SPAN("TLS "),
		SPAN("initializing the"), SPAN("certificate "),
		SPAN("server certificate"), SPAN("client certificate"),
		SPAN("CA certificate"), SPAN("Host offered"),
		SPAN("looking for session"), SPAN("save session"),
		SPAN("remove session"), SPAN("reloaded session")};
	static const struct span smtpd[] = {SPAN("lost connection"),
		SPAN("timeout after"), SPAN("too many errors"),
		SPAN("improper command"), SPAN("table "), SPAN("non-SMTP"),
		SPAN("idle timeout"), SPAN("using "), SPAN("disconnect"),
		SPAN("connect from"), SPAN("noqueue"), SPAN("proxy "),
		SPAN("proxy-accept: "), SPAN("abort"), SPAN("Abort"),
		SPAN("discarding EHLO "), SPAN("mapping DSN "), SPAN("host "),
		SPAN("SMTPS wrappermode")};
	static const struct span postscreen[] = {SPAN("CONNECT"), SPAN("PASS "),
		SPAN("WHITELIST"), SPAN("ALLOWLIST"), SPAN("BLACKLIST"),
		SPAN("DENYLIST"), SPAN("PREGREET"), SPAN("DNSBL"),
		SPAN("HANGUP"), SPAN("DISCONNECT"), SPAN("NON-SMTP"),
		SPAN("COMMAND"), SPAN("BARE NEWLINE"), SPAN("cache "),
		SPAN("entering STRESS"), SPAN("leaving STRESS"), SPAN("addr "),
		SPAN("DATA without"), SPAN("BDAT without"), SPAN("[")};
	static const struct span any[] = {SPAN("statistics: "),
		SPAN("close database"), SPAN("open database"), SPAN("reopen"),
		SPAN("cache "), SPAN("starting the Postfix"),
		SPAN("stopping the Postfix"), SPAN("refreshing the Postfix"),
		SPAN("aborting the Postfix"), SPAN("the Postfix mail system"),
		SPAN("Deleted: "), SPAN("Requeued: "), SPAN("Placed on hold: "),
		SPAN("Released from hold: "), SPAN("name_mask:"), SPAN("dict_"),
		SPAN("table "), SPAN("daemon started"), SPAN("terminating"),
		SPAN("reload"), SPAN("waiting for"), SPAN("Postfix is "),
		SPAN("Postfix "), SPAN("Force-expired: "),
		SPAN("Renamed to match "), SPAN("using "), SPAN("redirecting "),
		SPAN("ignoring DNS "), SPAN("database ")};

	size_t n = 0;

	/* What is most often said comes first. */
	if (SPAN_STARTS(program, "smtp") || SPAN_IS(program, "lmtp") ||
		SPAN_IS(program, "tlsproxy")) {
		n = STARTS_WITH_ANY(in, tls);
		if (!n)
			n = STARTS_WITH_ANY(in, smtpd);
		if (!n)
			n = STARTS_WITH_ANY(in, postscreen);
	} else if (SPAN_IS(program, "postscreen") ||
		   SPAN_IS(program, "dnsblog")) {
		n = STARTS_WITH_ANY(in, postscreen);
	}
	return n ? n : STARTS_WITH_ANY(in, any);
}
