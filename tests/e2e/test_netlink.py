# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel refuses, and what mailband makes of it: it is tried again
where that helps, told where it does not, and never stops the other jails.

Where a kernel cannot be made to fail on demand, a library stands between the
warden and it, and gives some answer in the place of the real one."""
import errno
import json
import struct
import subprocess
import time

import pytest

import attack
import hosts

# A sanitizer's runtime must be the first library, and here another is.
pytestmark = pytest.mark.builds("release")
OTHER_LOG = "/var/log/other.log"
BETWEEN = r"""
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* NETLINK_NETFILTER, NFNL_MSG_BATCH_BEGIN; the types that make one. */
enum { NETFILTER = 12, BEGIN = 0x10, NEWTABLE = 0xa00, NEWELEM = 0xa0c,
	NEWSET = 0xa09, DELELEM = 0xa0e, DESC = 9, DESC_SIZE = 1 };
enum { NEVER, SEND, LOST, ANSWER, SOCKET, SIZE };

static struct { int32_t where, error, of, times, done; } *order;
static int ours = -1, waits;

__attribute__((constructor)) static void begin(void)
{
	int fd = open("/run/order", O_RDWR);

	order = mmap(NULL, sizeof(*order), PROT_READ | PROT_WRITE, MAP_SHARED,
		fd, 0);
	if (fd < 0 || order == MAP_FAILED)
		abort();
}

static int takes(int where)
{
	if (order->where != where || order->times == 0)
		return 0;
	order->times--;
	order->done++;
	return 1;
}

int socket(int domain, int type, int protocol)
{
	int (*real)(int, int, int) = dlsym(RTLD_NEXT, "socket");
	int fd;

	if (domain == AF_NETLINK && protocol == NETFILTER && takes(SOCKET)) {
		errno = order->error;
		return -1;
	}
	fd = real(domain, type, protocol);
	if (domain == AF_NETLINK && protocol == NETFILTER && ours < 0)
		ours = fd;
	return fd;
}

static int is_meant(const struct nlmsghdr *m, size_t n)
{
	size_t at = NLMSG_ALIGN(m->nlmsg_len);

	if (m->nlmsg_type != BEGIN || at + sizeof(*m) > n)
		return 0;
	m = (const void *)((const char *)m + at);
	return m->nlmsg_type == order->of ||
	       (order->of == NEWELEM && m->nlmsg_type == DELELEM);
}

/* The value of this attribute among n bytes of them, or NULL. */
static char *find(char *at, size_t n, int type, size_t *length)
{
	while (n >= sizeof(struct nlattr)) {
		struct nlattr *a = (void *)at;
		size_t used = NLA_ALIGN(a->nla_len);

		*length = a->nla_len - NLA_HDRLEN;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return at + NLA_HDRLEN;
		if (used == 0 || used > n)
			break;
		at += used;
		n -= used;
	}
	return 0;
}

/* Each set with room for four, whatever was asked for. */
static void shrink(char *bytes, size_t n)
{
	while (n >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr *m = (void *)bytes;
		size_t used = NLMSG_ALIGN(m->nlmsg_len), length;
		char *desc = m->nlmsg_type != NEWSET ? 0 :
			find(bytes + NLMSG_HDRLEN + 4,
				m->nlmsg_len - NLMSG_HDRLEN - 4, DESC,
				&length);
		char *size = desc ? find(desc, length, DESC_SIZE, &length) : 0;

		if (size)
			*(uint32_t *)size = htonl(4);
		if (used == 0 || used > n)
			break;
		bytes += used;
		n -= used;
	}
}

ssize_t sendto(int fd, const void *bytes, size_t n, int flags,
	const struct sockaddr *to, socklen_t room)
{
	ssize_t (*real)(int, const void *, size_t, int,
		const struct sockaddr *, socklen_t) =
		dlsym(RTLD_NEXT, "sendto");
	int meant = fd == ours && is_meant(bytes, n);

	if (meant && takes(SEND)) {
		errno = order->error;
		return -1;
	}
	if (meant && takes(SIZE))
		shrink((char *)bytes, n);
	waits = meant;
	return real(fd, bytes, n, flags, to, room);
}

ssize_t recv(int fd, void *bytes, size_t room, int flags)
{
	ssize_t (*real)(int, void *, size_t, int) = dlsym(RTLD_NEXT, "recv");
	ssize_t n = real(fd, bytes, room, flags);
	struct nlmsghdr *m = bytes;

	if (fd != ours || !waits || n < 0)
		return n;
	waits = 0;
	if (takes(LOST)) {
		errno = ENOBUFS;
		return -1;
	}
	if (m->nlmsg_type == NLMSG_ERROR && takes(ANSWER))
		((struct nlmsgerr *)NLMSG_DATA(m))->error = -order->error;
	return n;
}
"""
WHERE = {"send": 1, "lost": 2, "answer": 3, "socket": 4, "size": 5}
TABLE, ELEMENTS = 0xa00, 0xa0c
ALWAYS = 1 << 30


class Order:
    """What is to fail, in memory that the warden looks into."""

    def __init__(self, host, folder):
        (folder / "between.c").write_text(BETWEEN)
        subprocess.run(["gcc", "-shared", "-fPIC", "-o",
                        folder / "between.so", folder / "between.c"],
                       check=True)
        host.write("/run/between.so", (folder / "between.so").read_bytes(),
                   0o755)
        self.file = open(host.write("/run/order", bytes(20), 0o666), "r+b",
                         buffering=0)
        self.env = {"LD_PRELOAD": "/run/between.so"}

    def give(self, where, error=0, of=ELEMENTS, times=ALWAYS):
        self.file.seek(0)
        self.file.write(struct.pack("5i", WHERE[where], error, of, times, 0))

    def end(self):
        """How often it was done."""
        self.file.seek(16)
        done = struct.unpack("i", self.file.read(4))[0]
        self.file.seek(0)
        self.file.write(bytes(20))
        return done


@pytest.fixture
def order(new_host, tmp_path):
    host = new_host()
    host.write(attack.MAIL_LOG, "", 0o644)
    host.write(OTHER_LOG, "", 0o644)
    order = Order(host, tmp_path)
    order.host = host
    return order


def two_jails():
    return attack.jail() + attack.jail("postfix", logpath=OTHER_LOG)


def start(order, wait=True):
    return order.host.mailband({"jail.local": two_jails()}, env=order.env,
                               wait=wait)


def troubles(daemon):
    return [line for line in daemon.log().splitlines()
            if line.startswith(("ERROR ", "WARNING "))]


@pytest.mark.parametrize("where, error", [
    ("send", errno.EINTR), ("send", errno.ENOBUFS), ("send", errno.EAGAIN),
    ("lost", errno.ENOBUFS), ("answer", errno.EBUSY),
    ("answer", errno.EINTR), ("answer", errno.ENOMEM)])
def test_what_passes_is_tried_again(order, where, error, tally):
    """Nobody notices, whatever is under way."""
    host, daemon = order.host, start(order)
    host.mailban("ban", "dovecot", "192.0.2.9")
    for times in (1, 4):
        tally.fault(f"netlink: {errno.errorcode[error]}, for a while")
        order.give(where, error, times=times)
        host.append(attack.MAIL_LOG, 3 * attack.failure(f"192.0.2.{times}"))
        host.wait_banned("dovecot", f"192.0.2.{times}")
        # That many where the call itself is not said again by what is below.
        assert order.end() == times
        order.give(where, error, times=times)
        host.mailban("ban", "postfix", "2001:db8::1", "192.0.2.0/28")
        host.wait_banned("postfix", "2001:db8::1", "192.0.2.0/28")
        order.give(where, error, times=times)
        host.mailban("unban", "postfix", "2001:db8::1", "192.0.2.0/28")
        hosts.wait_for(lambda: "2001:db8::1" not in host.banned("postfix"))
        order.give(where, error, of=TABLE, times=times)
        host.mailban("reload")
        host.mailban("ban", "postfix", f"198.18.0.{times}")
        host.wait_banned("postfix", f"198.18.0.{times}")
        assert order.end() == times
        tally.bans(["192.0.2.1", "192.0.2.9"], host.banned("dovecot"))
    tally.lines(6, host.status()["lines"])
    assert not troubles(daemon)
    assert daemon.stop() == 0


@pytest.mark.parametrize("error", [errno.EBUSY, errno.ENOBUFS])
def test_what_does_not_pass_is_told_and_made_up_for(order, error, tally):
    """Once, and the bans are in the kernel when it takes them."""
    host, daemon = order.host, start(order)
    tally.fault(f"netlink: {errno.errorcode[error]}, for long")
    order.give("send", error)
    addresses = attack.addresses(50)
    for address in addresses:
        host.append(attack.MAIL_LOG, 3 * attack.failure(address))
    hosts.wait_for(lambda: host.status("dovecot")["banned"] == 50)
    daemon.wait_log(r"ERROR \[dovecot\] the warden does not ban 10\.0\.0\.\d+:"
                    " (Device or resource busy|No buffer space available)")
    assert not host.banned("dovecot")
    order.end()
    tally.bans(addresses, host.wait_banned("dovecot", *addresses))
    tally.lines(150, host.status()["lines"])
    assert len([line for line in troubles(daemon)
                if line.startswith("ERROR ")]) == 1


def test_an_unban_that_is_refused_for_long(order, tally):
    """It is done when the kernel takes it, as nobody says it twice."""
    host, daemon = order.host, start(order)
    host.mailban("ban", "dovecot", "192.0.2.1", "192.0.2.2", "192.0.2.3")
    host.wait_banned("dovecot", "192.0.2.1", "192.0.2.2", "192.0.2.3")
    order.give("send", errno.EBUSY)
    tally.fault("netlink: EBUSY, for an unban")
    host.mailban("unban", "dovecot", "192.0.2.1", "192.0.2.2")
    daemon.wait_log(r"ERROR \[dovecot\] the warden does not unban 192\.0\.2")
    host.mailban("ban", "dovecot", "192.0.2.2")
    assert "192.0.2.1" in host.banned("dovecot")
    order.end()
    hosts.wait_for(lambda: "192.0.2.1" not in host.banned("dovecot"))
    tally.bans(["192.0.2.2", "192.0.2.3"],
               host.wait_banned("dovecot", "192.0.2.2", "192.0.2.3"))


def test_a_full_set(order, tally):
    """The kernel's own refusal: the other sets of the jail, and the other
    jails, go on."""
    host = order.host
    order.give("size", of=TABLE)
    daemon = start(order)
    tally.fault("a full set")
    addresses = attack.addresses(20)
    for address in addresses:
        host.append(attack.MAIL_LOG, 3 * attack.failure(address))
    daemon.wait_log(r"ERROR \[dovecot\] the warden does not ban "
                    r"10\.0\.0\.\d+: the set is full: lift bans")
    hosts.wait_for(lambda: host.status("dovecot")["banned"] == 20)
    assert len(host.banned("dovecot")) == 4
    beside = ["2001:db8::1", "192.0.2.0/28"]
    host.mailban("ban", "dovecot", *beside)
    host.mailban("ban", "postfix", *beside, addresses[0])
    tally.bans(beside, host.wait_banned("dovecot", *beside))
    tally.bans([*beside, addresses[0]],
               host.wait_banned("postfix", *beside, addresses[0]))
    assert len(troubles(daemon)) == 1
    # There is room again: those that were refused are put in.
    host.mailban("unban", "dovecot", *addresses[:16])
    tally.bans(addresses[16:],
               host.wait_banned("dovecot", *addresses[16:]))
    assert len(troubles(daemon)) == 1


def test_no_module_at_the_start(order, tally):
    """A kernel without nfnetlink has no such socket."""
    tally.fault("netlink: module missing")
    order.give("socket", errno.EPROTONOSUPPORT)
    daemon = start(order, wait=False)
    assert daemon.wait() == 1
    assert "modprobe nf_tables" in daemon.log()


def test_a_module_is_missing_for_the_table(order, tally):
    """Said with the next step, and made up for when it is there."""
    host = order.host
    tally.fault("netlink: module missing")
    order.give("answer", errno.EOPNOTSUPP, of=TABLE)
    daemon = start(order)
    daemon.wait_log("ERROR nftables: the table could not be laid out, nobody "
                    "is banned: .*modprobe nf_tables")
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.1"))
    hosts.wait_for(lambda: host.status("dovecot")["banned"] == 1)
    order.end()
    tally.bans(["192.0.2.1"], host.wait_banned("dovecot", "192.0.2.1"))
    daemon.wait_log("NOTICE nftables: the table is laid out now")
    assert len([line for line in troubles(daemon)
                if line.startswith("ERROR ")]) == 1


def test_no_ban_goes_into_another_jails_set(order, tally):
    """A reload numbers the jails anew, and the kernel does not take it."""
    host, daemon = order.host, start(order)
    host.mailban("ban", "dovecot", "192.0.2.1")
    host.wait_banned("dovecot", "192.0.2.1")
    order.give("send", errno.EBUSY, of=TABLE)
    host.configure({"jail.local": attack.jail("postfix", logpath=OTHER_LOG)})
    host.mailban("reload")
    tally.fault("netlink: EBUSY, for long")
    host.mailban("ban", "postfix", "192.0.2.2")
    daemon.wait_log("ERROR nftables: the table could not be laid out")
    assert host.banned("dovecot").keys() == {"192.0.2.1"}
    order.end()
    tally.bans(["192.0.2.2"], host.wait_banned("postfix", "192.0.2.2"))
    assert not host.banned("dovecot") and len(troubles(daemon)) == 1


def test_a_rule_of_others_uses_a_set(host, tally):
    """That jail alone is told of."""
    host.write(attack.MAIL_LOG, "", 0o644)
    host.write(OTHER_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": two_jails()})
    host.mailban("ban", "dovecot", "192.0.2.1")
    host.wait_banned("dovecot", "192.0.2.1")
    host.run(["nft", "-f", "-"], input="""
        add chain inet mailban theirs
        add rule inet mailban theirs ip saddr @ban4-dovecot drop
        """)
    tally.fault("netlink: EBUSY, a set that others use")
    host.configure({"jail.local": attack.jail("postfix", logpath=OTHER_LOG)})
    for address in ("192.0.2.2", "192.0.2.3"):
        host.mailban("reload")
        host.mailban("ban", "postfix", address)
        tally.bans([address], host.wait_banned("postfix", address))
    assert len(troubles(daemon)) == 1
    assert "the set ban4-dovecot is not needed" in troubles(daemon)[0]
    assert "theirs" in host.run(["nft", "list", "table", "inet",
                                 "mailban"]).stdout
    assert not host.banned("dovecot")


def test_the_table_is_taken_over(host, tally):
    """While it runs; told once, and put right when the other lets go."""
    host.write(attack.MAIL_LOG, "", 0o644)
    daemon = host.mailband({"jail.local": attack.jail()})
    host.mailban("ban", "dovecot", "192.0.2.1")
    host.wait_banned("dovecot", "192.0.2.1")
    other = host.start(["nft", "-i"], stdin=subprocess.PIPE)
    # One transaction, as the healing is quick.
    host.write("/run/theirs", "delete table inet mailban\n"
               "add table inet mailban { flags owner; }\n")
    other.popen.stdin.write(b'include "/run/theirs"\n')
    other.popen.stdin.flush()
    daemon.wait_log("ERROR nftables: the table could not be laid out, nobody "
                    "is banned: .* belongs to another program")
    tally.fault("netlink: EPERM, a table of another's")
    host.append(attack.MAIL_LOG, 3 * attack.failure("192.0.2.2"))
    hosts.wait_for(lambda: host.status("dovecot")["banned"] == 2)
    other.popen.stdin.close()
    both = ["192.0.2.1", "192.0.2.2"]
    tally.bans(both, host.wait_banned("dovecot", *both))
    tally.lines(3, host.status()["lines"])
    assert len([line for line in troubles(daemon)
                if line.startswith("ERROR")]) == 1


def test_others_change_the_ruleset_all_the_time(host, tally):
    """What interrupts a dump takes nothing from what is shown."""
    host.write(attack.MAIL_LOG, "", 0o644)
    host.mailband({"jail.local": attack.jail(maxretry=1)})
    addresses = attack.addresses(5000)
    until = int(time.time()) + 3600
    host.mailban("import", input="".join(
        f"{address} {until} dovecot\n" for address in addresses))
    hosts.wait_for(lambda: host.status("dovecot")["enforced"] == 5000)
    tally.fault("netlink: EINTR, an interrupted dump")
    others = host.start(["sh", "-c", "while :; do nft add table inet theirs; "
                         "nft delete table inet theirs; done"])
    for i in range(20):
        if i % 5 == 0:
            host.mailban("reload")
        jail = host.status("dovecot")
        assert (jail["enforced"], jail["differs"]) == (5000, False)
        listed = json.loads(host.mailban("list", "--json").stdout)
        tally.bans(addresses, [ban["address"] for ban in listed
                               if ban["enforced"]])
    others.kill()
