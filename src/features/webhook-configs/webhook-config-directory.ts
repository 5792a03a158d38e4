import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database, type Tx } from '../../platform/db/index.ts';
import { WebHookConfigEntity } from './webhook-config.entity.ts';

/** Told of each configuration after its change is committed; null: it is gone. */
export type ConfigListener = (id: number, config: WebHookConfigEntity | null) => void;

/** All configurations in memory, as of the last commit: the router's own lookup. */
@Injectable()
export class WebHookConfigDirectory {
  private readonly byId = new Map<number, WebHookConfigEntity>();
  private readonly idOfKey = new Map<string, number>();
  private readonly listeners: ConfigListener[] = [];

  constructor(private readonly database: Database) {}

  async load(): Promise<void> {
    for (const config of await this.database.read.find(WebHookConfigEntity)) this.put(config);
    this.database.changes.follow('webhook_configs', (tx, ids) => this.reload(tx, ids?.map(Number)));
  }

  /** Reads configurations that another process has changed, or all. */
  private async reload(tx: Tx, ids: readonly number[] | undefined): Promise<void> {
    const found = await tx.manager.find(WebHookConfigEntity, { ...(ids && { where: { id: In([...ids]) } }) });
    const there = new Set(found.map(({ id }) => id));
    const gone = (ids ?? [...this.byId.keys()]).filter((id) => !there.has(id));
    tx.afterCommit(() => {
      for (const id of gone) {
        const config = this.byId.get(id);
        if (config) this.remove(config);
      }
      // Those of this process are here already.
      for (const config of found) if (!isDeepStrictEqual(config, this.byId.get(config.id))) this.put(config);
    });
  }

  /** Also tells the listener of what is there already. */
  listen(listener: ConfigListener): void {
    this.listeners.push(listener);
    for (const [id, config] of this.byId) listener(id, config);
  }

  findByKey(key: string): WebHookConfigEntity | undefined {
    const id = this.idOfKey.get(key);
    return id === undefined ? undefined : this.byId.get(id);
  }

  findById(id: number): WebHookConfigEntity | undefined {
    return this.byId.get(id);
  }

  all(): WebHookConfigEntity[] {
    return [...this.byId.values()];
  }

  put(config: WebHookConfigEntity): void {
    const before = this.byId.get(config.id);
    if (before && before.key !== config.key) this.idOfKey.delete(before.key);
    this.byId.set(config.id, config);
    this.idOfKey.set(config.key, config.id);
    for (const listener of this.listeners) listener(config.id, config);
  }

  /** Holds a newer reading of what runs unchanged: nobody is told. */
  refresh(config: WebHookConfigEntity): void {
    this.byId.set(config.id, config);
  }

  remove(config: WebHookConfigEntity): void {
    this.byId.delete(config.id);
    this.idOfKey.delete(config.key);
    for (const listener of this.listeners) listener(config.id, null);
  }
}
