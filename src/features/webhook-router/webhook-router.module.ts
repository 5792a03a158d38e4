import { Module } from '@nestjs/common';
import { ExecutionsModule } from '../executions/index.ts';
import { VerificationModule } from '../verification/index.ts';
import { WebHookConfigsModule } from '../webhook-configs/index.ts';
import { MatchWebHook } from './match-webhook.ts';
import { ReceiveWebHook } from './receive-webhook.ts';
import { RunNativeCommand } from './run-native-command.ts';
import { RunScript } from './run-script.ts';
import { RunWebHook } from './run-webhook.ts';
import { ScriptCalls } from './script-calls.ts';
import { TestWebHookVerificationHandler } from './test-webhook-verification.query.ts';
import { VerifyWebHook } from './verify-webhook.ts';

/** The way of a third party's call through the house. */
@Module({
  imports: [ExecutionsModule, VerificationModule, WebHookConfigsModule],
  providers: [
    MatchWebHook,
    ReceiveWebHook,
    RunWebHook,
    RunNativeCommand,
    RunScript,
    ScriptCalls,
    VerifyWebHook,
    TestWebHookVerificationHandler,
  ],
  exports: [MatchWebHook, ReceiveWebHook],
})
export class WebHookRouterModule {}
