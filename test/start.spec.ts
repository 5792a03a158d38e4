import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Signalbox } from './support/signalbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-start-'));
const root = new URL('..', import.meta.url).href;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('A start reads the server and its packages from few files', async () => {
  const list = join(folder, 'read');
  const listing = join(folder, 'listing.mjs');
  writeFileSync(
    listing,
    `import { appendFileSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, nextLoad) {
        if (url.startsWith('file:')) appendFileSync(${JSON.stringify(list)}, url + '\\n');
        return nextLoad(url, context);
      },
    });`,
  );
  const signalbox = await Signalbox.start({ env: { NODE_OPTIONS: `--import ${listing}` } });
  await signalbox.stop();
  const read = readFileSync(list, 'utf8').split('\n');
  expect(read).toContain(`${root}dist/main.js`);
  expect(read).toContain(`${root}dist/part-packages.js`);
  expect(read.filter((url) => /node_modules\/(@nestjs|typeorm|rxjs|zod|fastify|axios)\//.test(url))).toEqual(
    [],
  );
  expect(read.length).toBeLessThan(100);
});
