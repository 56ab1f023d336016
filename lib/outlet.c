/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer to one who may take it as slowly as he likes: nobody waits for it,
 * and no signal ends a process that he hung up on. */
#include "lib/outlet.h"

#include <errno.h>
#include <sys/socket.h>

bool outlet_send(int fd, const char *bytes, size_t n, size_t *at)
{
	while (*at < n) {
		ssize_t sent = send(
			fd, bytes + *at, n - *at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		*at += (size_t)sent;
	}
	return false;
}
