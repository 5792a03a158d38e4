import type { Permission } from './permissions.ts';

/** Who is acting: a person or an API client, with the permissions it has now. */
export interface Caller {
  id: string;
  kind: 'user' | 'client';
  name: string;
  /** The account in which it acts. */
  accountId: string;
  /** True when it may act in no other. */
  isAccountBound: boolean;
  permissions: ReadonlySet<Permission>;
}

/** Where a request came from, for the audit log and the log lines. */
export interface Origin {
  requestId?: string;
  executionId?: string;
  /** The same for the same command of the same run, so that the other side can tell a repeat from a new one. */
  idempotencyKey?: string;
  /** How many works have started one another up to this one, the first being 0; absent where no work is behind it. */
  depth?: number;
  /** How many defined commands, or the run of a webhook, wait for it; absent: none. */
  nesting?: number;
  /** Values of the request behind it that the audit log must not keep. */
  credentials?: readonly string[];
}
