import { type DynamicModule, Module } from '@nestjs/common';
import { ExecutionsModule } from '../features/executions/index.ts';
import type { Logger } from '../platform/logger.ts';
import type { AddressRules } from '../platform/network-addresses.ts';
import { AuthController } from './auth.controller.ts';
import { ClientAddress } from './client-address.ts';
import { CommandController } from './command.controller.ts';
import { ExecutionStreamController } from './execution-stream.controller.ts';
import { HealthController } from './health.controller.ts';
import { HttpLog } from './http-log.ts';
import { OAuthController } from './oauth.controller.ts';
import { PublicKeysController } from './public-keys.controller.ts';
import { MetricsPage } from './metrics-page.ts';
import { MetricsController } from './metrics.controller.ts';

/** What the operator set. */
export interface HttpSettings {
  logger: Logger;
  trustedProxies: AddressRules;
  metricsToken: string | null;
}

/** Every address we answer through Nest; webhooks are answered before it, by `webhook-listener.ts`. */
@Module({})
export class HttpModule {
  static forRoot(settings: HttpSettings): DynamicModule {
    return {
      module: HttpModule,
      imports: [ExecutionsModule],
      controllers: [
        CommandController,
        AuthController,
        OAuthController,
        PublicKeysController,
        ExecutionStreamController,
        HealthController,
        MetricsController,
      ],
      providers: [
        { provide: HttpLog, useValue: settings.logger },
        { provide: ClientAddress, useValue: new ClientAddress(settings.trustedProxies) },
        { provide: MetricsPage, useValue: new MetricsPage(settings.metricsToken) },
      ],
    };
  }
}
