import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startServer } from '../harness/server-process.ts';
import { orderExchange } from '../workload.ts';
import type { Row, RunningServer, Target } from './server.ts';

/** Where the others live, with their own package.json and lockfile. */
export const peersFolder = join(import.meta.dirname, '..', 'peers');

interface Peer {
  name: string;
  title: string;
  /** Arguments for Node, given the folder for what it writes. */
  args(folder: string): string[];
}

/** The version that is installed, if it is the pinned one. */
export function installedVersion(name: string): string | undefined {
  const file = join(peersFolder, 'node_modules', name, 'package.json');
  if (!existsSync(file)) return undefined;
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version === pinnedVersions()[name] ? version : undefined;
}

/** What `bench/peers/package.json` pins. */
export function pinnedVersions(): Record<string, string> {
  const text = readFileSync(join(peersFolder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies;
}

/** The requests that all servers with the script's work get. */
export function orderTarget(urls: string[]): Target {
  return { urls, status: 200, exchange: orderExchange(1), probes: [2, 3, 4, 5].map(orderExchange) };
}

/** A row for a pinned package that listens on PORT and answers POST /bench and GET /health. */
export function peerRow(peer: Peer): Row {
  return {
    name: peer.name,
    title: `${peer.title.replace('{version}', pinnedVersions()[peer.name] ?? '')}`,
    isOurs: false,
    obstacle: () => (installedVersion(peer.name) === undefined ? 'it could not be installed' : undefined),
    start: (folder) => startPeer((data) => peer.args(data), folder),
  };
}

/** @param args for Node, given the folder for what it writes. It listens on PORT and answers as `peerRow` says. */
export async function startPeer(args: Peer['args'], folder: string): Promise<RunningServer> {
  const port = await freePort();
  const server = await startServer({
    args: args(folder),
    cwd: peersFolder,
    env: { PORT: String(port), NODE_ENV: 'production' },
    folder,
    readyUrl: `http://127.0.0.1:${port}/health`,
  });
  return {
    ...server,
    pids: [server.pid],
    databasePids: [],
    target: orderTarget([`http://127.0.0.1:${port}/bench`]),
    finish: async () => {
      await server.stop();
      return undefined;
    },
  };
}
