import { accessMutants } from './mutants-access.ts';
import { doubtMutants } from './mutants-doubt.ts';
import { httpMutants } from './mutants-http.ts';
import { integrationMutants } from './mutants-integrations.ts';
import { recordMutants } from './mutants-records.ts';
import { workerMutants } from './mutants-workers.ts';

/** One way to break the code on purpose: a spec must notice it. */
export interface Mutant {
  name: string;
  file: string;
  /** Stands exactly once in the file. */
  find: string;
  replacement: string;
  /** The spec that must turn red, and which of its tests to run where not all are needed. */
  spec: string;
  tests?: string;
}

const received = 'src/features/webhook-router/finish-run.ts';
const door = 'src/platform/db/write-door.ts';
const transaction = 'src/platform/db/writer-transaction.ts';
const doorSpec = 'src/platform/db/write-door.spec.ts';
const kill = 'test/crash/kill.spec.ts';
const fsync = 'test/crash/fsync-before-answer.spec.ts';

/** Each takes one promise away. */
export const mutants: readonly Mutant[] = [
  {
    name: 'the answer goes out before the commit',
    file: received,
    find: 'else await this.store(run, end);',
    replacement: 'else void this.store(run, end);',
    spec: fsync,
  },
  {
    name: 'no record of what was received before a script has effects',
    file: 'src/features/webhook-router/run-record.ts',
    find: 'if (run.isOnRecord) return;',
    replacement: 'if (run.id) return;',
    spec: kill,
    tests: 'of a script that had done something',
  },
  {
    name: 'a native command is committed without its execution',
    file: 'src/features/webhook-router/run-native-command.ts',
    find: 'await this.record.endIn(tx,',
    replacement: 'if (!tx) await this.record.endIn(tx,',
    spec: kill,
    tests: 'of a native command after its commit',
  },
  {
    name: 'interrupted executions are not ended at the start',
    file: 'src/features/executions/interrupted-executions.ts',
    find: 'const open = { status: In(unfinishedStatuses)',
    replacement: 'const open = { status: In(unfinishedStatuses.slice(9))',
    spec: kill,
    tests: 'of a script about to do something',
  },
  {
    name: 'an outcome is recorded and not counted',
    file: 'src/features/executions/execution-recorder.ts',
    find: 'statisticsRow(received, outcome),',
    replacement: '...(outcome.status ? [] : [statisticsRow(received, outcome)]),',
    spec: 'test/flows/statistics.spec.ts',
  },
  {
    name: 'a commit is not synchronised to the disk',
    file: 'src/platform/db/sqlite-settings.ts',
    find: "'synchronous = FULL'",
    replacement: "'synchronous = NORMAL'",
    spec: fsync,
  },
  {
    name: 'a failed transaction is not rolled back',
    file: transaction,
    find: 'if (!this.isLost(cause)) {\n        await this.savepoint(`ROLLBACK TO SAVEPOINT ${name}`);',
    replacement: 'if (!this.isLost(cause)) {',
    spec: doorSpec,
  },
  {
    name: 'who waits for a commit that failed is told that it succeeded',
    file: door,
    find: 'for (const entry of batch) entry.reject(refusal);',
    replacement:
      'for (const entry of batch) (refusal && (entry.resolve as (result: unknown) => void))(null);',
    spec: doorSpec,
  },
  {
    name: 'the loss of a whole transaction is taken for the failure of one statement',
    file: transaction,
    find: 'return cause instanceof CommitLost || ',
    replacement: 'return ',
    spec: doorSpec,
  },
  {
    name: 'effects run although the transaction failed',
    file: door,
    find: 'afterCommit: (effect) => own.push(effect)',
    replacement: 'afterCommit: (effect) => effects.push(effect)',
    spec: doorSpec,
  },
  {
    name: 'a quote in a text ends the literal',
    file: 'src/platform/db/dialect-sqlite.ts',
    find: `storedText(value).replaceAll("'", "''")`,
    replacement: `storedText(value).replaceAll("'", "'")`,
    spec: 'src/platform/db/dialect-sqlite.spec.ts',
  },
  {
    name: 'addresses are not checked',
    file: 'src/features/webhook-router/match-webhook.ts',
    find: 'ip !== null && route.admits(ip) ?',
    replacement: "ip === null || route.admits(ip) || ip !== '' ?",
    spec: 'test/flows/address-lists.spec.ts',
  },
  {
    name: 'permissions are not checked',
    file: 'src/bus/dispatcher.ts',
    find: 'if (!order.caller.permissions.has(spec.permission)) throw',
    replacement: "if (!order.caller.permissions.has(spec.permission) && order.type === '') throw",
    spec: 'test/commands/delete-webhook-config.spec.ts',
  },
  {
    name: 'a call that is not verified runs all the same',
    file: 'src/features/webhook-router/verify-webhook.ts',
    find: 'if (isVerified) return;',
    replacement: 'if (isVerified || reason) return;',
    spec: 'test/flows/verification.spec.ts',
  },
  {
    name: 'an empty secret verifies',
    file: 'src/features/verification/verify-request.rules.ts',
    find: "secrets.filter((secret) => secret !== '')",
    replacement: "secrets.filter((secret) => secret !== ' ')",
    spec: 'src/features/verification/verify-request.rules.spec.ts',
  },
  {
    name: 'an old signature is as good as a new one',
    file: 'src/features/verification/verify-request.rules.ts',
    find: 'if (Math.abs(off) <= toleranceSeconds) return null;',
    replacement: 'if (Math.abs(off) >= 0) return null;',
    spec: 'src/features/verification/verify-request.rules.spec.ts',
  },
  {
    name: 'a commit that met a lock keeps its statement open',
    file: 'src/platform/db/sqlite-commit-statement.ts',
    find: 'if (error) this.statement.reset(() => reject(error));',
    replacement: 'if (error) reject(error);',
    spec: 'test/crash/unrecorded.spec.ts',
    tests: 'leaves nothing open behind it',
  },
  {
    name: 'credentials of the request stay in the answer that is kept',
    file: 'src/features/webhook-router/webhook-run.ts',
    find: 'const answerBody = withoutCredentials(answer.body, credentials);',
    replacement: 'const answerBody = withoutCredentials(answer.body, credentials) && answer.body;',
    spec: 'test/security/recorded-credentials.spec.ts',
  },
  {
    name: 'credential headers are shown as they came',
    file: 'src/features/executions/recorded-request.ts',
    find: 'isSecretName(name) ? MASK : Array',
    replacement: "isSecretName(name) && name === '' ? MASK : Array",
    spec: 'test/commands/get-webhook-execution-by-id.spec.ts',
  },
  {
    name: 'a condition that gives null lets the call through',
    file: 'src/features/webhook-router/call-expressions.ts',
    find: 'if (value === true) return;',
    replacement: 'if (value === true || value === null) return;',
    spec: 'test/flows/expressions.spec.ts',
    tests: 'has the call ignored: 200, recorded, nothing ran',
  },
  {
    name: 'a step of a chain runs although its condition gives null',
    file: 'src/features/webhook-router/command-chain.ts',
    find: 'if (condition !== true) return',
    replacement: 'if (condition === false) return',
    spec: 'test/flows/chains.spec.ts',
    tests: 'with the condition',
  },
  {
    name: 'compensations run in the order of their steps',
    file: 'src/features/webhook-router/compensate-chain.ts',
    find: 'results.undoable.toReversed()',
    replacement: 'results.undoable.slice()',
    spec: 'test/flows/chain-compensation.spec.ts',
    tests: 'undoes what it has done, once, the last first',
  },
  {
    name: 'that a chain has stopped for good is not on record',
    file: 'src/features/webhook-router/chain-journal.ts',
    find: '      await untilStored(() => this.record.keepCall(run, entry));',
    replacement: '',
    spec: 'test/flows/chain-compensation.spec.ts',
    tests: 'that fails is tried again, and those that succeeded are not',
  },
  {
    name: 'a failure that a chain passes over is made anew by a retry',
    file: 'src/features/webhook-router/run-calls.ts',
    find: 'isSuccess: envelope.success || goesOnAnyway,',
    replacement: 'isSuccess: envelope.success || (goesOnAnyway && run.attempt === 0),',
    spec: 'test/flows/chain-resumption.spec.ts',
    tests: 'is tried again at the step that failed',
  },
  {
    name: 'what a step of a chain got is asked again by a retry',
    file: 'src/features/webhook-router/call-chain-command.ts',
    find: 'nextOnRecord(run)?.inputJson ?? (await this.inputJson(chain, command));',
    replacement: '(await this.inputJson(chain, command)) ?? nextOnRecord(run)?.inputJson ?? null;',
    spec: 'test/flows/chain-resumption.spec.ts',
    tests: 'is tried again at the step that failed',
  },
  {
    name: 'a crash ends what undoes a synchronous chain',
    file: 'src/features/webhook-router/chain-journal.ts',
    find: 'await untilStored(() => this.deferral.makeDurable(run));',
    replacement: 'if (run.job) await untilStored(() => this.deferral.makeDurable(run));',
    spec: 'test/crash/chain-kill.spec.ts',
    tests: 'has each step done and undone once, in order',
  },
  {
    name: 'nobody looks whether an idempotency key is taken',
    file: 'src/features/webhook-router/idempotency-keys.ts',
    find: 'if (!claim) return null;',
    replacement: 'if (!claim || run.id) return null;',
    spec: 'test/flows/idempotency.spec.ts',
    tests: 'a thousand at once have one effect',
  },
  {
    name: 'an idempotency key is free while its run goes on',
    file: 'src/features/webhook-router/idempotency-keys.ts',
    find: '&& !isAtWork',
    replacement: '&& (!isAtWork || Boolean(executionId))',
    spec: 'test/flows/idempotency.spec.ts',
    tests: 'are not forgotten while the run of the first goes on',
  },
  {
    name: 'what a command gave is not on record before the run sees it',
    file: 'src/features/webhook-router/run-calls.ts',
    find: 'await this.record.keepCallIn(tx, run, stored[0]);',
    replacement: 'await Promise.resolve(tx);',
    spec: kill,
    tests: 'was there when it died, and loses nothing that it acknowledged',
  },
  {
    name: 'what a command gave is not given again',
    file: 'src/features/webhook-router/run-calls.ts',
    find: 'if (run.divergedAt === null && known)\n',
    replacement: 'if (run.divergedAt === null && known && run.attempt === 0)\n',
    spec: kill,
    tests: 'was there when it died, and loses nothing that it acknowledged',
  },
  {
    name: 'a purge leaves what commands gave',
    file: 'src/features/executions/execution-purge.ts',
    find: 'await this.recordedCalls.erase(tx, ids);',
    replacement: '',
    spec: 'test/flows/purge.spec.ts',
    tests: 'erases what commands gave',
  },
  {
    name: 'who wrote the body of a replay has no say in its permissions',
    file: 'src/features/webhook-router/webhook-run.ts',
    find: '(bodyBy === null ? [] : [bodyBy])',
    replacement: '(bodyBy === null ? [] : [startedBy])',
    spec: 'test/security/replay-escalation.spec.ts',
  },
  {
    name: 'the time limit of expressions is not enforced',
    file: 'src/engines/expression/expression-pool.ts',
    find: 'if (headMs > runningMs) {',
    replacement: 'if (headMs > runningMs * 1e6) {',
    spec: 'src/engines/expression/expression-limits.spec.ts',
    tests: 'running time is told in a sentence that names what ran',
  },
  ...accessMutants,
  ...doubtMutants,
  ...httpMutants,
  ...integrationMutants,
  ...recordMutants,
  ...workerMutants,
];
