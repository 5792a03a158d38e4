import { randomBytes } from 'node:crypto';
import { Database } from '../../../src/platform/db/index.ts';
import { Sealer } from '../../../src/platform/sealing.ts';

/** Makes the tables of the product in a database, as its start does. */
export async function makeTables(url: string): Promise<void> {
  await (await Database.open(url, [], new Sealer(randomBytes(32)))).close();
}
