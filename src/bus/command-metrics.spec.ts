import { expect, it } from 'vitest';
import { CommandFigures } from './command-metrics.ts';

it('Types beyond the most that are told apart are counted together', () => {
  const figures = new CommandFigures();
  for (let n = 0; n < 600; n++) figures.note(`Defined${n}Command`, 'succeeded');
  figures.note('Defined599Command', 'succeeded');
  figures.note('Defined0Command', 'invalid');
  const samples = figures.samples();
  expect(samples).toHaveLength(502);
  expect(samples).toContainEqual({ value: 1, labels: { type: 'Defined0Command', outcome: 'invalid' } });
  expect(samples).toContainEqual({ value: 101, labels: { type: 'other', outcome: 'succeeded' } });
});
