#include "daemon/renewed_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectors/memory.h"
#include "daemon/credential.h"
#include "daemon/log.h"

/* The file: the digest of the configured secret, a blank, the digest of the kept one, a line end, the kept one. */
enum { DIGEST_LENGTH = 64, HEAD_LENGTH = 2 * DIGEST_LENGTH + 2 };

struct renewed_secret {
	const struct connector *connector;
	struct session *session;
	char *source, *directory, *path, *new_path, *lock_path;
	int lock;    /* -1: not held */
	bool told;   /* of what is wrong with the file: asking for tokens goes on, every half hour */
	bool behind; /* the session's secret is newer than the file's: it could not be written, and the log says so */
};

/* SHA-256 in hex digits. Tokens are long and random: nobody guesses one from it. */
static void digest(const char *text, char hex[static DIGEST_LENGTH + 1])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (EVP_Digest(text, strlen(text), bytes, &length, EVP_sha256(), NULL) != 1)
		abort();
	for (unsigned int i = 0; i < length; i++)
		(void)snprintf(hex + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

static void write_head(const struct secret *configured, const char *kept, char head[static HEAD_LENGTH + 1])
{
	char old[DIGEST_LENGTH + 1], new[DIGEST_LENGTH + 1];

	digest(secret_reveal(configured), old);
	digest(kept, new);
	(void)snprintf(head, HEAD_LENGTH + 1, "%s %s\n", old, new);
}

struct renewed_secret *renewed_secret_new(
	const char *directory, const char *source, const struct connector *connector, struct session *session)
{
	const struct secret *configured = NULL, *present;

	if (directory == NULL || connector->session_secrets == NULL)
		return NULL;
	connector->session_secrets(session, &configured, &present);
	if (configured == NULL)
		return NULL;
	struct renewed_secret *renewed = memory_allocate(sizeof *renewed);
	renewed->connector = connector;
	renewed->session = session;
	renewed->source = memory_copy_text(source);
	renewed->directory = memory_copy_text(directory);
	renewed->path = memory_format("%s/%s.refresh-token", directory, source);
	renewed->new_path = memory_format("%s.new", renewed->path);
	renewed->lock_path = memory_format("%s.lock", renewed->path);
	renewed->lock = -1;
	return renewed;
}

struct renewed_secret *renewed_secret_free(struct renewed_secret *renewed)
{
	if (renewed == NULL)
		return NULL;
	free(renewed->source);
	free(renewed->directory);
	free(renewed->path);
	free(renewed->new_path);
	renewed_secret_leave(renewed);
	free(renewed->lock_path);
	free(renewed);
	return NULL;
}

/* ---- one at a time ---- */

/* What root writes (`check --online`) belongs to the directory's owner, else the service could not open it. Not what has
 * another name elsewhere: the owner could have linked somebody else's file here to be given it. */
static bool give_to_owner(int descriptor, const char *directory)
{
	struct stat owner, file;

	if (stat(directory, &owner) != 0)
		return false;
	if (owner.st_uid == geteuid())
		return true;
	if (fstat(descriptor, &file) != 0)
		return false;
	if (!S_ISREG(file.st_mode) || file.st_nlink != 1) {
		errno = EMLINK;
		return false;
	}
	return fchown(descriptor, owner.st_uid, owner.st_gid) == 0;
}

/* False: another process has it. Where no lock can be had (a directory that can't be written to, a file system without
 * locks), we ask as if we were alone: the log will say that a new secret can't be kept there. */
static bool take_lock(struct renewed_secret *renewed)
{
	if (renewed->lock >= 0)
		return true;
	int lock = open(renewed->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return true;
	(void)give_to_owner(lock, renewed->directory);
	if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
		renewed->lock = lock;
		return true;
	}
	bool elsewhere = errno == EWOULDBLOCK;
	(void)close(lock);
	return !elsewhere;
}

void renewed_secret_leave(struct renewed_secret *renewed)
{
	if (renewed == NULL || renewed->lock < 0)
		return;
	(void)close(renewed->lock);
	renewed->lock = -1;
}

/* ---- reading ---- */

static void tell_ignored(struct renewed_secret *renewed, enum log_level level, const char *why)
{
	if (!renewed->told)
		log_write(level, "renewed_secret_ignored", LOG_FIELDS({ "SOURCE", renewed->source }),
			"%s: %s; it is not used", renewed->source, why);
	renewed->told = true;
}

/* The kept secret, owned by the caller; NULL: there is none, or none that goes with the configured one. */
static struct secret *read_kept(struct renewed_secret *renewed, const struct secret *configured)
{
	struct failure failure;
	char head[HEAD_LENGTH + 1];
	struct secret *kept = NULL;

	if (access(renewed->path, F_OK) != 0 && errno == ENOENT)
		return NULL;
	struct secret *whole = credential_read("", renewed->path, NULL, &failure);
	if (whole == NULL) {
		tell_ignored(renewed, LOG_LEVEL_WARNING, failure.text);
		return NULL;
	}
	const char *text = secret_reveal(whole);
	const char *token = strlen(text) > HEAD_LENGTH ? text + HEAD_LENGTH : "";
	write_head(configured, token, head);
	if (*token == '\0' ||
		memcmp(text + DIGEST_LENGTH, head + DIGEST_LENGTH, HEAD_LENGTH - DIGEST_LENGTH) != 0) {
		failure_set(&failure, FAILURE_CREDENTIALS, "the file %.200s is damaged", renewed->path);
		tell_ignored(renewed, LOG_LEVEL_WARNING, failure.text);
	} else if (memcmp(text, head, DIGEST_LENGTH) == 0) {
		kept = secret_new(token);
	} else {
		failure_set(&failure, FAILURE_CREDENTIALS, "the file %.200s was kept for another configured secret",
			renewed->path);
		tell_ignored(renewed, LOG_LEVEL_INFO, failure.text);
	}
	secret_free(whole);
	return kept;
}

bool renewed_secret_recall(struct renewed_secret *renewed, struct failure *failure)
{
	const struct secret *configured, *present;

	if (renewed == NULL)
		return true;
	if (!take_lock(renewed)) {
		failure_set(failure, FAILURE_TRANSIENT,
			"another process is asking for a token of this source just now");
		return false;
	}
	if (renewed->behind)
		return true;
	renewed->connector->session_secrets(renewed->session, &configured, &present);
	struct secret *kept = read_kept(renewed, configured);
	if (kept != NULL)
		renewed->connector->session_renew(renewed->session, kept);
	secret_free(kept);
	return true;
}

/* ---- writing ---- */

static bool write_all(int descriptor, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(descriptor, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

/* The new file, whole and on the disk. */
static bool write_file(const char *path, const char *directory, const char *head, const char *secret)
{
	(void)unlink(path); /* what a stop at the wrong moment left behind */
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (descriptor < 0)
		return false;
	bool good = give_to_owner(descriptor, directory) && write_all(descriptor, head, HEAD_LENGTH) &&
		    write_all(descriptor, secret, strlen(secret)) && fsync(descriptor) == 0;
	int error = errno;
	(void)close(descriptor);
	errno = error;
	return good;
}

/* In place of the old one, in one step. False: errno. */
static bool replace(const struct renewed_secret *renewed, const struct secret *configured, const char *secret)
{
	char head[HEAD_LENGTH + 1];

	int directory = open(renewed->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return false;
	write_head(configured, secret, head);
	bool good = write_file(renewed->new_path, renewed->directory, head, secret) &&
		    rename(renewed->new_path, renewed->path) == 0 && fsync(directory) == 0;
	int error = errno;
	if (!good)
		(void)unlink(renewed->new_path);
	(void)close(directory);
	errno = error;
	return good;
}

static void keep(struct renewed_secret *renewed)
{
	const struct secret *configured, *present;

	renewed->connector->session_secrets(renewed->session, &configured, &present);
	struct secret *kept = read_kept(renewed, configured);
	/* The vendor may also have gone back to the configured one: then that is what must be found the next time. */
	const char *wanted = secret_reveal(present != NULL ? present : configured);
	bool is_kept = strcmp(wanted, kept != NULL ? secret_reveal(kept) : secret_reveal(configured)) == 0;
	secret_free(kept);
	if (is_kept) {
		renewed->behind = false;
		return;
	}
	if (replace(renewed, configured, wanted)) {
		renewed->behind = renewed->told = false;
		return;
	}
	if (!renewed->behind)
		log_write(LOG_LEVEL_ERROR, "renewed_secret_not_kept", LOG_FIELDS({ "SOURCE", renewed->source }),
			"%s: the vendor gave a new refresh token, which can't be kept in %s (%s): if it still "
			"can't at "
			"the next stop, a person must get another one",
			renewed->source, renewed->directory, strerror(errno));
	renewed->behind = true;
}

void renewed_secret_keep(struct renewed_secret *renewed)
{
	if (renewed == NULL)
		return;
	keep(renewed);
	renewed_secret_leave(renewed);
}
