import { Module } from '@nestjs/common';
import { ExecutionsModule } from '../executions/index.ts';
import { SecretsModule } from '../secrets/index.ts';
import { VerificationModule } from '../verification/index.ts';
import { WebHookConfigsModule } from '../webhook-configs/index.ts';
import { AcceptWebHook } from './accept-webhook.ts';
import { AcceptedRuns } from './accepted-runs.ts';
import { AdmitWebHook } from './admit-webhook.ts';
import { AnswerInTime } from './answer-in-time.ts';
import { AnswerWebHook } from './answer-webhook.ts';
import { CallChainCommand } from './call-chain-command.ts';
import { CallsOfHouse } from './calls-of-house.ts';
import { CallsWithin } from './calls-within.ts';
import { ChainJournal } from './chain-journal.ts';
import { ChooseWork } from './choose-work.ts';
import { CompensateChain } from './compensate-chain.ts';
import { ConcurrencyGates } from './concurrency-gates.ts';
import { SharedTurns } from './shared-turns.ts';
import { DeferRun } from './defer-run.ts';
import { EndJob } from './end-job.ts';
import { FinishRun } from './finish-run.ts';
import { GoOnWithRun } from './go-on-with-run.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import { IdempotencyRetention } from './idempotency-retention.ts';
import { IdempotentCalls } from './idempotent-calls.ts';
import { EvaluateCall } from './evaluate-call.ts';
import { LoadCalls } from './load-calls.ts';
import { MatchWebHook } from './match-webhook.ts';
import { ReceiveWebHook } from './receive-webhook.ts';
import { KnownFields } from './known-fields.ts';
import { ReplayRuns } from './replay-runs.ts';
import { ReplayWebHookExecutionHandler } from './replay-webhook-execution.command.ts';
import { ReplayWebHookExecutionsHandler } from './replay-webhook-executions.command.ts';
import { ResumeRun } from './resume-run.ts';
import { RetryRun } from './retry-run.ts';
import { RoutesOfRuns } from './routes-of-runs.ts';
import { RunCallers } from './run-callers.ts';
import { RunCalls } from './run-calls.ts';
import { RunChain } from './run-chain.ts';
import { RunInTurn } from './run-in-turn.ts';
import { RunJobs } from './run-jobs.ts';
import { RunLog } from './run-log.ts';
import { RunNativeCommand } from './run-native-command.ts';
import { RunRecord } from './run-record.ts';
import { RunScript } from './run-script.ts';
import { RunWebHook } from './run-webhook.ts';
import { StoredAnswers } from './stored-answers.ts';
import { RunSurroundings } from './run-surroundings.ts';
import { RunWork } from './run-work.ts';
import { TestWebHookConfigHandler } from './test-webhook-config.command.ts';
import { TestWebHookVerificationHandler } from './test-webhook-verification.query.ts';
import { TryWebHook } from './try-webhook.ts';
import { VerifyWebHook } from './verify-webhook.ts';
import { WebHookTickets } from './webhook-ticket.ts';

/** The way of a third party's call through the house. */
@Module({
  imports: [ExecutionsModule, SecretsModule, VerificationModule, WebHookConfigsModule],
  providers: [
    EvaluateCall,
    LoadCalls,
    MatchWebHook,
    ReceiveWebHook,
    RunWebHook,
    RunWork,
    RunNativeCommand,
    RunScript,
    CallChainCommand,
    CallsOfHouse,
    CallsWithin,
    ChainJournal,
    ChooseWork,
    CompensateChain,
    KnownFields,
    RetryRun,
    RunChain,
    RunCallers,
    RunCalls,
    RunJobs,
    AcceptWebHook,
    AdmitWebHook,
    AcceptedRuns,
    AnswerInTime,
    AnswerWebHook,
    EndJob,
    GoOnWithRun,
    RunInTurn,
    RunLog,
    RunRecord,
    RunSurroundings,
    ConcurrencyGates,
    SharedTurns,
    DeferRun,
    FinishRun,
    IdempotencyKeys,
    IdempotencyRetention,
    IdempotentCalls,
    ReplayRuns,
    ReplayWebHookExecutionHandler,
    ReplayWebHookExecutionsHandler,
    TryWebHook,
    TestWebHookConfigHandler,
    ResumeRun,
    RoutesOfRuns,
    StoredAnswers,
    WebHookTickets,
    VerifyWebHook,
    TestWebHookVerificationHandler,
  ],
  exports: [AnswerInTime, CallsOfHouse, MatchWebHook, ReceiveWebHook, RunJobs, StoredAnswers],
})
export class WebHookRouterModule {}
