/* RTP receiver: what is told of it. Bursts and gaps: RFC 3611 Appendix A.2. See include/xunhu/rtp_receiver.h. */
#include <math.h>
#include <string.h>

#include "rtp_receiver_private.h"
#include "xunhu/rtp_receiver.h"

#define GMIN 16u
#define SKEW_BLOCK_NS 5000000000ull
#define SKEW_LEAST 3                    /* points */
#define SLOW_PPM (-50.0f)               /* a packet comes a tick later each 200 s */
#define UNKNOWN 127

/* -- bursts ----------------------------------------------------------------------------------------- */

/* A.2: `since` packets were received since the last loss. */
void xh_rtp_bursts_received(struct xh_rtp_bursts *b)
{
    b->packets++;
    b->since++;
}

void xh_rtp_bursts_lost(struct xh_rtp_bursts *b)
{
    b->packets++;
    b->losses++;
    b->runs += b->since > 0 || b->losses == 1;
    if (b->since >= GMIN) {
        if (b->lost == 1)
            b->c14++;
        else
            b->c13++;
        b->lost = 1;
        b->c11 += b->since;
    } else {
        b->lost++;
        if (!b->since)
            b->c33++;
        else {
            b->c23++;
            b->c22 += b->since - 1;
        }
    }
    b->since = 0;
}

/* -- skew ------------------------------------------------------------------------------------------- */

/* Slope of the line through the points, with the sign changed: a sender that is faster makes its packets come earlier and earlier. */
static float skew_ppm(const struct xh_rtp_receiver *r)
{
    int n = r->skew.points;
    double mean = 0.0, above = 0.0, below = 0.0, middle = (n - 1) / 2.0;
    if (n < SKEW_LEAST)
        return 0.0f;
    int first = (r->skew.at + XH_RTP_SKEW_POINTS - n) % XH_RTP_SKEW_POINTS;
    for (int i = 0; i < n; i++)
        mean += r->skew.point[(first + i) % XH_RTP_SKEW_POINTS] / (double)n;
    for (int i = 0; i < n; i++) {
        above += (i - middle) * (r->skew.point[(first + i) % XH_RTP_SKEW_POINTS] - mean);
        below += (i - middle) * (i - middle);
    }
    return (float)(-above / below / (SKEW_BLOCK_NS / 1e9));
}

void xh_rtp_skew(struct xh_rtp_receiver *r, uint64_t arrival_ns, uint64_t place)
{
    int64_t transit = (int64_t)(arrival_ns - place * 125000u);
    if (!r->skew.open && !r->skew.points)
        r->skew.first = transit;
    if (!r->skew.open) {
        r->skew.open = 1;
        r->skew.begun = arrival_ns;
        r->skew.least = INT32_MAX;
    }
    int64_t us = (transit - r->skew.first) / 1000;
    if (us > INT32_MAX / 2 || us < INT32_MIN / 2) {     /* the timestamps have jumped */
        r->skew.points = r->skew.open = 0;
        return;
    }
    r->skew.least = us < r->skew.least ? (int32_t)us : r->skew.least;
    if (arrival_ns - r->skew.begun < SKEW_BLOCK_NS)
        return;
    if (arrival_ns - r->skew.begun > 2 * SKEW_BLOCK_NS) /* a pause: the points are no longer evenly apart */
        r->skew.points = 0;
    r->skew.point[r->skew.at] = r->skew.least;
    r->skew.at = (uint8_t)((r->skew.at + 1) % XH_RTP_SKEW_POINTS);
    r->skew.points += r->skew.points < XH_RTP_SKEW_POINTS;
    r->skew.begun = arrival_ns;
    r->skew.least = INT32_MAX;
    float ppm = skew_ppm(r);
    r->margin = r->jitter.params.adaptive && ppm < (r->margin ? SLOW_PPM / 2 : SLOW_PPM) ? r->block : 0;
}

/* -- all of it -------------------------------------------------------------------------------------- */

static uint8_t share(double part, double whole)
{
    double x = whole > 0.0 ? 256.0 * part / whole : 0.0;
    return (uint8_t)(x > 255.0 ? 255.0 : x);
}

/* A.2: densities and lengths from the transition counts; times are of packets of `packet_ms`. */
static void bursts(const struct xh_rtp_bursts *b, double packet_ms, struct xh_rtp_receiver_stats *s)
{
    double c11 = b->c11 + b->since, c14 = b->c14, c13 = b->c13, c22 = b->c22, c23 = b->c23, c33 = b->c33;
    double c31 = c13, c32 = c23, gap = c11 + c14 + c13, total = c11 + c14 + c13 + c22 + c23 + c31 + c32 + c33;
    if (total <= 0.0)
        return;
    double p32 = c32 > 0.0 ? c32 / (c31 + c32 + c33) : 0.0, p23 = 1.0 - (c22 + c23 > 0.0 ? c22 / (c22 + c23) : 1.0);
    s->burst_density = share(p23, p23 + p32);
    s->gap_density = share(c14, c11 + c14);
    double gap_ms = gap * packet_ms / (c13 > 0.0 ? c13 : 1.0), burst_ms = c13 > 0.0 ? (total - gap) * packet_ms / c13 : 0.0;
    s->gap_ms = (uint16_t)(gap_ms > 65535.0 ? 65535.0 : gap_ms);
    s->burst_ms = (uint16_t)(burst_ms > 65535.0 ? 65535.0 : burst_ms);
}

static int16_t dbm0(float power)
{
    float db = power > 0.0f ? 10.0f * log10f(power / (22779.0f * 22779.0f / 2.0f)) : -100.0f;
    return (int16_t)lrintf(db < -100.0f ? -100.0f : db);
}

void xh_rtp_receiver_stats(const struct xh_rtp_receiver *r, struct xh_rtp_receiver_stats *s)
{
    const struct xh_rtp_type *t = r->newest < r->types ? &r->type[r->newest] : 0;
    memset(s, 0, sizeof *s);
    s->ssrc = r->source.ssrc;
    s->heard = r->believed;
    s->payload_type = r->playing && t ? t->payload_type : 255;
    s->noise = r->noising;
    s->fixed = !r->jitter.params.adaptive;
    s->packets = r->count.packets;
    s->octets = r->count.octets;
    s->late = r->count.late;
    s->early = r->count.early;
    s->duplicates = r->count.duplicates;
    s->reordered = r->count.reordered;
    s->invalid = r->count.invalid;
    s->unknown = r->count.unknown;
    s->conceals = r->count.conceals;
    s->concealed = r->count.concealed;
    s->played = r->count.played;
    s->left_out = r->count.left_out;
    s->said_twice = r->count.said_twice;
    s->splices = r->count.splices;
    s->sources = r->count.sources;
    s->silent = r->silent;
    s->burst_ratio = 1.0f;
    s->signal_dbm0 = s->noise_dbm0 = UNKNOWN;
    if (!r->believed)
        return;
    s->lost = xh_rtp_source_lost(&r->source);
    s->highest = xh_rtp_source_highest(&r->source);
    s->jitter = r->source.jitter >> 4;
    if (t) {
        s->jitter_ms = (float)r->source.jitter / 16.0f * 1000.0f / (float)t->clock_hz;
        s->ie = t->codec ? t->codec->ie : 0.0f;
        s->bpl = t->codec ? t->codec->bpl : 0.0f;
    }
    if (r->playing && r->jitter.known) {
        s->delay_ms = (float)(int32_t)(xh_rtp_delay(r) - r->jitter.least) / RATE;
        s->wanted_ms = (float)(int32_t)(xh_rtp_wanted(r) - r->jitter.least) / RATE;
    }
    s->skew_ppm = skew_ppm(r);
    const struct xh_rtp_bursts *b = &r->bursts;
    if (b->packets) {
        s->loss = (float)b->losses / (float)b->packets;
        s->burst_ratio = b->runs ? (float)b->losses / (float)b->runs * (1.0f - s->loss) : 1.0f;
        s->burst_ratio = s->burst_ratio < 1.0f ? 1.0f : s->burst_ratio;
    }
    uint32_t expected = s->highest - r->source.base_seq + 1;
    s->loss_rate = share(s->lost > 0 ? s->lost : 0, expected);
    s->discard_rate = share((double)(r->count.late + r->count.early), expected);
    if (b->packets > b->losses)
        bursts(b, (double)(r->count.played + r->count.left_out - r->count.said_twice) / RATE / (b->packets - b->losses), s);
    if (r->level > 0.0f)
        s->signal_dbm0 = dbm0(r->level);
    if (r->floor > 0.0f)
        s->noise_dbm0 = dbm0(r->floor);
}
