/* hold THREAD: stops one thread of a process, as if it hung, until this program ends or the process does. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words)
{
	int status;
	pid_t thread = count == 2 ? atoi(words[1]) : 0;

	if (thread <= 0 || ptrace(PTRACE_SEIZE, thread, 0, 0) || ptrace(PTRACE_INTERRUPT, thread, 0, 0)) {
		perror("hold");
		return 1;
	}
	/* The first stop is the one asked for. A thread that is not continued hangs; only a kill wakes it. */
	while (waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status))
		;
	return 0;
}
