import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { QueueHarness } from '../../../test/contracts/queue-harness.ts';
import { queueContract } from '../../../test/contracts/queue.contract.ts';
import { queueOrderContract } from '../../../test/contracts/queue-order.contract.ts';
import { queueReplanningContract } from '../../../test/contracts/queue-replanning.contract.ts';
import { marksStatement } from '../../../test/crash/mixed-writes.ts';
import { databaseUrl, execute } from '../../../test/support/database.ts';
import { Clock } from '../clock.ts';
import { Database } from '../db/index.ts';
import { Sealer } from '../sealing.ts';
import { EmbeddedQueue } from './index.ts';

const sealer = new Sealer(randomBytes(32));
const quiet = () => undefined;

async function open(): Promise<QueueHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'queue-'));
  await execute(folder, marksStatement);
  const database = await Database.open(await databaseUrl(folder), [], sealer);
  let queue = new EmbeddedQueue(database, new Clock(), quiet);
  const harness: QueueHarness = {
    database,
    queue,
    restart: async (prepare) => {
      // What a crash leaves: the table as it is, and nobody who remembers.
      void queue.stop(0);
      harness.queue = queue = new EmbeddedQueue(database, new Clock(), quiet);
      prepare(queue);
      await queue.start();
    },
    close: async () => {
      await queue.stop(0);
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return harness;
}

describe('the embedded queue', () => {
  queueContract(open);
  queueOrderContract(open);
  queueReplanningContract(open);
});
