#include "tests/sandbox/soql_lexer.h"

#include "tests/sandbox/world_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void soql_lexer_start(struct soql_lexer *lexer, const char *text)
{
	*lexer = (struct soql_lexer){ .text = text, .at = text, .token = text };
	/* No literal is longer than the text it stands in, nor than three bytes for each \uXXXX. */
	lexer->string = world_allocate(NULL, strlen(text) + 1, 1);
	soql_lexer_next(lexer);
}

void soql_lexer_end(struct soql_lexer *lexer)
{
	free(lexer->string);
}

static void token_bad(struct soql_lexer *lexer, const char *wrong)
{
	lexer->kind = SOQL_TOKEN_BAD;
	lexer->wrong = wrong;
}

static void string_add_code(struct soql_lexer *lexer, unsigned code)
{
	char *out = lexer->string + lexer->string_length;

	if (code < 0x80) {
		out[0] = (char)code;
		lexer->string_length += 1;
	} else if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		lexer->string_length += 2;
	} else {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		lexer->string_length += 3;
	}
}

static bool string_escape(struct soql_lexer *lexer)
{
	static const char from[] = "nrtbf\"'\\";
	static const char to[] = "\n\r\t\b\f\"'\\";
	char character = lexer->at[1];
	const char *found = character ? strchr(from, character) : NULL;

	if (found) {
		lexer->string[lexer->string_length++] = to[found - from];
		lexer->at += 2;
		return true;
	}
	if (character != 'u')
		return false;
	unsigned code = 0;

	for (size_t digit = 2; digit < 6; digit++) {
		char hex = lexer->at[digit];

		if (!isxdigit((unsigned char)hex))
			return false;
		code = code * 16 + (unsigned)(isdigit((unsigned char)hex) ? hex - '0' : (hex | 32) - 'a' + 10);
	}
	string_add_code(lexer, code);
	lexer->at += 6;
	return true;
}

static void string_read(struct soql_lexer *lexer)
{
	lexer->string_length = 0;
	lexer->at++;
	while (*lexer->at && *lexer->at != '\'') {
		if (*lexer->at == '\\') {
			if (!string_escape(lexer)) {
				token_bad(lexer, "Invalid string literal. Illegal character sequence in string "
						 "literal.");
				return;
			}
			continue;
		}
		lexer->string[lexer->string_length++] = *lexer->at++;
	}
	if (!*lexer->at) {
		token_bad(lexer, "unterminated string literal");
		return;
	}
	lexer->at++;
	lexer->kind = SOQL_TOKEN_STRING;
}

static bool is_word(char character)
{
	return isalnum((unsigned char)character) || character == '_' || character == '.';
}

static bool looks_like_date(const char *at)
{
	for (size_t digit = 0; digit < 4; digit++)
		if (!isdigit((unsigned char)at[digit]))
			return false;
	return at[4] == '-';
}

static void number_or_date_read(struct soql_lexer *lexer)
{
	bool date = looks_like_date(lexer->at);

	lexer->kind = date ? SOQL_TOKEN_DATE : SOQL_TOKEN_NUMBER;
	if (*lexer->at == '-' || *lexer->at == '+')
		lexer->at++;
	while (isalnum((unsigned char)*lexer->at) || *lexer->at == '.' ||
		(date && (*lexer->at == '-' || *lexer->at == ':' || *lexer->at == '+')))
		lexer->at++;
}

static void symbol_read(struct soql_lexer *lexer)
{
	char first = lexer->at[0];
	char second = lexer->at[1];

	lexer->kind = SOQL_TOKEN_SYMBOL;
	if ((second == '=' && (first == '<' || first == '>' || first == '!')) || (first == '<' && second == '>'))
		lexer->at += 2;
	else if (strchr("=<>(),", first))
		lexer->at++;
	else
		token_bad(lexer, "unexpected character");
}

void soql_lexer_next(struct soql_lexer *lexer)
{
	while (isspace((unsigned char)*lexer->at))
		lexer->at++;
	lexer->token = lexer->at;
	if (!*lexer->at)
		lexer->kind = SOQL_TOKEN_END;
	else if (*lexer->at == '\'')
		string_read(lexer);
	else if (isdigit((unsigned char)*lexer->at) ||
		 ((*lexer->at == '-' || *lexer->at == '+') && isdigit((unsigned char)lexer->at[1])))
		number_or_date_read(lexer);
	else if (isalpha((unsigned char)*lexer->at)) {
		lexer->kind = SOQL_TOKEN_WORD;
		while (is_word(*lexer->at))
			lexer->at++;
	} else {
		symbol_read(lexer);
	}
	lexer->length = (size_t)(lexer->at - lexer->token);
}
