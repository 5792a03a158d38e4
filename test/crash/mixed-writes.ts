import type { HotTable, WriteDoor } from '../../src/platform/db/index.ts';
import { AppError } from '../../src/platform/errors.ts';
import { rawQuery } from '../../src/platform/db/raw-query.ts';
import { isPostgres } from '../support/database.ts';
import { between, seeded } from './seeded.ts';

/** The table that mixed writes fill: made by the caller with this statement. */
export const marksStatement = `CREATE TABLE marks (
  id INTEGER PRIMARY KEY, text TEXT NOT NULL, number DOUBLE PRECISION, bytes ${isPostgres ? 'BYTEA' : 'BLOB'})`;

export const marks: HotTable = { name: 'marks', columns: ['id', 'text', 'number', 'bytes'] };

/** What the door said of each row: `acknowledged` must be stored, `refused` must not. */
export interface MixedWrites {
  acknowledged: Map<number, string>;
  refused: Set<number>;
  /** Effects after a commit that ran although the transaction was refused, or did not run although it was not. */
  wrongEffects: number;
  operations: Operation[];
}

/** Rows that are stored together or not at all. */
interface Operation {
  rows: readonly number[];
  isAppend: boolean;
  isAcknowledged: boolean;
}

interface Mix extends MixedWrites {
  door: WriteDoor;
  random: () => number;
  nextId: number;
  isBreaking: boolean;
}

/** Rows that fail by themselves: each is refused by the table, not by the storage. */
const badRow = (id: number) => [id, null, 1, null];

/**
 * Sends `operations` appends and transactions through the door, `atOnce` at a time, one in five of them
 * meant to fail: a bad row, a transaction that throws after it has written. @param options.isBreaking the database goes
 * away meanwhile: others may then be refused for that, and for nothing else.
 */
export async function mixWrites(
  door: WriteDoor,
  options: { operations: number; atOnce: number; seed: number; isBreaking?: boolean },
): Promise<MixedWrites> {
  const mix: Mix = {
    door,
    random: seeded(options.seed),
    nextId: 1,
    acknowledged: new Map(),
    refused: new Set(),
    wrongEffects: 0,
    operations: [],
    isBreaking: options.isBreaking ?? false,
  };
  let begun = 0;
  const lane = async () => {
    while (begun < options.operations) {
      begun += 1;
      await operation(mix, begun % 5 === 0);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, lane));
  const { acknowledged, refused, wrongEffects, operations } = mix;
  return { acknowledged, refused, wrongEffects, operations };
}

async function operation(mix: Mix, mustFail: boolean): Promise<void> {
  const rows = Array.from({ length: between(mix.random, 1, 3) }, () => mix.nextId++);
  // Some come in the same moment as others, some while a commit is on its way.
  if (mix.random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
  const isAppend = mix.random() < 0.5;
  let effects = 0;
  const work = isAppend
    ? () => append(mix, rows, mustFail)
    : () => transaction(mix, rows, { mustFail, effect: () => (effects += 1) });
  let isUnavailable = false;
  const isStored = await work().then(
    () => true,
    (cause: unknown) => {
      isUnavailable = cause instanceof AppError && cause.kind === 'unavailable';
      return false;
    },
  );
  mix.operations.push({ rows, isAppend, isAcknowledged: isStored });
  for (const id of rows) {
    if (isStored) mix.acknowledged.set(id, textOf(id).replace('\0', '\ufffd'));
    else mix.refused.add(id);
  }
  if (isStored === mustFail && !(mix.isBreaking && isUnavailable))
    throw new Error(`An operation that had to ${mustFail ? 'fail' : 'succeed'} did not`);
  if (!isAppend && effects !== (isStored ? 1 : 0)) mix.wrongEffects += 1;
}

async function append(mix: Mix, rows: readonly number[], mustFail: boolean): Promise<void> {
  const values = rows.map((id) => [
    id,
    textOf(id),
    id / 7,
    id % 8 === 0 ? Buffer.from([id & 255, 0, 39]) : null,
  ]);
  const bad = mustFail ? [badRow(mix.nextId++)] : [];
  await mix.door.append([...values, ...bad].map((row) => ({ table: marks, values: row })));
}

async function transaction(
  mix: Mix,
  rows: readonly number[],
  { mustFail, effect }: { mustFail: boolean; effect: () => void },
): Promise<void> {
  await mix.door.transaction(async (tx) => {
    tx.afterCommit(effect);
    for (const id of rows) {
      await rawQuery(tx.manager, 'INSERT INTO marks (id, text) VALUES (?, ?)', [id, textOf(id)]);
      if (mix.random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    }
    if (mustFail) throw new Error('this transaction changed its mind');
  });
}

function textOf(id: number): string {
  // What JSON cannot carry to SQLite (NUL, blobs) makes a commit take another way: both ways are gone.
  return `mark ${id} 'quoted' ${id % 8 === 1 ? '\0' : '"'} ünï ${'x'.repeat(id % 50)}`;
}

/** The ids of rows that are stored and should not be, or the other way round, or differ in their text. */
export function discrepancies(
  { acknowledged }: MixedWrites,
  stored: readonly { id: number; text: string }[],
): number[] {
  const found = new Map(stored.map(({ id, text }) => [id, text]));
  const ids = new Set([...acknowledged.keys(), ...found.keys()]);
  return [...ids].filter((id) => acknowledged.get(id) !== found.get(id));
}
