#include "daemon/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/memory.h"

static bool refuse(struct failure *failure, const char *path, const char *why)
{
	failure_set(failure, FAILURE_CREDENTIALS, "the file %.200s %s", path, why);
	return false;
}

static bool refuse_unreadable(struct failure *failure, const char *path, int error)
{
	failure_set(failure, FAILURE_CREDENTIALS,
		"the file %.200s can't be read (%s); it must be a file that the service's user can read", path,
		strerror(error));
	return false;
}

/* A FIFO or a device could block for ever: O_NONBLOCK opens it, and then its kind is looked at. */
static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static bool is_acceptable(int descriptor, const char *path, bool guarded, struct failure *failure)
{
	struct stat status;

	if (fstat(descriptor, &status) != 0)
		return refuse_unreadable(failure, path, errno);
	if (!S_ISREG(status.st_mode))
		return refuse(
			failure, path, "is not a regular file; name a file that holds the secret and nothing else");
	if (!guarded && (status.st_mode & 077) != 0)
		return refuse(failure, path, "can be read or written by others than its owner; chmod 600 it");
	return true;
}

/* Into `bytes`, which has room for CREDENTIAL_LIMIT + 1. */
static bool read_whole(int descriptor, const char *path, char *bytes, size_t *ret_length, struct failure *failure)
{
	size_t length = 0;

	while (length <= CREDENTIAL_LIMIT) {
		ssize_t more = read(descriptor, bytes + length, CREDENTIAL_LIMIT + 1 - length);
		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return refuse_unreadable(failure, path, errno);
		if (more == 0)
			break;
		length += (size_t)more;
	}
	if (length > CREDENTIAL_LIMIT)
		return refuse(failure, path, "is longer than 64 KiB; it must hold the secret and nothing else");
	if (memchr(bytes, '\0', length) != NULL)
		return refuse(failure, path, "holds a NUL byte; it must hold the secret as text");
	*ret_length = length;
	return true;
}

static struct secret *read_secret(int descriptor, const char *path, bool guarded, struct failure *failure)
{
	struct secret *secret = NULL;
	size_t length = 0;

	if (!is_acceptable(descriptor, path, guarded, failure))
		return NULL;
	char *bytes = memory_allocate(CREDENTIAL_LIMIT + 2);
	if (read_whole(descriptor, path, bytes, &length, failure)) {
		while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
			length--;
		bytes[length] = '\0';
		if (length == 0)
			(void)refuse(failure, path, "is empty; it must hold the secret");
		else
			secret = secret_new(bytes);
	}
	explicit_bzero(bytes, CREDENTIAL_LIMIT + 2);
	free(bytes);
	return secret;
}

static bool is_plain_name(const char *name)
{
	return strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

struct secret *credential_read(
	const char *name, const char *path, const char *credentials_directory, struct failure *failure)
{
	if (credentials_directory != NULL && *credentials_directory != '\0' && is_plain_name(name)) {
		char *guarded = memory_format("%s/%s", credentials_directory, name);
		int descriptor = open_file(guarded);
		int error = errno;
		struct secret *secret = NULL;

		if (descriptor >= 0) {
			secret = read_secret(descriptor, guarded, true, failure);
			(void)close(descriptor);
		} else if (error != ENOENT) {
			(void)refuse_unreadable(failure, guarded, error);
		}
		free(guarded);
		if (descriptor >= 0 || error != ENOENT)
			return secret;
	}
	int descriptor = open_file(path);
	if (descriptor < 0) {
		(void)refuse_unreadable(failure, path, errno);
		return NULL;
	}
	struct secret *secret = read_secret(descriptor, path, false, failure);
	(void)close(descriptor);
	return secret;
}
