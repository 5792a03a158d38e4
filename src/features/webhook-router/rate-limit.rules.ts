/** Verified calls that a configuration takes, in all instances together: `perSecond` over time, `burst` at once. */
export interface RateLimit {
  perSecond: number;
  burst: number;
}

/** A token bucket: full at the start, refilled evenly. Of several instances each has its part, and lets through at least one call at a time. */
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

  /** 0 where the call may pass; else the whole seconds after which one may. @param instances that answer calls. */
  secondsToWait(nowMs: number, instances = 1): number {
    const perSecond = this.limit.perSecond / instances;
    const burst = Math.max(1, this.limit.burst / instances);
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
