/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection of the probe. What a server sends is counted as it comes in,
 * below TLS, so that no server can keep us reading, whatever it says; memory
 * is one line and what GnuTLS needs for a record. It must never wait, and
 * never take what came in the clear for something said under TLS.
 */
#include "alarms/link.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* GnuTLS does not set itself up in every program that is linked with it, but
 * when the first connection is made. */
GNUTLS_SKIP_GLOBAL_INIT

/* Bytes of a server's whole handshake message. */
#define HANDSHAKE_MOST (64 * 1024)

struct link {
	int fd;
	short events;
	size_t budget; /* bytes that the server may still send */
	bool spent;
	char in[LINK_LINE + 2];
	size_t n, taken; /* bytes in it; of them given out as a line */
	char out[LINK_OUT];
	size_t out_n;
	bool tls; /* it stands */
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	int tls_error;
	int64_t certificate_end;
};

struct link *link_open(const struct sockaddr *to, socklen_t n)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		abort();
	link->budget = LINK_MOST;
	link->events = POLLOUT;
	link->fd = socket(to->sa_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (link->fd >= 0 && (connect(link->fd, to, n) == 0 ||
				     errno == EINPROGRESS || errno == EINTR))
		return link;
	n = (socklen_t)errno;
	link_close(&link);
	errno = (int)n;
	return NULL;
}

void link_close(struct link **link)
{
	struct link *l = *link;

	if (!l)
		return;
	if (l->session)
		gnutls_deinit(l->session);
	if (l->credentials)
		gnutls_certificate_free_credentials(l->credentials);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	*link = NULL;
}

int link_fd(const struct link *link)
{
	return link->fd;
}

short link_events(const struct link *link)
{
	return link->events;
}

int link_connect(struct link *link)
{
	struct pollfd p = {.fd = link->fd, .events = POLLOUT};
	int error = 0;
	socklen_t n = sizeof(error);

	if (poll(&p, 1, 0) <= 0)
		return -EAGAIN;
	if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return -errno;
	link->events = POLLIN;
	return -error;
}

/* recv(2) within the budget; -1 and errno. */
static ssize_t take(struct link *link, void *bytes, size_t n)
{
	ssize_t got;

	if (n > link->budget)
		n = link->budget;
	if (!n) {
		link->spent = true;
		errno = EMSGSIZE;
		return -1;
	}
	do
		got = recv(link->fd, bytes, n, 0);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		link->budget -= (size_t)got;
	return got;
}

static ssize_t pull(gnutls_transport_ptr_t ctx, void *bytes, size_t n)
{
	struct link *link = ctx;
	ssize_t got = take(link, bytes, n);

	if (got < 0)
		gnutls_transport_set_errno(
			link->session, errno == EAGAIN ? EAGAIN : EIO);
	return got;
}

static ssize_t push(gnutls_transport_ptr_t ctx, const void *bytes, size_t n)
{
	struct link *link = ctx;
	ssize_t sent = send(link->fd, bytes, n, MSG_NOSIGNAL);

	if (sent < 0)
		gnutls_transport_set_errno(link->session, errno);
	return sent;
}

/* What GnuTLS said, as an error of ours. */
static int tls_error(struct link *link, int error)
{
	if (error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED) {
		link->events = gnutls_record_get_direction(link->session)
				       ? POLLOUT
				       : POLLIN;
		return -EAGAIN;
	}
	if (link->spent)
		return -EMSGSIZE;
	link->tls_error = error;
	return -EPROTO;
}

/* Reads what has come. */
static int fill(struct link *link)
{
	char *to = link->in + link->n;
	size_t room = sizeof(link->in) - link->n;
	ssize_t got;

	if (link->tls) {
		got = gnutls_record_recv(link->session, to, room);
		/* Many servers hang up without a word of TLS's own. */
		if (got == GNUTLS_E_PREMATURE_TERMINATION)
			got = 0;
		if (got < 0)
			return tls_error(link, (int)got);
	} else {
		got = take(link, to, room);
		if (got < 0 && errno == EAGAIN) {
			link->events = POLLIN;
			return -EAGAIN;
		}
		if (got < 0)
			return -errno;
	}
	if (!got)
		return -ENODATA;
	link->n += (size_t)got;
	return 0;
}

int link_line(struct link *link, const char **line)
{
	char *end;
	size_t n;
	int r;

	if (link->taken) {
		link->n -= link->taken;
		memmove(link->in, link->in + link->taken, link->n);
		link->taken = 0;
	}
	while (!(end = memchr(link->in, '\n', link->n))) {
		if (link->n == sizeof(link->in))
			return -EMSGSIZE;
		r = fill(link);
		if (r < 0)
			return r;
	}
	n = (size_t)(end - link->in);
	link->taken = n + 1;
	if (n && link->in[n - 1] == '\r')
		n--;
	if (n > LINK_LINE)
		return -EMSGSIZE;
	if (memchr(link->in, '\0', n))
		return -EBADMSG;
	link->in[n] = '\0';
	*line = link->in;
	return (int)n;
}

bool link_has_more(const struct link *link)
{
	return link->n > link->taken;
}

int link_send(struct link *link, const char *bytes, size_t n)
{
	if (n > sizeof(link->out) - link->out_n)
		return -EMSGSIZE;
	memcpy(link->out + link->out_n, bytes, n);
	link->out_n += n;
	return link_flush(link);
}

int link_flush(struct link *link)
{
	ssize_t sent;

	while (link->out_n) {
		if (link->tls) {
			sent = gnutls_record_send(
				link->session, link->out, link->out_n);
			if (sent < 0)
				return tls_error(link, (int)sent);
		} else {
			sent = send(
				link->fd, link->out, link->out_n, MSG_NOSIGNAL);
			if (sent < 0 && errno == EAGAIN) {
				link->events = POLLOUT;
				return -EAGAIN;
			}
			if (sent < 0)
				return -errno;
		}
		link->out_n -= (size_t)sent;
		memmove(link->out, link->out + sent, link->out_n);
	}
	link->events = POLLIN;
	return 0;
}

static int tls_new(struct link *link, const char *name)
{
	int r = gnutls_global_init();

	if (!r)
		r = gnutls_certificate_allocate_credentials(&link->credentials);
	if (!r)
		r = gnutls_init(&link->session,
			GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	if (!r)
		r = gnutls_set_default_priority(link->session);
	if (!r)
		r = gnutls_credentials_set(link->session,
			GNUTLS_CRD_CERTIFICATE, link->credentials);
	if (!r && name)
		r = gnutls_server_name_set(
			link->session, GNUTLS_NAME_DNS, name, strlen(name));
	if (r) {
		link->tls_error = r;
		return -EPROTO;
	}
	gnutls_handshake_set_max_packet_length(link->session, HANDSHAKE_MOST);
	gnutls_transport_set_ptr(link->session, link);
	gnutls_transport_set_pull_function(link->session, pull);
	gnutls_transport_set_push_function(link->session, push);
	return 0;
}

static int64_t certificate_end(gnutls_session_t session)
{
	unsigned int n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
	gnutls_x509_crt_t certificate;
	time_t end = 0;

	if (!chain || !n || gnutls_x509_crt_init(&certificate))
		return 0;
	if (!gnutls_x509_crt_import(
		    certificate, &chain[0], GNUTLS_X509_FMT_DER))
		end = gnutls_x509_crt_get_expiration_time(certificate);
	gnutls_x509_crt_deinit(certificate);
	return end > 0 ? end : 0;
}

int link_tls(struct link *link, const char *name)
{
	int r;

	if (!link->session) {
		r = tls_new(link, name);
		if (r)
			return r;
	}
	do
		r = gnutls_handshake(link->session);
	while (r < 0 && !gnutls_error_is_fatal(r) && r != GNUTLS_E_AGAIN &&
		r != GNUTLS_E_INTERRUPTED);
	if (r < 0)
		return tls_error(link, r);
	link->tls = true;
	link->certificate_end = certificate_end(link->session);
	return 0;
}

bool link_is_tls(const struct link *link)
{
	return link->tls;
}

int64_t link_certificate_end(const struct link *link)
{
	return link->certificate_end;
}

const char *link_tls_fault(const struct link *link)
{
	if (link->tls_error == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return gnutls_alert_get_name(gnutls_alert_get(link->session));
	return gnutls_strerror(link->tls_error);
}
