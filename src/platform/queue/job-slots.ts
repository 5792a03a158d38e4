/** Jobs at hand at once in a process; most of them wait for a script worker or for somebody else's server. */
export const SLOTS = 64;
/** Half of them: what waits on one slow server leaves room for the others. */
export const SLOTS_PER_LANE = 32;
/** After a try that neither ended its job nor gave it another time: the database is away, say. */
export const STUMBLE_MS = 2_000;
