import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseUrl } from '../../../test/support/database.ts';
import type { Caller } from '../../bus/index.ts';
import { Clock } from '../../platform/clock.ts';
import { Database, type Tx } from '../../platform/db/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { Callers } from '../access/index.ts';
import { Verifier } from '../verification/index.ts';
import { WebHookConfigDirectory } from './webhook-config-directory.ts';
import { WebHookConfigDrafts } from './webhook-config-drafts.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';
import type { ConfigFields } from './webhook-config.rules.ts';
import { WebHookConfigVersionEntity } from './webhook-config-version.entity.ts';
import { WebHookConfigVersions } from './webhook-config-versions.ts';
import { WebHookConfigs } from './webhook-configs.ts';

const sealer = new Sealer(randomBytes(32));
const ada = { id: 'usr_ada', accountId: 'elsewhere' } as Caller;
const bob = { ...ada, id: 'usr_bob' };
const fields: ConfigFields = {
  description: 'First',
  isEnabled: true,
  path: '/webhooks/orders/:id',
  action: 'POST',
  executionType: 2,
  executionCode: 'return 1;',
  allowableIPs: '10.0.0.0/8',
  verification: { scheme: 'basic', username: 'u', secrets: ['first'] },
};
const second: ConfigFields = {
  ...fields,
  description: 'Second',
  executionType: 0,
  executionCode: undefined,
  commandName: 'X',
};
let folder: string;
let database: Database;
let directory: WebHookConfigDirectory;
let configs: WebHookConfigs;
let drafts: WebHookConfigDrafts;
let versions: WebHookConfigVersions;
let created: WebHookConfigEntity;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'versions-'));
  const entities = [WebHookConfigEntity, WebHookConfigVersionEntity];
  database = await Database.open(await databaseUrl(folder), entities, sealer);
  directory = new WebHookConfigDirectory(database);
  configs = new WebHookConfigs(directory, new Callers(database), new Clock(), sealer);
  drafts = new WebHookConfigDrafts(directory, new Clock(), sealer);
  versions = new WebHookConfigVersions(database);
  created = await database.door.transaction((tx) => configs.create(tx, 'orders', fields, ada));
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const change = <Result>(work: (tx: Tx, config: WebHookConfigEntity) => Promise<Result>) =>
  database.door.transaction(async (tx) => work(tx, await configs.mustFind(tx, created.id, ada)));
const opened = ({ settings }: WebHookConfigEntity) => Verifier.of(sealer, settings.verification)!.secrets;

describe('a configuration as it was', () => {
  it('is the one that was saved, in every field that runs, its owner who saved it', async () => {
    const atFirst = { ...created };
    await change((tx, config) => configs.update(tx, config, second, bob));
    const found = (await versions.find(created.id, 1))!;
    expect(found).toBeInstanceOf(WebHookConfigEntity);
    expect({ ...found }).toEqual(atFirst);
    expect(opened(found)).toEqual(['first']);
    expect(await versions.find(created.id, 2)).toMatchObject({
      description: 'Second',
      ownerId: 'usr_bob',
      accountId: 'elsewhere',
      settings: { commandName: 'X' },
    });
  });

  it('is null for a version that there is not', async () => {
    expect(await versions.find(created.id, 99)).toBeNull();
    expect(await versions.find(99, 1)).toBeNull();
  });
});

describe('a configuration as its draft would make it', () => {
  it('is null without a draft', async () => {
    expect(await versions.draftOf(created.id)).toBeNull();
    expect(await versions.draftOf(99)).toBeNull();
  });

  it('has the fields of the draft, the secrets that it keeps, and its saver as the owner', async () => {
    const { verification: _sent, ...others } = fields;
    const kept = { ...others, verification: { scheme: 'basic' as const, username: 'other' } };
    await change((tx, config) => drafts.save(tx, config, { ...kept, path: '/webhooks/drafted' }, ada));
    const found = (await versions.draftOf(created.id))!;
    expect(found).toMatchObject({
      id: created.id,
      key: 'orders',
      version: 2,
      ownerId: 'usr_ada',
      path: '/webhooks/drafted',
      pathShape: '/webhooks/drafted',
      settings: { executionCode: 'return 1;', verification: { username: 'other' } },
    });
    expect(found.settings.commandName).toBeUndefined();
    expect(opened(found)).toEqual(['first']);
  });

  it('changes what runs no more than its directory is told of it', async () => {
    const told: number[] = [];
    directory.listen((id) => told.push(id));
    told.length = 0;
    await change((tx, config) => drafts.save(tx, config, fields, ada));
    expect(directory.findByKey('orders')).toMatchObject({
      description: 'Second',
      draft: { savedBy: 'usr_ada' },
    });
    await change((tx, config) => drafts.discard(tx, config));
    expect(directory.findByKey('orders')).toMatchObject({ draft: null });
    expect(told).toEqual([]);
  });
});

describe('a configuration that is gone', () => {
  it('is still there as its versions were', async () => {
    await change((tx, config) => configs.delete(tx, config));
    expect(await versions.find(created.id, 1)).toMatchObject({ key: 'orders', accountId: 'elsewhere' });
    expect(await versions.draftOf(created.id)).toBeNull();
  });
});
