#include "connectors/secret.h"

#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"

struct secret {
	char *value;
};

struct secret *secret_new(const char *value)
{
	struct secret *secret = memory_allocate(sizeof *secret);

	secret->value = memory_copy_text(value);
	return secret;
}

struct secret *secret_free(struct secret *secret)
{
	if (secret == NULL)
		return NULL;
	explicit_bzero(secret->value, strlen(secret->value));
	free(secret->value);
	free(secret);
	return NULL;
}

const char *secret_reveal(const struct secret *secret)
{
	return secret->value;
}

size_t secret_shown(const char *revealed, const char *text, size_t length)
{
	size_t whole = strlen(revealed), run = whole < SECRET_RUN ? whole : SECRET_RUN, most = 0;

	for (; *revealed != '\0'; revealed++) {
		size_t i = 0;
		while (i < length && revealed[i] != '\0' && revealed[i] == text[i])
			i++;
		most = i > most ? i : most;
	}
	return most < run ? 0 : most;
}
