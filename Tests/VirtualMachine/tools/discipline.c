/* discipline PORT: gives a serial port the PPS line discipline, as a daemon does, and holds it until it is killed. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int count, char **words)
{
	int number = 18; /* N_PPS, linux/tty.h */
	int port = count == 2 ? open(words[1], O_RDWR | O_NOCTTY | O_NONBLOCK) : -1;

	if (port < 0 || ioctl(port, TIOCSETD, &number)) {
		perror("discipline");
		return 1;
	}
	pause();
	return 0;
}
