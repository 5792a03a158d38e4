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
import { databaseUrl, execute, isPostgres } from '../../../test/support/database.ts';
import { queueProcess } from '../../../test/support/queue-process.ts';
import { Sealer } from '../sealing.ts';

const sealer = new Sealer(randomBytes(32));

async function open(): Promise<QueueHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'queue-'));
  const url = await databaseUrl(folder);
  await execute(folder, marksStatement);
  const first = await queueProcess(url, sealer);
  const all = [first];
  const harness: QueueHarness = {
    database: first.database,
    queue: first.queue,
    restart: async (prepare) => {
      // What a crash leaves: nobody says anything any more.
      all.at(-1)!.link.close();
      const next = await queueProcess(url, sealer);
      all.push(next);
      Object.assign(harness, { database: next.database, queue: next.queue });
      prepare(next.queue);
      await next.queue.start();
    },
    close: async () => {
      for (const process of all) await process.end().catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return harness;
}

describe.runIf(isPostgres)('the queue on PostgreSQL', () => {
  queueContract(open);
  queueOrderContract(open);
  queueReplanningContract(open);
});
