/* terminal.h - text from outside, shown on a terminal. */
#ifndef DAEMON_TERMINAL_H
#define DAEMON_TERMINAL_H

/* Prints it without what would steer a terminal: names come from the CRM. */
void terminal_print(const char *text);

#endif
