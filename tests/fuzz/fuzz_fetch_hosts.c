// sources: xunhu/_media/fetch_hosts.c
// libs: -lcurl
/* Lists of hosts, URLs and redirects of any octets: no fault, an empty list allows nothing, * whatever has a host at all, and no order of the rules
 * matters. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xunhu/fetch.h"

static char *take(const uint8_t **data, size_t *n)
{
    const uint8_t *end = memchr(*data, '\n', *n);
    size_t len = end ? (size_t)(end - *data) : *n;
    char *text = malloc(len + 1);
    if (!text)
        abort();
    memcpy(text, *data, len);
    text[len] = 0;
    *data += end ? len + 1 : len;
    *n -= end ? len + 1 : len;
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *hosts = take(&data, &n), *url = take(&data, &n), *location = take(&data, &n);
    char *twice = malloc(2 * strlen(hosts) + 2);
    if (!twice)
        abort();
    int allowed = xh_fetch_host_allowed(hosts, url, *location ? location : NULL);
    strcat(strcat(strcpy(twice, hosts), ","), hosts);
    if (allowed != xh_fetch_host_allowed(twice, url, *location ? location : NULL))
        abort();
    if (xh_fetch_host_allowed("", url, NULL) || (allowed && !xh_fetch_host_allowed("*", url, *location ? location : NULL)))
        abort();
    free(hosts);
    free(url);
    free(location);
    free(twice);
    return 0;
}
