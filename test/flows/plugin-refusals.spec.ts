import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-plugins-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A whole plugin, but for what is given. */
function plugin({ name = 'GreetCommand', spec = '', needs = '[]', body = '' } = {}): string {
  return `
    import { Module } from '@nestjs/common';
    import { bpmRequest, Handles } from 'signalbox/plugin';
    import { z } from 'zod';
    class ${name} extends bpmRequest({
      kind: 'command', permission: 'events:publish', input: z.strictObject({}), success: 'Greeted', example: {}, ${spec}
    }) {}
    class Unknown {}
    class GreetHandler { async execute() { return 'hello'; } }
    Handles(${name}, ${needs})(GreetHandler);
    export class GreetModule {}
    Module({ providers: [GreetHandler] })(GreetModule);
    ${body}`;
}

/** What a start with these plugins says. */
async function refusal(...sources: string[]): Promise<string> {
  const names = sources.map((source, index) => {
    writeFileSync(join(folder, `plugin${index}.mjs`), source);
    return `./plugin${index}.mjs`;
  });
  return await start(names.join(','));
}

async function start(PLUGINS: string): Promise<string> {
  const started = await Signalbox.start({ env: { PLUGINS }, wrapper: ['env', '-C', folder] }).then(
    (signalbox) => signalbox.stop(),
    (error: Error) => error.message,
  );
  if (typeof started !== 'string') throw new Error('It started');
  return started;
}

const name = './plugin0.mjs';

describe('A start is refused with a sentence that names PLUGINS and the module', () => {
  it.each([
    [
      'throws when it is imported',
      plugin({ body: `throw new Error('no licence\\n    at x');` }),
      'cannot be loaded: no licence.',
    ],
    ['cannot be read', 'export const = 1;', 'cannot be loaded: '],
    ['exports no module', 'export const answer = 42;', 'exports no Nest module.'],
    [
      'names a command of the server',
      plugin({ name: 'CreateWebHookConfigCommand' }),
      'has the command "CreateWebHookConfigCommand", which has a name that is taken: the server has a command of that name.',
    ],
    [
      'needs a permission that does not exist',
      plugin({ spec: `permission: 'greet:all'` }),
      'has the command "GreetCommand", which needs the permission "greet:all", which does not exist: there are webhooks:read, ',
    ],
    [
      'takes unknown fields',
      plugin({ spec: 'input: z.object({})' }),
      'has the command "GreetCommand", which has an input that is no strict object: make it with z.strictObject.',
    ],
    ['takes no object', plugin({ spec: 'input: z.string()' }), 'has an input that is no strict object'],
    ['is of no kind', plugin({ spec: `kind: 'event'` }), 'is neither of the kind "command" nor "query".'],
    [
      'needs what nobody has',
      plugin({ needs: '[Unknown]' }),
      "cannot be put together: Nest can't resolve dependencies of the GreetHandler",
    ],
  ])('where one %s', async (_what, source, reason) => {
    const output = await refusal(source);
    expect(output).toContain(`Signalbox cannot start:\n  PLUGINS ${name} `);
    expect(output).toContain(reason);
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('where there is none of that name or path', async () => {
    expect(await start('./nowhere.mjs')).toContain(
      '  PLUGINS ./nowhere.mjs cannot be loaded: Cannot find module',
    );
    expect(await start('no-such-package')).toContain(
      "  PLUGINS no-such-package cannot be loaded: Cannot find package 'no-such-package'",
    );
  });

  it('where two have the same command', async () => {
    expect(await refusal(plugin(), plugin())).toContain(
      '  PLUGINS ./plugin1.mjs has the command "GreetCommand", which has a name that is taken: PLUGINS ./plugin0.mjs has a command of that name.',
    );
  });

  it('where one is named twice', async () => {
    expect(await start(`${name},${name}`)).toContain('  PLUGINS must name each module once.');
  });
});
