import type { Database as SqliteConnection, Statement } from 'sqlite3';
import type { SealedPack } from './payload-packs.ts';
import { columnsOf, writeStatement } from './row-batch.ts';
import type { TableRecords } from './sqlite-table-records.ts';

/**
 * One prepared statement that writes rows of some tables with the packs of their payloads, and by itself is a whole
 * commit. A trigger of this connection takes them apart: a value is bound for each table instead of twenty for each
 * row, and nothing large becomes SQL text. 30 rows of 2 KiB a commit, sealing included: 16 µs of CPU a row; as
 * literals 22. `json_each` would write a row as text again for each of its columns: 22 executions a commit took 19 µs
 * each so, 9 with `jsonb_each`.
 */
export class SqliteCommitStatement {
  private constructor(private readonly statement: Statement) {}

  /** @param name of the view behind it, unique on this connection. @param records of the kind that it is for. */
  static async prepare(
    connection: SqliteConnection,
    name: string,
    records: readonly TableRecords[],
  ): Promise<SqliteCommitStatement> {
    const columns = ['packs', 'sealed', ...records.flatMap(placesOf)];
    await new Promise<void>((resolve, reject) =>
      connection.exec(
        `CREATE TEMP VIEW IF NOT EXISTS ${name} AS
          SELECT ${columns.map((column) => `NULL AS ${column}`).join(', ')};
        CREATE TEMP TRIGGER IF NOT EXISTS ${name}_rows INSTEAD OF INSERT ON temp.${name} BEGIN
          INSERT INTO payload_packs (id, sealed)
            SELECT value->>0, substr(NEW.sealed, value->>1, value->>2) FROM jsonb_each(NEW.packs);
          ${records.map((one, n) => writeStatement(one.table, rowsFrom(one, n))).join('\n')}
        END`,
        (error) => (error ? reject(error) : resolve()),
      ),
    );
    const values = columns.map(() => '?').join(', ');
    return new SqliteCommitStatement(connection.prepare(`INSERT INTO temp.${name} VALUES (${values})`));
  }

  /** Writes all, or fails with nothing written. */
  run(packs: readonly SealedPack[], records: readonly TableRecords[]): Promise<void> {
    let at = 1;
    const places = packs.map(({ id, sealed }) => {
      const place = [id, at, sealed.length];
      at += sealed.length;
      return place;
    });
    const sealed = packs.length === 1 ? packs[0]!.sealed : Buffer.concat(packs.map((pack) => pack.sealed));
    const values: unknown[] = [JSON.stringify(places), sealed];
    for (const { json, shared } of records) values.push(json, ...shared.values());
    return new Promise((resolve, reject) =>
      this.statement.run(values, (error: Error | null) => {
        // A statement that met a lock stays open for another step: while it is, no savepoint can be.
        if (error) this.statement.reset(() => reject(error));
        else resolve();
      }),
    );
  }

  /** A prepared statement keeps its connection open. */
  finalize(): Promise<void> {
    return new Promise((resolve) => this.statement.finalize(() => resolve()));
  }
}

/** The columns of the view that take a table's rows, in the order of their values. */
function placesOf({ shared }: TableRecords, n: number): string[] {
  return [`records${n}`, ...[...shared.keys()].map((at) => `shared${n}_${at}`)];
}

/** Without a WHERE the parser would take ON CONFLICT for a condition of a join. */
function rowsFrom({ table, shared }: TableRecords, n: number): string {
  let own = 0;
  const values = columnsOf(table).map((_, at) =>
    shared.has(at) ? `NEW.shared${n}_${at}` : `value->>'$[${own++}]'`,
  );
  return `SELECT ${values.join(',')} FROM jsonb_each(NEW.records${n}) WHERE true`;
}
