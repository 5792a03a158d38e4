import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { CommandAudit } from './command-audit.ts';
import { CqrsBuses } from './cqrs-buses.ts';
import { DispatchDefined } from './dispatch-defined.ts';
import { Dispatcher } from './dispatcher.ts';
import { KnownCommands } from './known-commands.ts';
import { RequestRegistry } from './registry.ts';

/** The one door for commands and queries; knows no feature. */
@Global()
@Module({
  imports: [CqrsModule.forRoot(), DiscoveryModule],
  providers: [RequestRegistry, CqrsBuses, CommandAudit, DispatchDefined, Dispatcher, KnownCommands],
  exports: [RequestRegistry, Dispatcher, KnownCommands],
})
export class BusModule {}
