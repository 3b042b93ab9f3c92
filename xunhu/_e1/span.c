/* What the drivers share: idle blocks and socket addresses (span_private.h). */
#include "span_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

void xh_span_fill(uint8_t *octets, size_t stride, int frames, uint32_t mask, uint8_t octet)
{
    for (int t = 1; t < XH_TIMESLOTS; t++)
        if (mask >> t & 1)
            memset(octets + (size_t)t * stride, octet, (size_t)frames);
}

/* A port in decimal, 0..65535, nothing else; -1 otherwise. */
static int port_number(const char *text)
{
    int port = 0;
    if (!*text || strlen(text) > 5)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        port = port * 10 + (*text - '0');
    }
    return port <= 65535 ? port : -1;
}

static int address_v6(const char *host, int port, struct sockaddr_storage *out, socklen_t *len)
{
    struct sockaddr_in6 *a = (struct sockaddr_in6 *)out;
    size_t n = strlen(host);
    char bare[INET6_ADDRSTRLEN];
    if (n < 2 || host[n - 1] != ']' || n - 2 >= sizeof bare)
        return -EINVAL;
    memcpy(bare, host + 1, n - 2);
    bare[n - 2] = 0;
    a->sin6_family = AF_INET6;
    a->sin6_port = htons((uint16_t)port);
    *len = sizeof *a;
    return inet_pton(AF_INET6, bare, &a->sin6_addr) == 1 ? 0 : -EINVAL;
}

int xh_span_address(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
    memset(out, 0, sizeof *out);
    const char *colon = text ? strrchr(text, ':') : NULL;
    char host[INET6_ADDRSTRLEN + 2];
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return -EINVAL;
    int port = port_number(colon + 1);
    if (port < 0)
        return -EINVAL;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    if (host[0] == '[')
        return address_v6(host, port, out, len);
    struct sockaddr_in *a = (struct sockaddr_in *)out;
    a->sin_family = AF_INET;
    a->sin_port = htons((uint16_t)port);
    *len = sizeof *a;
    return inet_pton(AF_INET, host, &a->sin_addr) == 1 ? 0 : -EINVAL;
}

int xh_span_address_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return 0;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *x = (const struct sockaddr_in *)a, *y = (const struct sockaddr_in *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)a, *y = (const struct sockaddr_in6 *)b;
    return x->sin6_port == y->sin6_port && !memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr);
}
