import { type ExecutionType, isFixedEndpoint, type WebHookConfigEntity } from '../webhook-configs/index.ts';
import { Verifier } from '../verification/index.ts';
import { type AddressRules, parseAddressRules } from '../../platform/network-addresses.ts';
import type { Sealer } from '../../platform/sealing.ts';
import { RateBucket } from './rate-limit.rules.ts';
import { CommandChainProgram } from './command-chain.ts';
import { CallExpressions } from './call-expressions.ts';

/** Verdicts remembered for one route; a flood from many addresses starts anew instead of growing. */
const VERDICTS_MAX = 1_000;
/** Rejected calls of one configuration that are recorded in a second; the rest are only counted (contract §5.1). */
const RECORDED_REJECTIONS_PER_SECOND = 10;
const TIMEOUT_MS_DEFAULT = 10_000;

/** One enabled configuration, made ready once for all its calls. */
export class WebHookRoute {
  /** The path's parameter names, in order. */
  readonly parameterNames: readonly string[];
  /** Names the text of the script: another version is another program. */
  readonly programId: string;
  readonly executionType: ExecutionType;
  /** True where its script may draw random numbers. */
  readonly usesChance: boolean;
  /** Its steps, where it is a chain. */
  readonly chain: CommandChainProgram;
  readonly isAsync: boolean;
  /** True where the house answers at its address, and nobody waits for its runs. */
  readonly isOfHouse: boolean;
  /** How long a synchronous caller waits at most. */
  readonly timeoutMs: number;
  private readonly allowed: AddressRules;
  private readonly verdicts = new Map<string, boolean>();
  /** How its calls are proven to come from their sender; null: they are not. */
  readonly verifier: Verifier | null;
  private readonly bucket: RateBucket | null;
  /** Null: it has none. */
  readonly expressions: CallExpressions | null;
  private rejectionSecond = 0;
  private rejectionCount = 0;

  constructor(
    readonly config: WebHookConfigEntity,
    sealer: Sealer,
    /** Names its text, where that is no version. */
    contentId?: string,
  ) {
    this.parameterNames = [...config.path.matchAll(/\/:([^/]+)/g)].map((match) => match[1]!);
    this.executionType = config.executionType;
    this.chain = new CommandChainProgram(config);
    this.usesChance = /random/i.test(config.settings.executionCode ?? '');
    this.programId = `${config.id}.${contentId ?? config.version}`;
    this.isOfHouse = isFixedEndpoint(config.key);
    this.isAsync = this.isOfHouse || config.settings.responseMode === 'async';
    this.timeoutMs = config.settings.timeoutMs ?? TIMEOUT_MS_DEFAULT;
    const { rateLimit } = config.settings;
    this.bucket = rateLimit ? new RateBucket(rateLimit, 0) : null;
    this.verifier = Verifier.of(sealer, config.settings.verification);
    this.expressions = CallExpressions.of(config);
    const parsed = parseAddressRules(config.settings.allowableIPs ?? '');
    if ('errors' in parsed)
      throw new Error(`Configuration ${config.id} was saved with an unreadable address list`);
    this.allowed = parsed.rules;
  }

  /** True where no configuration of its key was saved. */
  get isNew(): boolean {
    return this.config.id === 0;
  }

  /** An empty list admits everyone. */
  get hasAddressList(): boolean {
    return !this.allowed.isEmpty;
  }

  admits(address: string): boolean {
    if (this.allowed.isEmpty) return true;
    const known = this.verdicts.get(address);
    if (known !== undefined) return known;
    if (this.verdicts.size >= VERDICTS_MAX) this.verdicts.clear();
    const verdict = this.allowed.matches(address);
    this.verdicts.set(address, verdict);
    return verdict;
  }

  /** 0 where a verified call may pass its rate; else the seconds after which one may. */
  secondsToWait(nowMs: number, instances: number): number {
    return this.bucket === null ? 0 : this.bucket.secondsToWait(nowMs, instances);
  }

  /** True when one more rejection of this second may leave a record. */
  mayRecordRejection(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.rejectionSecond) {
      this.rejectionSecond = second;
      this.rejectionCount = 0;
    }
    return ++this.rejectionCount <= RECORDED_REJECTIONS_PER_SECOND;
  }
}
