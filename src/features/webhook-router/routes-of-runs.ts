import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { RecordedExecution } from '../executions/index.ts';
import {
  UnsavedConfigs,
  WebHookConfigDirectory,
  type WebHookConfigEntity,
  WebHookConfigVersions,
} from '../webhook-configs/index.ts';
import { Sealer } from '../../platform/sealing.ts';
import { WebHookRoute } from './webhook-route.ts';

/** Versions made ready; what goes on with old work needs a few of them again and again. */
const READY_MAX = 200;

/** Configurations as they were when a call was accepted: what was begun with one version ends with it. */
@Injectable()
export class RoutesOfRuns {
  private readonly ready = new Map<string, WebHookRoute>();

  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly versions: WebHookConfigVersions,
    private readonly unsaved: UnsavedConfigs,
    private readonly sealer: Sealer,
  ) {}

  /** What an execution runs; null: nothing is left of it. */
  async ofExecution({ head, payload }: RecordedExecution): Promise<WebHookRoute | null> {
    const { accountId, configId, configVersion: version, key } = head;
    const content = payload.terms?.content;
    if (!content) return await this.ofVersion(configId, version);
    const identity = { id: configId, accountId, key, version };
    return this.ofContent(this.unsaved.of(identity, content.snapshot, content.ownerId));
  }

  /** As its draft would make it; null: it has none. */
  async draft(configId: number): Promise<WebHookRoute | null> {
    const draft = await this.versions.draftOf(configId);
    return draft && this.ofContent(draft);
  }

  /** As somebody would save it. @throws AppError as a save does. */
  async ofFields(...order: Parameters<UnsavedConfigs['make']>): Promise<WebHookRoute> {
    return this.ofContent(await this.unsaved.make(...order));
  }

  private ofContent(config: WebHookConfigEntity): WebHookRoute {
    const { accountId, key, settings } = config;
    const text = JSON.stringify([accountId, key, settings.executionCode]);
    return new WebHookRoute(config, this.sealer, createHash('sha256').update(text).digest('base64url'));
  }

  /** Null: there is no such version, or its configuration was never saved. */
  async ofVersion(configId: number, version: number): Promise<WebHookRoute | null> {
    const name = `${configId}.${version}`;
    const known = this.ready.get(name);
    if (known) return known;
    const config = await this.versions.find(configId, version);
    if (!config) return null;
    const route = new WebHookRoute(config, this.sealer);
    if (this.ready.size >= READY_MAX) this.ready.delete(this.ready.keys().next().value!);
    this.ready.set(name, route);
    return route;
  }

  /** The configuration as it is now, enabled or not; null: it is gone. */
  current(configId: number): WebHookRoute | null {
    const config = this.directory.findById(configId);
    return config ? new WebHookRoute(config, this.sealer) : null;
  }
}
