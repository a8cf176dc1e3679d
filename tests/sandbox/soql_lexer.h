/* The words of a SOQL text. */
#ifndef SANDBOX_SOQL_LEXER_H
#define SANDBOX_SOQL_LEXER_H

#include <stddef.h>

enum soql_token {
	SOQL_TOKEN_WORD, /* with its dots: Owner.Email */
	SOQL_TOKEN_NUMBER,
	SOQL_TOKEN_DATE, /* a date or a datetime, unchecked */
	SOQL_TOKEN_STRING,
	SOQL_TOKEN_SYMBOL,
	SOQL_TOKEN_END,
	SOQL_TOKEN_BAD /* `wrong` says why */
};

/* May be copied to come back to a place; the string buffer is shared by the copies. */
struct soql_lexer {
	const char *text;
	const char *at;
	const char *token;
	size_t length;
	enum soql_token kind;
	const char *wrong;
	char *string; /* a string literal, decoded */
	size_t string_length;
};

void soql_lexer_start(struct soql_lexer *lexer, const char *text);
void soql_lexer_next(struct soql_lexer *lexer);
void soql_lexer_end(struct soql_lexer *lexer);

#endif
