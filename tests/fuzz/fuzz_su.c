// sources: xunhu/_e1/su.c xunhu/_e1/hdlc.c
/* Signal units: any line, or a line made by a script of units, idling and damage.  Whole, octet by octet, and without
 * knowing anything by heart must agree; a unit that comes out must come back through the transmitter; a script without damage
 * brings every MSU. */
#include "xunhu/su.h"

#include <stdlib.h>
#include <string.h>

#define LINE 20000

static void must(int x)
{
    if (!x)
        abort();
}

static void there_and_back(int header, const uint8_t *unit, size_t len)
{
    static struct xh_su_tx tx;
    static struct xh_su_rx rx;
    uint8_t line[512], back[XH_SU_MAX];
    size_t used = 0;
    xh_su_tx_init(&tx, header);
    xh_su_rx_init(&rx, header);
    must(xh_su_tx_put(&tx, unit, len) == 0);
    xh_su_tx_octets(&tx, line, sizeof line);
    must(xh_su_rx_octets(&rx, line, sizeof line, &used, back) == (int)len);
    must(!memcmp(unit, back, len));
}

struct two { struct xh_su_rx rx; uint8_t unit[XH_SU_MAX]; size_t at; int len; };

/* The next record, octet by octet; plain: nothing known by heart. */
static void single(struct two *s, const uint8_t *line, size_t end, int plain)
{
    size_t none = 0;
    s->len = s->rx.due ? xh_su_rx_octets(&s->rx, line, 0, &none, s->unit) : 0;
    while (!s->len && s->at < end) {
        size_t one = 0;
        s->len = xh_su_rx_octets(&s->rx, line + s->at++, 1, &one, s->unit);
        must(one == 1);
        if (plain) {
            must(!s->rx.cycling);
            s->rx.repeats = 0;
            s->rx.steady = 0;
        }
    }
}

static size_t receive(int header, int monitor, const uint8_t *line, size_t n, int whole)
{
    static struct two a, b;
    static struct xh_su_rx rx;
    uint8_t unit[XH_SU_MAX];
    size_t used = 0, msus = 0, head = header ? 6 : 3;
    xh_su_rx_init(&rx, header);
    xh_su_rx_init(&a.rx, header);
    xh_su_rx_init(&b.rx, header);
    xh_su_rx_monitor(&rx, monitor);
    xh_su_rx_monitor(&a.rx, monitor);
    xh_su_rx_monitor(&b.rx, monitor);
    a.at = b.at = 0;
    for (;;) {
        int len = xh_su_rx_octets(&rx, line, n, &used, unit);
        single(&a, line, n, 0);
        single(&b, line, n, 1);
        must(len == a.len && len == b.len);
        if (!len)
            break;
        must(!memcmp(unit, a.unit, (size_t)len) && !memcmp(unit, b.unit, (size_t)len));
        if (len == XH_SU_ERRORED) {
            must(monitor);
            continue;
        }
        must((size_t)len >= head && len <= XH_SU_MAX);
        msus += (size_t)len > head + 2;
        if (!whole)
            there_and_back(header, unit, (size_t)len);
    }
    must(used == n && a.at == n && b.at == n);
    must(rx.units == a.rx.units && rx.units == b.rx.units && rx.filtered == b.rx.filtered && rx.good == b.rx.good);
    must(rx.fcs_errors == b.rx.fcs_errors && rx.aborts == b.rx.aborts && rx.too_short == b.rx.too_short);
    must(rx.octets_counted == b.rx.octets_counted);
    if (whole)
        must(!(rx.fcs_errors | rx.aborts | rx.too_long | rx.too_short | rx.not_octets));
    return msus;
}

/* Each operation is two octets: what, and how much. */
static void script(int header, int monitor, const uint8_t *data, size_t size)
{
    static struct xh_su_tx tx;
    static uint8_t line[LINE + 600];
    size_t n = 0, head = header ? 6 : 3, put = 0;
    int whole = 1;
    xh_su_tx_init(&tx, header);
    for (size_t i = 0; i + 1 < size && n < LINE; i += 2) {
        uint8_t unit[XH_SU_MAX] = {0}, what = data[i], how = data[i + 1];
        if (what < 0x60) {              /* a unit; its length indicator is right */
            size_t more = what & 7 ? (what & 7) - 1u : how;
            for (size_t k = 0; k < head + more; k++)
                unit[k] = (uint8_t)(how * (k + 1) + (what & 0x10 ? 0xff : 0));
            unit[head / 3 * 2] = (uint8_t)(header || more < 63 ? more : 63);
            if (header)
                unit[5] = (uint8_t)(more >> 8);
            if (xh_su_tx_put(&tx, unit, head + more) == 0)
                put += more > 2;
        } else if (what < 0xe0) {       /* time */
            size_t octets = how * (what & 1 ? 4u : 1u);
            if (n + octets > LINE)
                octets = LINE - n;
            xh_su_tx_octets(&tx, line + n, octets);
            n += octets;
        } else if (what < 0xf0) {
            xh_su_tx_outage(&tx, how & 1);
        } else if (n) {                 /* damage */
            size_t at = n - 1 - how % (n < 250 ? n : 250);
            line[at] ^= (uint8_t)(1u << (what & 7));
            whole = 0;
        }
    }
    while (xh_su_tx_waiting(&tx) && n < LINE)
        xh_su_tx_octets(&tx, line + n++, 1);
    if (xh_su_tx_waiting(&tx))
        whole = 0;
    xh_su_tx_octets(&tx, line + n, 40);
    size_t got = receive(header, monitor, line, n + 40, whole);
    if (whole)
        must(got == put);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4096)
        return 0;
    int header = data[0] & 1 ? XH_SU_EXTENDED : XH_SU_BASIC, monitor = data[0] >> 1 & 1;
    if (data[0] & 4)
        script(header, monitor, data + 1, size - 1);
    else
        receive(header, monitor, data + 1, size - 1, 0);
    return 0;
}
