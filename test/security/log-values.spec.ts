import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const logger = new URL('../../dist/platform/logger.js', import.meta.url).href;

/** The line that a process of its own writes. */
function lineOf(statement: string): Record<string, unknown> {
  const source = `
    const { createLogger } = await import('${logger}');
    const log = await createLogger({ level: 'info', isReadable: false });
    ${statement}`;
  const line = execFileSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  return JSON.parse(line) as Record<string, unknown>;
}

it('a log line tells what failed without the values that were to be written', () => {
  const line = lineOf(`
    const cause = Object.assign(new Error('SQLITE_FULL: disk is full'), { code: 'SQLITE_FULL' });
    const details = { query: "INSERT INTO t VALUES ('in-the-query')", parameters: ['in-a-parameter'], driverError: cause };
    log.warn({ err: Object.assign(new Error('It failed'), details) }, 'not stored');`);
  expect(line).toMatchObject({
    level: 'warn',
    msg: 'not stored',
    err: { type: 'Error', message: expect.stringContaining('It failed'), stack: expect.any(String) },
  });
  expect(JSON.stringify(line)).not.toMatch(/in-the-query|in-a-parameter/);
});
