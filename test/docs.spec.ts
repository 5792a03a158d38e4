import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signalbox } from './support/signalbox.ts';

const scripting = readFileSync(new URL('../docs/scripting.md', import.meta.url), 'utf8');
const chains = readFileSync(new URL('../docs/chains.md', import.meta.url), 'utf8');
const definitions = readFileSync(new URL('../docs/command-definitions.md', import.meta.url), 'utf8');
const expressions = readFileSync(new URL('../docs/expressions.md', import.meta.url), 'utf8');

interface Example {
  source: string;
  body: string;
  expected: string;
}

/** Blocks of the form: `// body: …`, the script, `// → …`. */
const examples: Example[] = [
  ...scripting.matchAll(/```js\n\/\/ body: (.*)\n([\s\S]*?)\n\/\/ → (.*)\n```/g),
].map(([, body, source, expected]) => ({ body: body!, source: source!, expected: expected! }));

/** The same for expressions: `// body: …`, the expression, `// → …`. */
const expressionExamples: Example[] = [
  ...expressions.matchAll(/```feel\n\/\/ body: (.*)\n=([\s\S]*?)\n\/\/ → (.*)\n```/g),
].map(([, body, source, expected]) => ({ body: body!, source: source!, expected: expected! }));

/** The same for chains: `// body: …`, the steps, `// → …`. */
const chainExamples: Example[] = [
  ...chains.matchAll(/```jsonc\n\/\/ body: (.*)\n([\s\S]*?)\n\/\/ → (.*)\n```/g),
].map(([, body, source, expected]) => ({ body: body!, source: source!, expected: expected! }));

/** A definition, then pairs of `// an order` and `// → its answer`. */
const definitionExamples = [...definitions.matchAll(/```jsonc\n([\s\S]*?)\n((?:\/\/ .*\n)+)```/g)].map(
  ([, source, orders]) => ({
    definition: JSON.parse(source!) as { name: string },
    orders: [...orders!.matchAll(/\/\/ (\{.*)\n\/\/ → (.*)\n/g)].map(([, order, answer]) => [
      JSON.parse(order!) as { $type: string },
      JSON.parse(answer!) as unknown,
    ]) as [{ $type: string }, unknown][],
  }),
);

describe('the guide to commands defined at run time', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await Signalbox.start();
  });
  afterAll(() => signalbox.stop());

  it('has no example that is not run', () => {
    expect(definitionExamples.length).toBe(definitions.match(/```jsonc/g)!.length);
    expect(definitionExamples.flatMap(({ orders }) => orders).length).toBe(
      definitions.match(/\/\/ →/g)!.length,
    );
  });

  it.each(definitionExamples)(
    'shows what really comes back from $definition.name',
    async ({ definition, orders }) => {
      const { body } = await signalbox.command('CreateCommandDefinitionCommand', { ...definition });
      expect(body).toMatchObject({ success: true });
      for (const [{ $type, ...fields }, expected] of orders)
        expect((await signalbox.command($type, fields)).body).toEqual(expected);
    },
  );
});

describe('the guide to command chains', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await Signalbox.start();
  });
  afterAll(() => signalbox.stop());

  it('has no example that is not run', () => {
    expect(chainExamples.length).toBe(chains.match(/```jsonc/g)!.length);
  });

  it.each(chainExamples.map((example, index) => ({ ...example, key: `chain-${index}` })))(
    'shows what really comes back: $expected',
    async ({ key, source, body, expected }) => {
      await signalbox.createConfig(key, { executionType: 1, commandChain: JSON.parse(source) as unknown });
      const response = await signalbox.call(key, JSON.parse(body));
      expect(await response.json()).toMatchObject({ success: true, data: JSON.parse(expected) as unknown });
    },
  );
});

describe('the guide to expressions', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await Signalbox.start();
  });
  afterAll(() => signalbox.stop());

  it('has no example that is not run', () => {
    expect(expressionExamples.length).toBe(expressions.match(/```feel/g)!.length);
  });

  it.each(expressionExamples.map((example, index) => ({ ...example, key: `feel-${index}` })))(
    'shows what really comes out: $expected',
    async ({ key, source, body, expected }) => {
      // In a list: the body of an answer that is a text is no JSON.
      await signalbox.createConfig(key, { responseExpression: `={body: [${source}]}` });
      const response = await signalbox.call(key, JSON.parse(body));
      expect(await response.json()).toEqual([JSON.parse(expected)]);
    },
  );
});

describe('the scripting guide', () => {
  let signalbox: Signalbox;

  beforeAll(async () => {
    signalbox = await Signalbox.start();
    const configKeys = examples.map((_, index) => `example-${index}`);
    await signalbox.command('SetSecretCommand', { name: 'SHOP_KEY', value: 'a shared secret', configKeys });
  });
  afterAll(() => signalbox.stop());

  it('has no example that is not run', () => {
    expect(examples.length).toBe(scripting.match(/```js/g)!.length);
  });

  it.each(examples.map((example, index) => ({ ...example, key: `example-${index}` })))(
    'shows what really comes back: $expected',
    async ({ key, source, body, expected }) => {
      await signalbox.createConfig(key, { executionCode: source });
      const response = await signalbox.call(key, JSON.parse(body));
      const text = await response.text();
      const status = /^(\d{3}) (.*)$/.exec(expected);
      if (!status) {
        expect(JSON.parse(text)).toMatchObject({ success: true, data: JSON.parse(expected) as unknown });
        return;
      }
      expect(response.status).toBe(Number(status[1]));
      expect(text).toContain(status[2]);
    },
  );
});
