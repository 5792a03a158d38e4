import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { freePort, randomKey, startServer } from '../harness/server-process.ts';
import type { CallBounds, Row, RunningServer, Target } from './server.ts';
import { callCommand, callNoted, sampleExecutions } from './signalbox-api.ts';
import type { Api } from './signalbox-api.ts';
import { configKey } from '../workload.ts';

/** A row of ours: one webhook config, and what its calls must answer. */
interface SignalboxRow {
  name: string;
  title: string;
  /** The config's fields besides key, description, isEnabled, path and action. */
  config: Record<string, unknown>;
  target(url: string): Target;
}

const root = join(import.meta.dirname, '..', '..');
const mainFile = join(root, 'dist', 'main.js');

/** Signalbox as it ships, on an empty SQLite database, with one config. */
export function signalboxRow(row: SignalboxRow): Row {
  return {
    name: row.name,
    title: row.title,
    isOurs: true,
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
    await callCommand(api, 'CreateWebHookConfigCommand', {
      key: configKey,
      description: row.title,
      isEnabled: true,
      path: `/webhooks/${configKey}`,
      action: 'POST',
      ...row.config,
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  const target = row.target(`${api.url}/api/webhooks/dynamic/${configKey}`);
  return {
    ...server,
    target,
    finish: async (bounds) => {
      try {
        const noted = await callNoted(target);
        const sampled = await sampleExecutions(api, bounds.atLeast);
        await server.stop();
        const stored = checkStored(databaseFile, bounds, noted);
        const answers = bounds.atLeast + noted.length;
        return `${stored} executions stored for ${answers} answers, ${noted.length} of them compared by id; ${sampled} read back through the API`;
      } finally {
        await server.stop();
      }
    },
  };
}

/** Every answered call has its row, each noted one by its id, and nothing was recorded that nobody called. */
function checkStored(file: string, { atLeast, atMost }: CallBounds, noted: string[]): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const stored = Number(database.prepare('SELECT count(*) AS n FROM executions').get()?.['n']);
    const [least, most] = [atLeast + noted.length, atMost + noted.length];
    if (stored < least || stored > most) {
      throw new Error(`${stored} executions are stored; ${least} to ${most} calls were made`);
    }
    const find = database.prepare("SELECT 1 FROM executions WHERE account_id = 'default' AND id = ?");
    const lost = noted.filter((id) => find.get(id) === undefined);
    if (lost.length > 0) throw new Error(`${lost.length} of ${noted.length} answered calls are not stored`);
    return stored;
  } finally {
    database.close();
  }
}
