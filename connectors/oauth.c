#include "connectors/oauth.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/memory.h"

/* RFC 7518, section 3.3: RS256 needs 2048 bits or more. */
enum { KEY_BITS_LEAST = 2048 };

/* {"alg":"RS256"}, encoded. */
static const char JWT_HEADER[] = "eyJhbGciOiJSUzI1NiJ9";

bool oauth_append_base64url(struct buffer *buffer, const unsigned char *bytes, size_t length)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (size_t i = 0; i < length; i += 3) {
		size_t taken = length - i < 3 ? length - i : 3;
		unsigned group = (unsigned)bytes[i] << 16;
		if (taken > 1)
			group |= (unsigned)bytes[i + 1] << 8;
		if (taken > 2)
			group |= bytes[i + 2];
		char text[4];
		for (unsigned j = 0; j < 4; j++)
			text[j] = alphabet[group >> (18 - 6 * j) & 0x3f];
		if (!buffer_append(buffer, text, taken + 1))
			return false;
	}
	return true;
}

/* OpenSSL's own callback would ask for the passphrase on the terminal. */
static int refuse_passphrase(char *room, int size, int is_writing, void *context)
{
	(void)room;
	(void)size;
	(void)is_writing;
	*(bool *)context = true;
	return -1;
}

static EVP_PKEY *key_read(const struct secret *private_key, struct failure *failure)
{
	const char *pem = secret_reveal(private_key);
	size_t length = strlen(pem);
	bool encrypted = false;
	EVP_PKEY *key = NULL;

	BIO *input = length > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)length);
	if (input != NULL)
		key = PEM_read_bio_PrivateKey(input, NULL, refuse_passphrase, &encrypted);
	BIO_free(input);
	/* libcurl and libpq look at the same error queue of this thread. */
	ERR_clear_error();
	if (key == NULL) {
		failure_set(failure, FAILURE_CREDENTIALS,
			encrypted ? "the private key is protected by a passphrase: give one without "
				    "(openssl pkey)"
				  : "the private key can't be read: a PEM file that begins with "
				    "'-----BEGIN PRIVATE KEY-----' is wanted");
		return NULL;
	}
	if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < KEY_BITS_LEAST) {
		failure_set(failure, FAILURE_CREDENTIALS,
			"the private key is of no use for RS256: an RSA key of %d bits or more is wanted",
			KEY_BITS_LEAST);
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

/* Appends the signature of all that `buffer` holds from `begin` on. */
static bool append_signature(struct buffer *buffer, size_t begin, EVP_PKEY *key)
{
	const unsigned char *signed_bytes = (const unsigned char *)buffer->bytes + begin;
	size_t signed_length = buffer->length - begin, length = 0;
	bool good = false;

	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestSign(context, NULL, &length, signed_bytes, signed_length) == 1) {
		unsigned char *signature = memory_allocate(length);
		good = EVP_DigestSign(context, signature, &length, signed_bytes, signed_length) == 1 &&
		       buffer_append_text(buffer, ".") && oauth_append_base64url(buffer, signature, length);
		explicit_bzero(signature, length);
		free(signature);
	}
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}

bool oauth_append_jwt(
	struct buffer *buffer, const char *claims, const struct secret *private_key, struct failure *failure)
{
	size_t begin = buffer->length;

	EVP_PKEY *key = key_read(private_key, failure);
	if (key == NULL)
		return false;
	bool good = buffer_append_text(buffer, JWT_HEADER) && buffer_append_text(buffer, ".") &&
		    oauth_append_base64url(buffer, (const unsigned char *)claims, strlen(claims)) &&
		    append_signature(buffer, begin, key);
	EVP_PKEY_free(key);
	if (!good)
		failure_set(failure, FAILURE_CREDENTIALS, "the token request can't be signed with the private key");
	return good;
}

bool oauth_check_key(const struct secret *private_key, struct failure *failure)
{
	EVP_PKEY *key = key_read(private_key, failure);

	EVP_PKEY_free(key);
	return key != NULL;
}
