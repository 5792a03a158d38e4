/** Bytes of one table of the database. */
export interface TableSize {
  table: string;
  rows: number;
  indexes: number;
}

/** What a recorded call is measured by, whatever the database. */
export interface Sizes {
  /** What tells a server of the database. */
  env: Record<string, string>;
  /** Of all tables; what has not reached them yet is brought there first. */
  tables(): Promise<TableSize[]>;
  /** Bytes written so far: on SQLite by the server's process to its log and its file, on PostgreSQL to the write-ahead log. */
  written(serverPid: number): Promise<number>;
  close(): Promise<void>;
}
