/* Slots of players and recorders: between the tick (engine_play.c, engine_record.c) and the file side (engine_files.c, engine_lanes.c).
 *
 * A slot is ACTIVE from the command until the tick lets it go (LEAVING); the file side then closes what is open and gives the number back
 * through a ring. */
#ifndef XUNHU_ENGINE_FILES_H
#define XUNHU_ENGINE_FILES_H
#include "engine_private.h"

#define XH_STALL_SAMPLES (5 * XH_RATE)  /* a file side that gives or takes nothing for so long has failed: ETIMEDOUT */
#define XH_FINISH_SAMPLES (4 * XH_RATE) /* and one that does not finish a recording that was ended: before control, which waits 5 s, gives it up */

/* tick */
int xh_slot_peek(const struct xh_pool *pool);           /* a free one, or -ENOSPC */
void xh_slot_take(struct xh_engine *e, struct xh_pool *pool, uint32_t slot);
void xh_slot_leave(struct xh_engine *e, struct xh_pool *pool, uint32_t slot);
void xh_slots_collect(struct xh_pool *pool);
int xh_pool_port_check(const struct xh_engine *e, uint32_t port);
int xh_keys_check(const struct xh_engine *e, int key_port, int mask);
void xh_keys_add(struct xh_engine *e, uint32_t port, int key_port, int mask);
void xh_keys_remove(struct xh_engine *e, struct xh_port *p);
void xh_recorders_collect(struct xh_engine *e);         /* those that are done */

/* file side; an item is the slot of a player, or XH_PLAYERS + that of a recorder */
int xh_item_leaving(const struct xh_engine *e, uint32_t item);
int xh_item_active(const struct xh_engine *e, uint32_t item);
int xh_item_wants(struct xh_engine *e, uint32_t item);
int xh_item_holds(struct xh_engine *e, uint32_t item);
int xh_item_pump(struct xh_engine *e, uint32_t item);
const char *xh_item_where(struct xh_engine *e, uint32_t item, char *path, size_t room);
void xh_item_release(struct xh_engine *e, uint32_t item);       /* closes what is open */
void xh_item_give_back(struct xh_engine *e, uint32_t item);     /* one thread at a time */
#endif
