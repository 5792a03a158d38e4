import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import type { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { Sealer } from '../../platform/sealing.ts';
import { WebHookConfigDirectory } from '../webhook-configs/index.ts';
import { type AdmittedCall, type IncomingCall, ipOf } from './incoming-call.ts';
import { RouteTable } from './route-table.ts';
import { RouterSettings } from './router-settings.ts';
import { addressRefused } from './webhook.errors.ts';

/** The checks before a body is read: whose call it is, and whether it may come from there. */
@Injectable()
export class MatchWebHook {
  private readonly routes: RouteTable;

  constructor(
    private readonly directory: WebHookConfigDirectory,
    private readonly clock: Clock,
    private readonly settings: RouterSettings,
    sealer: Sealer,
  ) {
    this.routes = new RouteTable(sealer);
  }

  /** From now on the table follows the directory. */
  start(): void {
    this.directory.listen((id, config) => this.routes.set(id, config));
  }

  /** True where a configuration of the table has expressions or a schema. */
  get usesExpressions(): boolean {
    return this.routes.usesExpressions;
  }

  /** Null: the 404 that tells nothing. */
  match(call: IncomingCall): AdmittedCall | null {
    const match = this.routes.match(call.method, call.url);
    if (!match) return null;
    const receivedAt = this.clock.now();
    return {
      route: match.route,
      params: match.params,
      id: newId('exe', receivedAt),
      call,
      ip: ipOf(call, this.settings.trustedProxies),
      receivedAt,
      startedAt: performance.now(),
    };
  }

  /** Who calls from elsewhere sends nothing; an address that cannot be read is elsewhere. */
  addressObjection({ ip, route }: AdmittedCall): AppError | null {
    if (!route.hasAddressList) return null;
    return ip !== null && route.admits(ip) ? null : addressRefused();
  }
}
