import sqlite3, { type Database as SqliteConnection } from 'sqlite3';
import { migrations } from '../migrations-sqlite/index.ts';
import { CopyRefusal } from './copy-refusal.ts';

/** A table as its rows are read. */
export interface SourceTable {
  name: string;
  columns: readonly string[];
  /** Its primary key: the order in which its rows are read. */
  key: readonly string[];
  /** Tables that have to be there before it. */
  parents: readonly string[];
  /** The greatest number that it ever gave a row, where it numbers them. */
  lastNumber: number | null;
}

export type SourceRow = Readonly<Record<string, unknown>>;

/** The list of its migrations, and what only finds out whether the disk is full: nothing of an installation's. */
const leftOut: readonly string[] = ['migrations', 'write_probe'];

/** A page is as much as is held in memory: rows and their bytes, a single larger row excepted. */
const ROWS_PER_PAGE = 500;
const BYTES_PER_PAGE = 8 * 1_048_576;

/** A SQLite file of which nobody else can read or change anything while it is open here. */
export class SqliteSource {
  private constructor(
    private readonly path: string,
    private readonly connection: SqliteConnection,
  ) {}

  /** @throws CopyRefusal where somebody else has it open, or it is not what this version of the server works with. */
  static async open(path: string): Promise<SqliteSource> {
    const source = new SqliteSource(path, await connect(path));
    try {
      await source.lock();
      await source.checkSchema();
    } catch (cause) {
      await source.close();
      throw cause;
    }
    return source;
  }

  /** Those that are to be copied, each after those that it refers to. */
  async tables(): Promise<SourceTable[]> {
    const names = await this.all<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table'`);
    const tables: SourceTable[] = [];
    for (const { name } of names)
      if (!leftOut.includes(name) && !name.startsWith('sqlite_')) tables.push(await this.table(name));
    return parentsFirst(tables.sort((a, b) => (a.name < b.name ? -1 : 1)));
  }

  /** The rows of a table in the order of its key. */
  async *pages({ name, columns, key }: SourceTable): AsyncGenerator<SourceRow[]> {
    const order = key.map(quoted).join(',');
    const bytes = columns.map((column) => `COALESCE(octet_length(${quoted(column)}), 0)`).join(' + ');
    let beyond = '';
    let last: unknown[] = [];
    for (;;) {
      const rest = `FROM ${quoted(name)} ${beyond} ORDER BY ${order} LIMIT`;
      const sizes = await this.all<{ bytes: number }>(
        `SELECT ${bytes} AS bytes ${rest} ${ROWS_PER_PAGE}`,
        last,
      );
      if (sizes.length === 0) return;
      const rows = await this.all<SourceRow>(
        `SELECT ${columns.map(quoted).join(',')} ${rest} ${rowsWithin(sizes)}`,
        last,
      );
      yield rows;
      last = key.map((column) => rows.at(-1)![column]);
      beyond = `WHERE (${order}) > (${key.map(() => '?').join(',')})`;
    }
  }

  /** Of each column that is encrypted the newest value. */
  async sealedValues(): Promise<Buffer[]> {
    const found: Buffer[] = [];
    for (const { name, columns, key } of await this.tables()) {
      for (const column of columns.filter((column) => column.startsWith('sealed'))) {
        const order = key.map((part) => `${quoted(part)} DESC`).join(',');
        const [row] = await this.all<{ sealed: Buffer }>(
          `SELECT ${quoted(column)} AS sealed FROM ${quoted(name)} ORDER BY ${order} LIMIT 1`,
        );
        if (row) found.push(row.sealed);
      }
    }
    return found;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.connection.close(() => resolve()));
  }

  /** In this mode the file is locked against readers too: a server that is idle is found, and none can start. */
  private async lock(): Promise<void> {
    try {
      await this.run('PRAGMA locking_mode = EXCLUSIVE');
      await this.run('BEGIN EXCLUSIVE');
    } catch (cause) {
      const { code, message } = cause as { code?: string; message: string };
      throw new CopyRefusal(
        'source',
        code === 'SQLITE_BUSY'
          ? `${this.path} is open in another process: stop the server, and whatever else has it open, and try again`
          : `${this.path} cannot be read: ${message}`,
      );
    }
  }

  private async checkSchema(): Promise<void> {
    const [table] = await this.all(`SELECT 1 FROM sqlite_master WHERE name = 'migrations'`);
    if (!table) throw new CopyRefusal('source', `${this.path} is no database of Signalbox`);
    const own = migrations.map(({ name }) => name);
    const done = await this.all<{ name: string }>('SELECT name FROM migrations');
    const unknown = done.map(({ name }) => name).filter((name) => !own.includes(name));
    if (unknown.length > 0)
      throw new CopyRefusal(
        'source',
        `${this.path} was upgraded by a newer Signalbox (${unknown.join(', ')} is unknown to this one): copy it with that version`,
      );
    if (done.length < own.length)
      throw new CopyRefusal(
        'source',
        `${this.path} was last used by an older Signalbox: start this version on it once, stop it, and try again`,
      );
  }

  private async table(name: string): Promise<SourceTable> {
    const columns = await this.all<{ name: string; pk: number }>(`PRAGMA table_info(${quoted(name)})`);
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
    if (key.length === 0) throw new Error(`The table ${name} has no primary key: it cannot be copied`);
    const parents = await this.all<{ table: string }>(`PRAGMA foreign_key_list(${quoted(name)})`);
    const [numbered] = await this.all<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', [
      name,
    ]);
    return {
      name,
      columns: columns.map((column) => column.name),
      key: key.map((column) => column.name),
      parents: parents.map(({ table }) => table),
      lastNumber: numbered?.seq ?? null,
    };
  }

  private run(sql: string): Promise<void> {
    return new Promise((resolve, reject) =>
      this.connection.exec(sql, (error) => (error ? reject(error) : resolve())),
    );
  }

  private all<Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return new Promise((resolve, reject) =>
      this.connection.all<Row>(sql, [...values], (error, rows) => (error ? reject(error) : resolve(rows))),
    );
  }
}

function connect(path: string): Promise<SqliteConnection> {
  return new Promise((resolve, reject) => {
    // Never made: a path that was mistyped is to be seen.
    const connection = new sqlite3.Database(path, sqlite3.OPEN_READWRITE, (error) =>
      error
        ? reject(
            new CopyRefusal('source', `${path} cannot be opened for reading and writing: ${error.message}`),
          )
        : resolve(connection),
    );
  });
}

function rowsWithin(sizes: readonly { bytes: number }[]): number {
  let bytes = 0;
  const beyond = sizes.findIndex((row) => (bytes += row.bytes) > BYTES_PER_PAGE);
  return beyond === -1 ? sizes.length : Math.max(beyond, 1);
}

function parentsFirst(tables: readonly SourceTable[]): SourceTable[] {
  const sorted = new Map<string, SourceTable>();
  while (sorted.size < tables.length) {
    const before = sorted.size;
    for (const table of tables)
      if (table.parents.every((parent) => sorted.has(parent))) sorted.set(table.name, table);
    if (sorted.size === before) throw new Error('Tables refer to one another in a circle: none can be first');
  }
  return [...sorted.values()];
}

function quoted(name: string): string {
  return `"${name}"`;
}
