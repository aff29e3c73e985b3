/** Bounds of the kernel. Their relations are asserted in `bounds.test.ts`. */

/** Records of a lane processed between two commits. */
export const BATCH_RECORDS_MAX = 1_000;
/** Records of a lane that are done and not yet saved as done: what a crash has processed again, at most. */
export const UNSAVED_RECORDS_MAX = 10_000;
/** Bytes of one append; below Kafka's default `max.message.bytes` of 1 MiB with room for framing. */
export const APPEND_BYTES_MAX = 900_000;
/** Records of one append: kafkajs encodes in quadratic time beyond this. */
export const APPEND_RECORDS_MAX = 1_000;
/** The text that a lane saves with its position: Kafka's default `offset.metadata.max.bytes`. */
export const POSITION_METADATA_BYTES_MAX = 4_096;
/** The pauses between tries of an append, a look-up or a sink grow from MIN to MAX. */
export const RETRY_PAUSE_MIN_MS = 50;
export const RETRY_PAUSE_MAX_MS = 5_000;
/** How long a gap between two records may count as silence: a longer one is an outage of ours. */
export const SILENCE_GAP_MAX_MS = 2_000;
/** An ingest time this much before the latest one says that the latest was a clock's mistake: it is put back. */
export const CLOCK_BACK_MS = 60_000;
/** Entries of state that a lane may hold (windows, detector groups, id chunks) before it stops with `state_limit`. */
export const STATE_ENTRIES_MAX = 2_000_000;
/** UTF-8 bytes of a window's or detector's group, which is part of its key in the state: as many as an event's key. */
export const GROUP_BYTES_MAX = 4_096;
/** A generation's offsets: lane_seq = generation · LANE_SEQ_SPAN + offset. */
export const LANE_SEQ_SPAN = 2 ** 40;
/** Sampled events that a window's result links to: the newest. */
export const WINDOW_LINKS_MAX = 8;
/** Keeps lane_seq a safe integer. */
export const GENERATION_MAX = 2 ** 13 - 1;
/** In a fused run: records between two commits over all lanes, and the pause while nothing arrives. */
export const FUSED_BATCH_RECORDS_MAX = 8_000;
/** Records of a lane that are read together, and that go through all stages together. */
export const FUSED_READ_RECORDS = 256;
export const FUSED_SLICE_RECORDS = 64;
export const FUSED_WAIT_MS = 1_000;
/** Commits of a fused run under way at once. */
export const FUSED_COMMITS_IN_FLIGHT_MAX = 2;
