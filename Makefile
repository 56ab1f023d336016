# SPDX-License-Identifier: GPL-2.0-or-later
# make            build/mailband and its helpers, build/mailban
# make run        install what is needed, build, run on this host
# make check      install what is needed, build, run every test
# make check-system   boot a machine of systemd's with the package, look at it
# make check-docs     does the manual say what there is?
# make fuzz       look for inputs that break something, FUZZ_TIME seconds each
# make bench      measure, side by side with what there is today
# make install    programs, defaults, manual and unit below PREFIX
# make deb        the Debian package, build/mailban_*.deb
# make unit benches    the test and measuring programs alone

VERSION = 0.1
BUILD = build
PREFIX = /usr/local
SYSCONFDIR = /etc
UNITDIR = $(PREFIX)/lib/systemd/system

CC = gcc
CFLAGS = -O2 -g
WARN = -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wvla -Wundef -Wwrite-strings
HARDEN = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDHARDEN = -pie -Wl,-z,relro,-z,now
CPPFLAGS = -D_GNU_SOURCE -I. -DMAILBAN_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu17 $(WARN) $(HARDEN) $(CFLAGS)

# What each program is made of. A privileged process links no more than this.
LIB = lib/addr lib/arena lib/clock lib/codec lib/conf lib/conf_expand \
	lib/conf_read lib/conf_refer lib/datadir lib/err lib/hash lib/ini \
	lib/layout lib/linehead lib/log lib/memory lib/names lib/nearest \
	lib/outlet lib/paths lib/plain lib/prefixset lib/repeated \
	lib/slots
SOURCES = sources/file sources/glob sources/header sources/header_again \
	sources/header_date sources/header_tag sources/journal \
	sources/linebreak sources/newlines sources/parts sources/portion \
	sources/replay sources/rotation sources/syslog sources/syslog_message \
	sources/tail sources/watch
FILTERS = filters/beginnings filters/content filters/datecut \
	filters/datefields filters/datepattern filters/dates \
	filters/datetemplate filters/dispatch filters/effort filters/excuses \
	filters/filter filters/filter_match filters/filter_spec \
	filters/filter_subject filters/filterfile filters/filterkeys \
	filters/given_up filters/groups filters/linebuffer filters/literals \
	filters/pyregex filters/pysyntax filters/regex filters/sessions \
	filters/sieve filters/spills
JAILS = jails/action jails/actionlist jails/attempts jails/backend \
	jails/banlist jails/duration jails/escalate jails/fail2ban \
	jails/formula jails/formula_parse jails/ignore jails/ignorelist \
	jails/jail jails/jailfile jails/jailkeys jails/jailset \
	jails/jailvalue jails/keytable jails/offender jails/window
LEDGER = ledger/accounts ledger/address ledger/attacks ledger/causes \
	ledger/counter ledger/dovecot ledger/familiar ledger/host ledger/kept \
	ledger/ledger ledger/mail ledger/mail_delivery ledger/messages \
	ledger/network ledger/pflogsumm ledger/pflogsumm_take ledger/postfix \
	ledger/postfix_idle ledger/problems ledger/reading ledger/record \
	ledger/reject ledger/reject_reason ledger/sign ledger/tally \
	ledger/trace ledger/trace_seen ledger/trace_steps ledger/traffic \
	ledger/visits ledger/when
ALARMS = alarms/ages alarms/disk alarms/forecast alarms/growth \
	alarms/guessers alarms/habit alarms/heavy alarms/judge \
	alarms/judge_disks alarms/judge_keep alarms/judge_kinds \
	alarms/judge_signs alarms/judge_spools alarms/level alarms/memory \
	alarms/mounts alarms/postconf alarms/postqueue alarms/processes \
	alarms/queue alarms/report alarms/services alarms/silence \
	alarms/vanish alarms/words alarms/words_disks alarms/words_host \
	alarms/words_queues alarms/words_signs
# Who asks the servers: the command alone.
PROBE = alarms/backoff alarms/dns alarms/link alarms/probe \
	alarms/probe_answer alarms/probe_words
NFT = nft/batch nft/change nft/diag nft/dump nft/element nft/genid nft/rule \
	nft/set nft/socket nft/table nft/track nft/watch

WARDEN = daemon/warden_main daemon/born daemon/request daemon/sandbox \
	daemon/sandbox_calls daemon/sandbox_files daemon/sandbox_warden \
	daemon/warden daemon/warden_ban daemon/warden_cut daemon/warden_held \
	daemon/warden_layout daemon/warden_listing daemon/warden_rush \
	lib/addr lib/clock lib/codec lib/hash lib/layout lib/log lib/plain \
	lib/prefixset lib/slots $(NFT)
WARDEN_LIBS = -lmnl -lnftnl -lseccomp

GAUGE = daemon/gauge_main alarms/disk alarms/queue alarms/report daemon/born \
	daemon/gauge daemon/keeper daemon/sandbox daemon/sandbox_calls \
	daemon/sandbox_files daemon/sandbox_gauge lib/addr lib/clock \
	lib/codec lib/log lib/memory lib/plain
GAUGE_LIBS = -lseccomp

DAEMON = daemon/main daemon/alarm_settings daemon/alarms daemon/alarms_gauge \
	daemon/alarms_keep daemon/alarms_postfix daemon/alarms_probe \
	daemon/alarms_queue daemon/alarms_runner daemon/alarms_services \
	daemon/alarms_signs daemon/alarms_tell daemon/asked daemon/attackers \
	daemon/attackers_tell daemon/audit daemon/command_jail \
	daemon/command_status daemon/commands daemon/config daemon/control \
	daemon/counters daemon/counters_keep daemon/counters_owners \
	daemon/counters_tell daemon/decisions daemon/decisions_change \
	daemon/decisions_hand daemon/decisions_losses daemon/decisions_state \
	daemon/decisions_tables daemon/decisions_wait daemon/durable \
	daemon/enforce daemon/enforce_heal daemon/enforce_layout \
	daemon/engine daemon/engine_flow daemon/engine_loop \
	daemon/engine_names daemon/engine_reload daemon/feed_journal \
	daemon/feed_journals daemon/feed_syslog daemon/feeds \
	daemon/feeds_tell daemon/foreign daemon/given_up daemon/history \
	daemon/import daemon/import_hold daemon/jailinfo daemon/journal_trust \
	daemon/keeper daemon/list daemon/listing daemon/lookup daemon/moved \
	daemon/notice daemon/outbound daemon/outbound_alarms \
	daemon/outbound_keep daemon/outbound_tell daemon/outbound_words \
	daemon/passed daemon/periods daemon/reach daemon/readback \
	daemon/reason daemon/refused daemon/request daemon/resolver \
	daemon/runner daemon/runner_programs daemon/runner_request \
	daemon/safe daemon/sandbox daemon/sandbox_calls daemon/sandbox_engine \
	daemon/sandbox_files daemon/sandbox_lookup daemon/sandbox_runner \
	daemon/seats daemon/settings daemon/signs daemon/spawn daemon/state \
	daemon/state_counts daemon/state_peek daemon/state_queue \
	daemon/state_read daemon/state_schema daemon/state_size \
	daemon/state_writer daemon/syslog_trust daemon/trusted \
	daemon/warden_client $(ALARMS) $(LIB) $(SOURCES) $(FILTERS) $(JAILS) \
	$(LEDGER)
DAEMON_LIBS = -lsystemd -lpcre2-8 -lsqlite3 -ljansson -lseccomp -lz -lm

CLI_LINT = cli/lint/lint cli/lint/candidates cli/lint/cost cli/lint/forge \
	cli/lint/print cli/lint/rule filters/pattern filters/sample
CLI_FAIL2BAN = cli/fail2ban/bans cli/fail2ban/client cli/fail2ban/debuggex \
	cli/fail2ban/dump cli/fail2ban/get cli/fail2ban/interactive \
	cli/fail2ban/no cli/fail2ban/pytext cli/fail2ban/python cli/fail2ban/regex \
	cli/fail2ban/regexdate cli/fail2ban/regexfilter cli/fail2ban/regexid \
	cli/fail2ban/regexjail cli/fail2ban/regexjournal \
	cli/fail2ban/regexlines cli/fail2ban/regexoptions \
	cli/fail2ban/regexout cli/fail2ban/regexreport cli/fail2ban/regexrun \
	cli/fail2ban/regexsession cli/fail2ban/regextest cli/fail2ban/server \
	cli/fail2ban/set cli/fail2ban/setting cli/fail2ban/stats \
	cli/fail2ban/status cli/fail2ban/usage
CLI_REPORT = cli/history cli/report/attacks cli/report/changes \
	cli/report/chart cli/report/connections cli/report/details \
	cli/report/html cli/report/html_lists cli/report/html_parts \
	cli/report/html_time cli/report/json cli/report/lines cli/report/live \
	cli/report/mail cli/report/options cli/report/order cli/report/page \
	cli/report/problems cli/report/report cli/report/text \
	cli/report/times cli/report/words cli/trace cli/trace_show lib/crew
CLI_BANS = cli/banfile cli/banfile_field cli/banfile_json cli/banfile_lines \
	cli/banfile_nft cli/export cli/import
CHECK = cli/check/main cli/check/backoff cli/check/bans cli/check/daemon \
	cli/check/disk cli/check/names cli/check/options cli/check/postfix \
	cli/check/probe cli/check/queue cli/check/queue_list cli/check/run \
	cli/check/verdict cli/client cli/jsonout cli/text $(PROBE) $(ALARMS) \
	$(LIB)
CHECK_LIBS = -ljansson -lgnutls -lresolv -lm
CLI_TOP = cli/screen cli/top cli/top_show
CLI_EXPORTS = cli/metrics cli/serve cli/trapper cli/zabbix
CLI = cli/main cli/accounts cli/ban cli/check cli/client cli/help \
	cli/jsonout cli/list cli/offline cli/options cli/reload cli/run \
	cli/status cli/table cli/test cli/text cli/unban cli/version \
	sources/header sources/header_again sources/header_date \
	sources/header_tag sources/journal sources/linebreak sources/newlines \
	sources/portion sources/replay sources/replay_journal $(CLI_TOP) \
	$(CLI_BANS) $(CLI_EXPORTS) $(CLI_LINT) $(CLI_FAIL2BAN) $(CLI_REPORT) \
	$(LIB) $(FILTERS) $(JAILS) $(LEDGER)
CLI_LIBS = -lsystemd -lpcre2-8 -ljansson -lz -lm

# The packages: of the build (debian/control names them too), on top of them of
# the Debian package and of the tests.
DEPS = gcc libc6-dev make libsystemd-dev libmnl-dev libnftnl-dev \
	libpcre2-dev libsqlite3-dev libjansson-dev libgnutls28-dev \
	libseccomp-dev zlib1g-dev nftables passwd
DEB_DEPS = build-essential debhelper dpkg-dev fakeroot lintian
CHECK_DEPS = libcmocka-dev python3-pytest python3-pytest-xdist mmdebstrap \
	iproute2 mount util-linux mandoc clang-format systemd systemd-container \
	pflogsumm python3-prometheus-client python3-yaml clang \
	libclang-rt-dev

obj = $(patsubst %,$(BUILD)/%.o,$(1))

PROGRAMS = $(BUILD)/mailband $(BUILD)/mailban-warden $(BUILD)/mailban-gauge \
	$(BUILD)/mailban $(BUILD)/mailban-check

TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/*/test_*.c))

all: $(PROGRAMS) $(BUILD)/share/jail.conf

# The shipped defaults in the layout that they are installed in.
$(BUILD)/share/jail.conf: jails/jail.conf
	@mkdir -p $(@D)
	@ln -srfn filters $(BUILD)/share/filter.d
	@ln -srf $< $@

$(BUILD)/mailband: $(call obj,$(DAEMON))
	@echo "LD  $@"
	@$(CC) $(CFLAGS) $(LDHARDEN) -o $@ $^ $(DAEMON_LIBS)

$(BUILD)/mailban-warden: $(call obj,$(WARDEN))
	@echo "LD  $@"
	@$(CC) $(CFLAGS) $(LDHARDEN) -o $@ $^ $(WARDEN_LIBS)

$(BUILD)/mailban-gauge: $(call obj,$(GAUGE))
	@echo "LD  $@"
	@$(CC) $(CFLAGS) $(LDHARDEN) -o $@ $^ $(GAUGE_LIBS)

$(BUILD)/mailban: $(call obj,$(CLI))
	@echo "LD  $@"
	@$(CC) $(CFLAGS) $(LDHARDEN) -o $@ $^ $(CLI_LIBS)

$(BUILD)/mailban-check: $(call obj,$(CHECK))
	@echo "LD  $@"
	@$(CC) $(CFLAGS) $(LDHARDEN) -o $@ $^ $(CHECK_LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "CC  $<"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

TEST_LIBS = -lcmocka -lsystemd -lpcre2-8 -lsqlite3 -ljansson -lmnl -lnftnl \
	-lseccomp -lgnutls -lresolv -lz -lm

# A unit test takes what it calls out of all that is not a main(), and out of
# what tests share.
HELPERS = $(patsubst %.c,%,$(foreach f,$(wildcard tests/*/*.c),$(if \
	$(filter test_% fuzz_%,$(notdir $(f)))$(filter tests/bench/%,$(f)),,$(f))))
PARTS = $(sort $(filter-out %/main %_main,$(WARDEN) $(GAUGE) $(DAEMON) \
	$(CLI) $(CHECK)) \
	$(HELPERS))

$(BUILD)/parts.a: $(call obj,$(PARTS))
	@rm -f $@
	@ar rcsPT $@ $^

# What make bench measures with.
BENCHES = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

$(TESTS) $(BENCHES): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/parts.a
	@echo "LD  $@"
	@$(CC) $(CFLAGS) $(LDHARDEN) -o $@ $< $(BUILD)/parts.a $(TEST_LIBS)

# What tries inputs; built by FUZZ below.
FUZZERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))

$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/parts.a
	@echo "LD  $@"
	@$(CC) $(CFLAGS) -fsanitize=fuzzer -o $@ $< $(BUILD)/parts.a $(TEST_LIBS)

# The programs that these start.
$(BUILD)/tests/daemon/test_warden $(BUILD)/tests/daemon/test_warden_rush: \
	| $(BUILD)/mailban-warden
$(BUILD)/tests/daemon/test_gauge: | $(BUILD)/mailban-gauge

unit: $(TESTS)

benches: $(BENCHES)

fuzz-targets: $(FUZZERS)

# Installs those of the packages that are missing, asking no archive if none is.
define get
@missing=$$(for p in $(1); do \
	dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null | \
		grep -qx installed || echo $$p; done); \
if [ -n "$$missing" ]; then \
	apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends $$missing; \
fi
endef

deps:
	$(call get,$(DEPS))

deb-deps:
	$(call get,$(DEPS) $(DEB_DEPS))

check-deps:
	$(call get,$(DEPS) $(CHECK_DEPS))

JOBS = $(shell nproc)
SAN = CFLAGS="-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer"
# Tests wait two thirds of their time: so many at a time for each core.
AT_A_TIME = $(shell expr $(JOBS) \* 2)
# Debian's own: another python3 that comes first in PATH lacks its packages.
PYTEST = /usr/bin/python3 -m pytest

# The compiler that warns is the other.
FUZZ = BUILD=build/fuzz CC=clang WARN=-w CFLAGS="-O1 -g \
	-fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer"

# The tests' Debian tree, which all need, is fetched while the rest is built.
testroot:
	@tests/testroot >/dev/null

fuzzers:
	$(MAKE) -j$(JOBS) $(FUZZ) fuzz-targets

# One run of pytest has both builds, so one line has the count: what starts a
# program is in it once for each. A test that is not says why (see builds in
# tests/conftest.py).
check: check-deps
	$(MAKE) -j$(AT_A_TIME) testroot all unit benches
	$(MAKE) -j$(JOBS) BUILD=build/san $(SAN) all unit
	$(MAKE) fuzzers
	tests/layers
	$(PYTEST) -q -n $(AT_A_TIME) --ignore=tests/system tests

check-docs: check-deps
	$(MAKE) -j$(JOBS) all
	MAILBAN_TEST_BUILD=release $(PYTEST) -q tests/docs

check-system: check-deps deb
	$(PYTEST) -q tests/system

# Each target for so long; what it learns stays in build/fuzz.
FUZZ_TIME = 600

fuzz: check-deps
	$(MAKE) -j$(JOBS) all
	$(MAKE) fuzzers
	tests/fuzz/run $(FUZZ_TIME)

bench: check-deps
	$(MAKE) -j$(JOBS) all benches
	tests/bench/run

# On this host, in the foreground: our own table and nothing else is touched.
# The filters and jails are copied to where the daemon's user can read them
# again at a reload: root's home is closed to it.
RUN = /run/mailban-tree

run: deps
	$(MAKE) -j$(JOBS) all
	@id -u mailban >/dev/null 2>&1 || useradd --system --user-group \
		--no-create-home --home-dir /var/lib/mailban \
		--shell /usr/sbin/nologin mailban
	@for group in adm systemd-journal; do \
		! getent group $$group >/dev/null || \
			usermod --append --groups $$group mailban; \
	done
	@install -d -o mailban -g mailban -m 750 /run/mailban /var/lib/mailban
	@rm -rf $(RUN)
	@install -d $(RUN)/share/filter.d $(RUN)/etc/jail.d
	@install -m 644 jails/jail.conf $(RUN)/share
	@install -m 644 filters/*.conf $(RUN)/share/filter.d
	@install -m 644 jails/mailhost.conf $(RUN)/etc/jail.d
	@conf=/etc/mailban; [ -d $$conf ] || conf=$(RUN)/etc; \
	echo "$(BUILD)/mailband -c $$conf; Ctrl-C ends it"; \
	MAILBAN_DATADIR=$(RUN)/share exec $(BUILD)/mailband -c $$conf

MAN1 = $(wildcard man/*.1)
MAN5 = $(wildcard man/*.5)
MAN8 = $(wildcard man/*.8)
# What the files that name a place say of it in the tree.
PLACES = s|/usr/sbin/|$(PREFIX)/sbin/|; s|/usr/bin/|$(PREFIX)/bin/|; \
	s|/usr/share/mailban|$(PREFIX)/share/mailban|; \
	s|/usr/share/doc/mailban|$(PREFIX)/share/doc/mailban|

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin \
		$(DESTDIR)$(PREFIX)/share/mailban/filter.d \
		$(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man8 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/doc/mailban/examples \
		$(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d \
		$(DESTDIR)$(SYSCONFDIR)/mailban/jail.d
	install -m 755 $(BUILD)/mailban $(BUILD)/mailban-check \
		$(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/mailband $(BUILD)/mailban-warden \
		$(BUILD)/mailban-gauge $(DESTDIR)$(PREFIX)/sbin
	install -m 644 filters/*.conf $(DESTDIR)$(PREFIX)/share/mailban/filter.d
	install -m 644 jails/jail.conf $(DESTDIR)$(PREFIX)/share/mailban
	install -m 644 share/grafana-dashboard.json share/zabbix-template.yaml \
		$(DESTDIR)$(PREFIX)/share/mailban
	sed '$(PLACES)' share/zabbix-userparameter.conf \
		>$(DESTDIR)$(PREFIX)/share/mailban/zabbix-userparameter.conf
	install -m 644 $(MAN1) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(MAN5) $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 $(MAN8) $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 cli/completion.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/mailban
	sed -i '$(PLACES)' $(DESTDIR)$(PREFIX)/share/man/man?/mailban*
	for unit in mailban.service mailban-metrics.service \
		mailban-metrics.socket mailban-syslog.socket \
		mailban-zabbix.service \
		mailban-zabbix.timer mailban-report.service \
		mailban-report.timer; do \
		sed '$(PLACES)' systemd/$$unit \
			>$(DESTDIR)$(UNITDIR)/$$unit || exit; \
	done
	install -m 644 systemd/names.conf systemd/mail.conf systemd/probe.conf \
		systemd/processes.conf systemd/mailban-hold.path \
		systemd/mailban-hold.service \
		$(DESTDIR)$(PREFIX)/share/doc/mailban/examples
	install systemd/mailban-hold \
		$(DESTDIR)$(PREFIX)/share/doc/mailban/examples
	install -m 644 systemd/sysusers.conf \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/mailban.conf
	install -m 644 systemd/tmpfiles.conf \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/mailban.conf
	@# What the admin has made of them stays.
	for conf in mailban.conf:daemon/mailban.conf \
		jail.d/mailhost.conf:jails/mailhost.conf; do \
		to=$(DESTDIR)$(SYSCONFDIR)/mailban/$${conf%%:*}; \
		[ -e $$to ] || install -m 644 $${conf#*:} $$to || exit; \
	done

# From a copy of the tree, so that nothing is left in it.
DEB = $(BUILD)/deb/mailban-$(VERSION)

deb: deb-deps
	rm -rf $(BUILD)/deb $(BUILD)/mailban_*.deb
	mkdir -p $(DEB)
	tar -c --exclude-vcs --exclude='./build*' . | tar -x -C $(DEB)
	cd $(DEB) && dpkg-buildpackage --build=binary --no-sign
	lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
		$(BUILD)/deb/*.changes
	mv $(BUILD)/deb/mailban_*.deb $(BUILD)
	rm -rf $(BUILD)/deb

clean:
	rm -rf $(BUILD)

.PHONY: all unit benches fuzz-targets fuzzers fuzz deps deb-deps check-deps \
	testroot check check-docs check-system \
	bench run install deb clean

# Not what lies in the tests' Debian tree, which has names like invoke-rc.d.
-include $(shell find $(BUILD) -path '$(BUILD)/testroot*' -prune -o \
	-name '*.d' -type f -print 2>/dev/null)
