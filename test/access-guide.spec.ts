import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from './support/signalbox.ts';

const guide = readFileSync(new URL('../docs/access.md', import.meta.url), 'utf8');

/** Blocks of the form: a command, `// → …`, what its data begins with. */
const examples = [...guide.matchAll(/```jsonc\n([\s\S]*?)\n\/\/ → (.*)\n```/g)].map(
  ([, command, expected]) => ({
    command: command!,
    expected: JSON.parse(expected!) as unknown,
  }),
);
const [shell] = [...guide.matchAll(/```sh\n(.*)\n```/g)].map(([, line]) => line!);

let signalbox: Signalbox;
const known: Record<string, string> = {};

beforeAll(async () => {
  signalbox = await Signalbox.start();
});
afterAll(() => signalbox.stop());

/** `cli_…` stands for any text that begins so. */
function matching(expected: unknown): unknown {
  if (typeof expected === 'string' && expected.endsWith('…'))
    return expect.stringMatching(new RegExp(`^${expected.slice(0, -1)}`));
  if (Array.isArray(expected)) return expected.map(matching);
  if (typeof expected !== 'object' || expected === null) return expected;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, matching(value)])),
  );
}

describe('the guide to access', () => {
  it('has no example that is not run', () => {
    expect(examples.length).toBe(guide.match(/```jsonc/g)!.length);
    expect(guide.match(/```sh/g)).toHaveLength(1);
  });

  it('shows what really comes back, in the order in which it is read', async () => {
    for (const { command, expected } of examples) {
      const text = command.replaceAll(/(cli|usr)_…/g, (placeholder) => known[placeholder] ?? placeholder);
      const { $type, ...fields } = JSON.parse(text) as { $type: string } & Record<string, unknown>;
      const { body } = await signalbox.command<Record<string, string>>($type, fields);
      expect({ $type, ...body }).toMatchObject({ $type, success: true });
      expect(body.data).toEqual(matching(expected));
      if (body.data['clientSecret']) {
        const line = shell!.replace('http://127.0.0.1:3000', signalbox.url);
        const env = { ...process.env, CLIENT_ID: body.data['id'], CLIENT_SECRET: body.data['clientSecret'] };
        const answer = execFileSync('bash', ['-c', line], { env, encoding: 'utf8' });
        expect(JSON.parse(answer)).toMatchObject({ token_type: 'bearer', scope: 'events:publish' });
      }
      const { id } = body.data;
      if (id) known[`${id.slice(0, 3)}_…`] = id;
    }
  });
});
