import { join } from 'node:path';
import { freePort, startServer } from '../harness/server-process.ts';

/** The built product. */
export const mainFile = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

/** Processes of ours that share one database. */
export interface Instances {
  urls: string[];
  pids: number[];
  /** From spawning to the moment at which all were ready. */
  readyMs: number;
  stop(): Promise<void>;
}

/** Starts them at once, each with the shipped defaults and the same environment; where one does not start, none is left. */
export async function startInstances(
  count: number,
  env: Record<string, string>,
  folder: string,
): Promise<Instances> {
  const starts = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => startInstance(env, join(folder, `instance-${index + 1}`))),
  );
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((instance) => instance.stop()));
  };
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    urls: started.map(({ url }) => url),
    pids: started.map(({ pid }) => pid),
    readyMs: Math.max(...started.map(({ readyMs }) => readyMs)),
    stop,
  };
}

async function startInstance(env: Record<string, string>, folder: string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    args: [mainFile],
    cwd: folder,
    env: { NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), ...env },
    folder,
    readyUrl: `${url}/health/ready`,
  });
  return { ...server, url };
}
