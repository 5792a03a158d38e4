import { parseArgs } from 'node:util';
import { ConfigError, readVariable } from './config.ts';
import { isPostgresUrl, objectionsToDatabaseUrl } from './platform/database-url.ts';
import { copyDatabase, CopyRefusal } from './platform/db/copying/index.ts';
import { sqlitePath } from './platform/db/index.ts';
import { Sealer } from './platform/sealing.ts';
import { existingKeyBeside } from './platform/secrets-key.ts';

/** What the exit says; the numbers are in docs/operations.md. */
const exitCodes = { done: 0, failed: 1, usage: 2, source: 3, target: 4, key: 5 } as const;

const USAGE = `npm run copy-database -- --from sqlite:<path> --to postgres://<user>@<host>/<database>

Moves an installation from SQLite to PostgreSQL; docs/operations.md says how.`;

/** A failure that is told in sentences and ends the program with its exit code. */
class Failure extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}

function readArguments(): { from: string; to: string } {
  const { from, to } = parsed();
  if (from === undefined || to === undefined) throw new Failure(exitCodes.usage, USAGE);
  if (isPostgresUrl(from) || to.startsWith('sqlite:'))
    throw new Failure(exitCodes.usage, 'It goes from SQLite to PostgreSQL and not the other way.');
  if (!from.startsWith('sqlite:'))
    throw new Failure(exitCodes.usage, '--from must be sqlite: and the path of the database file.');
  if (!isPostgresUrl(to))
    throw new Failure(exitCodes.usage, '--to must be postgres://<user>@<host>/<database>.');
  for (const objection of objectionsToDatabaseUrl(to))
    throw new Failure(exitCodes.usage, `--to ${objection}.`);
  return { from, to };
}

function parsed(): { from?: string | undefined; to?: string | undefined } {
  try {
    return parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } }).values;
  } catch (error) {
    throw new Failure(exitCodes.usage, `${(error as Error).message}\n\n${USAGE}`);
  }
}

async function main(): Promise<void> {
  const { from, to } = readArguments();
  const given = readVariable('SECRETS_KEY');
  const key = given ?? existingKeyBeside(sqlitePath(from));
  const counts = await copyDatabase({
    from,
    to,
    sealer: key && new Sealer(key),
    report: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  const width = Math.max(...[...counts.keys()].map((name) => name.length));
  for (const [name, count] of counts)
    process.stdout.write(`${name.padEnd(width)} ${String(count).padStart(12)}\n`);
  process.stdout.write('copied and compared\n');
  process.stdout.write(
    `Set SECRETS_KEY of the new installation to ${given ? 'the value that it has here' : `what stands in secrets.key beside ${sqlitePath(from)}`}: nothing else opens what was copied.\n`,
  );
}

/** Tells what went wrong in sentences, on stderr. @returns the exit code. */
function told(error: unknown): number {
  if (error instanceof Failure) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  const sentences = error instanceof ConfigError ? error.sentences : [(error as Error).message];
  process.stderr.write(`Nothing was copied:\n${sentences.map((sentence) => `  ${sentence}\n`).join('')}`);
  if (error instanceof ConfigError) return exitCodes.key;
  return error instanceof CopyRefusal ? exitCodes[error.part] : exitCodes.failed;
}

try {
  await main();
} catch (error) {
  process.exitCode = told(error);
}
