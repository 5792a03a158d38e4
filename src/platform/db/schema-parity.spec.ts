import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmptyDatabase, emptyDatabase, hasPostgres } from '../../../test/support/empty-database.ts';
import { dataSourceOptions } from './database.ts';

/** Read in other ways by another queue: has indexes of its own on each. */
const QUEUE = 'queue_jobs';
/** What PostgreSQL alone has: for several processes on one database. Whatever else differs was forgotten in a migration. */
const ofPostgres = {
  tables: ['changes', 'commit_marks', 'processes'],
  columns: [`${QUEUE}.holder`, `${QUEUE}.claim`],
  unique: ['queue_jobs: lane,group_key WHERE (holder IS NOT NULL) AND (group_key IS NOT NULL)'],
};

/** A table as both databases can describe it. */
interface Table {
  /** Of each column its kind, whether it may be empty, and what it is where nothing is given. */
  columns: Record<string, string>;
  /** Columns, and for which rows. */
  unique: string[];
  references: string[];
  /** Those that are not unique, by name. */
  indexes: Record<string, string>;
}

const kinds: Record<string, string> = {
  TEXT: 'text',
  INTEGER: 'integer',
  BIGINT: 'bigint',
  BOOLEAN: 'boolean',
  BLOB: 'bytea',
  REAL: 'double precision',
};

let folder: string;
let database: EmptyDatabase;
let sqlite: Record<string, Table>;
let postgres: Record<string, Table>;

const column = (kind: string, isNeeded: boolean, initial: string | null) =>
  `${kind}${isNeeded ? ' NOT NULL' : ''}${initial === null ? '' : ` DEFAULT ${initial}`}`;
const index = (columns: string, where: string | null) =>
  where === null ? columns : `${columns} WHERE ${where}`;

async function migrated<T>(url: string, read: (source: DataSource) => Promise<T>): Promise<T> {
  const source = await new DataSource(await dataSourceOptions(url, [])).initialize();
  try {
    await source.runMigrations();
    return await read(source);
  } finally {
    await source.destroy();
  }
}

async function tablesOfSqlite(source: DataSource): Promise<Record<string, Table>> {
  const tables: Record<string, Table> = {};
  const names = await source.query<{ name: string }[]>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'migrations'`,
  );
  for (const { name } of names) {
    const table: Table = { columns: {}, unique: [], references: [], indexes: {} };
    const columns = await source.query<
      { name: string; type: string; notnull: number; dflt_value: string | null; pk: number }[]
    >(`PRAGMA table_info(${name})`);
    for (const { name: own, type, notnull, dflt_value: initial, pk } of columns)
      table.columns[own] = column(kinds[type]!, notnull === 1 || pk > 0, initial);
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
    if (key.length > 0) table.unique.push(key.map((part) => part.name).join(','));
    const indexes = await source.query<{ name: string; unique: number; origin: string }[]>(
      `PRAGMA index_list(${name})`,
    );
    for (const { name: own, unique, origin } of indexes) {
      if (origin === 'pk') continue;
      const parts = await source.query<{ name: string }[]>(`PRAGMA index_info(${own})`);
      const [{ sql }] = await source.query<[{ sql: string | null }]>(
        `SELECT sql FROM sqlite_master WHERE name = '${own}'`,
      );
      const [, where = null] = /\bWHERE\s+(.*)$/is.exec(sql ?? '') ?? [];
      const text = index(parts.map((part) => part.name).join(','), where);
      if (unique === 1) table.unique.push(text);
      else table.indexes[own] = text;
    }
    const foreign = await source.query<{ table: string; from: string; to: string; on_delete: string }[]>(
      `PRAGMA foreign_key_list(${name})`,
    );
    for (const { table: other, from, to, on_delete: onDelete } of foreign)
      table.references.push(`${from} → ${other}.${to} ON DELETE ${onDelete}`);
    tables[name] = table;
  }
  return tables;
}

async function tablesOfPostgres(source: DataSource): Promise<Record<string, Table>> {
  const tables: Record<string, Table> = {};
  const names = await source.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND NOT relispartition AND relname <> 'migrations'`,
  );
  for (const { name } of names) {
    const table: Table = { columns: {}, unique: [], references: [], indexes: {} };
    const columns = await source.query<
      { name: string; kind: string; needed: boolean; initial: string | null }[]
    >(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS kind, attnotnull AS needed,
          pg_get_expr(adbin, adrelid) AS initial
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
      [name],
    );
    for (const { name: own, kind, needed, initial } of columns)
      table.columns[own] = column(kind, needed, initial?.replace(/::\w+$/, '') ?? null);
    const indexes = await source.query<
      { name: string; unique: boolean; columns: string; where: string | null }[]
    >(
      `SELECT indexrelid::regclass::text AS name, indisunique AS unique, pg_get_expr(indpred, indrelid) AS where,
          (SELECT string_agg(attname, ',' ORDER BY n) FROM unnest(indkey::int[]) WITH ORDINALITY AS part (num, n)
            JOIN pg_attribute ON attrelid = indrelid AND attnum = num) AS columns
        FROM pg_index WHERE indrelid = $1::regclass`,
      [name],
    );
    for (const { name: own, unique, columns: parts, where } of indexes) {
      const text = index(parts, where && asSqliteWrites(where));
      if (unique) table.unique.push(text);
      else table.indexes[own] = text;
    }
    const foreign = await source.query<{ text: string }[]>(
      `SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE contype = 'f' AND conrelid = $1::regclass`,
      [name],
    );
    for (const { text } of foreign) {
      const [, from, other, to, onDelete] = /KEY \((\w+)\) REFERENCES (\w+)\((\w+)\) ON DELETE (\w+)/.exec(
        text,
      )!;
      table.references.push(`${from} → ${other}.${to} ON DELETE ${onDelete}`);
    }
    tables[name] = table;
  }
  return tables;
}

function asSqliteWrites(condition: string): string {
  return condition
    .replaceAll(/::\w+/g, '')
    .replaceAll(/\((\w+) = ANY \(ARRAY\[(.*?)\]\)\)/g, '$1 IN ($2)')
    .replace(/^\((.*)\)$/, '$1');
}

/** With lists in one order. */
function sorted(tables: Record<string, Table>): Record<string, Table> {
  for (const { unique, references } of Object.values(tables)) {
    unique.sort();
    references.sort();
  }
  return tables;
}

beforeAll(async () => {
  if (!hasPostgres) return;
  folder = mkdtempSync(join(tmpdir(), 'parity-'));
  database = await emptyDatabase();
  sqlite = sorted(await migrated(`sqlite:${join(folder, 'parity.db')}`, tablesOfSqlite));
  postgres = sorted(await migrated(database.url, tablesOfPostgres));
});
afterAll(async () => {
  if (!hasPostgres) return;
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!hasPostgres)('The tables of SQLite and of PostgreSQL', () => {
  it('are the same, but for those that PostgreSQL alone has', () => {
    expect(Object.keys(sqlite).length).toBeGreaterThan(15);
    expect(Object.keys(postgres).sort()).toEqual([...Object.keys(sqlite), ...ofPostgres.tables].sort());
  });

  it('have the same columns of the same kinds, which may be empty in both or in none, with the same defaults', () => {
    const columns = (tables: Record<string, Table>) =>
      Object.keys(sqlite)
        .flatMap((name) =>
          Object.entries(tables[name]?.columns ?? {}).map(([own, text]) => [`${name}.${own}`, text] as const),
        )
        .sort(([a], [b]) => (a < b ? -1 : 1));
    const isOwn = ([name]: readonly [string, string]) => ofPostgres.columns.includes(name);
    const own = columns(postgres).filter(isOwn);
    expect(own.map(([name]) => name).sort()).toEqual([...ofPostgres.columns].sort());
    // Rows that come from SQLite have no value for them.
    expect(own.filter(([, text]) => text.includes('NOT NULL') && !text.includes('DEFAULT'))).toEqual([]);
    expect(columns(postgres).filter((entry) => !isOwn(entry))).toEqual(columns(sqlite));
  });

  it('are unique in the same columns for the same rows', () => {
    const unique = (tables: Record<string, Table>) =>
      Object.keys(sqlite).flatMap((name) => tables[name]?.unique.map((text) => `${name}: ${text}`));
    expect(unique(postgres).sort()).toEqual([...unique(sqlite), ...ofPostgres.unique].sort());
  });

  it('refer to each other in the same way', () => {
    const references = (tables: Record<string, Table>) =>
      Object.keys(sqlite).flatMap((name) => tables[name]?.references ?? []);
    expect(references(sqlite)).toHaveLength(2);
    expect(references(postgres).sort()).toEqual(references(sqlite).sort());
  });

  it('have indexes of the same names on the same columns for the same rows', () => {
    const indexes = (tables: Record<string, Table>) =>
      Object.keys(sqlite)
        .filter((name) => name !== QUEUE)
        .flatMap((name) =>
          Object.entries(tables[name]?.indexes ?? {}).map(([own, text]) => `${own}: ${text}`),
        );
    expect(indexes(sqlite).length).toBeGreaterThan(8);
    expect(indexes(postgres).sort()).toEqual(indexes(sqlite).sort());
  });

  it('order their texts byte by byte', async () => {
    const others = await database.query(
      `SELECT attrelid::regclass::text AS "table", attname AS "column" FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'migrations'
          AND attnum > 0 AND NOT attisdropped AND attcollation NOT IN (0, '"C"'::regcollation)`,
    );
    expect(others).toEqual([]);
  });
});
