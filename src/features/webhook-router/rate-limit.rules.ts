/** Verified calls that a configuration takes: `perSecond` over time, `burst` at once. */
export interface RateLimit {
  perSecond: number;
  burst: number;
}

/** A token bucket: full at the start, refilled evenly. */
export class RateBucket {
  private tokens: number;
  private refilledAt: number;

  constructor(
    private readonly limit: RateLimit,
    nowMs: number,
  ) {
    this.tokens = limit.burst;
    this.refilledAt = nowMs;
  }

  /** 0 where the call may pass; else the whole seconds after which one may. */
  secondsToWait(nowMs: number): number {
    const { perSecond, burst } = this.limit;
    const elapsedMs = Math.max(0, nowMs - this.refilledAt);
    this.tokens = Math.min(burst, this.tokens + (elapsedMs / 1000) * perSecond);
    this.refilledAt = nowMs;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - this.tokens) / perSecond);
  }
}
