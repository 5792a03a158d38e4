import { Injectable } from '@nestjs/common';
import { IsNull, LessThanOrEqual, MoreThan } from 'typeorm';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/db/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { SecretVersionEntity } from './secret-version.entity.ts';

/** What the scripts of one configuration may read, in clear, by name. */
export type SecretValues = Readonly<Record<string, string>>;

/** All current secrets in memory, as of the last commit: the run of a configuration without any pays nothing. */
@Injectable()
export class Secrets {
  /** By account, then by the configuration's key. */
  private readonly byAccount = new Map<string, Map<string, SecretValues>>();
  /** By account, then by name: which configurations have it. */
  private readonly known = new Map<string, Map<string, readonly string[]>>();

  /** After the last change of any secret. */
  private changedAt = 0;

  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
  ) {}

  async load(): Promise<void> {
    this.changedAt = this.clock.now();
    for (const secret of await this.database.read.findBy(SecretVersionEntity, { replacedAt: IsNull() }))
      this.put(secret);
    this.database.changes.follow('secret_versions', async (tx) => {
      const all = await tx.manager.findBy(SecretVersionEntity, { replacedAt: IsNull() });
      tx.afterCommit(() => {
        this.byAccount.clear();
        this.known.clear();
        this.changedAt = this.clock.now();
        for (const secret of all) this.put(secret);
      });
    });
  }

  /** What a script of this configuration reads now; null: nothing. */
  valuesFor(accountId: string, configKey: string): SecretValues | null {
    return this.byAccount.get(accountId)?.get(configKey) ?? null;
  }

  /** What it read at that moment, for runs that began then; a value that was replaced is kept for 60 days. */
  async valuesAt(accountId: string, configKey: string, atMs: number): Promise<SecretValues | null> {
    if (atMs > this.changedAt) return this.valuesFor(accountId, configKey);
    const valid = { accountId, savedAt: LessThanOrEqual(atMs) };
    const versions = await this.database.read.findBy(SecretVersionEntity, [
      { ...valid, replacedAt: IsNull() },
      { ...valid, replacedAt: MoreThan(atMs) },
    ]);
    const own = versions.filter(({ configKeys }) => configKeys.includes(configKey));
    return own.length === 0 ? null : Object.fromEntries(own.map((one) => [one.name, this.valueOf(one)]));
  }

  /** Follows a save after its commit. */
  put(secret: SecretVersionEntity): void {
    this.remove(secret.accountId, secret.name);
    this.changedAt = Math.max(this.changedAt, secret.savedAt);
    const value = this.valueOf(secret);
    let names = this.known.get(secret.accountId);
    if (!names) this.known.set(secret.accountId, (names = new Map()));
    names.set(secret.name, secret.configKeys);
    let configs = this.byAccount.get(secret.accountId);
    if (!configs) this.byAccount.set(secret.accountId, (configs = new Map()));
    // Never changed in place: a run that has begun keeps what it was given.
    for (const key of secret.configKeys) configs.set(key, { ...configs.get(key), [secret.name]: value });
  }

  /** Follows a deletion after its commit. */
  remove(accountId: string, name: string): void {
    this.changedAt = this.clock.now();
    const configs = this.byAccount.get(accountId);
    for (const key of this.known.get(accountId)?.get(name) ?? []) {
      const { [name]: _gone, ...others } = configs?.get(key) ?? {};
      if (Object.keys(others).length > 0) configs?.set(key, others);
      else configs?.delete(key);
    }
    this.known.get(accountId)?.delete(name);
  }

  private valueOf({ sealedValue }: SecretVersionEntity): string {
    return this.sealer.open(sealedValue).toString('utf8');
  }
}
