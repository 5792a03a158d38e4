import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/db/index.ts';
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
