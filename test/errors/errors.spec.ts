import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorsPage, type ErrorsPage, pagePath } from './errors-page.ts';
import { sourceCodes } from './source-codes.ts';

let page: ErrorsPage;
beforeAll(async () => {
  page = await errorsPage();
});

describe('The page of errors', () => {
  it('explains every code of the source, and no other', () => {
    expect(page.faults.join('\n')).toBe('');
  });

  it('is the one that source and texts make: after a change of either, run npm run docs:errors', () => {
    expect(readFileSync(pagePath, 'utf8')).toBe(page.text);
  });
});

describe('The codes of the source', () => {
  it('are found with their statuses however they are written', () => {
    const { codes } = sourceCodes();
    const statuses = (code: string) => [...(codes.get(code)?.statuses ?? ['none'])].sort();
    // A literal, a template over a union, a choice, a status that depends on the same choice, and a record without one.
    expect(statuses('loop.detected')).toEqual([508]);
    expect(statuses('script.limit-memory')).toEqual([500]);
    expect(statuses('script.limit-total-time')).toEqual([504]);
    expect(statuses('webhook-config.key-taken')).toEqual([409]);
    expect(statuses('http.too-large')).toEqual([413]);
    expect(statuses('http-request.status')).toEqual([409, 503]);
    expect(statuses('execution.interrupted')).toEqual([]);
    expect(codes.size).toBeGreaterThan(70);
  });
});
