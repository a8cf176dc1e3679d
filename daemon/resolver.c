#include "daemon/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "daemon/loop.h"

enum { ADDRESSES_SIZE = 512 };

/* What the thread and the loop share; whoever lets go last frees it, since a thread inside getaddrinfo can't be
 * stopped. */
struct lookup {
	atomic_int users;
	int descriptor; /* eventfd: written once when the answer is there */
	char *host;
	int error;
	char addresses[ADDRESSES_SIZE];
};

struct resolver {
	struct lookup *lookup;
	struct event *answered;
	resolver_fn *done;
	void *context;
};

static void lookup_release(struct lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->users, 1) > 1)
		return;
	if (lookup->descriptor >= 0)
		(void)close(lookup->descriptor);
	free(lookup->host);
	free(lookup);
}

static void *look_up(void *argument)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct lookup *lookup = argument;
	struct addrinfo *found = NULL;

	lookup->error = getaddrinfo(lookup->host, NULL, &hints, &found);
	size_t used = 0;
	for (const struct addrinfo *at = found; lookup->error == 0 && at != NULL; at = at->ai_next) {
		char numeric[INET6_ADDRSTRLEN + 32];
		lookup->error =
			getnameinfo(at->ai_addr, at->ai_addrlen, numeric, sizeof numeric, NULL, 0, NI_NUMERICHOST);
		/* A name with more addresses than fit is tried at the first ones. */
		if (lookup->error != 0 || used + strlen(numeric) + 2 > sizeof lookup->addresses)
			break;
		used += (size_t)snprintf(lookup->addresses + used, sizeof lookup->addresses - used, "%s%s",
			used == 0 ? "" : ",", numeric);
	}
	if (found != NULL)
		freeaddrinfo(found);
	(void)eventfd_write(lookup->descriptor, 1);
	lookup_release(lookup);
	return NULL;
}

static void resolver_end(struct resolver *resolver)
{
	resolver->answered = loop_event_free(resolver->answered);
	lookup_release(resolver->lookup);
	free(resolver);
}

static void on_answer(evutil_socket_t descriptor, short what, void *context)
{
	struct resolver *resolver = context;
	struct lookup *lookup = resolver->lookup;
	resolver_fn *done = resolver->done;
	void *done_context = resolver->context;
	char addresses[ADDRESSES_SIZE];
	int error = lookup->error;

	(void)descriptor;
	(void)what;
	memcpy(addresses, lookup->addresses, sizeof addresses);
	resolver_end(resolver);
	done(done_context, error == 0 ? addresses : NULL, error == 0 ? NULL : gai_strerror(error));
}

struct resolver *resolver_start(struct event_base *base, const char *host, resolver_fn *done, void *context)
{
	struct resolver *resolver = memory_allocate(sizeof *resolver);
	struct lookup *lookup = memory_allocate(sizeof *lookup);
	pthread_t thread;

	*resolver = (struct resolver){ .lookup = lookup, .done = done, .context = context };
	lookup->host = memory_copy_text(host);
	lookup->error = EAI_AGAIN; /* what the caller hears if no thread can be had */
	lookup->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lookup->descriptor < 0)
		abort();
	atomic_init(&lookup->users, 2);
	resolver->answered = event_new(base, lookup->descriptor, EV_READ, on_answer, resolver);
	if (resolver->answered == NULL || event_add(resolver->answered, NULL) != 0)
		abort();
	if (pthread_create(&thread, NULL, look_up, lookup) == 0) {
		(void)pthread_detach(thread);
	} else {
		(void)eventfd_write(lookup->descriptor, 1);
		lookup_release(lookup);
	}
	return resolver;
}

struct resolver *resolver_cancel(struct resolver *resolver)
{
	if (resolver != NULL)
		resolver_end(resolver);
	return NULL;
}
