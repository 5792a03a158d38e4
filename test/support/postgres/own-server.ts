import { giveUpDatabases } from '../database.ts';
import { PostgresServer } from './postgres-server.ts';
import { makeTables } from './tables.ts';

/** A PostgreSQL of one spec's own, which may fall while the specs beside it go on: until `end`, its databases are there. */
export interface OwnServer {
  /** Ends it as a crash would and starts it again after a while, at the same address. */
  restart(downMs?: number): Promise<void>;
  end(): Promise<void>;
}

export async function startOwnServer(): Promise<OwnServer> {
  const shared = process.env['TEST_POSTGRES_URL'];
  const server = await PostgresServer.start();
  await server.serveTests(makeTables);
  return {
    restart: (downMs = 0) => server.restart(downMs),
    end: async () => {
      await giveUpDatabases();
      await server.stop();
      process.env['TEST_POSTGRES_URL'] = shared;
    },
  };
}
