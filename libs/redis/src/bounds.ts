/** Bounds of the adapter. Their relations are asserted in `bounds.test.ts`. */

/** How long a command may take before it rejects. */
export const COMMAND_TIMEOUT_MS = 5_000;
/** A connection that is silent for so long, with answers due, is given up. */
export const SOCKET_TIMEOUT_MS = 7_500;
export const CONNECT_TIMEOUT_MS = 5_000;
/** The pauses between tries to connect grow from MIN to MAX. */
export const RECONNECT_PAUSE_MIN_MS = 50;
export const RECONNECT_PAUSE_MAX_MS = 2_000;
/** How long a start waits for Redis to answer. */
export const START_TIMEOUT_MS = 15_000;
/** What a command carries at most, unless one entry is larger. What is more goes ahead in pieces. */
export const PIECE_ENTRIES_MAX = 5_000;
export const PIECE_BYTES_MAX = 4_000_000;
/** How long pieces are kept whose checkpoint never came. */
export const PIECES_KEPT_MS = 600_000;
/** Entries and bytes that a piece of a load is meant to have. */
export const LOAD_ENTRIES_MIN = 10;
export const LOAD_ENTRIES_MAX = 5_000;
export const LOAD_BYTES = 1_000_000;
/** Values that a Lua call takes: its stack ends at 8,000. Even, since names and values alternate. */
export const LUA_ARGUMENTS_MAX = 2_000;
/** Keys per step of a walk over all of them. */
export const SCAN_KEYS = 1_000;
