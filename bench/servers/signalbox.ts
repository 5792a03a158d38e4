import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, randomKey, startServer } from '../harness/server-process.ts';
import { configKey } from '../workload.ts';
import type { CallBounds, Row, RunningServer, Target } from './server.ts';
import { callCommand, callNoted, compareResults, sampleExecutions } from './signalbox-api.ts';
import type { Api } from './signalbox-api.ts';
import { checkStored, untilNoneUnfinished } from './stored-executions.ts';

/** A row of ours: one webhook config, and what its calls must answer. */
interface SignalboxRow {
  name: string;
  title: string;
  /** The config's fields besides key, description, isEnabled, path and action. */
  config: Record<string, unknown>;
  target(url: string): Target;
  /** Absent: all counts. */
  connections?: number[];
  /** The row that does the same plainly. */
  plain?: string;
  /** All calls with the same body are one execution. */
  isOncePerBody?: boolean;
  /** Calls are only accepted, and run afterwards: what the result of the load's call must contain. */
  laterExpect?: string;
}

const root = join(import.meta.dirname, '..', '..');
const mainFile = join(root, 'dist', 'main.js');

/** Signalbox as it ships, on an empty SQLite database, with one config. */
export function signalboxRow(row: SignalboxRow): Row {
  return {
    name: row.name,
    title: row.title,
    isOurs: true,
    ...(row.connections && { connections: row.connections }),
    ...(row.plain !== undefined && { plain: row.plain }),
    obstacle: () => (existsSync(mainFile) ? undefined : 'dist/main.js is missing; run npm run build'),
    start: (folder) => startSignalbox(row, folder),
  };
}

async function startSignalbox(row: SignalboxRow, folder: string): Promise<RunningServer> {
  const port = await freePort();
  const databaseFile = join(folder, 'signalbox.db');
  const api: Api = { url: `http://127.0.0.1:${port}`, key: randomKey() };
  const server = await startServer({
    args: [mainFile],
    cwd: folder,
    env: {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: `sqlite:${databaseFile}`,
      ADMIN_API_KEY: api.key,
    },
    folder,
    readyUrl: `${api.url}/health/ready`,
  });
  try {
    await createConfig(api, row);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const target = row.target(`${api.url}/api/webhooks/dynamic/${configKey}`);
  const running = { api, databaseFile, target, stop: server.stop };
  return {
    ...server,
    target,
    ...(row.laterExpect !== undefined && { settle: () => untilNoneUnfinished(databaseFile) }),
    finish: async (bounds) => {
      try {
        return await checkAndStop(row, running, bounds);
      } finally {
        await server.stop();
      }
    },
  };
}

async function createConfig(api: Api, row: SignalboxRow): Promise<void> {
  await callCommand(api, 'CreateWebHookConfigCommand', {
    key: configKey,
    description: row.title,
    isEnabled: true,
    path: `/webhooks/${configKey}`,
    action: 'POST',
    ...row.config,
  });
}

interface Running {
  api: Api;
  databaseFile: string;
  target: Target;
  stop(): Promise<void>;
}

/** Every answered call has its execution, each noted one by its id, and nothing was recorded that nobody called. */
async function checkAndStop(
  row: SignalboxRow,
  { api, databaseFile, target, stop }: Running,
  bounds: CallBounds,
): Promise<string> {
  const noted = await callNoted(target);
  if (row.laterExpect !== undefined) {
    await untilNoneUnfinished(databaseFile);
    await compareResults(api, noted, row.laterExpect);
  }
  const made = row.isOncePerBody === true ? onePerBody(target) : plus(bounds, noted.length);
  const sampled = await sampleExecutions(api, made.atLeast);
  await stop();
  const ids = noted.map(({ executionId }) => executionId);
  if (row.isOncePerBody === true && new Set(ids).size !== 1) {
    throw new Error(`Calls with one key are ${new Set(ids).size} executions`);
  }
  const areAllSucceeded = row.laterExpect !== undefined;
  const stored = checkStored(databaseFile, { bounds: made, ids, areAllSucceeded });
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
