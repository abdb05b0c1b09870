/*
 * The first process of every pod: it holds the pod's namespaces, takes in processes whose parents have ended,
 * and ends when it is asked to.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

int main(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    /* Blocked, they stay pending until sigwait takes them: none can come between two looks. */
    if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
        return EXIT_FAILURE;

    for (;;) {
        int received;
        if (sigwait(&signals, &received) != 0)
            return EXIT_FAILURE;
        if (received != SIGCHLD)
            return EXIT_SUCCESS;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
}
