/** Compared byte by byte, as SQLite does: ids, keys and cursors have one order on both. */
export const TEXT = 'text COLLATE "C"';
