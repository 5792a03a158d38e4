import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { CqrsBuses } from './cqrs-buses.ts';
import { Dispatcher } from './dispatcher.ts';
import { RequestRegistry } from './registry.ts';

/** The one door for commands and queries; knows no feature. */
@Global()
@Module({
  imports: [CqrsModule.forRoot(), DiscoveryModule],
  providers: [RequestRegistry, CqrsBuses, Dispatcher],
  exports: [RequestRegistry, Dispatcher],
})
export class BusModule {}
