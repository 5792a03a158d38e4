import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { installPeers } from './harness/install-peers.ts';
import { runRounds } from './harness/rounds.ts';
import { killServers } from './harness/server-process.ts';
import { findAutocannon } from './load/autocannon.ts';
import { findWrk } from './load/wrk.ts';
import { readOptions, usage } from './options.ts';
import type { Options } from './options.ts';
import { readFacts } from './report/facts.ts';
import { toMarkdown } from './report/markdown.ts';
import { summarize } from './report/summary.ts';
import { rows as allRows } from './rows.ts';
import { endPostgres } from './servers/postgres-server.ts';

const here = import.meta.dirname;

const options = readOptions(process.argv.slice(2));
if (options === undefined) process.stdout.write(`${usage}\n`);
else process.exitCode = (await compare(options)) ? 0 : 1;

/** One comparison, from nothing to the written report; answers whether all is well. */
async function compare(options: Options): Promise<boolean> {
  const scratch = join(here, '.work', `run-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  process.once('exit', () => {
    killServers();
    rmSync(scratch, { recursive: true, force: true });
  });
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));

  const unknown = options.only.filter((name) => !allRows.some((row) => row.name === name));
  if (unknown.length > 0) throw new Error(`No such row: ${unknown.join(', ')}\n${usage}`);
  const rows = allRows.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  if (rows.some(({ isOurs }) => !isOurs)) installPeers();
  const tool = findWrk(scratch) ?? findAutocannon();
  const facts = readFacts(scratch);
  const setting = { options, tool, folder: scratch, say, endDatabaseServers: endPostgres };
  const findings = await runRounds(rows, setting);

  const summary = summarize(findings, rows, options.connections);
  const markdown = toMarkdown({ facts, tool: tool.title, options, rows, summary });
  const json = JSON.stringify({ facts, tool: tool.title, options, ...summary, samples: findings.samples });
  const folder = options.isFull ? here : join(here, '.work', 'last');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'RESULTS.md'), markdown);
  writeFileSync(join(folder, 'results.json'), await format(json, { parser: 'json', printWidth: 110 }));
  process.stdout.write(markdown);

  const oursMissing = rows.some(({ name, isOurs }) => isOurs && findings.notRun.has(name));
  const floorMissed = options.isFull && summary.verdicts.some(({ isFloorMet }) => isFloorMet === false);
  for (const failure of summary.failures) say(`FAILED ${failure}`);
  return summary.failures.length === 0 && !oursMissing && !floorMissed;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
