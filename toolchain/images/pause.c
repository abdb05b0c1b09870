/*
 * First process of every pod. Holds the pod's namespaces, adopts processes whose parents have ended,
 * and ends on SIGTERM or SIGINT.
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
    /* Blocked signals stay pending until sigwait takes them, so none is lost between two calls. */
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
