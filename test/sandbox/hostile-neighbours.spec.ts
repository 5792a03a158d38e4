import { afterAll, beforeAll, expect, test } from 'vitest';
import { Signalbox } from '../support/signalbox.ts';
import { type LoadFigures, excessOver, runBeside } from './hostile-load.ts';

const SECONDS = 30;
const ALL_MS_MAX = 300_000;

let signalbox: Signalbox;
let figures: LoadFigures;

beforeAll(async () => {
  signalbox = await Signalbox.start();
  figures = await runBeside(signalbox, SECONDS);
}, ALL_MS_MAX);

afterAll(async () => {
  await signalbox?.stop();
});

test('each good call beside a hostile script a second is answered right', () => {
  expect(figures.failures).toEqual([]);
  expect(figures.good).toBe(SECONDS * 50);
  expect(figures.hostile).toBe(SECONDS);
});

test('afterwards there are no more processes, threads and handles than before, and memory is within 10 %', () => {
  expect(excessOver(figures.before, figures.after)).toEqual([]);
});
