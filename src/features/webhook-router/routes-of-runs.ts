import { Injectable } from '@nestjs/common';
import { WebHookConfigDirectory, WebHookConfigVersions } from '../webhook-configs/index.ts';
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
    private readonly sealer: Sealer,
  ) {}

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
