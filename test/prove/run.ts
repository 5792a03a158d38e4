import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { isPostgres } from '../support/database.ts';
import { PostgresServer } from '../support/postgres/postgres-server.ts';

/** What a proof file exports: it throws when the promise does not hold, and may give figures. It is given the PostgreSQL that its databases are on, where they are. */
type Prove = (options: Record<string, number>, server: PostgresServer | null) => Promise<unknown>;

const here = import.meta.dirname;
/** Opens a database once. */
const migrating = `Promise.all([import('../../dist/platform/db/index.js'), import('../../dist/platform/sealing.js')])
  .then(([{ Database }, { Sealer }]) => Database.open(process.argv[1], [], new Sealer(Buffer.alloc(32))))
  .then((database) => database.close())`;
const names = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [name] = args;
  if (name === undefined || !names.includes(name)) {
    process.stdout.write(
      `npm run prove -- <name> [--<figure> <number>] [--write]\n  ${names.join('\n  ')}\n`,
    );
    return name === undefined ? 0 : 2;
  }
  const options = optionsOf(args.slice(1));
  const began = performance.now();
  const { prove } = (await import(new URL(`${name}.ts`, import.meta.url).href)) as { prove: Prove };
  const server = isPostgres ? await PostgresServer.start() : null;
  await server?.serveTests(makeTables);
  const result = await prove(options, server).then(
    (figures) => ({ figures, failure: null }),
    (failure: unknown) => ({ figures: null, failure }),
  );
  await server?.stop();
  const seconds = Math.round((performance.now() - began) / 1000);
  const database = isPostgres ? 'TEST_DATABASE=postgres ' : '';
  const command = `${database}npm run prove -- ${args.filter((arg) => arg !== '--write').join(' ')}`;
  const block = blockOf({ name, command, seconds, ...result });
  process.stdout.write(`\n${block}`);
  if (args.includes('--write')) await record(block);
  return result.failure === null ? 0 : 1;
}

/** Puts it on record, as the check of layout wants it. */
async function record(block: string): Promise<void> {
  const file = join(here, '../../docs/proofs.md');
  const settings = await resolveConfig(file);
  const text = `${readFileSync(file, 'utf8')}\n${block}`;
  writeFileSync(file, await format(text, { ...settings, parser: 'markdown' }));
}

/** By what was built: this program runs without a compiler. */
async function makeTables(url: string): Promise<void> {
  const child = spawnSync(process.execPath, ['-e', migrating, url], { cwd: here, stdio: 'inherit' });
  if (child.status !== 0) throw new Error('The tables could not be made');
}

/** `--minutes 10` → `{ minutes: 10 }`. */
function optionsOf(args: readonly string[]): Record<string, number> {
  const options: Record<string, number> = {};
  for (const [index, arg] of args.entries()) {
    const value = Number(args[index + 1]);
    if (arg.startsWith('--') && arg !== '--write') {
      if (!Number.isFinite(value)) throw new Error(`${arg} needs a number`);
      options[arg.slice(2)] = value;
    }
  }
  return options;
}

interface Proof {
  name: string;
  command: string;
  seconds: number;
  figures: unknown;
  failure: unknown;
}

function blockOf({ name, command, seconds, figures, failure }: Proof): string {
  const verdict = failure === null ? 'holds' : 'FAILED';
  const rows = figuresOf(figures).map(([label, value]) => `| ${label} | ${value} |\n`);
  const table = rows.length === 0 ? '' : `\n| figure | |\n| --- | --- |\n${rows.join('')}`;
  const sentence = failure === null ? '' : `\n\`\`\`text\n${messageOf(failure)}\n\`\`\`\n`;
  return `## ${name}: ${verdict}\n\n${new Date().toISOString().slice(0, 10)}, commit ${commit()}, Node ${process.version}, ${cpus().length} cores, ${seconds} s: \`${command}\`\n${table}${sentence}`;
}

/** Numbers and texts, those of objects within with their path; of lists only the length. */
function figuresOf(figures: unknown, path = ''): [string, string][] {
  if (typeof figures !== 'object' || figures === null) return [];
  return Object.entries(figures).flatMap(([key, value]: [string, unknown]) => {
    const label = path === '' ? key : `${path}.${key}`;
    if (Array.isArray(value)) return [[label, String(value.length)]];
    if (typeof value === 'object' && value !== null) return figuresOf(value, label);
    return [[label, String(value)]];
  });
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: here, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const isClean = git('status', '--porcelain', '--', '../../src') === '';
    return `${git('rev-parse', '--short', 'HEAD')}${isClean ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}
