/* The loop: one tick a packet of each line on an absolute monotonic clock. */
#include "far_end.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct far_end fe;
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    stop = 1;
}

/* Whole lines of standard input are commands; its end is the end of the program. */
static void read_commands(void)
{
    static char text[8192];
    static size_t have;
    ssize_t n = read(STDIN_FILENO, text + have, sizeof text - 1 - have);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        fe.quit = true;
        return;
    }
    if (n < 0)
        return;
    have += n;
    text[have] = 0;
    char *line = text, *end;
    while ((end = strchr(line, '\n'))) {
        *end = 0;
        command_run(line);
        line = end + 1;
    }
    have = strlen(line);
    memmove(text, line, have);
    if (have == sizeof text - 1)
        have = 0;               /* a line without end */
}

/* --local and --remote are lists of the same length. */
static int lines_open(void)
{
    char local[256], remote[256], *a, *b, *at_local = local, *at_remote = remote;
    snprintf(local, sizeof local, "%s", fe.opt.local);
    snprintf(remote, sizeof remote, "%s", fe.opt.remote);
    while ((a = strsep(&at_local, ",")) && (b = strsep(&at_remote, ","))) {
        struct line *l = &fe.line[fe.lines];
        if (fe.lines == LINES || line_open(l, a, b, fe.opt.frames))
            return -1;
        l->number = fe.lines++;
        l->signalling = 16;
        l->heard_ns = fe.start_ns;
    }
    return at_local || at_remote ? -1 : 0;
}

static void tick(void)
{
    fe.now_ns = clock_ns();
    read_commands();
    for (int i = 0; i < fe.lines; i++)
        line_receive(&fe.line[i]);
    signalling_events();
    calls_scripts();
    for (int i = 0; i < fe.lines; i++)
        line_send(&fe.line[i], fe.now_ns);
}

int main(int argc, char **argv)
{
    if (options_parse(argc, argv))
        return 2;
    fe.start_ns = fe.now_ns = clock_ns();
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGPIPE, SIG_IGN);
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    if (lines_open())
        return 1;
    /* a line keeps its pace however busy the machine is; where this is not allowed, slips are heard */
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 5});
    if (signalling_start())
        return 1;
    report("ready", NULL, ",\"side\":\"%s\"", signalling_side());
    int64_t next = fe.start_ns, period = fe.opt.frames * 125000LL;
    bool done = false;
    while (!stop && !fe.quit) {
        tick();
        if (calls_done() && !done) {
            done = true;
            report("done", NULL, NULL);
            if (fe.opt.exit_when_done)
                break;
        } else if (!calls_done()) {
            done = false;
        }
        next += period;
        if (clock_ns() - next > 1000 * MS)
            next = clock_ns();  /* the machine slept: packets of the past are not sent */
        struct timespec at = {next / 1000000000, next % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR && !stop)
            continue;
    }
    report_summary();
    return 0;
}
