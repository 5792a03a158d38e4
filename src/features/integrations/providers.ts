import { Injectable } from '@nestjs/common';
import { OutboundHttp } from '../../platform/outbound-http.ts';
import { fixedEndpointPaths } from '../webhook-configs/index.ts';
import { IntegrationSettings } from './integration-settings.ts';
import { mono } from './mono/mono.ts';
import { paystack } from './paystack/paystack.ts';
import { remita } from './remita/remita.ts';
import type { Endpoint, Provider } from './provider.ts';

/** A provider's address. */
export interface ProviderEndpoint {
  provider: Provider;
  endpoint: Endpoint;
}

/** Everybody whose notifications are received; a further one is a folder and a row here. */
@Injectable()
export class Providers {
  private readonly byName = new Map<string, Provider>();
  private readonly byAddress = new Map<string, ProviderEndpoint>();

  constructor(settings: IntegrationSettings, http: OutboundHttp) {
    for (const provider of [mono(settings), remita(settings.remita, http), paystack(settings)]) {
      this.byName.set(provider.name, provider);
      for (const endpoint of provider.endpoints)
        this.byAddress.set(`${endpoint.method} ${addressOf(endpoint)}`, { provider, endpoint });
    }
  }

  get names(): readonly string[] {
    return [...this.byName.keys()];
  }

  find(name: string): Provider | null {
    return this.byName.get(name) ?? null;
  }

  /** Null: it is no provider's address. @param path without the query. */
  at(method: string, path: string): ProviderEndpoint | null {
    return this.byAddress.get(`${method} ${path}`) ?? null;
  }
}

function addressOf({ configKey }: Endpoint): string {
  const path = fixedEndpointPaths[configKey];
  if (path === undefined) throw new Error(`No fixed endpoint belongs to the key ${configKey}`);
  return `/api${path}`;
}
