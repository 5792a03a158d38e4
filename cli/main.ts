#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { apply } from './apply.ts';
import type { CliCommand, Connect } from './cli-command.ts';
import { cmd } from './cmd.ts';
import { connectionOf, isInTheClear } from './connection.ts';
import { exportConfigs } from './export.ts';
import { CliFailure, exitCodes, nearestOf, Refusal, usage } from './failures.ts';
import { replay } from './replay.ts';
import { Server } from './server.ts';
import { tail } from './tail.ts';
import { note, say } from './terminal.ts';

const NODE_MAJOR_MIN = 20;

const commands: Readonly<Record<string, CliCommand>> = { cmd, tail, replay, export: exportConfigs, apply };

const help = `signalbox speaks to a Signalbox server.

${Object.entries(commands)
  .map(([name, { summary }]) => `  signalbox ${name.padEnd(8)} ${summary}`)
  .join('\n')}

signalbox <command> --help tells more.

The server: --url or SIGNALBOX_URL (http://127.0.0.1:3000).
Who asks:   SIGNALBOX_API_KEY, or SIGNALBOX_TOKEN, or SIGNALBOX_CLIENT_ID with SIGNALBOX_CLIENT_SECRET.
Account:    SIGNALBOX_ACCOUNT, for who is bound to none.
Exit codes: 0 done, 1 the server refused, 2 the command line or a file is wrong, 3 the server cannot be reached.`;

async function main(args: readonly string[]): Promise<void> {
  const { url, rest } = beforeCommand(args);
  const [name, ...others] = rest;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return say(help);
  if (name === '--version') return say(version());
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const meant = nearestOf(name, Object.keys(commands));
    throw usage(`signalbox has no command "${name}"`, [
      meant ? `Did you mean ${meant}?` : 'signalbox --help lists them',
    ]);
  }
  await command.run(others, connectTo(url));
}

/** `--url` may stand before the command too: behind it, a command of the server may have a field of that name. */
function beforeCommand(args: readonly string[]): { url: string | undefined; rest: readonly string[] } {
  const [first = '', second] = args;
  if (first.startsWith('--url=')) return { url: first.slice('--url='.length), rest: args.slice(1) };
  if (first !== '--url') return { url: undefined, rest: args };
  if (second === undefined) throw usage('--url needs a value');
  return { url: second, rest: args.slice(2) };
}

function connectTo(urlBefore: string | undefined): Connect {
  return (url) => {
    const connection = connectionOf(process.env, url ?? urlBefore);
    if (isInTheClear(connection))
      note(`Careful: http sends the credentials to ${connection.url.host} readably`);
    return new Server(connection);
  };
}

function version(): string {
  // Two folders up, both from the source and from what is built of it.
  const manifests = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
  for (const manifest of manifests) {
    try {
      return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
    } catch {
      // The other one.
    }
  }
  return 'unknown';
}

/** Tells what went wrong in sentences, on stderr. @returns the exit code. */
function told(error: unknown): number {
  if (!(error instanceof CliFailure)) throw error;
  note(error instanceof Refusal && error.code ? `${error.message} (${error.code})` : error.message);
  for (const detail of error.details) note(`  ${detail}`);
  return error.exitCode;
}

// Whoever reads our output may have seen enough (`signalbox tail | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  note(`signalbox needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.versions.node}`);
  process.exitCode = exitCodes.usage;
} else {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.exitCode = told(error);
  }
}
