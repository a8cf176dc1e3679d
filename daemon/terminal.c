#include "daemon/terminal.h"

#include <ctype.h>
#include <stdio.h>

void terminal_print(const char *text)
{
	for (; *text != '\0'; text++)
		(void)putchar(iscntrl((unsigned char)*text) ? '?' : *text);
}
