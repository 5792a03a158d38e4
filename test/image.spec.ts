import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { freePort } from './support/free-port.ts';
import { Signalbox } from './support/signalbox.ts';

const run = promisify(execFile);
const root = new URL('..', import.meta.url).pathname;
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

/** The instructions of the Dockerfile, each in one line. */
const instructions = textOf('deploy/Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => ({ name: line.split(' ', 1)[0]!, rest: line.slice(line.indexOf(' ') + 1) }));
/** What the image that is run has, after the stages before it. */
const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
const manifest = JSON.parse(textOf('package.json')) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

/** What is copied from the project. */
const copied = instructions
  .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
  .flatMap(({ rest }) => rest.split(' ').slice(0, -1));

function only(name: string): string {
  const found = last.filter((instruction) => instruction.name === name);
  expect(found).toHaveLength(1);
  return found[0]!.rest;
}

const environment = Object.fromEntries(
  last
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ rest }) => rest.split(' '))
    .map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
);

describe('The image', () => {
  it('has the Node that the product asks for, in each stage', () => {
    const [major] = /\d+/.exec(manifest.engines.node)!;
    const bases = instructions.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(' ')[0]);
    expect(bases).toStrictEqual([`node:${major}-slim`, `node:${major}-slim`]);
  });

  it('sets variables that the product knows: it starts in production with its data in the volume', () => {
    const variables = [...textOf('src/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(
      ([, name]) => name,
    );
    // SQLite's own: where it sorts what is too large for memory.
    const { SQLITE_TMPDIR, ...ours } = environment;
    expect(variables).toStrictEqual(expect.arrayContaining(Object.keys(ours)));
    const volume = only('VOLUME');
    expect(SQLITE_TMPDIR).toBe(volume);
    expect(readConfig(ours)).toMatchObject({
      isProduction: true,
      host: '0.0.0.0',
      port: Number(only('EXPOSE')),
      databaseUrl: `sqlite:${volume}/signalbox.db`,
    });
  });

  it('runs as somebody who owns the volume and is not root, by number, so that Kubernetes can see it', () => {
    const user = only('USER');
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const [owner, group] = user.split(':');
    expect(only('RUN')).toBe(`install -d -o ${owner} -g ${group} -m 0700 ${only('VOLUME')}`);
    expect(last.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      last.findLastIndex(({ name }) => name === 'COPY'),
    );
  });

  it('is built and started by what package.json names', () => {
    const scripts = instructions
      .filter(({ name }) => name === 'RUN')
      .flatMap(({ rest }) => [...rest.matchAll(/\bnpm run (?:-s )?(\S+)/g)].map(([, script]) => script!));
    expect(scripts).toStrictEqual(['build']);
    expect(Object.keys(manifest.scripts)).toContain('build');
    expect((JSON.parse(only('CMD')) as string[]).join(' ')).toBe(manifest.scripts['start:built']);
  });

  it('has all that its build reads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-image-'));
    try {
      for (const path of copied) cpSync(join(root, path), join(folder, path), { recursive: true });
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
      await run('npm', ['run', '-s', 'build'], { cwd: folder });
      for (const file of ['main.js', 'copy-database.js', 'cli/main.js'])
        expect(existsSync(join(folder, 'dist', file))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);

  it('copies files that are there and that .dockerignore lets through, and nothing else', () => {
    const rules = textOf('.dockerignore').split('\n');
    const allowed = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
    expect(copied.filter((path) => !existsSync(join(root, path)))).toStrictEqual([]);
    expect(new Set(allowed)).toStrictEqual(new Set(copied));
    expect(rules.find((rule) => rule !== '' && !rule.startsWith('#'))).toBe('*');
  });

  it('is healthy while it answers, and not when it does not', async () => {
    const [, command] = /CMD (\[.*\])$/.exec(only('HEALTHCHECK'))!;
    const [program, ...args] = JSON.parse(command!) as string[];
    expect(program).toBe('node');
    const check = (port: string) => run(process.execPath, args, { env: { PORT: port } });
    const signalbox = await Signalbox.start();
    await check(new URL(signalbox.url).port);
    await signalbox.stop();
    await expect(check(String(await freePort()))).rejects.toMatchObject({ code: 1 });
  });
});
