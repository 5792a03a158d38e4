import { existsSync } from 'node:fs';
import { randomKey } from '../harness/server-process.ts';
import { configKey } from '../workload.ts';
import type { CallBounds, Row, RunningServer, Target } from './server.ts';
import { callCommand, callNoted, compareResults, sampleExecutions, untilKnown } from './signalbox-api.ts';
import type { Api } from './signalbox-api.ts';
import { mainFile, startInstances } from './signalbox-instances.ts';
import type { Instances } from './signalbox-instances.ts';
import { sqlite } from './storage-sqlite.ts';
import { checkStored, untilNoneUnfinished } from './storage.ts';
import type { Storage, StorageKind } from './storage.ts';

/** A row of ours: one webhook config, and what its calls must answer. */
interface SignalboxRow {
  name: string;
  title: string;
  /** The config's fields besides key, description, isEnabled, path and action. */
  config: Record<string, unknown>;
  target(urls: string[]): Target;
  /** Absent: all counts. */
  connections?: number[];
  /** The row that does the same plainly. */
  plain?: string;
  /** All calls with the same body are one execution. */
  isOncePerBody?: boolean;
  /** Calls are only accepted, and run afterwards: what the result of the load's call must contain. */
  laterExpect?: string;
  /** What keeps its records; absent: SQLite. */
  storage?: StorageKind;
  /** How many processes share the storage and the load; absent: one. */
  instances?: number;
}

/** Signalbox as it ships, on an empty database, with one config. */
export function signalboxRow(row: SignalboxRow): Row {
  const storage = row.storage ?? sqlite;
  return {
    name: row.name,
    title: row.title,
    isOurs: true,
    hasDatabaseServer: storage.isServer,
    ...(row.connections && { connections: row.connections }),
    ...(row.plain !== undefined && { plain: row.plain }),
    obstacle: () =>
      existsSync(mainFile) ? storage.obstacle() : 'dist/main.js is missing; run npm run build',
    start: (folder) => startSignalbox(row, storage, folder),
  };
}

async function startSignalbox(row: SignalboxRow, kind: StorageKind, folder: string): Promise<RunningServer> {
  const storage = await kind.open(folder);
  const key = randomKey();
  const env = { ...storage.env, ADMIN_API_KEY: key };
  const instances = await startInstances(row.instances ?? 1, env, folder).catch(async (error: unknown) => {
    await storage.drop();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await instances.stop();
    await storage.drop();
  };
  try {
    const apis = instances.urls.map((url) => ({ url, key }));
    await createConfig(apis, row);
    return runningServer(row, { storage, instances, apis, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Creates it at the first instance; calls may go to all when this is done. */
async function createConfig([first, ...others]: Api[], row: SignalboxRow): Promise<void> {
  if (first === undefined) return;
  await callCommand(first, 'CreateWebHookConfigCommand', {
    key: configKey,
    description: row.title,
    isEnabled: true,
    path: `/webhooks/${configKey}`,
    action: 'POST',
    ...row.config,
  });
  for (const other of others) await untilKnown(other, configKey);
}

interface Running {
  storage: Storage;
  instances: Instances;
  /** One for each instance. */
  apis: Api[];
  stop(): Promise<void>;
}

function runningServer(row: SignalboxRow, running: Running): RunningServer {
  const { storage, instances, stop } = running;
  const target = row.target(instances.urls.map((url) => `${url}/api/webhooks/dynamic/${configKey}`));
  return {
    pids: instances.pids,
    databasePids: storage.pids,
    readyMs: instances.readyMs,
    target,
    ...(row.laterExpect !== undefined && { settle: () => untilNoneUnfinished(storage) }),
    finish: async (bounds) => {
      try {
        return await checkAndStop(row, running, { target, bounds });
      } finally {
        await stop();
      }
    },
    stop,
  };
}

/** Every answered call has its execution, each noted one by its id, and nothing was recorded that nobody called. */
async function checkAndStop(
  row: SignalboxRow,
  { storage, instances, apis }: Running,
  { target, bounds }: { target: Target; bounds: CallBounds },
): Promise<string> {
  const noted = await callNoted(target);
  if (row.laterExpect !== undefined) {
    await untilNoneUnfinished(storage);
    await compareResults(target, noted, row.laterExpect);
  }
  const made = row.isOncePerBody === true ? onePerBody(target) : plus(bounds, noted.length);
  const sampled = await sampleExecutions(apis, made.atLeast);
  await instances.stop();
  const ids = noted.map(({ executionId }) => executionId);
  if (row.isOncePerBody === true && new Set(ids).size !== 1) {
    throw new Error(`Calls with one key are ${new Set(ids).size} executions`);
  }
  const areAllSucceeded = row.laterExpect !== undefined;
  const stored = await checkStored(storage, { bounds: made, ids, areAllSucceeded });
  const answers = bounds.atLeast + noted.length;
  const results = areAllSucceeded ? ', all have ended well, and the results of those compared are right' : '';
  return `${stored} executions stored for ${answers} answers, ${noted.length} of them compared by id; ${sampled} read back through the API${results}`;
}

function onePerBody({ exchange, probes }: Target): CallBounds {
  const bodies = new Set([exchange, ...probes].map(({ body }) => body)).size;
  return { atLeast: bodies, atMost: bodies };
}

function plus({ atLeast, atMost }: CallBounds, calls: number): CallBounds {
  return { atLeast: atLeast + calls, atMost: atMost + calls };
}
