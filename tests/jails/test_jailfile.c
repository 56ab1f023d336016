/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jail files as admins have them, and each way to get one wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "jails/ignore.h"
#include "jails/jailfile.h"
#include "lib/arena.h"
#include "tests/lib/mounts.h"

/* A tree of files in a directory of its own, and what was loaded from it. */
struct tree {
	char dir[64];
	struct arena *arena;
	struct err err;
	struct jails *jails;
};

static void put(struct tree *t, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	for (const char *s = name; (s = strchr(s, '/')) != NULL; s++) {
		snprintf(path, sizeof(path), "%s/%.*s", t->dir, (int)(s - name),
			name);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	snprintf(t->dir, sizeof(t->dir), "/tmp/test_jailfile.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	t->arena = arena_new();
	err_init(&t->err);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct tree *t = *state;
	char command[128];

	if (t->jails)
		jails_deinit(t->jails);
	err_deinit(&t->err);
	arena_free(&t->arena);
	snprintf(command, sizeof(command), "rm -r %s", t->dir);
	assert_int_equal(system(command), 0);
	free(t);
	return 0;
}

/* Loads t/etc over t/share; all messages, without the directory. */
static const char *load(struct tree *t)
{
	static char said[65536];
	char etc[128], share[128];
	size_t n = 0;

	if (t->jails)
		jails_deinit(t->jails);
	err_deinit(&t->err);
	snprintf(etc, sizeof(etc), "%s/etc", t->dir);
	snprintf(share, sizeof(share), "%s/share", t->dir);
	t->jails = jails_load(etc, share, t->arena, &t->err);
	said[0] = '\0';
	for (size_t i = 0; i < t->err.n; i++) {
		const char *s = t->err.items[i].text;
		size_t dir = strlen(t->dir);

		n += (size_t)snprintf(said + n, sizeof(said) - n, "%s",
			t->err.items[i].kind == ERR_WARNING ? "warning: " : "");
		while (*s && n < sizeof(said) - 2) {
			if (strncmp(s, t->dir, dir) == 0 && s[dir] == '/')
				s += dir + 1;
			else
				said[n++] = *s++;
		}
		said[n++] = '\n';
		said[n] = '\0';
	}
	return said;
}

static struct jail *jail(struct tree *t, const char *name)
{
	for (size_t i = 0; i < t->jails->n; i++)
		if (strcmp(t->jails->items[i].name, name) == 0)
			return &t->jails->items[i];
	fail_msg("no jail %s", name);
	return NULL;
}

static bool ignores(const struct jail *j, const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return ignore_has(j, NULL, &p);
}

static void test_minimal(void **state)
{
	struct tree *t = *state;
	struct jail *j;

	put(t, "etc/jail.local",
		"[dovecot-pop3imap]\n"
		"enabled = true\n"
		"port = pop3,pop3s,imap,imaps\n"
		"filter = dovecot-pop3imap\n"
		"logpath = /var/log/mail.log\n");
	assert_string_equal(load(t), "");
	assert_int_equal(t->jails->n, 1);
	j = jail(t, "dovecot-pop3imap");
	assert_string_equal(j->filter.text, "dovecot-pop3imap");
	assert_int_equal(j->filter.line, 4);
	assert_null(j->failregex.text);
	assert_int_equal(j->backend, JAIL_AUTO);
	assert_int_equal(j->usedns, JAIL_DNS_WARN);
	assert_int_equal(j->logpaths_n, 1);
	assert_string_equal(j->logpaths[0].glob, "/var/log/mail.log");
	assert_false(j->logpaths[0].tail);
	assert_int_equal(j->maxretry, 3);
	assert_int_equal(j->findtime, 600);
	assert_int_equal(j->bantime, 600);
	assert_false(j->escalate.increment);
	assert_true(j->ignoreself);
	assert_true(j->bans);
	assert_false(j->notices);
	assert_true(j->tcp);
	assert_false(j->udp);
	assert_false(j->ports_all);
	assert_int_equal(j->ports_n, 4);
	assert_int_equal(j->ports[0].first, 110);
	assert_int_equal(j->ports[1].first, 143);
	assert_int_equal(j->ports[2].first, 993);
	assert_int_equal(j->ports[3].last, 995);
}

static void test_layers(void **state)
{
	struct tree *t = *state;
	struct jail *j;

	put(t, "share/jail.conf",
		"[DEFAULT]\n"
		"maxretry = 5\nmode = normal\nenabled = false\n"
		"filter = %(__name__)s[mode=%(mode)s]\n"
		"maxmatches = %(maxretry)s\n"
		"ignoreip = 127.0.0.1/8\n"
		"[postfix]\nmode = more\nlogpath = %(mail_log)s\n"
		"[dovecot]\nlogpath = %(mail_log)s\n"
		"[INCLUDES]\nbefore = paths.conf\n");
	put(t, "share/paths.conf", "[DEFAULT]\nmail_log = /var/log/mail.log\n");
	put(t, "etc/jail.conf", "[DEFAULT]\nfindtime = 1h\n");
	put(t, "etc/jail.d/50.conf", "[postfix]\nenabled = no\nfindtime=2h\n");
	put(t, "etc/jail.local",
		"[DEFAULT]\nignoreip = %(known/ignoreip)s 192.0.2.0/24\n"
		"[postfix]\nenabled = YES\n");
	put(t, "etc/jail.d/60.local", "[postfix]\nbantime = 1d 12h\n");
	assert_string_equal(load(t), "");
	assert_int_equal(t->jails->n, 1);
	assert_int_equal(t->jails->disabled_n, 1);
	assert_string_equal(t->jails->disabled[0], "dovecot");
	j = jail(t, "postfix");
	assert_string_equal(j->filter.text, "postfix[mode=more]");
	assert_string_equal(j->logpaths[0].glob, "/var/log/mail.log");
	assert_int_equal(j->maxretry, 5);
	assert_int_equal(j->maxmatches, 5);
	assert_int_equal(j->findtime, 7200);
	assert_int_equal(j->bantime, 129600);
	assert_true(ignores(j, "127.0.0.1"));
	assert_true(ignores(j, "192.0.2.77"));
	assert_false(ignores(j, "192.0.3.1"));
	assert_true(ignores(j, "192.0.0.0/16"));
}

static void test_every_key(void **state)
{
	struct tree *t = *state;
	uint64_t random = 1;
	char list[1024];
	struct jail *j;

	put(t, "ignore.txt",
		"# the office\n198.51.100.0/24, 198.51.101.1 # and home\n"
		"mx.example.net\n");
	snprintf(list, sizeof(list),
		"[one]\nenabled = on\nfilter =\n"
		"failregex = ^a %%%%d <HOST>$\n"
		"            %%(known/failregex)s\n"
		"ignoreregex =\n"
		"datepattern = ^%%%%Y\nmaxlines = 2\n"
		"backend = polling\n"
		"logpath = /var/log/*.log tail\n"
		"          /var/log/b c.log\n"
		"          /var/log/d.log head\n"
		"journalmatch = _SYSTEMD_UNIT=a.service _COMM=\"b c\" + "
		"_COMM=d\n"
		"               SYSLOG_IDENTIFIER=e\n"
		"maxretry = 8\nmaxmatches = 0\nfindtime = 1w\nbantime = -1\n"
		"ignoreip = ::1 203.0.113.0/255.255.255.128, localhost\n"
		"           file:%s/ignore.txt\n"
		"ignoreself = false\nusedns = no\n"
		"port = smtp,submission,465 26 6000:6010,6005-6020\n"
		"protocol = tcp, 17\n",
		t->dir);
	put(t, "etc/jail.conf", list);
	put(t, "etc/jail.d/two.conf",
		"[two]\nenabled = 1\nfilter = x\nbackend = systemd\n"
		"bantime = 10m\nbantime.increment = true\n"
		"bantime.factor = 2.0 / 4\n"
		"bantime.formula = ban.Time * (ban.Count + 5) * banFactor\n"
		"bantime.maxtime = 1h\nbantime.rndtime =\n"
		"bantime.overalljails = yes\nport = all\nprotocol = all\n"
		"[three]\nenabled = 1\nfilter = x\nlogpath = /a\n"
		"bantime.increment = 1\nbantime.multipliers = 1 5 30,60\n"
		"port = 0:65535\n");
	assert_string_equal(load(t), "");
	j = jail(t, "one");
	assert_null(j->filter.text);
	assert_string_equal(
		j->failregex.text, "^a %d <HOST>$\n%(known/failregex)s");
	assert_string_equal(j->ignoreregex.text, "");
	assert_null(j->prefregex.text);
	assert_string_equal(j->datepattern.text, "^%Y");
	assert_string_equal(j->maxlines.text, "2");
	assert_int_equal(j->backend, JAIL_FILE);
	assert_int_equal(j->logpaths_n, 3);
	assert_string_equal(j->logpaths[0].glob, "/var/log/*.log");
	assert_true(j->logpaths[0].tail);
	assert_string_equal(j->logpaths[1].glob, "/var/log/b c.log");
	assert_false(j->logpaths[1].tail);
	assert_string_equal(j->logpaths[2].glob, "/var/log/d.log");
	assert_false(j->logpaths[2].tail);
	assert_int_equal(j->journalmatch_n, 3);
	assert_int_equal(j->journalmatch[0].n, 2);
	assert_string_equal(
		j->journalmatch[0].fields[0], "_SYSTEMD_UNIT=a.service");
	assert_string_equal(j->journalmatch[0].fields[1], "_COMM=b c");
	assert_int_equal(j->journalmatch[1].n, 1);
	assert_string_equal(
		j->journalmatch[2].fields[0], "SYSLOG_IDENTIFIER=e");
	assert_int_equal(j->maxretry, 8);
	assert_int_equal(j->maxmatches, 0);
	assert_int_equal(j->findtime, 604800);
	assert_int_equal(j->bantime, -1);
	assert_true(ignores(j, "203.0.113.127"));
	assert_false(ignores(j, "203.0.113.128"));
	assert_true(ignores(j, "198.51.100.9"));
	assert_true(ignores(j, "198.51.101.1"));
	assert_int_equal(j->ignore_names_n, 2);
	assert_string_equal(j->ignore_names[0].text, "localhost");
	assert_string_equal(j->ignore_names[1].text, "mx.example.net");
	assert_int_equal(j->ignore_names[1].line, 3);
	assert_false(j->ignoreself);
	assert_int_equal(j->usedns, JAIL_DNS_NO);
	assert_int_equal(j->ports_n, 4);
	assert_int_equal(j->ports[0].first, 25);
	assert_int_equal(j->ports[0].last, 26);
	assert_int_equal(j->ports[1].first, 465);
	assert_int_equal(j->ports[2].first, 587);
	assert_int_equal(j->ports[3].first, 6000);
	assert_int_equal(j->ports[3].last, 6020);
	assert_true(j->tcp && j->udp);
	j = jail(t, "two");
	assert_int_equal(j->backend, JAIL_JOURNAL);
	assert_true(j->escalate.increment && j->escalate.overalljails);
	assert_int_equal(
		escalate_bantime(&j->escalate, j->bantime, 1, &random), 1800);
	assert_int_equal(
		escalate_bantime(&j->escalate, j->bantime, 9, &random), 3600);
	assert_true(j->ports_all && j->tcp && j->udp);
	assert_int_equal(j->ports_n, 0);
	j = jail(t, "three");
	assert_int_equal(
		escalate_bantime(&j->escalate, j->bantime, 9, &random), 36000);
	assert_true(j->ports_all);
}

static void test_actions(void **state)
{
	struct tree *t = *state;
	struct jail *j;

	put(t, "etc/jail.conf",
		"[DEFAULT]\n"
		"filter = x\nlogpath = /a\nenabled = true\n"
		"destemail = root@localhost\nsender = root@<fq-hostname>\n"
		"mta = sendmail\nprotocol = tcp\nchain = <known/chain>\n"
		"port = 0:65535\n"
		"banaction = iptables-multiport\n"
		"banaction_allports = nftables[type=allports]\n"
		"action_ = %(banaction)s[port=\"%(port)s\", "
		"protocol=\"%(protocol)s\", chain=\"%(chain)s\"]\n"
		"action_mw = %(action_)s\n"
		"   %(mta)s-whois[sender=\"%(sender)s\", "
		"dest=\"%(destemail)s\"]\n"
		"action = %(action_)s\n"
		"[plain]\nport = imap,imaps\n"
		"[mail]\nport = smtp\naction = %(action_mw)s\n"
		"[allports]\nport = smtp\nbanaction = %(banaction_allports)s\n"
		"[own]\naction = iptables[name=x, port=ssh][protocol=udp]\n"
		"[two]\naction = iptables-multiport[port=25, protocol=tcp] "
		"nftables[port=53, protocol=udp]\n"
		"[other]\naction = ufw[application=mail]\n"
		"   cloudflare[cfuser='a, b]', cftoken=\"c\"]\n"
		"[again]\naction = ufw\n"
		"[none]\naction = sendmail-whois\n");
	assert_string_equal(load(t),
		"warning: etc/jail.conf:30: action: ufw is not used: mailban "
		"bans in its own nftables sets\n"
		"warning: etc/jail.conf:30: action: cloudflare has no "
		"counterpart in mailban and is left out\n"
		"warning: etc/jail.conf:35: action: [none] has no action that "
		"bans: it only counts\n");
	j = jail(t, "plain");
	assert_true(j->bans && !j->notices && !j->ports_all);
	assert_int_equal(j->ports_n, 2);
	j = jail(t, "mail");
	assert_true(j->bans && j->notices);
	assert_int_equal(j->ports_n, 1);
	j = jail(t, "allports");
	assert_true(j->bans && j->ports_all);
	j = jail(t, "own");
	assert_true(j->udp && !j->tcp);
	assert_int_equal(j->ports_n, 1);
	assert_int_equal(j->ports[0].first, 22);
	j = jail(t, "two");
	assert_true(j->udp && j->tcp);
	assert_int_equal(j->ports_n, 2);
	j = jail(t, "other");
	assert_true(j->bans && j->ports_all);
	j = jail(t, "none");
	assert_true(!j->bans && j->notices);
}

#define JAIL "[x]\nenabled = true\nfilter = x\nlogpath = /a\n"

static void test_faults(void **state)
{
	/* What stands in jail.local and all that is said about it. */
	static const struct {
		const char *text, *said;
	} cases[] = {
		{JAIL "bantime = 10x\n",
			"etc/jail.local:5: bantime: '10x' is no duration; "
			"write 600, 10m or 1d 12h\n"},
		{JAIL "bantime = 0\n",
			"etc/jail.local:5: bantime: '0' is no time to ban for; "
			"-1 is for ever\n"},
		{JAIL "findtime = -1\n",
			"etc/jail.local:5: findtime: '-1' is less than a "
			"second: nothing would ever be found\n"},
		{JAIL "maxrety = 3\n",
			"etc/jail.local:5: maxrety: no such key; is maxretry "
			"meant?\n"},
		{JAIL "bantime.increments = 1\nbantme = 1h\nlogptah = /b\n",
			"etc/jail.local:5: bantime.increments: no such key; is "
			"bantime.increment meant?\n"
			"etc/jail.local:6: bantme: no such key; is bantime "
			"meant?\n"
			"etc/jail.local:7: logptah: no such key; is logpath "
			"meant?\n"},
		{JAIL "colour = blue\n",
			"etc/jail.local:5: colour: no such key, and no "
			"%(colour)s refers to it\n"},
		{"[x]\nenbled = true\nfilter = x\n",
			"etc/jail.local:2: enbled: no such key; is enabled "
			"meant?\n"},
		{"[x]\nenabled = maybe\n",
			"etc/jail.local:2: enabled: 'maybe' is neither true "
			"nor false\n"},
		{JAIL "maxretry = 0\n",
			"etc/jail.local:5: maxretry: '0' is no whole number "
			"from 1 to 1000000\n"},
		{JAIL "maxretry = -5\n",
			"etc/jail.local:5: maxretry: '-5' is no whole number "
			"from 1 to 1000000\n"},
		{JAIL "maxretry = 5 # five\n",
			"etc/jail.local:5: maxretry: '5 # five' is no whole "
			"number from 1 to 1000000\n"},
		{JAIL "ignoreip = 10.0.0.0/8\n  192.168.1.300\n  ::1/129\n",
			"etc/jail.local:6: ignoreip: '192.168.1.300' is "
			"neither an address, a prefix nor a name\n"
			"etc/jail.local:7: ignoreip: '::1/129' is neither an "
			"address, a prefix nor a name\n"},
		{JAIL "ignoreip = 10.0.0.0/255.0.255.0 1.2.3.4:25\n",
			"etc/jail.local:5: ignoreip: '10.0.0.0/255.0.255.0' is "
			"neither an address, a prefix nor a name\n"
			"etc/jail.local:5: ignoreip: '1.2.3.4:25' is neither "
			"an "
			"address, a prefix nor a name\n"},
		{"[x]\nenabled = true\nfilter = x\n"
		 "logpath = /a\n  /dev/zero\n  /usr tail\n  b.log\n",
			"warning: etc/jail.local:5: logpath: '/dev/zero' is "
			"no regular file, and is not read\n"
			"warning: etc/jail.local:6: logpath: '/usr' is a "
			"directory: name the files in it, as /usr/*\n"
			"etc/jail.local:7: logpath: 'b.log' is no absolute "
			"path\n"},
		{JAIL "ignoreip = file:/nonexistent/list\n",
			"etc/jail.local:5: ignoreip: cannot read "
			"/nonexistent/list: No such file or directory\n"},
		{JAIL "ignoreip = file:/dev/zero\n",
			"etc/jail.local:5: ignoreip: cannot read /dev/zero: "
			"Invalid argument\n"},
		{JAIL "port = smtp,nosuch\n",
			"etc/jail.local:5: port: 'nosuch' is no port, range of "
			"ports or service\n"},
		{JAIL "port = 65536\n",
			"etc/jail.local:5: port: '65536' is no port, range of "
			"ports or service\n"},
		{JAIL "port = 30:20\n",
			"etc/jail.local:5: port: '30:20' is no port, range of "
			"ports or service\n"},
		{JAIL "protocol = icmp\n", "etc/jail.local:5: protocol: 'icmp' "
					   "is neither tcp (6), "
					   "udp (17) nor all\n"},
		{JAIL "usedns = perhaps\n",
			"etc/jail.local:5: usedns: 'perhaps' is none of yes, "
			"warn, no and raw\n"},
		{JAIL "backend = inotifty\n",
			"etc/jail.local:5: backend: 'inotifty' is none; there "
			"are auto, file, systemd and syslog\n"},
		{JAIL "backend = systemd[journalflags=1]\n", ""},
		{JAIL "backend = systemd[journalpath='/var/log/journal/', "
		      "journalflags=4][namespace=]\n",
			""},
		{JAIL "backend = systemd[journalflags=8]\n", ""},
		{JAIL "backend = systemd[namespace=\"mail\", journalflags=65]\n",
			""},
		{JAIL "backend = systemd[journalpath=/srv/x, journalflags=8]\n",
			""},
		{JAIL "backend = systemd[journalfiles=/a/*.journal, "
		      "journalflags=0]\n",
			""},
		{JAIL "backend = systemd[journalpath=/srv/x/journal, "
		      "namespace=\"*\"]\n",
			"etc/jail.local:5: backend: namespace: '*' is no name "
			"of one; journalflags=32 reads all, 64 the host's own "
			"too\n"
			"etc/jail.local:5: backend: journalpath and namespace: "
			"only one of them can say which journal; take one "
			"out\n"},
		{JAIL "backend = systemd[journalpath=/var/log/journal, "
		      "namespace=x]\n",
			"etc/jail.local:5: backend: journalpath and namespace: "
			"only one of them can say which journal; take one "
			"out\n"},
		{JAIL "backend = systemd[journalpath=/a, journalfiles=/b]\n",
			"etc/jail.local:5: backend: journalpath and "
			"journalfiles: only one of them can say which journal; "
			"take one out\n"},
		{JAIL "backend = systemd[journalfiles=/b, journalflags=4]\n",
			"etc/jail.local:5: backend: journalflags: '4' is not "
			"for journalfiles, which are read as they are; take it "
			"out\n"},
		{JAIL "backend = systemd[journalpath=/a, journalflags=5]\n",
			"etc/jail.local:5: backend: journalflags: '5' is not "
			"for a journalpath, which has 4 the system's and 8 the "
			"user's; take it out\n"},
		{JAIL "backend = systemd[journalpath=/a, journalflags=16]\n",
			"etc/jail.local:5: backend: journalflags: 16 is not "
			"supported; name the journal itself, as "
			"journalpath=/a/var/log/journal\n"},
		{JAIL "backend = systemd[journalflags=128]\n",
			"etc/jail.local:5: backend: journalflags: '128' is no "
			"sum of those that there are, 1, 2, 4, 8, 32 and 64\n"},
		{JAIL "backend = systemd[journalpath=srv/x]\n",
			"etc/jail.local:5: backend: journalpath: 'srv/x' is no "
			"absolute path\n"},
		{JAIL "backend = systemd[journalfiles='/a/*.journal b']\n",
			"etc/jail.local:5: backend: journalfiles: 'b' is no "
			"absolute path\n"},
		{JAIL "backend = systemd[journalflags=yes]\n",
			"etc/jail.local:5: backend: journalflags: 'yes' is no "
			"number; it is the sum of 1 this host's, 2 since the "
			"boot, 4 the system's, 8 the user's\n"},
		{JAIL "backend = systemd[journalpth=/x]\n",
			"etc/jail.local:5: backend: 'journalpth' is no option "
			"of systemd; there are journalpath, journalfiles, "
			"journalflags and namespace\n"},
		{JAIL "backend = systemd[journalpath=/x\n",
			"etc/jail.local:5: backend: 'systemd[journalpath=/x' "
			"is not of the form systemd[option=value, ...]\n"},
		{"[x]\nenabled = true\nlogpath = /a\n",
			"etc/jail.local:2: [x] is enabled but has neither "
			"filter nor failregex\n"},
		{"[x]\nenabled = true\nfilter = x\nlogpath = log/a\n",
			"etc/jail.local:4: logpath: 'log/a' is no absolute "
			"path\n"},
		{JAIL "journalmatch = _COMM=a + foo\n",
			"etc/jail.local:5: journalmatch: 'foo' is not of the "
			"form FIELD=value\n"},
		{JAIL "action = iptables[port=\"25]\n",
			"etc/jail.local:5: action: 'iptables' is not of the "
			"form name[option=value, ...]\n"},
		{JAIL "bantime.formula = ban.Time *\n",
			"etc/jail.local:5: bantime.formula: column 11: a value "
			"is missing at the end\n"},
		{JAIL "bantime.factor = 1/0\n",
			"etc/jail.local:5: bantime.factor: '1/0' has no "
			"value\n"},
		{JAIL "bantime.multipliers = 1 two\n",
			"etc/jail.local:5: bantime.multipliers: 'two' is no "
			"list of numbers\n"},
		{JAIL "bantime.maxtime = long\n",
			"etc/jail.local:5: bantime.maxtime: 'long' is no "
			"duration; write 600, 10m or 1d 12h\n"},
		{JAIL "findtime = %(nosuch)s\n",
			"etc/jail.local:5: findtime: %(nosuch)s has no value; "
			"set nosuch or write %% for a percent sign\n"},
		{"[x y]\nenabled = true\n",
			"etc/jail.local:2: [x y]: a jail's name is 1 to 64 of "
			"letters, digits, '_', '.' and '-'\n"},
		{"[../x]\nenabled = true\n",
			"etc/jail.local:2: [../x]: a jail's name is 1 to 64 of "
			"letters, digits, '_', '.' and '-'\n"},
		/* one fault in [DEFAULT] is told once, not once a jail */
		{"[DEFAULT]\nbantime = 10x\nfilter = x\nlogpath = /a\n"
		 "[a]\nenabled = true\n[b]\nenabled = true\n",
			"etc/jail.local:2: bantime: '10x' is no duration; "
			"write 600, 10m or 1d 12h\n"},
		/* and the values of a jail that is off are its own business */
		{"[x]\nenabled = false\nbantime = 10x\nport = nosuch\n", ""},
		{JAIL "ignorecommand = /bin/true <ip>\n",
			"warning: etc/jail.local:5: ignorecommand: not "
			"supported: no command is run; use ignoreip\n"},
		/* fail2ban's own keys, and one that is a variable */
		{JAIL "destemail = a@b\nmta = mail\nlogencoding = auto\n"
		      "minutes = 10m\nbantime = %(minutes)s\nmy_log = /x\n",
			""},
	};
	struct tree *t = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *said;

		put(t, "etc/jail.local", cases[i].text);
		said = load(t);
		if (strcmp(said, cases[i].said) != 0)
			fail_msg("%s\nsays\n%s\nand not\n%s", cases[i].text,
				said, cases[i].said);
	}
}

/* A star too many is told, and ends. */
static void test_a_pattern_too_wide(void **state)
{
	struct tree *t = *state;
	char text[256], name[80];

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "%s/d%d", t->dir, i);
		assert_int_equal(symlink(".", name), 0);
	}
	snprintf(text, sizeof(text),
		"[x]\nenabled = true\nfilter = x\nlogpath = %s/*/*.conf\n"
		"  %s/*/*/*/*.log\n",
		t->dir, t->dir);
	put(t, "etc/jail.local", text);
	assert_string_equal(load(t),
		"warning: etc/jail.local:5: logpath: '*/*/*/*.log' has more "
		"than 100000 files and directories to look through: not all "
		"that it fits will be read; name the directories\n");
}

/* A fault in a list that a file holds stands at that file's own line. */
static void test_ignore_file_fault(void **state)
{
	struct tree *t = *state;
	char text[256];

	put(t, "ignore.txt", "# ok\n192.0.2.1\n\n192.0.2.256\n");
	snprintf(text, sizeof(text), JAIL "ignoreip = file:%s/ignore.txt\n",
		t->dir);
	put(t, "etc/jail.local", text);
	assert_string_equal(load(t), "ignore.txt:4: '192.0.2.256' is neither "
				     "an address, a prefix nor a name\n");
}

#define TEN "abcdefghij"

/* An /etc of this process's own, with nothing but these hosts in it. */
static void own_hosts(const char *text)
{
	FILE *f;

	mounts_leave_host();
	assert_int_equal(mount("test", "/etc", "tmpfs", 0, NULL), 0);
	f = fopen("/etc/hosts", "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_names_are_resolved(void **state)
{
	struct tree *t = *state;
	int64_t left = INT64_MAX;
	struct jail *j;

	if (geteuid() != 0)
		skip();
	own_hosts("192.0.2.7 own.example\n");
	/* A label of 70 letters is refused before any server is asked. */
	put(t, "etc/jail.local",
		JAIL "ignoreip = own.example " TEN TEN TEN TEN TEN TEN TEN
		     "\n");
	assert_string_equal(load(t), "");
	j = jail(t, "x");
	ignore_resolve(j, &left, &t->err);
	assert_true(ignores(j, "192.0.2.7"));
	assert_int_equal(t->err.n, 1);
	assert_int_equal(t->err.faults, 0);
	assert_non_null(strstr(t->err.items[0].text,
		"jail.local:5: [x] ignoreip: " TEN TEN TEN TEN TEN TEN TEN
		" has no address now ("));
}

static void test_nothing(void **state)
{
	struct tree *t = *state;

	assert_string_equal(load(t), "");
	assert_int_equal(t->jails->n, 0);
	jails_deinit(t->jails);
	t->jails = jails_load(NULL, NULL, t->arena, &t->err);
	assert_int_equal(t->jails->n, 0);
	assert_int_equal(t->err.n, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_minimal),
		TEST(test_layers),
		TEST(test_every_key),
		TEST(test_actions),
		TEST(test_faults),
		TEST(test_ignore_file_fault),
		TEST(test_a_pattern_too_wide),
		TEST(test_names_are_resolved),
		TEST(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
