import { Clock } from '../../src/platform/clock.ts';
import { Database } from '../../src/platform/db/index.ts';
import { PostgresProcesses } from '../../src/platform/processes/index.ts';
import { PostgresQueue } from '../../src/platform/queue/index.ts';
import type { Sealer } from '../../src/platform/sealing.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** Short, so that tests wait for seconds; long enough for a machine that stands still at times. */
export const rhythm = { beatMs: 250, leaseMs: 2_000 };

/** What of a process of Signalbox works on the queue, with a way to the database that can be cut. */
export interface QueueProcess {
  link: TcpProxy;
  database: Database;
  processes: PostgresProcesses;
  queue: PostgresQueue;
  /** The names under which it was taken for dead. */
  lost: string[];
  stumbles: unknown[];
  end(): Promise<void>;
}

/** With so short a rhythm a connection has to stand within one beat, which a machine that stands still does not keep. */
async function startedInTime(processes: PostgresProcesses): Promise<void> {
  for (const end = Date.now() + 10_000; ;) {
    try {
      return await processes.start();
    } catch (cause) {
      if (Date.now() > end) throw cause;
    }
  }
}

/** Its queue is not started yet. */
export async function queueProcess(
  databaseUrl: string,
  sealer: Sealer,
  roles = { http: true, worker: true },
): Promise<QueueProcess> {
  const link = await TcpProxy.to(databaseUrl);
  const database = await Database.open(link.url, [], sealer);
  const processes = new PostgresProcesses(database, roles, rhythm.leaseMs, rhythm);
  const lost: string[] = [];
  const stumbles: unknown[] = [];
  processes.onLost((formerId) => lost.push(formerId));
  const onStumble = (_job: unknown, cause: unknown) => stumbles.push(cause);
  const queue = new PostgresQueue({ database, processes, clock: new Clock(), onStumble });
  await startedInTime(processes);
  return {
    link,
    database,
    processes,
    queue,
    lost,
    stumbles,
    end: async () => {
      await queue.stop(0);
      await processes.stop();
      await database.close();
      await link.stop();
    },
  };
}
