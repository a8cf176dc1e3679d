#include "daemon/authorizer.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "connectors/memory.h"
#include "daemon/document.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/renewed_secret.h"

enum { TOKEN_LIMIT = 256 * 1024 };

struct authorizer {
	struct authorizer_settings settings;
	char *source;
	struct renewed_secret *renewed; /* NULL: none to keep */
	struct document *document;      /* the exchange under way */
	authorizer_fn *done;            /* of whoever waits for it; NULL: nobody does */
	void *context;
	bool holds; /* the signals */
};

/* Of the process, as signals are. Not the loop's: it would tell of one that comes behind its last look at a turn too late. */
static const int held_signals[] = { SIGINT, SIGTERM };
enum { SIGNALS = sizeof held_signals / sizeof held_signals[0] };
static struct sigaction acted_before[SIGNALS];
static volatile sig_atomic_t signal_came; /* which one, or 0 */
static unsigned holders;

struct authorizer *authorizer_new(const struct authorizer_settings *settings)
{
	struct authorizer *authorizer = memory_allocate(sizeof *authorizer);

	authorizer->settings = *settings;
	authorizer->source = memory_copy_text(settings->source);
	authorizer->renewed = renewed_secret_new(
		settings->state_directory, settings->source, settings->connector, settings->session);
	return authorizer;
}

static void on_signal(int number)
{
	signal_came = number;
}

static void hold_signals(struct authorizer *authorizer)
{
	struct sigaction hold = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	authorizer->holds = authorizer->settings.holds_signals;
	if (!authorizer->holds || holders++ > 0)
		return;
	(void)sigemptyset(&hold.sa_mask);
	for (int i = 0; i < SIGNALS; i++)
		(void)sigaction(held_signals[i], &hold, &acted_before[i]);
}

/* What comes from here on acts as before, and so does what has come. */
static void release_signals(struct authorizer *authorizer)
{
	if (!authorizer->holds)
		return;
	authorizer->holds = false;
	if (--holders > 0)
		return;
	for (int i = 0; i < SIGNALS; i++)
		(void)sigaction(held_signals[i], &acted_before[i], NULL);
	int came = signal_came;
	signal_came = 0;
	if (came != 0)
		(void)raise(came);
}

struct authorizer *authorizer_free(struct authorizer *authorizer)
{
	if (authorizer == NULL)
		return NULL;
	if (authorizer->document != NULL && authorizer->renewed != NULL)
		log_write(LOG_LEVEL_WARNING, "token_abandoned", LOG_FIELDS({ "SOURCE", authorizer->source }),
			"%s: the vendor did not answer a request for a token in time; a new refresh token in that "
			"answer would be lost, and a person would have to get another one",
			authorizer->source);
	authorizer->document = document_free(authorizer->document);
	release_signals(authorizer);
	authorizer->renewed = renewed_secret_free(authorizer->renewed);
	free(authorizer->source);
	free(authorizer);
	return NULL;
}

static void on_answer(void *context, const struct http_head *head, const char *body, size_t length,
	const struct failure *transport)
{
	struct authorizer *authorizer = context;
	const struct authorizer_settings *settings = &authorizer->settings;
	authorizer_fn *done = authorizer->done;
	struct failure refusal;
	const struct failure *failure = transport;

	authorizer->document = NULL;
	authorizer->done = NULL;
	if (failure == NULL &&
		!settings->connector->authorized(settings->session, head, body, length, loop_wall_ms(), &refusal))
		failure = &refusal;
	if (failure == NULL) {
		renewed_secret_keep(authorizer->renewed);
		log_write(LOG_LEVEL_DEBUG, "authorized", LOG_FIELDS({ "SOURCE", authorizer->source }),
			"%s: authorised", authorizer->source);
	} else {
		renewed_secret_leave(authorizer->renewed);
	}
	release_signals(authorizer);
	if (settings->ended != NULL)
		settings->ended(settings->context);
	if (done != NULL)
		done(authorizer->context, failure);
}

bool authorizer_ask(struct authorizer *authorizer, authorizer_fn *done, void *context, struct failure *failure)
{
	const struct authorizer_settings *settings = &authorizer->settings;
	struct http_request request;

	assert(authorizer->done == NULL);
	if (authorizer->document == NULL) {
		if (!renewed_secret_recall(authorizer->renewed, failure))
			return false;
		http_request_init(&request);
		if (settings->connector->authorize(settings->session, loop_wall_ms(), &request, failure)) {
			hold_signals(authorizer);
			authorizer->document =
				document_ask(settings->http, &request, TOKEN_LIMIT, on_answer, authorizer);
		} else {
			renewed_secret_leave(authorizer->renewed);
		}
		http_request_free(&request);
	}
	if (authorizer->document == NULL)
		return false;
	authorizer->done = done;
	authorizer->context = context;
	return true;
}

void authorizer_leave(struct authorizer *authorizer, const void *context)
{
	if (authorizer != NULL && authorizer->context == context)
		authorizer->done = NULL;
}

bool authorizer_is_busy(const struct authorizer *authorizer)
{
	return authorizer->document != NULL;
}
