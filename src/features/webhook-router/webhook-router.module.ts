import { Module } from '@nestjs/common';
import { ExecutionsModule } from '../executions/index.ts';
import { WebHookConfigsModule } from '../webhook-configs/index.ts';
import { MatchWebHook } from './match-webhook.ts';
import { ReceiveWebHook } from './receive-webhook.ts';
import { RunNativeCommand } from './run-native-command.ts';
import { RunScript } from './run-script.ts';
import { RunWebHook } from './run-webhook.ts';
import { ScriptCalls } from './script-calls.ts';

/** The way of a third party's call through the house. */
@Module({
  imports: [ExecutionsModule, WebHookConfigsModule],
  providers: [MatchWebHook, ReceiveWebHook, RunWebHook, RunNativeCommand, RunScript, ScriptCalls],
  exports: [MatchWebHook, ReceiveWebHook],
})
export class WebHookRouterModule {}
