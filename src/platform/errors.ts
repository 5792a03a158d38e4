/** Every failure we expect has one of these kinds; the kind alone decides the HTTP status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'unsupported-media'
  | 'too-many'
  | 'unavailable'
  | 'timed-out'
  | 'loop'
  | 'surprise';

/** The one table from kind to HTTP status. */
export const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'unsupported-media': 415,
  'too-many': 429,
  surprise: 500,
  unavailable: 503,
  'timed-out': 504,
  loop: 508,
};

/** The kind of a failure that is known by its status only. */
export function kindOfStatus(status: number): ErrorKind {
  const found = Object.entries(statusOfKind).find(([, known]) => known === status);
  return (found?.[0] ?? 'surprise') as ErrorKind;
}

export interface AppErrorParts {
  /** Stable and machine-readable: `<slice>.<reason>`. */
  code: string;
  kind: ErrorKind;
  /** The `errors` of the envelope: sentences that may be shown to the caller. */
  details: string[];
  /** The `message` of the envelope; absent, the command's own failure message stands in. */
  publicMessage?: string;
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** A failure with a public face (message, details), a private one (cause) and a code. */
export class AppError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly details: string[];
  readonly publicMessage: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(parts: AppErrorParts) {
    super(parts.details[0] ?? parts.publicMessage ?? parts.code, { cause: parts.cause });
    this.code = parts.code;
    this.kind = parts.kind;
    this.details = parts.details;
    this.publicMessage = parts.publicMessage;
    this.retryAfterSeconds = parts.retryAfterSeconds;
  }

  get status(): number {
    return statusOfKind[this.kind];
  }
}

/** Turns anything thrown into an AppError; what we did not foresee shows nothing of itself. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError({
    code: 'server.surprise',
    kind: 'surprise',
    publicMessage: 'Something went wrong',
    details: ['Something went wrong'],
    cause: thrown,
  });
}
