import { setTimeout as sleep } from 'node:timers/promises';
import { dropRetired } from './databases.ts';
import { PostgresServer } from './postgres-server.ts';
import { makeTables } from './tables.ts';

const SWEEP_MS = 1_000;
const ending = new AbortController();
let server: PostgresServer | undefined;

/** Starts the one PostgreSQL that all specs of this run share. */
export async function setup(): Promise<void> {
  server = await PostgresServer.start();
  await server.serveTests(makeTables);
  // Where it fails, the databases stay until the end.
  sweep().catch(() => undefined);
}

/** Ends it and removes its data. */
export async function teardown(): Promise<void> {
  ending.abort();
  await server?.stop();
}

async function sweep(): Promise<void> {
  while (!ending.signal.aborted) {
    await dropRetired();
    await sleep(SWEEP_MS, undefined, { signal: ending.signal });
  }
}
