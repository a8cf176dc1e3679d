/* notify_listener.c - plays systemd's side of sd_notify: notify_listener SOCKET prints every datagram as one line, its
 * assignments apart by '|', as soon as it comes. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **words)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char bytes[4096];
	ssize_t length;

	if (count != 2 || strlen(words[1]) >= sizeof address.sun_path) {
		(void)fputs("notify_listener SOCKET\n", stderr);
		return 64;
	}
	(void)strcpy(address.sun_path, words[1]);
	int listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0) {
		perror(words[1]);
		return 1;
	}
	while ((length = recv(listener, bytes, sizeof bytes, 0)) >= 0) {
		for (ssize_t i = 0; i < length; i++)
			(void)putchar(bytes[i] == '\n' ? '|' : bytes[i]);
		(void)putchar('\n');
		(void)fflush(stdout);
	}
	perror("recv");
	return 1;
}
