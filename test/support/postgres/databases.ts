import { Client, type DatabaseError, TypeOverrides, types as known } from 'pg';

/** The product is no superuser: it owns its database. */
const OWNER = 'signalbox';
const TEMPLATE = 'signalbox_template';
const DUPLICATE_DATABASE = '42P04';
const types = new TypeOverrides();
// As SQLite's driver gives them; no test counts to 2⁵³.
for (const type of [known.builtins.INT8, known.builtins.NUMERIC]) types.setTypeParser(type, Number);
types.setTypeParser(known.builtins.BOOL, (text) => (text === 't' ? 1 : 0));

/** Set by the start of the server, for the specs' own processes. */
function superuserUrl(): URL {
  const url = process.env['TEST_POSTGRES_URL'];
  if (!url) throw new Error('PostgreSQL does not run: TEST_POSTGRES_URL is missing');
  return new URL(url);
}

/** The address of a database as the product is given it. */
export function ownersUrl(database: string): string {
  const url = superuserUrl();
  url.username = OWNER;
  url.pathname = database;
  return url.href;
}

/** Runs statements at an address. */
export async function executeOn(url: string, statements: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}

/** A connection as the superuser: the caller ends it. */
export async function connectAsSuperuser(database: string): Promise<Client> {
  const url = superuserUrl();
  url.pathname = database;
  const client = new Client({ connectionString: url.href, types });
  // Who asks something then is told; where nobody does, it is of no matter.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** One connection as the superuser, closed again afterwards. */
export async function withSuperuser<T>(
  work: (client: Client) => Promise<T>,
  database = 'postgres',
): Promise<T> {
  const client = await connectAsSuperuser(database);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Makes the database that all others are copies of; `prepare` is given its address and brings its tables up to date. */
export async function makeTemplate(prepare: (url: string) => Promise<void>): Promise<void> {
  await withSuperuser(async (client) => {
    await client.query(`CREATE ROLE ${OWNER} LOGIN PASSWORD '${superuserUrl().password}'`);
    await client.query(`CREATE DATABASE ${TEMPLATE} OWNER ${OWNER}`);
  });
  await prepare(ownersUrl(TEMPLATE));
}

/** Makes a database without rows, or finds the one of that name. */
export async function makeDatabase(name: string): Promise<void> {
  await withSuperuser((client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} OWNER ${OWNER}`),
  ).catch((error: DatabaseError) => {
    if (error.code !== DUPLICATE_DATABASE) throw error;
  });
}

/** Gives databases up. Removing their files takes longer than a spec should wait: `dropRetired` does it meanwhile. */
export async function retireDatabases(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await withSuperuser(async (client) => {
    for (const name of names) await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  });
}

/** Removes the databases that were given up. */
export async function dropRetired(): Promise<void> {
  await withSuperuser(async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'`,
    );
    for (const { name } of rows) await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  });
}
