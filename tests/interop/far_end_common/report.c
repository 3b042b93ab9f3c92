/* What happened, as JSON lines on standard output. */
#include "far_end.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* format gives further members, each beginning with a comma; NULL: none. */
void report(const char *event, const struct call *c, const char *format, ...)
{
    int64_t now = clock_ns();
    printf("{\"t\":%.3f,\"mono_ns\":%lld,\"event\":\"%s\"", (now - fe.start_ns) / 1e6, (long long)now, event);
    if (c)
        printf(",\"call\":%d,\"dir\":\"%s\",\"channel\":%d", c->number, c->outgoing ? "out" : "in", c->channel);
    if (format) {
        va_list args;
        va_start(args, format);
        vprintf(format, args);
        va_end(args);
    }
    puts("}");
}

void report_sample(double **list, int *count, double value)
{
    if (*count % 1024 == 0) {
        double *more = realloc(*list, (*count + 1024) * sizeof **list);
        if (!more)
            abort();
        *list = more;
    }
    (*list)[(*count)++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_quantiles(const char *name, double *list, int count)
{
    if (!count) {
        printf(",\"%s_p50\":null,\"%s_p99\":null,\"%s_max\":null", name, name, name);
        return;
    }
    qsort(list, count, sizeof *list, by_value);
    printf(",\"%s_p50\":%.2f,\"%s_p99\":%.2f,\"%s_max\":%.2f", name, list[count / 2], name,
           list[count * 99 / 100 < count ? count * 99 / 100 : count - 1], name, list[count - 1]);
}

static uint64_t sum(size_t member)
{
    uint64_t all = 0;
    for (int i = 0; i < fe.lines; i++)
        all += *(const uint64_t *)((const char *)&fe.line[i] + member);
    return all;
}

static void print_lines(void)
{
#define SUM(member) printf(",\"%s\":%llu", #member, (unsigned long long)sum(offsetof(struct line, member)))
    SUM(packets_in);
    SUM(packets_out);
    printf(",\"packets_lost\":%llu", (unsigned long long)sum(offsetof(struct line, lost)));
    printf(",\"packets_late\":%llu", (unsigned long long)sum(offsetof(struct line, late)));
    SUM(malformed);
    SUM(frames_in);
    SUM(frames_out);
    SUM(bad_frames);
    SUM(overflow);
#undef SUM
}

void report_summary(void)
{
    printf("{\"t\":%.3f,\"event\":\"summary\",\"attempts\":%d,\"answered\":%d,\"lost\":%d,\"refused\":%d,\"stuck\":%d",
           (clock_ns() - fe.start_ns) / 1e6, fe.attempts, fe.answered, fe.attempts - fe.answered, fe.refused, fe.stuck);
    printf(",\"incoming\":%d,\"incoming_answered\":%d,\"busy\":%d,\"link_downs\":%d", fe.incoming,
           fe.incoming_answered, calls_busy(), fe.link_downs);
    printf(",\"causes\":{");
    const char *comma = "";
    for (int i = 0; i < CAUSES; i++)
        if (fe.causes[i]) {
            printf("%s\"%d\":%d", comma, i, fe.causes[i]);
            comma = ",";
        }
    putchar('}');
    print_quantiles("setup_ms", fe.setup_ms, fe.setups);
    print_quantiles("react_ms", fe.react_ms, fe.reacts);
    print_lines();
    puts("}");
    fflush(stdout);
}
