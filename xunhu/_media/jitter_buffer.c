/* Jitter buffer of one stream. See include/xunhu/jitter_buffer.h. */
#include "xunhu/jitter_buffer.h"

#include <errno.h>
#include <string.h>

#define RATE 8                          /* samples a ms */
#define NONE 255
#define DUE 25                          /* packets between two workings out */
#define YOUNG 100                       /* packets: before, the delay at the start is the least */
#define MOVED (400 * RATE)              /* beyond the longest delay for so long: all has moved */
#define MOST (XH_JITTER_LONGEST_MS * RATE / XH_JITTER_STEP)
#define STEP_MS ((float)XH_JITTER_STEP / RATE)

static int is_fine(const struct xh_jitter_params *p)
{
    if (!p->adaptive)
        return p->fixed_ms <= XH_JITTER_LONGEST_MS;
    return p->min_ms <= p->max_ms && p->max_ms <= XH_JITTER_LONGEST_MS && p->start_ms <= XH_JITTER_LONGEST_MS && p->late_cost_ms >= 10 &&
           p->late_cost_ms <= 1000;
}

void xh_jitter_flush(struct xh_jitter *j)
{
    j->packets = 0;
    for (int i = 0; i < XH_JITTER_PACKETS; i++)
        j->order[i] = (uint8_t)i;
    for (int i = 0; i < XH_JITTER_CELLS; i++)
        j->next_cell[i] = (uint8_t)(i + 1 < XH_JITTER_CELLS ? i + 1 : NONE);
    j->free_cell = 0;
    j->free_cells = XH_JITTER_CELLS;
}

void xh_jitter_forget(struct xh_jitter *j)
{
    xh_jitter_flush(j);
    j->seen_at = j->seen_count = j->beyond = j->since = 0;
    j->known = 0;
}

int xh_jitter_init(struct xh_jitter *j, const struct xh_jitter_params *params)
{
    if (!is_fine(params))
        return -EINVAL;
    memset(j, 0, sizeof *j);
    j->params = *params;
    xh_jitter_forget(j);
    return 0;
}

/* -- delay ------------------------------------------------------------------------------------------ */

/* All that is remembered counts from a base that is `steps` later (or, negative, earlier). */
static void rebase(struct xh_jitter *j, int steps)
{
    uint32_t n = j->seen_count < XH_JITTER_SEEN ? j->seen_count : XH_JITTER_SEEN;
    j->base += (uint32_t)(steps * XH_JITTER_STEP);
    for (uint32_t i = 0; i < n; i++) {
        int v = j->seen[i] - steps;
        j->seen[i] = (uint8_t)(j->seen[i] == 255 || v > 255 ? 255 : v < 0 ? 0 : v);
    }
}

static void remember(struct xh_jitter *j, uint32_t transit)
{
    if (!j->seen_count)
        j->base = transit;
    int32_t over = (int32_t)(transit - j->base);
    if (over < 0) {
        int32_t steps = (-over + XH_JITTER_STEP - 1) / XH_JITTER_STEP;
        rebase(j, -(steps > 1000 ? 1000 : steps));
        over = (int32_t)(transit - j->base);
    }
    over = (over + XH_JITTER_STEP - 1) / XH_JITTER_STEP;
    j->seen[j->seen_at] = (uint8_t)(over < 0 ? 0 : over > 255 ? 255 : over);
    j->seen_at = (j->seen_at + 1) % XH_JITTER_SEEN;
    j->seen_count += j->seen_count < XH_JITTER_SEEN;
}

/* The step at which delay and what is late cost least. */
static int cheapest(const struct xh_jitter *j, const uint16_t *count, int least, uint32_t n)
{
    float late_ms = 100.0f * j->params.late_cost_ms / (float)n, best = 1e30f;
    uint32_t late = n;
    int found = least;
    for (int v = least; v < 255 && v <= least + MOST; v++) {
        late -= count[v];
        float cost = (float)(v - least) * STEP_MS + (float)late * late_ms;
        if (cost < best) {
            best = cost;
            found = v;
        }
    }
    return found;
}

static void work_out(struct xh_jitter *j)
{
    uint16_t count[256] = {0};
    int least = 0;
    for (uint32_t i = 0; i < j->seen_count; i++)
        count[j->seen[i]]++;
    while (!count[least])
        least++;
    const struct xh_jitter_params *p = &j->params;
    uint32_t over;
    if (p->adaptive) {
        over = (uint32_t)(cheapest(j, count, least, j->seen_count) - least) * XH_JITTER_STEP;
        uint32_t low = (uint32_t)(j->seen_count < YOUNG && p->start_ms > p->min_ms ? p->start_ms : p->min_ms) * RATE, high = p->max_ms * RATE;
        over = over < low ? low : over;
        over = over > high ? high : over;
    } else
        over = p->fixed_ms * RATE;
    if (least > 64) {
        rebase(j, least);
        least = 0;
    }
    j->least = j->base + (uint32_t)(least * XH_JITTER_STEP);
    j->wanted = j->least + over;
    j->known = 1;
    j->since = 0;
}

int xh_jitter_transit(struct xh_jitter *j, uint32_t now, uint32_t at, int late)
{
    uint32_t transit = now - at, most = (j->params.adaptive ? j->params.max_ms : XH_JITTER_LONGEST_MS) * RATE;
    remember(j, transit);
    if (!j->known || late || ++j->since >= DUE || (int32_t)(transit - j->least) < 0)
        work_out(j);
    if (!late || (int32_t)(transit - j->least - most) <= 0) {
        j->beyond = 0;
        return 0;
    }
    if (!j->beyond++)
        j->beyond_at = now;
    return now - j->beyond_at >= MOVED;
}

/* -- packets ---------------------------------------------------------------------------------------- */

static void free_packet(struct xh_jitter *j, int slot)
{
    const struct xh_jitter_packet *p = &j->packet[slot];
    uint8_t cell = p->cell;
    for (int n = (p->octets + XH_JITTER_CELL - 1) / XH_JITTER_CELL; n > 0; n--) {
        uint8_t next = j->next_cell[cell];
        j->next_cell[cell] = j->free_cell;
        j->free_cell = cell;
        j->free_cells++;
        cell = next;
    }
}

void xh_jitter_drop(struct xh_jitter *j)
{
    uint8_t slot = j->order[0];
    if (!j->packets)
        return;
    free_packet(j, slot);
    j->packets--;
    memmove(j->order, j->order + 1, j->packets);
    j->order[j->packets] = slot;
}

static uint8_t store(struct xh_jitter *j, const uint8_t *payload, size_t octets)
{
    uint8_t first = NONE, *link = &first;
    while (octets) {
        size_t n = octets < XH_JITTER_CELL ? octets : XH_JITTER_CELL;
        uint8_t cell = j->free_cell;
        j->free_cell = j->next_cell[cell];
        j->free_cells--;
        memcpy(j->cells[cell], payload, n);
        *link = cell;
        link = &j->next_cell[cell];
        payload += n;
        octets -= n;
    }
    *link = NONE;
    return first;
}

int xh_jitter_put(struct xh_jitter *j, const struct xh_jitter_packet *p, const uint8_t *payload, int *pushed)
{
    int need = (p->octets + XH_JITTER_CELL - 1) / XH_JITTER_CELL, place = j->packets;
    *pushed = 0;
    if (need > XH_JITTER_CELLS)
        return -EMSGSIZE;
    while (place > 0) {
        int32_t behind = (int32_t)(p->at - j->packet[j->order[place - 1]].at);
        if (!behind && !p->samples == !j->packet[j->order[place - 1]].samples)
            return -EEXIST;
        if (behind >= 0)
            break;
        place--;
    }
    while (j->free_cells < need || j->packets == XH_JITTER_PACKETS) {
        xh_jitter_drop(j);
        place -= place > 0;
        ++*pushed;
    }
    uint8_t slot = j->order[j->packets];
    memmove(j->order + place + 1, j->order + place, (size_t)(j->packets - place));
    j->order[place] = slot;
    j->packets++;
    j->packet[slot] = *p;
    j->packet[slot].cell = store(j, payload, p->octets);
    return 0;
}

const struct xh_jitter_packet *xh_jitter_first(const struct xh_jitter *j)
{
    return j->packets ? &j->packet[j->order[0]] : 0;
}

void xh_jitter_payload(const struct xh_jitter *j, uint8_t *out)
{
    const struct xh_jitter_packet *p = &j->packet[j->order[0]];
    uint8_t cell = p->cell;
    for (size_t left = p->octets; left;) {
        size_t n = left < XH_JITTER_CELL ? left : XH_JITTER_CELL;
        memcpy(out, j->cells[cell], n);
        out += n;
        left -= n;
        cell = j->next_cell[cell];
    }
}
