#include "daemon/config_authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"
#include "daemon/config_file.h"

/* Read as libcurl will read it, which refuses the whole for one broken block. */
static size_t count_certificates(const char *text, size_t length)
{
	static char no_passphrase[] = "";
	BIO *bio = BIO_new_mem_buf(text, (int)length);
	STACK_OF(X509_INFO) *blocks = PEM_X509_INFO_read_bio(bio, NULL, NULL, no_passphrase);
	size_t count = 0;

	for (int i = 0; i < sk_X509_INFO_num(blocks); i++)
		if (sk_X509_INFO_value(blocks, i)->x509 != NULL)
			count++;
	sk_X509_INFO_pop_free(blocks, X509_INFO_free);
	BIO_free(bio);
	ERR_clear_error();
	return count;
}

char *config_authority_read(const char *path, struct failure *failure)
{
	struct stat status;
	const char *problem = NULL;
	FILE *stream = config_file_open(path, &status, &problem);

	if (stream == NULL) {
		failure_set(failure, FAILURE_PERMANENT, "the file %.200s can't be read (%s)", path, problem);
		return NULL;
	}
	char *text = memory_allocate((size_t)status.st_size + 1);
	size_t length = fread(text, 1, (size_t)status.st_size, stream);
	text[length] = '\0';
	(void)fclose(stream);
	if (strlen(text) == length && count_certificates(text, length) > 0)
		return text;
	failure_set(failure, FAILURE_PERMANENT,
		"the file %.200s holds no certificates that can be read; it must hold those to trust, in PEM",
		path);
	free(text);
	return NULL;
}
