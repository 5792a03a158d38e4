import type { DataSource, QueryRunner } from 'typeorm';

/**
 * A text as it is stored: PostgreSQL has no NUL in its texts, so neither database keeps one. Where a caller can be told,
 * he is told before; what third parties send is kept byte for byte in the payload, and here only shown.
 */
export function storedText(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}

/** Has every statement of a source, also those that TypeORM writes, carry its texts as they are stored. */
export function withStoredTexts(source: DataSource): DataSource {
  const { driver } = source;
  const create = driver.createQueryRunner.bind(driver);
  // SQLite's driver gives out one and the same each time: wrapped anew each time, it would call through all wrappers before.
  const known = new WeakSet<QueryRunner>();
  driver.createQueryRunner = (mode) => {
    const runner = create(mode);
    if (known.has(runner)) return runner;
    known.add(runner);
    const query = runner.query.bind(runner) as Query;
    const asStored: Query = (text, values, ...rest) => query(text, values?.map(storedValue), ...rest);
    return Object.assign(runner, { query: asStored });
  };
  return source;
}

type Query = (text: string, values?: unknown[], ...rest: unknown[]) => ReturnType<QueryRunner['query']>;

/** A value of a column: of all kinds only texts may have to change. */
export function storedValue(value: unknown): unknown {
  return typeof value === 'string' ? storedText(value) : value;
}
