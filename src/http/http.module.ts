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

/** Every address we answer through Nest; webhooks are answered before it, by `webhook-listener.ts`. */
@Module({})
export class HttpModule {
  static forRoot(settings: { logger: Logger; trustedProxies: AddressRules }): DynamicModule {
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
      ],
      providers: [
        { provide: HttpLog, useValue: settings.logger },
        { provide: ClientAddress, useValue: new ClientAddress(settings.trustedProxies) },
      ],
    };
  }
}
