import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { refusals } from '../test/support/refused-config.ts';
import { readConfig } from './config.ts';

const postgres = {
  DATABASE_URL: 'postgres://signalbox:secret@127.0.0.1:5432/signalbox',
  SECRETS_KEY: randomBytes(32).toString('base64'),
};
const { SECRETS_KEY } = postgres;

describe('A database of PostgreSQL', () => {
  it('is named by a URL as other programs know it, and others may share it', () => {
    const urls = [
      'postgres://db.example.com/signalbox',
      'postgresql://signalbox:p%40ss%2Fword@10.0.0.7:6432/signalbox?sslmode=verify-full',
      'postgres://signalbox@[::1]:5432/signalbox',
      'postgres://%2Fvar%2Frun%2Fpostgresql/signalbox',
    ];
    const read = urls.map((DATABASE_URL) => readConfig({ DATABASE_URL, SECRETS_KEY }));
    expect(read.map(({ databaseUrl }) => databaseUrl)).toStrictEqual(urls);
    expect(read.every(({ isShared }) => isShared)).toBe(true);
  });

  it.each([
    ['postgres:signalbox', 'must start with'],
    ['POSTGRES://127.0.0.1/signalbox', 'must start with'],
    ['postgres://signalbox:p#ss@127.0.0.1/signalbox', 'must be a URL'],
    ['postgres://127.0.0.1:port/signalbox', 'must be a URL'],
    ['postgres://signalbox@/signalbox', 'must be a URL'],
    ['postgres:///signalbox', 'must name a host'],
    ['postgres://127.0.0.1', 'must name one database'],
    ['postgres://127.0.0.1/', 'must name one database'],
    ['postgres://127.0.0.1/a/b', 'must name one database'],
    ['postgres://127.0.0.1/signalbox#1', 'must have a #'],
    ['postgres://signalbox:100%@127.0.0.1/signalbox', 'must have a %'],
  ])('is refused with what is wrong in its URL: %s', (DATABASE_URL, start) => {
    expect(refusals({ DATABASE_URL, SECRETS_KEY })).toStrictEqual([
      expect.stringMatching(new RegExp(`^DATABASE_URL ${start}.*[^.]\\.$`)),
    ]);
  });

  it('is refused with a sentence for each mistake in its URL', () => {
    expect(refusals({ DATABASE_URL: 'postgres:///a/b#c', SECRETS_KEY })).toHaveLength(3);
  });

  it('is refused without a key that all its instances have', () => {
    for (const key of [{}, { SECRETS_KEY: '' }])
      expect(refusals({ DATABASE_URL: postgres.DATABASE_URL, ...key })).toStrictEqual([
        expect.stringMatching(/^SECRETS_KEY must be set where DATABASE_URL is PostgreSQL: .*[^.]\.$/),
      ]);
  });
});

describe('The roles of a process', () => {
  it.each([
    ['http', { http: true, worker: false }],
    ['worker', { http: false, worker: true }],
    ['worker, http', { http: true, worker: true }],
    ['', { http: true, worker: true }],
  ])('may be parted on PostgreSQL: "%s"', (ROLES, roles) => {
    expect(readConfig({ ...postgres, ROLES }).roles).toStrictEqual(roles);
  });

  it.each(['http', 'worker'])('cannot be parted on SQLite, and the sentence says why: %s', (ROLES) => {
    for (const DATABASE_URL of ['', 'sqlite:/data/signalbox.db'])
      expect(refusals({ DATABASE_URL, ROLES })).toStrictEqual([
        expect.stringMatching(/^ROLES must be http,worker where DATABASE_URL is SQLite: .*[^.]\.$/),
      ]);
  });
});

describe('Variables that do not go together', () => {
  it('are told of with those that are bad by themselves, one sentence each', () => {
    const { DATABASE_URL } = postgres;
    expect(refusals({ DATABASE_URL, PORT: 'x', ROLES: 'web' })).toHaveLength(3);
    expect(refusals({ DATABASE_URL: 'mysql://localhost/x', ROLES: 'worker' })).toHaveLength(1);
  });

  it('are a production and a crash on purpose', () => {
    const fault = { NODE_ENV: 'production', SIGNALBOX_FAULT_POINT: 'received.committed' };
    expect(refusals(fault)).toStrictEqual([expect.stringContaining('SIGNALBOX_FAULT_POINT')]);
    expect(refusals({ ...fault, NODE_ENV: 'test' })).toStrictEqual([]);
  });
});
