import type { DataSource } from 'typeorm';
import { rawQuery } from './raw-query.ts';

/** A start that was refused because a newer version has been at work on this database. */
export class NewerSchemaError extends Error {}

/** Tables of a newer version may mean something else: what this one wrote into them could not be mended. */
export async function refuseNewerSchema(source: DataSource): Promise<void> {
  const runner = source.createQueryRunner();
  try {
    if (!(await runner.hasTable('migrations'))) return;
    const own = new Set(source.migrations.map(({ name, constructor }) => name ?? constructor.name));
    const done: { name: string }[] = await rawQuery(runner.manager, 'SELECT name FROM migrations');
    const unknown = done.map(({ name }) => name).filter((name) => !own.has(name));
    if (unknown.length === 0) return;
    throw new NewerSchemaError(
      `The database was upgraded by a newer Signalbox (${unknown.join(', ')} is unknown to this one): start that version or a later one, or restore the backup made before the upgrade`,
    );
  } finally {
    await runner.release();
  }
}
